/* SPDX-License-Identifier: GPL-2.0-only */
/* What the guests of family "basics" share. args[0] is the timer, args[1] the exception level. */
#ifndef GUEST_IMAGES_TESTS_BASICS_H
#define GUEST_IMAGES_TESTS_BASICS_H

#include "guest-images/lib/guest.h"

#define TIMER ((enum timer)arg(0))
/* No kernel takes that many exits to notice something. */
#define MANY_EXITS 200
/* Longer than most interrupts take on a busy machine. */
#define LONG_US 20000

/* Runs fn at the exception level that the row names. */
static inline void at_the_level(cpu_fn *fn, void *argument)
{
	if (arg(1) == 0)
		at_el0(fn, argument, true);
	else
		fn(argument);
}

/* Exits of each kind, in which KVM looks at the timers again. EL1 only. */
static inline void let_settle(void)
{
	exit_to_host();
	null_hypercall();
	exit_to_host();
}

/* Takes interrupts that are there, if any. */
static inline void take_interrupts(void)
{
	irq_enable();
	let_settle();
	irq_disable();
}

static inline bool becomes_pending(enum timer timer)
{
	for (unsigned n = 0; n < MANY_EXITS; n++) {
		if (gic_is_pending(timer_intid(timer)))
			return true;
		exit_to_host();
	}
	return CHECK(false,
		     "%s timer: not pending %lu ns after CVAL: CTL 0x%x, CVAL 0x%lx, count 0x%lx",
		     timer_name(timer), count_to_ns(timer_count(timer) - timer_cval(timer)),
		     timer_ctl(timer), timer_cval(timer), timer_count(timer));
}

/* ISTATUS follows the timer's condition in a finite time, which an exit ends. */
static inline bool istatus_becomes(enum timer timer, bool wanted, const char *when)
{
	for (unsigned n = 0; n < MANY_EXITS; n++) {
		if (!!(timer_ctl(timer) & TIMER_ISTATUS) == wanted)
			return true;
		if (n % 16 == 15)
			exit_to_host();
	}
	return CHECK(false, "%s timer: ISTATUS stays %u %s: CTL 0x%x, CVAL 0x%lx, count 0x%lx",
		     timer_name(timer), !wanted, when, timer_ctl(timer), timer_cval(timer),
		     timer_count(timer));
}

/* With interrupts masked: arms for the near future, returns when it has expired and is pending. */
static inline bool expire_masked(struct timer_shots *shots)
{
	shots_arm(shots, timer_count(shots->timer) + us_to_count(20));
	spin_until(shots->timer, shots->armed_cval);
	return becomes_pending(shots->timer);
}

/* A shot as usual, to show that what came before has left nothing behind. */
static inline bool next_still_comes(struct timer_shots *shots)
{
	uint64_t fired = shots->fired;

	shots_arm(shots, timer_count(shots->timer) + us_to_count(50));
	return shots_await(shots, fired + 1) && shots_no_more(shots, fired + 1);
}

#endif
