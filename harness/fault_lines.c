// SPDX-License-Identifier: GPL-2.0-only
#include "harness/fault_lines.h"

#include "base/kvm_uapi.h"
#include "timer/timer_state.h"

#define TIMERS	     (KVM_ARM_DEV_EL1_VTIMER | KVM_ARM_DEV_EL1_PTIMER)
#define LINES	     (TIMERS | KVM_ARM_DEV_PMU)
#define DELAY_NS     UINT64_C(10000000)
#define DUPLICATE_NS UINT64_C(3000000)
#define EARLY_NS     INT64_C(10000000)

static uint64_t swapped(uint64_t levels)
{
	uint64_t others = levels & ~(uint64_t)TIMERS;

	if (levels & KVM_ARM_DEV_EL1_VTIMER)
		others |= KVM_ARM_DEV_EL1_PTIMER;
	if (levels & KVM_ARM_DEV_EL1_PTIMER)
		others |= KVM_ARM_DEV_EL1_VTIMER;
	return others;
}

static uint64_t shown(const struct fault_lines *lines)
{
	uint64_t levels = (lines->real & ~lines->hidden) | lines->extra;

	return lines->fault == FAULT_LINE_SWAP ? swapped(levels) : levels;
}

static bool is_third(struct fault_lines *lines)
{
	return ++lines->rises % 3 == 0;
}

uint64_t fault_lines_told(struct fault_lines *lines, uint64_t levels, uint64_t now)
{
	uint64_t rose = levels & ~lines->real & LINES;
	uint64_t fell = lines->real & ~levels & LINES;

	lines->real = levels;
	lines->hidden &= levels;
	switch (lines->fault) {
	case FAULT_LINE_DROP:
		if (rose && is_third(lines))
			lines->hidden |= rose;
		break;
	case FAULT_LINE_DELAY:
		if (rose && is_third(lines)) {
			lines->hidden |= rose;
			lines->due = now + DELAY_NS;
		}
		break;
	case FAULT_LINE_DUPLICATE:
		/* Not yet: first the fall is to be seen. */
		lines->again = (lines->again | fell) & ~levels;
		lines->extra &= ~rose;
		break;
	case FAULT_LINE_STUCK:
		lines->extra |= levels & LINES;
		break;
	default:
		break;
	}
	return shown(lines);
}

static void duplicate(struct fault_lines *lines, uint64_t now)
{
	if (lines->extra && now >= lines->due) {
		lines->extra = 0;
	} else if (lines->again && !lines->extra) {
		lines->extra = lines->again;
		lines->again = 0;
		lines->due = now + DUPLICATE_NS;
	}
}

static void look_at_timer(struct fault_lines *lines, const struct fault_timer_view *timer)
{
	uint64_t wanted = ARCH_TIMER_CTL_ENABLE;
	bool rises;

	if (lines->fault == FAULT_LINE_MASKED)
		wanted |= ARCH_TIMER_CTL_IMASK;
	rises = (timer->ctl & (ARCH_TIMER_CTL_ENABLE | ARCH_TIMER_CTL_IMASK)) == wanted;
	if (lines->fault == FAULT_LINE_MASKED)
		rises = rises && timer->ns_left <= 0;
	else
		rises = rises && timer->ns_left > 0 && timer->ns_left < EARLY_NS;
	if (rises)
		lines->extra |= timer->bit;
	else
		lines->extra &= ~timer->bit;
}

bool fault_lines_needs_timers(enum fault fault)
{
	return fault == FAULT_LINE_EARLY || fault == FAULT_LINE_MASKED;
}

uint64_t fault_lines_entered(struct fault_lines *lines, const struct fault_timer_view *timers,
			     unsigned timer_count, uint64_t now)
{
	if (lines->fault == FAULT_LINE_DELAY && lines->due && now >= lines->due)
		lines->hidden = lines->due = 0;
	else if (lines->fault == FAULT_LINE_DUPLICATE)
		duplicate(lines, now);
	else if (fault_lines_needs_timers(lines->fault))
		for (unsigned i = 0; i < timer_count; i++)
			look_at_timer(lines, &timers[i]);
	return shown(lines);
}
