// SPDX-License-Identifier: GPL-2.0-only
#include "harness/test_timer.h"

#include "base/kvm.h"
#include "timer/host_counter.h"

#define SAVE_CVAL_FLIP (UINT64_C(1) << 12)
/* For the virtual timer; the physical one's is the next. PPIs that no test asks for. */
#define WRONG_INTID 24

static uint64_t spoil_saved(const struct test_run *run, enum arch_timer_reg reg, uint64_t value)
{
	if (run->fault == FAULT_SAVE_CVAL && reg == ARCH_TIMER_CVAL)
		return value ^ SAVE_CVAL_FLIP;
	if (run->fault == FAULT_SAVE_CTL && reg == ARCH_TIMER_CTL)
		return value & ~ARCH_TIMER_CTL_ENABLE;
	return value;
}

static uint64_t spoil_loaded(const struct test_run *run, enum arch_timer_reg reg, uint64_t value)
{
	if (run->fault == FAULT_LOAD_IMASK && reg == ARCH_TIMER_CTL)
		return value | ARCH_TIMER_CTL_IMASK;
	return value;
}

int test_timer_get(const struct test_run *run, int vcpu_fd, enum arch_timer timer,
		   enum arch_timer_reg reg, uint64_t *value)
{
	int ret = arch_timer_get(vcpu_fd, timer, reg, value);

	*value = spoil_saved(run, reg, *value);
	return ret;
}

int test_timer_set(const struct test_run *run, int vcpu_fd, enum arch_timer timer,
		   enum arch_timer_reg reg, uint64_t value)
{
	if (run->fault == FAULT_SAVE_LOST ||
	    (run->fault == FAULT_SAVE_CNT && reg == ARCH_TIMER_CNT))
		return 0;
	if (run->fault == FAULT_SAVE_SWAP)
		timer = ARCH_TIMER_PHYSICAL - timer;
	return arch_timer_set(vcpu_fd, timer, reg, spoil_loaded(run, reg, value));
}

int test_timer_save(const struct test_run *run, int vcpu_fd, struct timer_state *state)
{
	bool was_saved = state->saved;
	int ret = timer_state_save(state, vcpu_fd);

	for (unsigned timer = 0; timer < ARCH_TIMERS && !ret && !was_saved; timer++)
		for (unsigned reg = 0; reg < ARCH_TIMER_REGS; reg++)
			state->regs[timer][reg] = spoil_saved(run, reg, state->regs[timer][reg]);
	return ret;
}

int test_timer_load(const struct test_run *run, int vcpu_fd, struct timer_state *state,
		    enum timer_counters counters)
{
	struct timer_state spoilt = *state;
	int ret;

	if (run->fault == FAULT_SAVE_LOST) {
		state->saved = false;
		return 0;
	}
	if (run->fault == FAULT_SAVE_CNT)
		counters = TIMER_COUNTERS_KEEP;
	for (unsigned timer = 0; timer < ARCH_TIMERS; timer++) {
		unsigned from = run->fault == FAULT_SAVE_SWAP ? ARCH_TIMER_PHYSICAL - timer : timer;

		for (unsigned reg = 0; reg < ARCH_TIMER_REGS; reg++)
			spoilt.regs[timer][reg] = spoil_loaded(run, reg, state->regs[from][reg]);
	}
	ret = timer_state_load(&spoilt, vcpu_fd, counters);
	state->saved = spoilt.saved;
	return ret;
}

/*
 * The fault: both counters are set, which gives each an offset of its own, as long as
 * KVM_ARM_SET_COUNTER_OFFSET was not used.
 */
static int set_wrong_offset(int vcpu_fd, uint64_t offset)
{
	int ret = arch_timer_set(vcpu_fd, ARCH_TIMER_VIRTUAL, ARCH_TIMER_CNT,
				 host_counter() - offset);

	return ret ? ret
		   : arch_timer_set(vcpu_fd, ARCH_TIMER_PHYSICAL, ARCH_TIMER_CNT,
				    host_counter() - offset - host_counter_frequency());
}

int test_timer_set_offset(const struct test_run *run, int vm_fd, int vcpu_fd, uint64_t offset)
{
	struct kvm_arm_counter_offset argument = { .counter_offset = offset };

	if (run->fault == FAULT_OFFSET)
		return set_wrong_offset(vcpu_fd, offset);
	return kvm_ioctl(vm_fd, KVM_ARM_SET_COUNTER_OFFSET, (uintptr_t)&argument);
}

int test_timer_set_intid(const struct test_run *run, int vcpu_fd, enum arch_timer timer,
			 unsigned intid)
{
	int value = (int)(run->fault == FAULT_INTID ? WRONG_INTID + timer : intid);

	return kvm_set_device_attr(vcpu_fd, KVM_ARM_VCPU_TIMER_CTRL,
				   timer == ARCH_TIMER_VIRTUAL ? KVM_ARM_VCPU_TIMER_IRQ_VTIMER
							       : KVM_ARM_VCPU_TIMER_IRQ_PTIMER,
				   &value);
}
