// SPDX-License-Identifier: GPL-2.0-only
/* Timers saved and loaded by the host: in place, and from one VM to another. */
#include "guest-images/lib/guest.h"
#include "guest-images/tests/control.h"

enum { CTL, CVAL, CNT };

static struct timer_shots shots[TIMERS];

static bool wants(enum timer timer)
{
	return arg(CONTROL_ARG_TIMERS) >> timer & 1;
}

/* Shots at random, while the script saves and loads at random: each comes once, none early. */
GUEST_TEST(control_save)
{
	for (enum timer timer = 0; timer < TIMERS; timer++)
		shots_begin(&shots[timer], timer);
	word_set(CONTROL_WORD_STATE, 1);
	for (uint64_t n = 1; !word_get(CONTROL_WORD_GO) && !failed(); n++) {
		for (enum timer timer = 0; timer < TIMERS; timer++)
			if (wants(timer))
				shots_arm(&shots[timer],
					  timer_count(timer) + us_to_count(random_below(600)));
		for (enum timer timer = 0; timer < TIMERS && !failed(); timer++) {
			if (!wants(timer))
				continue;
			if (arg(CONTROL_ARG_VARIANT) == CONTROL_SAVE_ASLEEP)
				shots_await_asleep(&shots[timer], n);
			else
				shots_await(&shots[timer], n);
			CHECK(timer_cval(timer) == shots[timer].armed_cval,
			      "%s timer: CVAL was saved and loaded, and is 0x%lx instead of 0x%lx",
			      timer_name(timer), timer_cval(timer), shots[timer].armed_cval);
		}
	}
	for (enum timer timer = 0; timer < TIMERS; timer++) {
		shots_no_more(&shots[timer], shots[timer].fired);
		shots_end(&shots[timer]);
	}
}

/* How the timers are when they are saved. */
static void prepare_timers(void)
{
	static const struct {
		int64_t from_now_us;
		unsigned ctl;
	} states[CONTROL_MIGRATE_VARIANTS] = {
		[CONTROL_MIGRATE_FAR] = { 20000, TIMER_ENABLE },
		[CONTROL_MIGRATE_NEAR] = { 100, TIMER_ENABLE },
		[CONTROL_MIGRATE_EXPIRED] = { -100, TIMER_ENABLE },
		[CONTROL_MIGRATE_MASKED] = { -100, TIMER_ENABLE | TIMER_IMASK },
		[CONTROL_MIGRATE_DISABLED] = { -100, 0 },
	};
	unsigned variant = arg(CONTROL_ARG_VARIANT);

	for (enum timer timer = 0; timer < TIMERS; timer++) {
		int64_t us = states[variant].from_now_us;
		uint64_t now = timer_count(timer);

		if (!wants(timer))
			continue;
		timer_set_cval(timer, us < 0 ? count_before(now, us_to_count(-us))
					     : now + us_to_count(us));
		timer_set_ctl(timer, states[variant].ctl);
	}
}

/* The timers are those of another VM now: what was saved there must be found here. */
static void check_loaded(enum timer timer)
{
	uint64_t ctl = word_get(CONTROL_EXPECTED(timer, CTL));
	uint64_t cval = word_get(CONTROL_EXPECTED(timer, CVAL));
	uint64_t saved = word_get(CONTROL_EXPECTED(timer, CNT));
	uint64_t count = timer_count(timer);
	uint64_t host = call_host(CONTROL_CALL_HOST_COUNT, 0, 0, 0);
	uint64_t passed = host - word_get(CONTROL_WORD_LOADED);

	CHECK(timer_cval(timer) == cval, "%s timer: CVAL is 0x%lx, 0x%lx was saved",
	      timer_name(timer), timer_cval(timer), cval);
	CHECK(((timer_ctl(timer) ^ ctl) & ~TIMER_ISTATUS) == 0,
	      "%s timer: CTL is 0x%x, 0x%lx was saved", timer_name(timer), timer_ctl(timer), ctl);
	CHECK(count - saved <= passed,
	      "%s counter: it is 0x%lx, 0x%lx was saved, %lu ns ago at most", timer_name(timer),
	      count, saved, count_to_ns(passed));
}

/*
 * Two VMs with this guest: one arms and is saved, its timers are loaded into the other. There an
 * armed timer fires at its CVAL, an expired one is pending, and each comes exactly once.
 */
GUEST_TEST(control_migrate)
{
	bool comes = arg(CONTROL_ARG_VARIANT) <= CONTROL_MIGRATE_EXPIRED;

	irq_disable();
	for (enum timer timer = 0; timer < TIMERS; timer++)
		shots_begin(&shots[timer], timer);
	if (word_get(CONTROL_WORD_GO) == CONTROL_ROLE_SOURCE)
		prepare_timers();
	word_set(CONTROL_WORD_STATE, 1);
	if (word_get(CONTROL_WORD_GO) == CONTROL_ROLE_SOURCE) {
		/* What becomes of it is no matter here; the interrupts stay masked. */
		word_wait(CONTROL_WORD_STATE, 2);
		return;
	}
	/* It was parked in here. */
	word_wait(CONTROL_WORD_STATE, 2);
	for (enum timer timer = 0; timer < TIMERS; timer++) {
		if (!wants(timer))
			continue;
		check_loaded(timer);
		shots[timer].armed_cval = word_get(CONTROL_EXPECTED(timer, CVAL));
	}
	for (enum timer timer = 0; timer < TIMERS && !failed(); timer++) {
		if (wants(timer) && comes)
			shots_await(&shots[timer], 1);
		shots_no_more(&shots[timer], wants(timer) && comes);
	}
	for (enum timer timer = 0; timer < TIMERS && !failed(); timer++) {
		/* The timers of this VM work as before. */
		uint64_t fired = shots[timer].fired;

		if (!wants(timer))
			continue;
		shots_arm(&shots[timer], timer_count(timer) + us_to_count(100));
		shots_await(&shots[timer], fired + 1);
	}
}
