// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/vcpu_fixture.h"

#include <errno.h>
#include <string.h>
#include <time.h>

struct vcpu_group group;
struct vcpu vcpu;
struct mmio_bus bus;
uint64_t written;
atomic_uint stops; /* bit n: enum vcpu_stop n */

static const struct exit_step *steps;
atomic_uint next_step;
static atomic_uint step_count;
uint64_t read_back[1000];
atomic_bool completed;

static uint64_t device_read(void *device, uint64_t offset, unsigned size, unsigned cpu)
{
	(void)device, (void)size, (void)cpu;
	return 0x1122334455667788 + offset;
}

static void device_write(void *device, uint64_t offset, uint64_t value, unsigned size, unsigned cpu)
{
	(void)device, (void)offset, (void)size, (void)cpu;
	written = value;
}

static int thread_begin(void *context, struct vcpu *which)
{
	(void)which;
	return *(int *)context;
}

static void stopped(void *context, struct vcpu *which, enum vcpu_stop why)
{
	(void)context, (void)which;
	atomic_fetch_or(&stops, 1u << why);
}

static int fake_run(void *context, int fd, uintptr_t argument)
{
	struct kvm_run *run = vcpu.run;
	const struct exit_step *step;
	unsigned n;

	(void)context, (void)fd, (void)argument;
	n = atomic_load(&next_step);
	if (n)
		/* As KVM, which takes no more than the guest read. */
		memcpy(&read_back[n - 1], run->mmio.data, run->mmio.len);
	if (run->immediate_exit) {
		completed = true;
		return -EINTR;
	}
	if (n == atomic_load(&step_count)) {
		/* In the guest, until a kick comes. */
		while (!*(volatile uint8_t *)&run->immediate_exit)
			;
		return -EINTR;
	}
	step = &steps[n];
	atomic_store(&next_step, n + 1);
	run->exit_reason = step->reason;
	run->s.regs.device_irq_level = step->lines;
	if (step->reason == KVM_EXIT_MMIO) {
		run->mmio.phys_addr = step->ipa;
		run->mmio.len = step->length;
		run->mmio.is_write = step->write;
		memcpy(run->mmio.data, &step->value, 8);
	} else if (step->reason == KVM_EXIT_SYSTEM_EVENT) {
		run->system_event.type = step->event;
	} else if (step->reason == KVM_EXIT_FAIL_ENTRY) {
		run->fail_entry.hardware_entry_failure_reason = step->entry_failure;
		run->fail_entry.cpu = 1;
	} else if (step->reason == KVM_EXIT_ARM_NISV) {
		run->arm_nisv.fault_ipa = step->ipa;
	}
	return step->error;
}

int begin_result;

struct vcpu_fixture_told told;

static void chip_vcpu_exited(struct irqchip *which, unsigned cpu, uint64_t level)
{
	(void)which, (void)cpu;
	told.level = level;
	told.written_before = written;
	told.calls++;
}

static void chip_vcpu_enters(struct irqchip *which, unsigned cpu)
{
	(void)which, (void)cpu;
	told.entries++;
}

static void chip_vcpu_initialised(struct irqchip *which, unsigned cpu, irqchip_kick_fn *kick,
				  void *context)
{
	(void)which, (void)cpu;
	told.initialised++;
	/* It is not inside. */
	ck_assert(!kick(context));
}

static const struct irqchip_ops chip_ops = { .name = "test",
					     .vcpu_initialised = chip_vcpu_initialised,
					     .vcpu_exited = chip_vcpu_exited,
					     .vcpu_enters = chip_vcpu_enters };
struct irqchip chip;

void vcpu_fixture_begin(void)
{
	static const struct mmio_ops ops = { device_read, device_write };
	struct mmio_region region = { DEVICE, 0x1000, &ops, NULL, "test" };

	fake_kvm_reset();
	fake_kvm_hook(KVM_RUN, fake_run, NULL);
	fake_kvm_set_host_reg(PC, 0x40001234);
	mmio_bus_init(&bus);
	ck_assert_int_eq(mmio_bus_add(&bus, &region), 0);
	memset(&group, 0, sizeof(group));
	begin_result = 0;
	group.vm_fd = kvm_ioctl(kvm_open(), KVM_CREATE_VM, 0);
	group.run_size = FAKE_KVM_RUN_SIZE;
	group.bus = &bus;
	group.irqchip = &chip;
	chip = (struct irqchip){ .ops = &chip_ops, .kind = IRQCHIP_GICV3 };
	memset(&told, 0, sizeof(told));
	group.thread_begin = thread_begin;
	group.stopped = stopped;
	group.context = &begin_result;
	atomic_store(&stops, 0);
	atomic_store(&next_step, 0);
	completed = false;
	written = 0;
	ck_assert_int_eq(vcpu_create(&vcpu, &group, 0), 0);
	unit_reset_log();
}

void vcpu_fixture_end(void)
{
	vcpu_destroy(&vcpu);
	mmio_bus_destroy(&bus);
}

void start_steps(const struct exit_step *list, unsigned count)
{
	steps = list;
	atomic_store(&step_count, count);
	ck_assert_int_eq(vcpu_start_thread(&vcpu), 0);
	vcpu_order(&vcpu, VCPU_ORDER_RUN);
}

void quit_and_join(void)
{
	vcpu_order(&vcpu, VCPU_ORDER_QUIT);
	vcpu_join(&vcpu);
}

void wait_for_steps(unsigned count)
{
	struct timespec pause = { .tv_nsec = 1000000 };

	while (atomic_load(&next_step) < count || !fake_kvm_calls(KVM_RUN))
		nanosleep(&pause, NULL);
}

void run_all(const struct exit_step *list, unsigned count)
{
	start_steps(list, count);
	wait_for_steps(count);
	vcpu_order(&vcpu, VCPU_ORDER_PARK);
	vcpu_wait_parked(&vcpu);
}
