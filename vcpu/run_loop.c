// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hot path: KVM_RUN, what it exited for, and back.
 *
 * Nothing here allocates or takes a lock, and nothing prints except where an access is the first of
 * its kind to its page.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/kvm.h"
#include "base/log.h"
#include "devices/mmio_bus.h"
#include "irqchip/irqchip.h"
#include "vcpu/placement.h"
#include "vcpu/vcpu.h"

#define PAGE_MASK UINT64_C(0xfff)

static const char *const exit_names[VCPU_EXITS] = {
	[VCPU_EXIT_MMIO_READ] = "mmio_read", [VCPU_EXIT_MMIO_WRITE] = "mmio_write",
	[VCPU_EXIT_UNDECODED] = "undecoded", [VCPU_EXIT_SYSTEM_EVENT] = "system_event",
	[VCPU_EXIT_LINE] = "line",	     [VCPU_EXIT_SIGNAL] = "signal",
	[VCPU_EXIT_OTHER] = "other",
};

const char *vcpu_exit_name(enum vcpu_exit exit)
{
	return exit_names[exit];
}

/* The exit's last act on this thread: it parks, unless it was ordered something else meanwhile. */
static void stop(struct vcpu *vcpu, enum vcpu_stop why)
{
	enum vcpu_order running = VCPU_ORDER_RUN;

	/* First the order to itself: the VM's thread may answer the stop with a new one at once. */
	atomic_compare_exchange_strong(&vcpu->order, &running, VCPU_ORDER_PARK);
	vcpu->group->stopped(vcpu->group->context, vcpu, why);
}

/* True for one caller per page, while there are places in the table. */
static bool first_in_page(struct vcpu_group *group, uint64_t ipa)
{
	uint64_t page = (ipa & ~PAGE_MASK) | 1;

	for (int i = 0; i < VCPU_LOGGED_PAGES; i++) {
		uint64_t seen = 0;

		if (atomic_compare_exchange_strong(&group->logged_pages[i], &seen, page))
			return true;
		if (seen == page)
			return false;
	}
	return false;
}

static uint64_t program_counter(struct vcpu *vcpu)
{
	uint64_t pc = 0;

	kvm_get_one_reg(vcpu->fd, KVM_CORE_REG_U64(regs.pc), &pc);
	return pc;
}

static void inject_external_abort(struct vcpu *vcpu)
{
	struct kvm_vcpu_events events = { .exception.ext_dabt_pending = 1 };
	int ret = kvm_ioctl(vcpu->fd, KVM_SET_VCPU_EVENTS, (uintptr_t)&events);

	if (ret == 0)
		return;
	vcpu_report(vcpu, "cannot give the guest an external abort: %s", strerror(-ret));
	stop(vcpu, VCPU_STOP_FAILURE);
}

/* Out of line: a guest that behaves does not come here. */
static __attribute__((noinline)) void unassigned_mmio(struct vcpu *vcpu)
{
	const struct kvm_run *run = vcpu->run;
	const char *what = run->mmio.is_write ? "write to" : "read from";
	uint64_t ipa = run->mmio.phys_addr;

	vcpu->stats.unassigned++;
	if (vcpu->group->unassigned == UNASSIGNED_MMIO_STOP) {
		vcpu_report(vcpu,
			    "the guest stopped at a %u-byte %s 0x%" PRIx64
			    ", where there is no device (--unassigned-mmio stop)",
			    run->mmio.len, what, ipa);
		stop(vcpu, VCPU_STOP_CRASH);
		return;
	}
	if (first_in_page(vcpu->group, ipa))
		log_warn("vcpu%u: %u-byte %s 0x%" PRIx64
			 ", where there is no device, at PC 0x%" PRIx64 ": %s (said once per page)",
			 vcpu->index, run->mmio.len, what, ipa, program_counter(vcpu),
			 vcpu->group->unassigned == UNASSIGNED_MMIO_ABORT ? "external abort"
			 : run->mmio.is_write				  ? "ignored"
									  : "reads as zero");
	if (vcpu->group->unassigned == UNASSIGNED_MMIO_ABORT)
		inject_external_abort(vcpu);
}

/* `size` is 1 to 8. */
static uint64_t cut(uint64_t value, unsigned size)
{
	return value & UINT64_MAX >> (64 - size * 8);
}

static inline void handle_mmio(struct vcpu *vcpu, struct kvm_run *run, struct mmio_bus *bus)
{
	uint64_t ipa = run->mmio.phys_addr, value = 0;
	unsigned size = run->mmio.len;
	const struct mmio_region *region = mmio_bus_find(bus, &vcpu->mmio, ipa, size);

	if (run->mmio.is_write) {
		vcpu->stats.exits[VCPU_EXIT_MMIO_WRITE]++;
		memcpy(&value, run->mmio.data, sizeof(value));
		if (region)
			region->ops->write(region->device, ipa - region->base, cut(value, size),
					   size, vcpu->index);
	} else {
		vcpu->stats.exits[VCPU_EXIT_MMIO_READ]++;
		if (region)
			value = region->ops->read(region->device, ipa - region->base, size,
						  vcpu->index);
		/* KVM takes `size` bytes of it. */
		memcpy(run->mmio.data, &value, sizeof(value));
	}
	if (__builtin_expect(!region, 0))
		unassigned_mmio(vcpu);
}

/* LDP, SIMD, writeback and the like: KVM does not know what register the access is for. */
static void handle_undecoded(struct vcpu *vcpu)
{
	uint64_t ipa = vcpu->run->arm_nisv.fault_ipa;

	vcpu->stats.exits[VCPU_EXIT_UNDECODED]++;
	if (first_in_page(vcpu->group, ipa))
		log_warn("vcpu%u: a load or store that cannot be emulated (LDP, SIMD, writeback or "
			 "the "
			 "like) to 0x%" PRIx64 " at PC 0x%" PRIx64
			 ": external abort (said once per page)",
			 vcpu->index, ipa, program_counter(vcpu));
	inject_external_abort(vcpu);
}

static void handle_system_event(struct vcpu *vcpu)
{
	uint32_t type = vcpu->run->system_event.type;

	vcpu->stats.exits[VCPU_EXIT_SYSTEM_EVENT]++;
	switch (type) {
	case KVM_SYSTEM_EVENT_SHUTDOWN:
		stop(vcpu, VCPU_STOP_SHUTDOWN);
		break;
	case KVM_SYSTEM_EVENT_RESET:
		stop(vcpu, VCPU_STOP_RESET);
		break;
	case KVM_SYSTEM_EVENT_SUSPEND:
		stop(vcpu, VCPU_STOP_SUSPEND);
		break;
	case KVM_SYSTEM_EVENT_WAKEUP:
		stop(vcpu, VCPU_STOP_WAKEUP);
		break;
	default:
		vcpu_report(vcpu, "the guest stopped with system event %u%s", type,
			    type == KVM_SYSTEM_EVENT_CRASH ? " (crash)" : "");
		stop(vcpu, VCPU_STOP_CRASH);
		break;
	}
}

/* A machine with unlike CPUs, and KVM cannot run this vCPU on all of them. True: it was moved. */
static bool leave_unfit_cpu(struct vcpu *vcpu)
{
	const struct kvm_run *run = vcpu->run;

	return run->exit_reason == KVM_EXIT_FAIL_ENTRY && vcpu->group->placement &&
	       run->fail_entry.hardware_entry_failure_reason &
		       KVM_EXIT_FAIL_ENTRY_CPU_UNSUPPORTED &&
	       placement_leave_cpu(vcpu->group->placement, vcpu->index, run->fail_entry.cpu);
}

static __attribute__((noinline)) void handle_unknown(struct vcpu *vcpu)
{
	const struct kvm_run *run = vcpu->run;

	vcpu->stats.exits[VCPU_EXIT_OTHER]++;
	if (leave_unfit_cpu(vcpu))
		return;
	switch (run->exit_reason) {
	case KVM_EXIT_FAIL_ENTRY:
		vcpu_report(
			vcpu,
			"KVM could not enter the guest: hardware reason 0x%llx on host CPU %u%s",
			run->fail_entry.hardware_entry_failure_reason, run->fail_entry.cpu,
			run->fail_entry.hardware_entry_failure_reason &
					KVM_EXIT_FAIL_ENTRY_CPU_UNSUPPORTED
				? ", which cannot run this vCPU: use --place pin:LIST"
				: "");
		break;
	case KVM_EXIT_INTERNAL_ERROR:
		vcpu_report(vcpu, "KVM had an internal error: suberror %u", run->internal.suberror);
		break;
	default:
		vcpu_report(vcpu, "KVM exited for reason %u, which armlet does not know",
			    run->exit_reason);
		break;
	}
	stop(vcpu, VCPU_STOP_FAILURE);
}

/* All but KVM_EXIT_MMIO. */
static __attribute__((noinline)) void handle_rare_exit(struct vcpu *vcpu)
{
	switch (vcpu->run->exit_reason) {
	case KVM_EXIT_ARM_NISV:
	case KVM_EXIT_ARM_LDST64B:
		handle_undecoded(vcpu);
		break;
	case KVM_EXIT_SYSTEM_EVENT:
		handle_system_event(vcpu);
		break;
	case KVM_EXIT_INTR:
		vcpu->stats.exits[VCPU_EXIT_SIGNAL]++;
		break;
	default:
		handle_unknown(vcpu);
		break;
	}
}

static __attribute__((noinline)) void run_failed(struct vcpu *vcpu, int error)
{
	vcpu->stats.exits[VCPU_EXIT_OTHER]++;
	if (error == -EFAULT)
		vcpu_report(
			vcpu,
			"KVM could not run the guest: %s: it used memory that the host cannot "
			"provide (bad page, out of memory), or a device of KVM's in a way that KVM "
			"does not handle: see the host's dmesg",
			strerror(EFAULT));
	else
		vcpu_report(vcpu, "KVM could not run the guest: %s", strerror(-error));
	stop(vcpu, VCPU_STOP_FAILURE);
}

static void note_first_run(struct vcpu_group *group)
{
	uint64_t never = 0;

	if (atomic_load(&group->first_run))
		return;
	atomic_compare_exchange_strong(&group->first_run, &never, clock_now_ns());
}

/*
 * Userspace irqchip: KVM tells the lines of the timers and the PMU with each return, and returns
 * for the sake of an edge. An edge reaches our GIC before an access to that GIC is emulated.
 * Returns whether there was one.
 */
static inline bool take_device_lines(struct vcpu *vcpu, struct kvm_run *run, struct irqchip *chip)
{
	uint64_t level = run->s.regs.device_irq_level;

	if (__builtin_expect(level == vcpu->device_irq_level, 1))
		return false;
	vcpu->device_irq_level = level;
	irqchip_vcpu_exited(chip, vcpu->index, level);
	return true;
}

/*
 * Looks, after vcpu_entry_begin(), at what other threads may have written down for this one: orders
 * and interrupts. False: KVM_RUN is not to be called.
 */
static inline bool enters(struct vcpu *vcpu, struct irqchip *chip)
{
	vcpu_entry_begin(&vcpu->entry);
	if (atomic_load(&vcpu->order) != VCPU_ORDER_RUN) {
		vcpu_entry_end(&vcpu->entry);
		return false;
	}
	irqchip_vcpu_enters(chip, vcpu->index);
	return true;
}

void vcpu_run_loop(struct vcpu *vcpu)
{
	struct placement *placement = vcpu->group->placement;
	struct irqchip *chip = vcpu->group->irqchip;
	struct mmio_bus *bus = vcpu->group->bus;
	struct kvm_run *run = vcpu->run;
	uint64_t exits_left; /* until placement_vcpu_exited() is called; 0: never */

	exits_left = placement ? placement_exits_left(placement) : 0;
	note_first_run(vcpu->group);
	while (enters(vcpu, chip)) {
		bool edge;
		int ret;

		ret = kvm_ioctl(vcpu->fd, KVM_RUN, 0);
		vcpu_entry_end(&vcpu->entry);
		/* A return that immediate_exit forced leaves the levels as they were: no edge. */
		edge = take_device_lines(vcpu, run, chip);

		if (__builtin_expect(ret == 0, 1)) {
			if (__builtin_expect(run->exit_reason == KVM_EXIT_MMIO, 1))
				handle_mmio(vcpu, run, bus);
			else
				handle_rare_exit(vcpu);
		} else if (ret == -EINTR || ret == -EAGAIN) {
			vcpu->stats.exits[edge ? VCPU_EXIT_LINE : VCPU_EXIT_SIGNAL]++;
		} else {
			run_failed(vcpu, ret);
		}
		if (__builtin_expect(--exits_left == 0, 0))
			exits_left = placement_vcpu_exited(placement, vcpu->index);
	}
	/*
	 * The register write and the step over the instruction of an emulated access happen on the
	 * next KVM_RUN: have them done before anybody looks at, or resets, the vCPU.
	 */
	__atomic_store_n(&vcpu->run->immediate_exit, 1, __ATOMIC_SEQ_CST);
	kvm_ioctl(vcpu->fd, KVM_RUN, 0);
}
