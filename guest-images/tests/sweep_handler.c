// SPDX-License-Identifier: GPL-2.0-only
/*
 * Family "sweep": the next expiry moves in steps over the handler of the one before: while its
 * interrupt is active, at the end of the interrupt, after it.
 */
#include "guest-images/lib/guest.h"
#include "guest-images/tests/sweep.h"

#define MANY_EXITS 200

static struct timer_shots shots;
static uint64_t steps, step;

static void set_next(struct timer_shots *fired, struct irq *irq)
{
	enum timer timer = fired->timer;
	uint64_t delta = fired->fired * step + random_below(step);

	(void)irq;
	CHECK(timer_cval(timer) == fired->armed_cval,
	      "CVAL is 0x%lx in the handler instead of 0x%lx", timer_cval(timer),
	      fired->armed_cval);
	if (fired->fired + 1 >= steps) {
		timer_set_ctl(timer, 0);
		return;
	}
	switch (arg(2)) {
	case SWEEP_HANDLER_PLAIN:
		shots_arm(fired, timer_count(timer) + delta);
		break;
	case SWEEP_HANDLER_EXITS:
		shots_arm(fired, timer_count(timer) + delta);
		exit_to_host();
		break;
	case SWEEP_HANDLER_DISABLES:
		timer_set_ctl(timer, 0);
		exit_to_host();
		shots_arm(fired, timer_count(timer) + delta);
		break;
	}
}

/* The chain of shots goes on by itself, so that only an end of it can be awaited. An exit after an
 * expiry has to bring the interrupt. */
static void await_all(enum timer timer)
{
	uint64_t seen = 0;

	for (unsigned exits = 0; shots.fired < steps && exits < MANY_EXITS && !failed();) {
		if (shots.fired != seen)
			exits = 0;
		seen = shots.fired;
		if (timer_count(timer) < shots.armed_cval)
			continue;
		exit_to_host();
		exits++;
	}
	CHECK(shots.fired == steps, "%s timer: no interrupt %lu (of %lu) after CVAL 0x%lx",
	      timer_name(timer), shots.fired + 1, steps, shots.armed_cval);
}

static void await_all_asleep(void)
{
	irq_disable();
	while (shots.fired < steps && !failed()) {
		wait_for_interrupt(1000000, "the next expiry");
		irq_enable();
		isb();
		irq_disable();
	}
	irq_enable();
}

/* args: timer, steps, enum sweep_handler, 1: asleep between, nanoseconds per step */
GUEST_TEST(sweep_handler)
{
	steps = arg(1);
	step = arg(4) * timer_frequency() / 1000000000 + 1;
	shots_begin(&shots, arg(0));
	shots.on_fire = set_next;
	irq_enable();
	shots_arm(&shots, timer_count(arg(0)) + us_to_count(10));
	if (arg(3))
		await_all_asleep();
	else
		await_all(arg(0));
	shots_no_more(&shots, steps);
	shots_end(&shots);
}
