// SPDX-License-Identifier: GPL-2.0-only
/* Family "sleeping": WFI, woken by timers. */
#include "guest-images/tests/sleeping.h"
#include "guest-images/lib/guest.h"

#define HOUR UINT64_C(3600)

static uint64_t in_an_hour(enum timer timer)
{
	return timer_count(timer) + HOUR * timer_frequency();
}

static enum timer other(enum timer timer)
{
	return timer == VTIMER ? PTIMER : VTIMER;
}

/* Near the time that an exit takes, around KVM's halt polling (500 us at most), and far beyond. */
static const unsigned delays_us[] = {
	0, 1, 3, 10, 30, 60, 100, 200, 400, 490, 500, 510, 700, 1000, 2000, 5000, 11000,
};
#define DELAYS (sizeof(delays_us) / sizeof(delays_us[0]))

/* args: timer, rounds */
GUEST_TEST(sleep_near_and_far)
{
	static struct timer_shots shots;
	uint64_t wanted = 0;

	shots_begin(&shots, arg(0));
	for (uint64_t round = 0; round < arg(1); round++) {
		for (size_t i = 0; i < DELAYS && !failed(); i++) {
			shots_arm(&shots, timer_count(arg(0)) + us_to_count(delays_us[i]));
			shots_await_asleep(&shots, ++wanted);
		}
	}
	shots_no_more(&shots, wanted);
	shots_end(&shots);
}

/*
 * The other timer has an hour to go: whoever sleeps until that one only is found by the watchdog.
 *
 * args: the earlier timer, rounds
 */
GUEST_TEST(sleep_earlier_of_two)
{
	static struct timer_shots early, late;
	enum timer earlier = arg(0), later = other(earlier);
	uint64_t wanted = 0, far;

	shots_begin(&early, earlier);
	shots_begin(&late, later);
	for (uint64_t round = 0; round < arg(1) && !failed(); round++) {
		/* Either is armed first. */
		far = in_an_hour(later);
		if (round % 2)
			shots_arm(&late, far);
		shots_arm(&early, timer_count(earlier) + us_to_count(round * 37 % 1500));
		if (!(round % 2))
			shots_arm(&late, far);
		shots_await_asleep(&early, ++wanted);
		CHECK(late.fired == round, "the %s timer fired an hour early", timer_name(later));
		CHECK(timer_cval(later) == far && timer_ctl(later) == TIMER_ENABLE,
		      "the %s timer's registers changed in sleep: CVAL 0x%lx instead of 0x%lx, "
		      "CTL 0x%x",
		      timer_name(later), timer_cval(later), far, timer_ctl(later));
		shots_arm(&late, timer_count(later) + us_to_count(round * 53 % 700));
		shots_await_asleep(&late, round + 1);
	}
	shots_no_more(&early, arg(1));
	shots_no_more(&late, arg(1));
	shots_end(&early);
	shots_end(&late);
}

/*
 * Both close together, either first: the second one falls before, into or after the handling of the
 * first.
 *
 * args: -, rounds
 */
GUEST_TEST(sleep_both_near)
{
	static struct timer_shots shots[TIMERS];
	uint64_t base, wanted = 0;

	for (enum timer timer = 0; timer < TIMERS; timer++)
		shots_begin(&shots[timer], timer);
	for (uint64_t round = 0; round < arg(1) && !failed(); round++) {
		base = random_below(us_to_count(1000));
		wanted++;
		irq_disable();
		shots_arm(&shots[VTIMER],
			  timer_count(VTIMER) + base + random_below(us_to_count(50)));
		shots_arm(&shots[PTIMER],
			  timer_count(PTIMER) + base + random_below(us_to_count(50)));
		irq_enable();
		shots_await_asleep(&shots[round % 2], wanted);
		shots_await_asleep(&shots[!(round % 2)], wanted);
	}
	for (enum timer timer = 0; timer < TIMERS; timer++)
		shots_no_more(&shots[timer], wanted);
	for (enum timer timer = 0; timer < TIMERS; timer++)
		shots_end(&shots[timer]);
}

/*
 * CVAL moves in steps over the moment at which the CPU goes to sleep, and over the entry of the
 * hypervisor that this causes. Interrupts are masked from before the arming until after the WFI:
 * the last check that software can make is before it.
 *
 * args: timer, steps, nanoseconds per step
 */
GUEST_TEST(sleep_across_expiry)
{
	static struct timer_shots shots;
	uint64_t step = arg(2) * timer_frequency() / 1000000000 + 1;

	shots_begin(&shots, arg(0));
	for (uint64_t i = 0; i < arg(1) && !failed(); i++) {
		irq_disable();
		shots_arm(&shots, timer_count(arg(0)) + i * step + random_below(step));
		wait_for_interrupt(i * arg(2), "an expiry around WFI");
		irq_enable();
		shots_await_asleep(&shots, i + 1);
	}
	shots_no_more(&shots, arg(1));
	shots_end(&shots);
}

/* args: timer, rounds */
GUEST_TEST(sleep_already_expired)
{
	static struct timer_shots shots;
	uint64_t wanted = 0;

	shots_begin(&shots, arg(0));
	for (uint64_t round = 0; round < arg(1) && !failed(); round++) {
		irq_disable();
		/* Just now, long ago, and at the beginning of time. */
		shots_arm(&shots, round % 3 == 0   ? timer_count(arg(0))
				  : round % 3 == 1 ? count_before(timer_count(arg(0)),
								  us_to_count(random_below(100000)))
						   : 0);
		while (!(timer_ctl(arg(0)) & TIMER_ISTATUS))
			;
		/* KVM has told the GIC, or not yet. */
		if (round / 3 % 2)
			exit_to_host();
		CHECK(shots.fired == wanted, "an interrupt was taken while PSTATE masked it");
		wait_for_interrupt(0, "a timer that has expired");
		irq_enable();
		shots_await_asleep(&shots, ++wanted);
	}
	shots_no_more(&shots, wanted);
	shots_end(&shots);
}

static void make_quiet(struct timer_shots *shots, enum sleeping_quiet how, uint64_t cval)
{
	switch (how) {
	case SLEEPING_QUIET_IMASK:
		timer_set_ctl(shots->timer, TIMER_ENABLE | TIMER_IMASK);
		break;
	case SLEEPING_QUIET_DISABLED:
		timer_set_ctl(shots->timer, 0);
		break;
	case SLEEPING_QUIET_PPI:
		gic_disable(timer_intid(shots->timer));
		timer_set_ctl(shots->timer, TIMER_ENABLE);
		break;
	default:
		break;
	}
	shots->armed_cval = cval;
	timer_set_cval(shots->timer, cval);
}

static void make_loud(struct timer_shots *shots)
{
	gic_enable(timer_intid(shots->timer));
	timer_set_ctl(shots->timer, TIMER_ENABLE);
}

/*
 * A timer that is masked, disabled or not wanted by the GIC expires before or in the sleep, and the
 * other one ends it. The quiet one delivers when it may, and only then.
 *
 * args: the quiet timer, rounds, enum sleeping_quiet
 */
GUEST_TEST(sleep_beside_quiet_timer)
{
	static struct timer_shots quiet, waker;
	enum timer timer = arg(0);
	uint64_t intid = timer_intid(timer);

	shots_begin(&quiet, timer);
	shots_begin(&waker, other(timer));
	for (uint64_t round = 0; round < arg(1) && !failed(); round++) {
		uint64_t now = timer_count(timer);

		make_quiet(&quiet, arg(2),
			   round % 2 ? now + us_to_count(200)
				     : count_before(now, us_to_count(200)));
		shots_arm(&waker, timer_count(other(timer)) + us_to_count(500 + round * 100));
		shots_await_asleep(&waker, round + 1);
		spin_until(timer, now + us_to_count(200));
		exit_to_host();
		CHECK(quiet.fired == round, "the %s timer delivered while it was not allowed to",
		      timer_name(timer));
		if (arg(2) != SLEEPING_QUIET_PPI)
			CHECK(!gic_is_pending(intid),
			      "the %s timer's interrupt is pending while the timer is %s",
			      timer_name(timer),
			      arg(2) == SLEEPING_QUIET_IMASK ? "masked" : "disabled");
		irq_disable();
		make_loud(&quiet);
		wait_for_interrupt(0, "a timer that was quiet");
		irq_enable();
		shots_await_asleep(&quiet, round + 1);
	}
	shots_no_more(&quiet, arg(1));
	shots_no_more(&waker, arg(1));
	shots_end(&quiet);
	shots_end(&waker);
}

static uint64_t tick_period, ticks_skipped;

/* Like an operating system's tick: the next one on the same grid. */
static void next_tick(struct timer_shots *shots, struct irq *irq)
{
	uint64_t cval = shots->armed_cval + tick_period;

	(void)irq;
	for (; cval < shots->count; cval += tick_period)
		ticks_skipped++;
	shots_arm(shots, cval);
}

/*
 * WFI with interrupts unmasked: they may be taken just before it, and then the next one has to end
 * it.
 *
 * args: timer, ticks, period in microseconds
 */
GUEST_TEST(sleep_ticking)
{
	static struct timer_shots shots;
	uint64_t first, fired, last;

	tick_period = us_to_count(arg(2));
	shots_begin(&shots, arg(0));
	shots.on_fire = next_tick;
	first = timer_count(arg(0)) + tick_period;
	shots_arm(&shots, first);
	irq_enable();
	while (shots.fired < arg(1) && !failed())
		wait_for_interrupt(arg(2) * 1000, "the next tick");
	irq_disable();
	fired = shots.fired;
	last = shots.armed_cval;
	CHECK((last - first) == (fired + ticks_skipped) * tick_period,
	      "%lu ticks and %lu skipped ones moved CVAL by 0x%lx instead of 0x%lx", fired,
	      ticks_skipped, last - first, (fired + ticks_skipped) * tick_period);
	CHECK(timer_cval(arg(0)) == last, "CVAL reads 0x%lx instead of 0x%lx", timer_cval(arg(0)),
	      last);
	shots_end(&shots);
}
