// SPDX-License-Identifier: GPL-2.0-only
/* Family "lateness": how long after CVAL the handler runs. The script judges. */
#include "guest-images/tests/lateness.h"
#include "guest-images/lib/guest.h"

/* More than the ticks of all hosts. */
#define PATIENCE_US 30000

static struct timer_shots shots;
static uint64_t lateness;

static void measure(struct timer_shots *fired, struct irq *irq)
{
	(void)irq;
	lateness = fired->count - fired->armed_cval;
	timer_set_ctl(fired->timer, 0);
}

static void begin(void)
{
	shots_begin(&shots, arg(0));
	shots.on_fire = measure;
	irq_enable();
}

/* Without the exits that shots_await() makes after the expiry. */
static void await_running(uint64_t wanted)
{
	uint64_t patience = us_to_count(PATIENCE_US);

	while (shots.fired < wanted && timer_count(shots.timer) < shots.armed_cval + patience)
		;
	shots_await(&shots, wanted);
}

/*
 * Nothing but the timer may make the CPU exit: a host that forgot about the interrupt would notice
 * at any other exit. So the distance to CVAL is random, and running CPUs spin on memory.
 */
static void shoot(uint64_t nth, bool asleep)
{
	uint64_t longest = us_to_count(arg(3));

	shots_arm(&shots, timer_count(arg(0)) + longest / 4 + random_below(longest - longest / 4));
	if (asleep)
		shots_await_asleep(&shots, nth);
	else
		await_running(nth);
	call_host(LATENESS_CALL_SHOT, count_to_ns(lateness), 0, 0);
}

/* args: timer, shots, 1: asleep, longest distance in microseconds */
GUEST_TEST(lateness)
{
	begin();
	for (uint64_t n = 1; n <= arg(1) && !failed(); n++)
		shoot(n, arg(2));
	shots_no_more(&shots, arg(1));
	shots_end(&shots);
}

/*
 * Each shot just after another VM had the host CPU, and was scheduled out. The timer is off then:
 * whatever keeps its interrupt from the host is what the other one left.
 *
 * args: timer, -, -, longest distance in microseconds
 */
GUEST_TEST(lateness_beside)
{
	begin();
	for (uint64_t n = 1; !word_get(LATENESS_WORD_STOP) && !failed(); n++) {
		call_host(LATENESS_CALL_REST, 0, 0, 0);
		shoot(n, false);
	}
	shots_end(&shots);
}
