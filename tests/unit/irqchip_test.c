// SPDX-License-Identifier: GPL-2.0-only
/* Choosing, creating and describing interrupt controllers, against a KVM that offers what the test
 * says. */
#include "irqchip/irqchip.h"

#include <errno.h>
#include <libfdt.h>
#include <string.h>

#include "tests/unit/fake_kvm.h"
#include "tests/unit/unit.h"

static const struct irqchip_map map = {
	.dist = 0x8000000,
	.redist = 0x80a0000,
	.gicv2_cpu = 0x8010000,
	.its = 0x8080000,
};
static struct irqchip *chip;
static int vm_fd;

static void offer(bool gicv3, bool gicv2, bool its)
{
	fake_kvm_set_device(KVM_DEV_TYPE_ARM_VGIC_V3, gicv3);
	fake_kvm_set_device(KVM_DEV_TYPE_ARM_VGIC_V2, gicv2);
	fake_kvm_set_device(KVM_DEV_TYPE_ARM_VGIC_ITS, its);
}

static void setup(void)
{
	fake_kvm_reset();
	vm_fd = kvm_ioctl(kvm_open(), KVM_CREATE_VM, 0);
	chip = NULL;
	unit_reset_log();
}

static void teardown(void)
{
	irqchip_destroy(chip);
}

START_TEST(auto_prefers_gicv3)
{
	ck_assert_int_eq(irqchip_create(IRQCHIP_AUTO, vm_fd, 4, &map, &chip), 0);
	ck_assert_str_eq(chip->ops->name, "gicv3");
	ck_assert_uint_eq(chip->cpus, 4);
}
END_TEST

START_TEST(auto_takes_gicv2_where_there_is_no_gicv3)
{
	offer(false, true, false);
	ck_assert_int_eq(irqchip_create(IRQCHIP_AUTO, vm_fd, 4, &map, &chip), 0);
	ck_assert_str_eq(chip->ops->name, "gicv2");
	ck_assert_uint_ge(unit_log_count(), 2);
}
END_TEST

START_TEST(a_refused_choice_names_the_alternative)
{
	offer(false, true, false);
	ck_assert_int_eq(irqchip_create(IRQCHIP_GICV3, vm_fd, 1, &map, &chip), -ENOTSUP);
	unit_assert_logged("--irqchip gicv2");
	offer(true, false, false);
	ck_assert_int_eq(irqchip_create(IRQCHIP_GICV2, vm_fd, 1, &map, &chip), -ENOTSUP);
	unit_assert_logged("--irqchip gicv3");
}
END_TEST

START_TEST(each_kind_has_room_for_so_many_cpus)
{
	ck_assert_int_eq(irqchip_create(IRQCHIP_GICV2, vm_fd, 9, &map, &chip), -EINVAL);
	unit_assert_logged("8");
	ck_assert_int_eq(irqchip_create(IRQCHIP_GICV3, vm_fd, 124, &map, &chip), -EINVAL);
	unit_assert_logged("123");
	ck_assert_int_eq(irqchip_create(IRQCHIP_GICV3, vm_fd, 123, &map, &chip), 0);
}
END_TEST

START_TEST(gicv3_is_placed_with_one_region_for_all_redistributors)
{
	bool set;

	ck_assert_int_eq(irqchip_create(IRQCHIP_GICV3, vm_fd, 3, &map, &chip), 0);
	ck_assert_uint_eq(fake_kvm_attr(KVM_DEV_TYPE_ARM_VGIC_V3, KVM_DEV_ARM_VGIC_GRP_ADDR,
					KVM_VGIC_V3_ADDR_TYPE_DIST, &set),
			  map.dist);
	ck_assert_uint_eq(fake_kvm_attr(KVM_DEV_TYPE_ARM_VGIC_V3, KVM_DEV_ARM_VGIC_GRP_ADDR,
					KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION, &set),
			  UINT64_C(3) << 52 | map.redist);
	ck_assert_uint_eq(
		fake_kvm_attr(KVM_DEV_TYPE_ARM_VGIC_V3, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &set) &
			0xffffffff,
		32 + IRQCHIP_SPIS);
	ck_assert_uint_eq(fake_kvm_attr(KVM_DEV_TYPE_ARM_VGIC_ITS, KVM_DEV_ARM_VGIC_GRP_ADDR,
					KVM_VGIC_ITS_ADDR_TYPE, &set),
			  map.its);
}
END_TEST

START_TEST(spis_become_intids)
{
	uint32_t line = KVM_ARM_IRQ_TYPE_SPI << KVM_ARM_IRQ_TYPE_SHIFT | (32 + 5);

	ck_assert_int_eq(irqchip_create(IRQCHIP_GICV3, vm_fd, 1, &map, &chip), 0);
	ck_assert_int_eq(irqchip_set_spi(chip, 5, true), 0);
	ck_assert(fake_kvm_irq_level(line));
	ck_assert_int_eq(irqchip_set_spi(chip, 5, false), 0);
	ck_assert(!fake_kvm_irq_level(line));
}
END_TEST

START_TEST(failures_of_kvm_are_described_and_leave_nothing)
{
	static const enum irqchip_kind kinds[] = { IRQCHIP_GICV3, IRQCHIP_GICV2 };
	unsigned open_fds = fake_kvm_open_fds();

	for (size_t i = 0; i < 2; i++) {
		/* Each of the attributes that creation sets, one after the other. */
		for (unsigned nth = 1;; nth++) {
			fake_kvm_fail(KVM_SET_DEVICE_ATTR, nth, EINVAL);
			unit_reset_log();
			if (irqchip_create(kinds[i], vm_fd, 2, &map, &chip) == 0)
				break;
			ck_assert_ptr_null(chip);
			ck_assert_uint_ge(unit_log_count(), 1);
			ck_assert_uint_eq(fake_kvm_open_fds(), open_fds);
			ck_assert_uint_lt(nth, 20);
		}
		fake_kvm_fail(KVM_SET_DEVICE_ATTR, 1, 0);
		irqchip_destroy(chip);
		chip = NULL;
		fake_kvm_fail(KVM_CREATE_DEVICE, 2, ENOMEM);
		ck_assert_int_eq(irqchip_create(kinds[i], vm_fd, 2, &map, &chip), -ENOMEM);
		ck_assert_uint_eq(fake_kvm_open_fds(), open_fds);
	}
}
END_TEST

START_TEST(reset_writes_what_a_guest_could_have_changed)
{
	static const uint64_t mpidrs[] = { 0x80000000, 0x80000001 };
	uint64_t second_cpu = UINT64_C(1) << 32;
	bool set;

	ck_assert_int_eq(irqchip_create(IRQCHIP_GICV3, vm_fd, 2, &map, &chip), 0);
	ck_assert_int_eq(chip->ops->finalize(chip, mpidrs), 0);
	irqchip_set_spi(chip, 3, true);
	ck_assert_int_eq(chip->ops->reset(chip), 0);
	ck_assert(!fake_kvm_irq_level(KVM_ARM_IRQ_TYPE_SPI << KVM_ARM_IRQ_TYPE_SHIFT | (32 + 3)));
	fake_kvm_attr(KVM_DEV_TYPE_ARM_VGIC_ITS, KVM_DEV_ARM_VGIC_GRP_CTRL,
		      KVM_DEV_ARM_ITS_CTRL_RESET, &set);
	ck_assert(set);
	ck_assert_uint_eq(fake_kvm_attr(KVM_DEV_TYPE_ARM_VGIC_V3, KVM_DEV_ARM_VGIC_GRP_DIST_REGS,
					0x184, &set) &
				  0xffffffff,
			  0xffffffff);
	ck_assert(set);
	fake_kvm_attr(KVM_DEV_TYPE_ARM_VGIC_V3, KVM_DEV_ARM_VGIC_GRP_REDIST_REGS,
		      second_cpu | 0x10180, &set);
	ck_assert(set);
}
END_TEST

/* The node that the kind writes, in a tree of its own. */
static const char *describe(char *blob, size_t size, const char *property_name, int *length)
{
	int node;

	ck_assert_int_eq(fdt_create(blob, size), 0);
	fdt_finish_reservemap(blob);
	fdt_begin_node(blob, "");
	ck_assert_int_eq(chip->ops->describe(chip, blob), 0);
	fdt_end_node(blob);
	ck_assert_int_eq(fdt_finish(blob), 0);
	node = fdt_path_offset(blob, "/intc@8000000");
	ck_assert_int_ge(node, 0);
	return fdt_getprop(blob, node, property_name, length);
}

START_TEST(describes_itself)
{
	char blob[4096];
	int length;

	ck_assert_int_eq(irqchip_create(IRQCHIP_GICV3, vm_fd, 2, &map, &chip), 0);
	ck_assert_str_eq(describe(blob, sizeof(blob), "compatible", &length), "arm,gic-v3");
	ck_assert_int_ge(fdt_path_offset(blob, "/intc@8000000/its@8080000"), 0);
	ck_assert_uint_eq(chip->ops->ppi_flags(chip), 0);
	irqchip_destroy(chip);

	offer(true, true, false);
	ck_assert_int_eq(irqchip_create(IRQCHIP_GICV3, vm_fd, 2, &map, &chip), 0);
	describe(blob, sizeof(blob), "compatible", &length);
	ck_assert_int_lt(fdt_path_offset(blob, "/intc@8000000/its@8080000"), 0);
	irqchip_destroy(chip);

	ck_assert_int_eq(irqchip_create(IRQCHIP_GICV2, vm_fd, 2, &map, &chip), 0);
	ck_assert_str_eq(describe(blob, sizeof(blob), "compatible", &length), "arm,cortex-a15-gic");
	ck_assert_uint_eq(chip->ops->ppi_flags(chip), 0x300);
}
END_TEST

/* A hypervisor in the guest needs it: PPI 9, INTID 25. */
START_TEST(the_maintenance_interrupt_is_for_guests_with_el2)
{
	const fdt32_t *cells;
	char blob[4096];
	int length;

	ck_assert_int_eq(irqchip_create(IRQCHIP_GICV3, vm_fd, 2, &map, &chip), 0);
	ck_assert_ptr_null(describe(blob, sizeof(blob), "interrupts", &length));
	chip->has_el2 = true;
	cells = (const fdt32_t *)describe(blob, sizeof(blob), "interrupts", &length);
	ck_assert_ptr_nonnull(cells);
	ck_assert_int_eq(length, 12);
	ck_assert_uint_eq(fdt32_to_cpu(cells[0]), 1);
	ck_assert_uint_eq(fdt32_to_cpu(cells[1]), 9);
	ck_assert_uint_eq(fdt32_to_cpu(cells[2]), 4);
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("irqchip");
	TCase *tests = tcase_create("irqchip");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, auto_prefers_gicv3);
	tcase_add_test(tests, auto_takes_gicv2_where_there_is_no_gicv3);
	tcase_add_test(tests, a_refused_choice_names_the_alternative);
	tcase_add_test(tests, each_kind_has_room_for_so_many_cpus);
	tcase_add_test(tests, gicv3_is_placed_with_one_region_for_all_redistributors);
	tcase_add_test(tests, spis_become_intids);
	tcase_add_test(tests, failures_of_kvm_are_described_and_leave_nothing);
	tcase_add_test(tests, reset_writes_what_a_guest_could_have_changed);
	tcase_add_test(tests, describes_itself);
	tcase_add_test(tests, the_maintenance_interrupt_is_for_guests_with_el2);
	suite_add_tcase(suite, tests);
	return suite;
}
