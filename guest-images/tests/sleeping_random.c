// SPDX-License-Identifier: GPL-2.0-only
/* Family "sleeping": many sleeps of random length, on all CPUs. */
#include "guest-images/lib/guest.h"
#include "guest-images/tests/sleeping.h"

static struct timer_shots shots[GUEST_MAX_CPUS][TIMERS];

/* From nothing to `longest`, short ones as often as long ones. */
static uint64_t random_delay(uint64_t longest)
{
	uint64_t bits = 64 - __builtin_clzll(longest | 1);

	return random_below(UINT64_C(1) << random_below(bits + 1)) % longest;
}

static uint64_t arm(struct timer_shots *timer_shots, uint64_t longest)
{
	enum timer timer = timer_shots->timer;
	uint64_t before = timer_count(timer), delay = random_delay(longest);

	if (random_below(2)) {
		shots_arm(timer_shots, before + delay);
	} else {
		/* TVAL counts from a moment between before and now: the CVAL read back is checked
		 * against both. */
		timer_set_ctl(timer, TIMER_ENABLE | TIMER_IMASK);
		timer_set_tval(timer, delay);
		timer_shots->armed_cval = timer_cval(timer);
		CHECK(timer_shots->armed_cval - before - delay <= timer_count(timer) - before,
		      "TVAL %lu, written between 0x%lx and 0x%lx, makes CVAL 0x%lx", delay, before,
		      timer_count(timer), timer_shots->armed_cval);
		timer_set_ctl(timer, TIMER_ENABLE);
	}
	return delay;
}

static void sleep_randomly(void *argument)
{
	struct timer_shots *mine = shots[this_cpu()];
	uint64_t longest = us_to_count(arg(2)), asked[TIMERS] = {}, wanted[TIMERS] = {};
	uint64_t begin[TIMERS];

	(void)argument;
	for (enum timer timer = 0; timer < TIMERS; timer++) {
		if (!(arg(0) >> timer & 1))
			continue;
		shots_begin(&mine[timer], timer);
		begin[timer] = timer_count(timer);
	}
	barrier();
	for (uint64_t n = 0; n < arg(1) && !failed(); n++) {
		irq_disable();
		for (enum timer timer = 0; timer < TIMERS; timer++) {
			if (!(arg(0) >> timer & 1) || mine[timer].fired < wanted[timer])
				continue;
			asked[timer] += arm(&mine[timer], longest);
			wanted[timer]++;
		}
		irq_enable();
		/* With two timers: until one of them came; its next shot overlaps the other's. */
		if (arg(0) == 3)
			shots_await_asleep(&mine[n & 1], wanted[n & 1]);
		else
			shots_await_asleep(&mine[arg(0) >> 1], wanted[arg(0) >> 1]);
	}
	for (enum timer timer = 0; timer < TIMERS; timer++) {
		uint64_t passed;

		if (!(arg(0) >> timer & 1))
			continue;
		shots_await_asleep(&mine[timer], wanted[timer]);
		shots_no_more(&mine[timer], wanted[timer]);
		passed = timer_count(timer) - begin[timer];
		CHECK(passed >= asked[timer],
		      "%lu sleeps of together %lu counts took %lu of the %s counter", wanted[timer],
		      asked[timer], passed, timer_name(timer));
		shots_end(&mine[timer]);
	}
}

/* The script compares the guest's clock with the host's between two of these. */
static void tell_clock(void)
{
	call_host(SLEEPING_CALL_CLOCK, timer_count(VTIMER), 0, 0);
	/* The script has the count before the call, and asks for the one after it. */
	call_host(SLEEPING_CALL_CLOCK, timer_count(VTIMER), 1, 0);
}

/* args: timers (bit 0: virtual, bit 1: physical), sleeps, longest in microseconds */
GUEST_TEST(sleep_randomly)
{
	tell_clock();
	on_all_cpus(sleep_randomly, NULL);
	tell_clock();
}
