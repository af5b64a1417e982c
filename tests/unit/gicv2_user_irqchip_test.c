// SPDX-License-Identifier: GPL-2.0-only
/* The userspace irqchip on a KVM that is played: selection, inputs, timer lines, statistics. */
#include <errno.h>
#include <libfdt.h>
#include <string.h>
#include <unistd.h>

#include "irqchip/irqchip.h"
#include "irqchip/user_irqchip.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/unit.h"

#define LEVELS_NONE   0
#define LEVELS_VTIMER KVM_ARM_DEV_EL1_VTIMER

static const struct irqchip_map map = { .dist = 0x8000000,
					.gicv2_cpu = 0x8010000,
					.redist = 0x80a0000,
					.its = 0x8080000,
					.redist_cpus = 123 };
static struct irqchip *chip;
static struct irqchip_mmio dist, cpu_interface;
static int vm_fd;

static void write_register(const struct irqchip_mmio *part, uint64_t offset, uint32_t value,
			   unsigned cpu)
{
	part->write(part->device, offset, value, 4, cpu);
}

static uint32_t read_register(const struct irqchip_mmio *part, uint64_t offset, unsigned cpu)
{
	return part->read(part->device, offset, 4, cpu);
}

/* A line as KVM_IRQ_LINE names it (api.rst 4.25), as the vCPU has it in the guest. */
static bool input(unsigned cpu, unsigned number)
{
	irqchip_vcpu_enters(chip, cpu);
	return fake_kvm_irq_level(cpu << 16 | number);
}

static void create(unsigned cpus)
{
	ck_assert_int_eq(irqchip_create(IRQCHIP_USER, vm_fd, cpus, &map, &chip), 0);
	ck_assert_int_eq(chip->ops->finalize(chip, NULL), 0);
	ck_assert_int_eq(chip->ops->mmio(chip, 0, &dist), 0);
	ck_assert_int_eq(chip->ops->mmio(chip, 1, &cpu_interface), 0);
}

/* As a guest's driver leaves it: PPIs and SPI 0 enabled. */
static void enable(unsigned cpus)
{
	for (unsigned cpu = 0; cpu < cpus; cpu++) {
		write_register(&dist, 0x100, UINT32_MAX, cpu);
		write_register(&cpu_interface, 0x04, 0xf0, cpu);
		write_register(&cpu_interface, 0x00, 1, cpu);
	}
	write_register(&dist, 0x104, 1, 0);
	write_register(&dist, 0x820, 1, 0);
	write_register(&dist, 0x000, 1, 0);
}

static void setup(void)
{
	fake_kvm_reset();
	fake_kvm_set_cap(KVM_CAP_ARM_USER_IRQ, 1);
	vm_fd = kvm_ioctl(kvm_open(), KVM_CREATE_VM, 0);
	ck_assert_int_ge(vm_fd, 0);
	chip = NULL;
	unit_reset_log();
}

static void teardown(void)
{
	irqchip_destroy(chip);
}

START_TEST(auto_is_user_where_kvm_has_no_gic)
{
	fake_kvm_set_device(KVM_DEV_TYPE_ARM_VGIC_V3, false);
	fake_kvm_set_device(KVM_DEV_TYPE_ARM_VGIC_V2, false);
	ck_assert_int_eq(irqchip_create(IRQCHIP_AUTO, vm_fd, 8, &map, &chip), 0);
	ck_assert_int_eq(chip->kind, IRQCHIP_USER);
	ck_assert_str_eq(chip->ops->name, "user");
	ck_assert_uint_eq(chip->cpus, 8);
	unit_assert_logged("GICv2 in userspace");
}
END_TEST

START_TEST(auto_prefers_kvm)
{
	ck_assert_int_eq(irqchip_create(IRQCHIP_AUTO, vm_fd, 1, &map, &chip), 0);
	ck_assert_int_eq(chip->kind, IRQCHIP_GICV3);
	ck_assert_ptr_null(chip->ops->vcpu_exited);
	irqchip_vcpu_exited(chip, 0, LEVELS_VTIMER);
}
END_TEST

START_TEST(user_works_beside_a_vgic)
{
	create(2);
	ck_assert_int_eq(chip->kind, IRQCHIP_USER);
	/* Nothing was made in KVM but the VM. */
	ck_assert_uint_eq(fake_kvm_calls(KVM_CREATE_DEVICE), 0);
}
END_TEST

START_TEST(refusals)
{
	fake_kvm_set_cap(KVM_CAP_ARM_USER_IRQ, 0);
	ck_assert_int_eq(irqchip_create(IRQCHIP_USER, vm_fd, 1, &map, &chip), -ENOTSUP);
	unit_assert_logged("KVM_CAP_ARM_USER_IRQ");
	unit_assert_logged("--irqchip gicv3 or auto");
	fake_kvm_set_device(KVM_DEV_TYPE_ARM_VGIC_V3, false);
	fake_kvm_set_device(KVM_DEV_TYPE_ARM_VGIC_V2, false);
	ck_assert_int_eq(irqchip_create(IRQCHIP_USER, vm_fd, 1, &map, &chip), -ENOTSUP);
	unit_assert_logged("no other");
	ck_assert_int_eq(irqchip_create(IRQCHIP_AUTO, vm_fd, 1, &map, &chip), -ENOTSUP);
	unit_assert_logged("KVM_CAP_ARM_USER_IRQ");

	fake_kvm_set_cap(KVM_CAP_ARM_USER_IRQ, 1);
	ck_assert_int_eq(irqchip_create(IRQCHIP_GICV3, vm_fd, 1, &map, &chip), -ENOTSUP);
	unit_assert_logged("--irqchip user or auto");
	ck_assert_int_eq(irqchip_create(IRQCHIP_USER, vm_fd, 9, &map, &chip), -EINVAL);
	unit_assert_logged("a GICv2 in userspace has room for 8");
	ck_assert_int_eq(irqchip_create(IRQCHIP_AUTO, vm_fd, 9, &map, &chip), -EINVAL);
	unit_assert_logged("a GICv2 in userspace has room for 8");
	ck_assert_int_eq(user_irqchip_create(vm_fd, 9, &map, &chip), -EINVAL);
	unit_assert_logged("for 9 CPUs: it has room for 8");
	ck_assert_ptr_null(chip);
}
END_TEST

START_TEST(inputs_begin_low)
{
	create(8);
	ck_assert_uint_eq(fake_kvm_calls(KVM_IRQ_LINE), 0);
	for (unsigned cpu = 0; cpu < 8; cpu++) {
		ck_assert(!input(cpu, KVM_ARM_IRQ_CPU_IRQ));
		ck_assert(!input(cpu, KVM_ARM_IRQ_CPU_FIQ));
	}
	ck_assert_uint_eq(fake_kvm_calls(KVM_IRQ_LINE), 16);
}
END_TEST

START_TEST(parts_on_the_bus)
{
	struct irqchip_mmio part;

	create(4);
	ck_assert_uint_eq(dist.base, 0x8000000);
	ck_assert_uint_eq(dist.size, 0x10000);
	ck_assert_uint_eq(cpu_interface.base, 0x8010000);
	ck_assert_uint_eq(cpu_interface.size, 0x10000);
	ck_assert_str_ne(dist.name, cpu_interface.name);
	ck_assert_int_eq(chip->ops->mmio(chip, 2, &part), -ENOENT);
	ck_assert_uint_eq(read_register(&dist, 0x004, 0), 3 << 5 | 7);
	ck_assert_uint_eq(read_register(&cpu_interface, 0x0c, 3), 1023);
}
END_TEST

START_TEST(spi_reaches_the_irq_input)
{
	create(2);
	enable(2);
	ck_assert_int_eq(chip->ops->set_spi(chip, 0, true), 0);
	ck_assert(input(0, KVM_ARM_IRQ_CPU_IRQ));
	ck_assert(!input(1, KVM_ARM_IRQ_CPU_IRQ));
	write_register(&cpu_interface, 0x00, 9, 0); /* FIQEn */
	ck_assert(!input(0, KVM_ARM_IRQ_CPU_IRQ));
	ck_assert(input(0, KVM_ARM_IRQ_CPU_FIQ));
	ck_assert_int_eq(chip->ops->set_spi(chip, IRQCHIP_SPIS, true), -EINVAL);
	unit_assert_logged("SPI 224");
}
END_TEST

START_TEST(ppi_reaches_its_cpu)
{
	create(8);
	enable(8);
	ck_assert_int_eq(chip->ops->set_ppi(chip, 7, 16, true), 0);
	ck_assert(input(7, KVM_ARM_IRQ_CPU_IRQ));
	ck_assert(!input(0, KVM_ARM_IRQ_CPU_IRQ));
	ck_assert_uint_eq(read_register(&cpu_interface, 0x0c, 7), 16);
	ck_assert_int_eq(chip->ops->set_ppi(chip, 0, 15, true), -EINVAL);
	ck_assert_int_eq(chip->ops->set_ppi(chip, 0, 32, true), -EINVAL);
	ck_assert_int_eq(chip->ops->set_ppi(chip, 8, 27, true), -EINVAL);
}
END_TEST

START_TEST(timer_lines_become_ppis)
{
	static const struct {
		uint64_t level;
		unsigned intid;
	} sources[] = { { KVM_ARM_DEV_EL1_VTIMER, 27 },
			{ KVM_ARM_DEV_EL1_PTIMER, 30 },
			{ KVM_ARM_DEV_PMU, 23 } };

	create(2);
	enable(2);
	for (unsigned i = 0; i < 3; i++) {
		irqchip_vcpu_exited(chip, 1, sources[i].level);
		ck_assert(input(1, KVM_ARM_IRQ_CPU_IRQ));
		ck_assert(!input(0, KVM_ARM_IRQ_CPU_IRQ));
		ck_assert_uint_eq(read_register(&dist, 0x200, 1), 1u << sources[i].intid);
		irqchip_vcpu_exited(chip, 1, LEVELS_NONE);
		ck_assert(!input(1, KVM_ARM_IRQ_CPU_IRQ));
		ck_assert_uint_eq(read_register(&dist, 0x200, 1), 0);
	}
}
END_TEST

static unsigned kicks;
static bool inside;

static bool kick(void *context)
{
	ck_assert_ptr_eq(context, &kicks);
	kicks++;
	return inside;
}

START_TEST(a_changed_input_kicks_its_vcpu)
{
	struct irqchip_cpu_stats stats;

	create(2);
	enable(2);
	kicks = 0;
	irqchip_vcpu_initialised(chip, 0, kick, &kicks);
	ck_assert_int_eq(chip->ops->set_ppi(chip, 1, 16, true), 0);
	ck_assert_uint_eq(kicks, 0);
	inside = true;
	ck_assert_int_eq(chip->ops->set_ppi(chip, 0, 16, true), 0);
	ck_assert_uint_eq(kicks, 1);
	ck_assert_int_eq(chip->ops->set_ppi(chip, 0, 16, true), 0);
	ck_assert_uint_eq(kicks, 1);
	inside = false;
	ck_assert_int_eq(chip->ops->set_ppi(chip, 0, 16, false), 0);
	ck_assert_uint_eq(kicks, 2);
	chip->ops->cpu_stats(chip, 0, &stats);
	ck_assert_uint_eq(stats.kicks, 1);
}
END_TEST

/* Linux's tick, and what `--stats` shows of it. */
START_TEST(tick_costs_two_calls)
{
	struct irqchip_cpu_stats stats;
	unsigned before;

	create(1);
	enable(1);
	irqchip_vcpu_enters(chip, 0);
	before = fake_kvm_calls(KVM_IRQ_LINE);
	for (unsigned tick = 0; tick < 100; tick++) {
		irqchip_vcpu_exited(chip, 0, LEVELS_VTIMER);
		ck_assert(input(0, KVM_ARM_IRQ_CPU_IRQ));
		irqchip_vcpu_exited(chip, 0, LEVELS_VTIMER);
		ck_assert_uint_eq(read_register(&cpu_interface, 0x0c, 0), 27);
		ck_assert(!input(0, KVM_ARM_IRQ_CPU_IRQ));
		irqchip_vcpu_exited(chip, 0, LEVELS_NONE);
		write_register(&cpu_interface, 0x10, 27, 0);
		irqchip_vcpu_enters(chip, 0);
		irqchip_vcpu_exited(chip, 0, LEVELS_NONE);
		ck_assert_uint_eq(read_register(&cpu_interface, 0x0c, 0), 1023);
		irqchip_vcpu_enters(chip, 0);
	}
	ck_assert_uint_eq(fake_kvm_calls(KVM_IRQ_LINE) - before, 200);
	chip->ops->cpu_stats(chip, 0, &stats);
	ck_assert_uint_eq(stats.inputs_issued, 202);
	/* Fall and EOIR of each tick, and four writes of enable(). */
	ck_assert_uint_eq(stats.inputs_avoided, 200 + 4);
	ck_assert_str_eq(stats.lines[0].name, "vtimer");
	ck_assert_uint_eq(stats.lines[0].rises, 100);
	ck_assert_uint_eq(stats.lines[0].falls, 100);
	ck_assert_uint_eq(stats.lines[1].rises, 0);
	ck_assert_uint_eq(stats.lines[2].rises, 0);
}
END_TEST

START_TEST(ignored_timer_is_signalled_once)
{
	unsigned before;

	create(1);
	enable(1);
	irqchip_vcpu_enters(chip, 0);
	before = fake_kvm_calls(KVM_IRQ_LINE);
	for (unsigned i = 0; i < 1000; i++) {
		irqchip_vcpu_exited(chip, 0, LEVELS_VTIMER);
		irqchip_vcpu_enters(chip, 0);
	}
	ck_assert_uint_eq(fake_kvm_calls(KVM_IRQ_LINE) - before, 1);
}
END_TEST

START_TEST(reset_drives_all_inputs_and_forgets_the_lines)
{
	unsigned before;

	create(2);
	enable(2);
	irqchip_vcpu_exited(chip, 0, LEVELS_VTIMER);
	ck_assert(input(0, KVM_ARM_IRQ_CPU_IRQ));
	before = fake_kvm_calls(KVM_IRQ_LINE);
	ck_assert_int_eq(chip->ops->reset(chip), 0);
	ck_assert(!input(0, KVM_ARM_IRQ_CPU_IRQ));
	ck_assert_uint_eq(fake_kvm_calls(KVM_IRQ_LINE) - before, 2);
	ck_assert(!input(1, KVM_ARM_IRQ_CPU_IRQ));
	ck_assert_uint_eq(fake_kvm_calls(KVM_IRQ_LINE) - before, 4);
	/* The line may be high again at the first exit. */
	enable(2);
	irqchip_vcpu_exited(chip, 0, LEVELS_VTIMER);
	ck_assert(input(0, KVM_ARM_IRQ_CPU_IRQ));
}
END_TEST

/* KVM_ARM_VCPU_INIT of one vCPU alone, as KVM leaves its inputs: cleared, or not. */
START_TEST(an_initialised_vcpu_is_told_its_inputs_again)
{
	struct kvm_irq_level cleared = { .irq = KVM_ARM_IRQ_TYPE_CPU << KVM_ARM_IRQ_TYPE_SHIFT };

	create(2);
	enable(2);
	ck_assert_int_eq(chip->ops->set_ppi(chip, 0, 16, true), 0);
	ck_assert(input(0, KVM_ARM_IRQ_CPU_IRQ));
	kvm_ioctl(vm_fd, KVM_IRQ_LINE, (uintptr_t)&cleared);
	irqchip_vcpu_initialised(chip, 0, kick, &kicks);
	ck_assert(input(0, KVM_ARM_IRQ_CPU_IRQ));
}
END_TEST

START_TEST(failing_inputs_are_told_once)
{
	create(1);
	enable(1);
	unit_reset_log();
	fake_kvm_fail(KVM_IRQ_LINE, FAKE_KVM_ALWAYS, EINVAL);
	for (unsigned i = 0; i < 10; i++) {
		irqchip_vcpu_exited(chip, 0, LEVELS_VTIMER);
		irqchip_vcpu_enters(chip, 0);
		irqchip_vcpu_exited(chip, 0, LEVELS_NONE);
		irqchip_vcpu_enters(chip, 0);
	}
	ck_assert_uint_eq(unit_log_count(), 1);
	unit_assert_logged("cannot set the IRQ input of vCPU 0: Invalid argument");
	fake_kvm_fail(KVM_IRQ_LINE, FAKE_KVM_ALWAYS, 0);
	irqchip_vcpu_exited(chip, 0, LEVELS_VTIMER);
	ck_assert(input(0, KVM_ARM_IRQ_CPU_IRQ));
}
END_TEST

START_TEST(device_tree_node)
{
	static char fdt[4096];
	const void *property;
	fdt64_t reg[4];
	int node, size;

	create(2);
	ck_assert_uint_eq(chip->ops->ppi_flags(chip), 0x300);
	ck_assert_int_eq(fdt_create(fdt, sizeof(fdt)), 0);
	ck_assert_int_eq(fdt_finish_reservemap(fdt), 0);
	ck_assert_int_eq(fdt_begin_node(fdt, ""), 0);
	ck_assert_int_eq(chip->ops->describe(chip, fdt), 0);
	ck_assert_int_eq(fdt_end_node(fdt), 0);
	ck_assert_int_eq(fdt_finish(fdt), 0);
	node = fdt_node_offset_by_compatible(fdt, -1, "arm,cortex-a15-gic");
	ck_assert_int_ge(node, 0);
	ck_assert_uint_eq(fdt_get_phandle(fdt, node), IRQCHIP_PHANDLE);
	property = fdt_getprop(fdt, node, "reg", &size);
	ck_assert_int_eq(size, sizeof(reg));
	memcpy(reg, property, sizeof(reg)); /* it may be unaligned */
	ck_assert_uint_eq(fdt64_to_cpu(reg[0]), 0x8000000);
	ck_assert_uint_eq(fdt64_to_cpu(reg[2]), 0x8010000);
	ck_assert_uint_eq(fdt64_to_cpu(reg[3]), 0x10000);
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("gicv2_user_irqchip");
	TCase *tests = tcase_create("gicv2_user_irqchip");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, auto_is_user_where_kvm_has_no_gic);
	tcase_add_test(tests, auto_prefers_kvm);
	tcase_add_test(tests, user_works_beside_a_vgic);
	tcase_add_test(tests, refusals);
	tcase_add_test(tests, inputs_begin_low);
	tcase_add_test(tests, parts_on_the_bus);
	tcase_add_test(tests, spi_reaches_the_irq_input);
	tcase_add_test(tests, ppi_reaches_its_cpu);
	tcase_add_test(tests, timer_lines_become_ppis);
	tcase_add_test(tests, a_changed_input_kicks_its_vcpu);
	tcase_add_test(tests, tick_costs_two_calls);
	tcase_add_test(tests, ignored_timer_is_signalled_once);
	tcase_add_test(tests, reset_drives_all_inputs_and_forgets_the_lines);
	tcase_add_test(tests, an_initialised_vcpu_is_told_its_inputs_again);
	tcase_add_test(tests, failing_inputs_are_told_once);
	tcase_add_test(tests, device_tree_node);
	suite_add_tcase(suite, tests);
	return suite;
}
