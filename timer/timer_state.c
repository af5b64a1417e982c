// SPDX-License-Identifier: GPL-2.0-only
#include "timer/timer_state.h"

#include <errno.h>
#include <string.h>

#include "base/kvm.h"
#include "base/log.h"

static const struct {
	uint64_t id;
	const char *name;
} regs[ARCH_TIMERS][ARCH_TIMER_REGS] = {
	[ARCH_TIMER_VIRTUAL] = {
		[ARCH_TIMER_CTL] = { KVM_REG_ARM_TIMER_CTL, "CNTV_CTL" },
		[ARCH_TIMER_CVAL] = { KVM_REG_ARM_TIMER_CVAL, "CNTV_CVAL" },
		[ARCH_TIMER_CNT] = { KVM_REG_ARM_TIMER_CNT, "CNTVCT" },
	},
	[ARCH_TIMER_PHYSICAL] = {
		[ARCH_TIMER_CTL] = { KVM_REG_ARM_PTIMER_CTL, "CNTP_CTL" },
		[ARCH_TIMER_CVAL] = { KVM_REG_ARM_PTIMER_CVAL, "CNTP_CVAL" },
		[ARCH_TIMER_CNT] = { KVM_REG_ARM_PTIMER_CNT, "CNTPCT" },
	},
};

const char *arch_timer_name(enum arch_timer timer)
{
	return timer == ARCH_TIMER_VIRTUAL ? "virtual" : "physical";
}

const char *arch_timer_reg_name(enum arch_timer timer, enum arch_timer_reg reg)
{
	return regs[timer][reg].name;
}

uint64_t arch_timer_reg_id(enum arch_timer timer, enum arch_timer_reg reg)
{
	return regs[timer][reg].id;
}

int arch_timer_get(int vcpu_fd, enum arch_timer timer, enum arch_timer_reg reg, uint64_t *value)
{
	return kvm_get_one_reg(vcpu_fd, regs[timer][reg].id, value);
}

int arch_timer_set(int vcpu_fd, enum arch_timer timer, enum arch_timer_reg reg, uint64_t value)
{
	return kvm_set_one_reg(vcpu_fd, regs[timer][reg].id, &value);
}

static unsigned timers_of(const struct timer_state *state)
{
	return state->has_physical ? ARCH_TIMERS : ARCH_TIMER_PHYSICAL;
}

/* The timers in KVM are off; says nothing, the state is what counts. */
static void disable(const struct timer_state *state, int vcpu_fd)
{
	for (unsigned timer = 0; timer < timers_of(state); timer++)
		arch_timer_set(vcpu_fd, timer, ARCH_TIMER_CTL, 0);
}

static int read_all(struct timer_state *state, int vcpu_fd)
{
	for (unsigned timer = 0; timer < ARCH_TIMERS; timer++) {
		for (unsigned reg = 0; reg < ARCH_TIMER_REGS; reg++) {
			int ret = arch_timer_get(vcpu_fd, timer, reg, &state->regs[timer][reg]);

			if (ret == -ENOENT && timer == ARCH_TIMER_PHYSICAL && reg == 0)
				return 0; /* before Linux 6.4 */
			if (ret)
				return log_error(ret, "cannot save the timer: reading %s: %s",
						 regs[timer][reg].name, strerror(-ret));
		}
		state->has_physical = timer == ARCH_TIMER_PHYSICAL;
	}
	return 0;
}

int timer_state_save(struct timer_state *state, int vcpu_fd)
{
	struct timer_state read = { .saved = true };
	int ret;

	if (state->saved)
		return 0;
	ret = read_all(&read, vcpu_fd);
	for (unsigned timer = 0; !ret && timer < timers_of(&read); timer++) {
		ret = arch_timer_set(vcpu_fd, timer, ARCH_TIMER_CTL, 0);
		if (!ret)
			continue;
		log_error(ret, "cannot save the timer: disabling it by %s: %s",
			  regs[timer][ARCH_TIMER_CTL].name, strerror(-ret));
		while (timer-- > 0)
			arch_timer_set(vcpu_fd, timer, ARCH_TIMER_CTL,
				       read.regs[timer][ARCH_TIMER_CTL]);
		break;
	}
	if (ret)
		return ret;
	*state = read;
	return 0;
}

/*
 * The counters come first and CTL last: a timer must not be enabled while KVM has the one but not
 * yet the other, or it would expire by a CVAL or a count that were never the guest's.
 */
static int write_all(const struct timer_state *state, int vcpu_fd, enum timer_counters counters)
{
	static const enum arch_timer_reg order[] = { ARCH_TIMER_CNT, ARCH_TIMER_CVAL,
						     ARCH_TIMER_CTL };
	unsigned first = counters == TIMER_COUNTERS_KEEP;

	disable(state, vcpu_fd);
	for (unsigned i = first; i < ARCH_TIMER_REGS; i++) {
		for (unsigned timer = 0; timer < timers_of(state); timer++) {
			int ret = arch_timer_set(vcpu_fd, timer, order[i],
						 state->regs[timer][order[i]]);

			if (ret)
				return log_error(ret, "cannot load the timer: writing %s: %s",
						 regs[timer][order[i]].name, strerror(-ret));
		}
	}
	return 0;
}

int timer_state_load(struct timer_state *state, int vcpu_fd, enum timer_counters counters)
{
	int ret;

	if (!state->saved)
		return 0;
	ret = write_all(state, vcpu_fd, counters);
	if (ret) {
		disable(state, vcpu_fd);
		return ret;
	}
	state->saved = false;
	return 0;
}
