// SPDX-License-Identifier: GPL-2.0-only
/* Resets and suspends with timers armed. */
#include <string.h>

#include "base/kvm.h"
#include "guest-images/tests/control.h"
#include "harness/run.h"
#include "harness/tests/control_scripts.h"

/* How far `stopped` and `beside` are with each other; of this run's process alone. */
static _Atomic unsigned stops_seen;

static bool note_stop(struct test_run *run, struct test_vm *vm, unsigned cpu, enum vcpu_stop why)
{
	(void)run, (void)vm, (void)cpu;
	if (why != VCPU_STOP_RESET)
		return false;
	stops_seen++;
	return true;
}

/* As often as the guest asks for it. */
static void beside_resets(struct test_run *run)
{
	unsigned done = 0;

	while (!run_is_over(run)) {
		if (stops_seen == done) {
			run_sleep_us(200);
			continue;
		}
		done++;
		if (test_vm_reset(&run->vm) < 0)
			return;
	}
}

const struct test_script life_reset = { .beside = beside_resets, .stopped = note_stop };

/* KVM_ARM_VCPU_INIT of a vCPU that has run, and nothing else. */
static bool reinit(struct test_run *run)
{
	struct machine *machine = &run->vm.machine;
	int ret;

	test_vm_park(&run->vm, 0);
	/* The lines of the vCPU's timers fall: to a userspace irqchip it is we who tell. */
	irqchip_vcpu_exited(machine->irqchip, 0, 0);
	ret = vcpu_reset(&machine->vcpus[0]);
	ret = ret ? ret : vcpu_set_entry(&machine->vcpus[0], GUEST_IMAGE_BASE, 0);
	test_vm_unpark(&run->vm, 0);
	return RUN_CHECK(run, ret == 0, "KVM_ARM_VCPU_INIT: %s", strerror(-ret));
}

static void beside_reinits(struct test_run *run)
{
	for (uint64_t life = 1; life <= run->test->args[CONTROL_ARG_COUNT]; life++) {
		if (!test_vm_wait_word(&run->vm, CONTROL_WORD_STATE, life))
			return;
		/* Its timers are armed 2 ms ahead, or have expired. */
		run_sleep_us(run_random(run, 3000));
		if (!reinit(run))
			return;
	}
}

const struct test_script life_reinit = { .beside = beside_reinits };

/* -- SYSTEM_SUSPEND --------------------------------------------------------------------------- */

static void enable_suspend(struct test_run *run)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_ARM_SYSTEM_SUSPEND };
	int ret = kvm_ioctl(run->vm.machine.fd, KVM_ENABLE_CAP, (uintptr_t)&cap);

	RUN_CHECK(run, ret == 0, "KVM_CAP_ARM_SYSTEM_SUSPEND: %s", strerror(-ret));
}

static bool set_mp_state(struct test_run *run, struct vcpu *vcpu, uint32_t mp_state)
{
	struct kvm_mp_state argument = { .mp_state = mp_state };
	int ret = kvm_ioctl(vcpu->fd, KVM_SET_MP_STATE, (uintptr_t)&argument);

	return RUN_CHECK(run, ret == 0, "KVM_SET_MP_STATE %u: %s", mp_state, strerror(-ret));
}

/*
 * KVM waits in the guest's stead for what would wake it, then the guest goes on behind its call,
 * which has returned 0. (PSCI would have it begin anew at the address it gave; nothing here looks
 * at that.)
 */
static bool answer_suspend(struct test_run *run, struct test_vm *vm, unsigned cpu,
			   enum vcpu_stop why)
{
	static const uint64_t success;
	struct vcpu *vcpu = &vm->machine.vcpus[cpu];

	if (why == VCPU_STOP_SUSPEND) {
		kvm_set_one_reg(vcpu->fd, KVM_CORE_REG_U64(regs.regs[0]), &success);
		if (!set_mp_state(run, vcpu, KVM_MP_STATE_SUSPENDED))
			return false;
	} else if (why == VCPU_STOP_WAKEUP) {
		if (!set_mp_state(run, vcpu, KVM_MP_STATE_RUNNABLE))
			return false;
	} else {
		return false;
	}
	stops_seen++;
	return true;
}

static void beside_suspends(struct test_run *run)
{
	unsigned done = 0;

	while (!run_is_over(run)) {
		if (stops_seen == done) {
			run_sleep_us(200);
			continue;
		}
		done++;
		test_vm_unpark(&run->vm, 0);
	}
}

const struct test_script life_suspend = { .prepare = enable_suspend,
					  .beside = beside_suspends,
					  .stopped = answer_suspend };
