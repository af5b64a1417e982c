// SPDX-License-Identifier: GPL-2.0-only
/* When a timer expires: not before CVAL, once, always. */
#include "guest-images/tests/basics.h"

#define RANDOM_ROUNDS 30
#define LONG_EVERY    5

/* Mostly short; now and then so long that an interrupt that comes too early is not late enough. */
static uint64_t random_delay(unsigned shot)
{
	return us_to_count(shot % LONG_EVERY == 2 ? LONG_US + random_below(LONG_US / 4) : 0) +
	       random_below(us_to_count(600));
}

static void random_shots(void *argument)
{
	struct timer_shots *shots = argument;
	uint64_t rounds = arg(2) ? arg(2) : RANDOM_ROUNDS;

	for (uint64_t n = 1; n <= rounds && !failed(); n++) {
		shots_arm(shots, timer_count(shots->timer) + random_delay(n));
		shots_await(shots, n);
		if (n % 8 == 0)
			shots_no_more(shots, n);
	}
	shots_no_more(shots, rounds);
}

GUEST_TEST(basics_random)
{
	struct timer_shots shots;

	shots_begin(&shots, TIMER);
	at_the_level(random_shots, &shots);
	shots_end(&shots);
}

static void own_shots(void *argument)
{
	struct timer_shots shots;

	(void)argument;
	shots_begin(&shots, TIMER);
	barrier();
	random_shots(&shots);
	shots_end(&shots);
}

GUEST_TEST(basics_on_all_cpus)
{
	on_all_cpus(own_shots, NULL);
}

/* The handler must come although nothing leaves the guest; the harness ends this if it does not. */
static void await_without_exits(struct timer_shots *shots, uint64_t wanted, uint64_t delay)
{
	wait_begin(count_to_ns(delay), "a timer's interrupt without any exit of the guest");
	irq_enable();
	while (shots->fired < wanted)
		asm volatile("yield");
	irq_disable();
	wait_end();
}

GUEST_TEST(basics_without_exits)
{
	struct timer_shots shots;

	shots_begin(&shots, TIMER);
	for (unsigned n = 1; n <= 10; n++) {
		uint64_t delay = random_delay(n);

		shots_arm(&shots, timer_count(TIMER) + delay);
		await_without_exits(&shots, n, delay);
	}
	shots_no_more(&shots, 10);
	shots_end(&shots);
}

/* The row's script has let the virtual counter start late enough for these to be in the past. */
GUEST_TEST(basics_past)
{
	struct timer_shots shots;
	uint64_t now = timer_count(TIMER), second = timer_frequency();
	const uint64_t ages[] = {
		1, 2, second / 1000, second, 1ul << 31, 1ul << 32, now / 2, now - 1, now,
	};
	uint64_t fired = 0;

	shots_begin(&shots, TIMER);
	for (unsigned i = 0; i < sizeof(ages) / sizeof(ages[0]) && !failed(); i++) {
		if (ages[i] > now)
			continue;
		shots_arm(&shots, now - ages[i]);
		shots_await(&shots, ++fired);
		shots_no_more(&shots, fired);
	}
	shots_end(&shots);
}

/* CVAL from a little before to a little after the instruction that enables the timer. */
GUEST_TEST(basics_now)
{
	struct timer_shots shots;
	uint64_t fired = 0, span = us_to_count(8);

	shots_begin(&shots, TIMER);
	for (unsigned n = 0; n < 40 && !failed(); n++) {
		shots_arm(&shots, timer_count(TIMER) - span / 8 + span * n / 40);
		shots_await(&shots, ++fired);
		if (n % 8 == 7)
			shots_no_more(&shots, fired);
	}
	shots_end(&shots);
}

GUEST_TEST(basics_far)
{
	struct timer_shots shots;
	uint64_t now = timer_count(TIMER);
	const uint64_t cvals[] = {
		now + (1ul << 40), now + (1ul << 56), 1ul << 62,      (1ul << 63) - 1, 1ul << 63,
		(1ul << 63) + now, UINT64_MAX - now,  UINT64_MAX - 1, UINT64_MAX,
	};
	unsigned count = sizeof(cvals) / sizeof(cvals[0]);

	shots_begin(&shots, TIMER);
	for (unsigned i = 0; i < count && !failed(); i++) {
		shots_arm(&shots, cvals[i]);
		shots_no_more(&shots, i);
		CHECK(timer_cval(TIMER) == cvals[i], "CVAL reads 0x%lx after 0x%lx was written",
		      timer_cval(TIMER), cvals[i]);
		CHECK(!(timer_ctl(TIMER) & TIMER_ISTATUS),
		      "ISTATUS is set at 0x%lx with CVAL 0x%lx", timer_count(TIMER), cvals[i]);
		CHECK(!gic_is_pending(timer_intid(TIMER)), "pending at 0x%lx with CVAL 0x%lx",
		      timer_count(TIMER), cvals[i]);
		/* From far away to near. */
		shots_arm(&shots, timer_count(TIMER) + us_to_count(30));
		shots_await(&shots, i + 1);
	}
	shots_no_more(&shots, count);
	shots_end(&shots);
}

enum stop { STOP_DISABLE, STOP_MASK, STOP_MOVE, STOPS };

static void stop_timer(struct timer_shots *shots, enum stop stop)
{
	switch (stop) {
	case STOP_DISABLE:
		timer_set_ctl(TIMER, 0);
		break;
	case STOP_MASK:
		timer_set_ctl(TIMER, TIMER_ENABLE | TIMER_IMASK);
		break;
	default:
		shots->armed_cval = timer_count(TIMER) + 3600ul * timer_frequency();
		timer_set_cval(TIMER, shots->armed_cval);
		break;
	}
}

/* Stops the timer before `delay` is over. False: it took too long, and nothing is known. */
static bool stop_in_time(struct timer_shots *shots, enum stop stop, uint64_t delay, uint64_t *end)
{
	uint64_t cval = timer_count(TIMER) + delay;

	*end = timer_count(VTIMER) + delay;
	shots_arm(shots, cval);
	stop_timer(shots, stop);
	return timer_count(TIMER) < cval;
}

/*
 * Stopped with some time to go, in a guest that then makes no exit until that is over: whatever was
 * to happen at the old CVAL must have been called off at once. And the other way round: moved from
 * far away to near.
 */
GUEST_TEST(basics_stop_early)
{
	struct timer_shots shots;
	uint64_t fired = 0, delay = us_to_count(500), end;

	shots_begin(&shots, TIMER);
	for (unsigned n = 0; n < 4 * STOPS && !failed(); n++) {
		enum stop stop = n % STOPS;

		while (!stop_in_time(&shots, stop, delay, &end)) {
			timer_set_ctl(TIMER, 0);
			let_settle();
			delay *= 2;
		}
		irq_enable();
		/* KVM traps no read of the virtual counter, but where CNTVOFF_EL2 is broken. */
		spin_until(VTIMER, end + us_to_count(500));
		irq_disable();
		CHECK(shots.fired == fired, "%s timer: an interrupt after it was %s in time",
		      timer_name(TIMER),
		      stop == STOP_DISABLE ? "disabled"
		      : stop == STOP_MASK  ? "masked"
					   : "moved away");
		fired++;
		if (stop == STOP_MASK)
			timer_set_ctl(TIMER, TIMER_ENABLE);
		else
			shots_arm(&shots, timer_count(TIMER) + us_to_count(n % 2 ? 50 : LONG_US));
		if (stop == STOP_MOVE)
			await_without_exits(&shots, fired, us_to_count(LONG_US));
		else
			shots_await(&shots, fired);
	}
	shots_no_more(&shots, fired);
	shots_end(&shots);
}

/* Both timers at once: each keeps to its own CVAL, whichever is first. */
GUEST_TEST(basics_both)
{
	struct timer_shots shots[TIMERS];

	for (enum timer timer = 0; timer < TIMERS; timer++)
		shots_begin(&shots[timer], timer);
	for (unsigned n = 1; n <= 24 && !failed(); n++) {
		enum timer first = n % 2 ? VTIMER : PTIMER, second = !first;
		uint64_t delay = random_delay(n);
		/* Together, a little apart, far apart. */
		uint64_t apart = n % 3 ? us_to_count(random_below(n % 3 == 1 ? 4 : 500)) : 0;

		shots_arm(&shots[first], timer_count(first) + delay);
		shots_arm(&shots[second], timer_count(second) + delay + apart);
		shots_await(&shots[first], n);
		shots_await(&shots[second], n);
	}
	for (enum timer timer = 0; timer < TIMERS; timer++) {
		shots_no_more(&shots[timer], 24);
		shots_end(&shots[timer]);
	}
}
