// SPDX-License-Identifier: GPL-2.0-only
/* Family "lateness": how long after CVAL the handler runs. The script judges. */
#include "guest-images/tests/lateness.h"
#include "guest-images/lib/guest.h"

/* More than the ticks of all hosts. */
#define PATIENCE_US 30000

static uint64_t lateness;

static void measure(struct timer_shots *shots, struct irq *irq)
{
	(void)irq;
	lateness = shots->count - shots->armed_cval;
	timer_set_ctl(shots->timer, 0);
}

/* Without the exits that shots_await() makes after the expiry. */
static void await_running(struct timer_shots *shots, uint64_t wanted)
{
	uint64_t patience = us_to_count(PATIENCE_US);

	while (shots->fired < wanted && timer_count(shots->timer) < shots->armed_cval + patience)
		;
	shots_await(shots, wanted);
}

/*
 * Nothing but the timer may make the CPU exit: a host that forgot about the interrupt would notice
 * at any other exit. So the distance to CVAL is random, and running CPUs spin on memory.
 *
 * args: timer, shots, 1: asleep, longest distance in microseconds
 */
GUEST_TEST(lateness)
{
	static struct timer_shots shots;
	uint64_t longest = us_to_count(arg(3));

	shots_begin(&shots, arg(0));
	shots.on_fire = measure;
	irq_enable();
	for (uint64_t n = 1; n <= arg(1) && !failed(); n++) {
		uint64_t distance = longest / 4 + random_below(longest - longest / 4);

		shots_arm(&shots, timer_count(arg(0)) + distance);
		if (arg(2))
			shots_await_asleep(&shots, n);
		else
			await_running(&shots, n);
		call_host(LATENESS_CALL_SHOT, count_to_ns(lateness), 0, 0);
	}
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
	static struct timer_shots shots;
	uint64_t longest = us_to_count(arg(3));

	shots_begin(&shots, arg(0));
	shots.on_fire = measure;
	irq_enable();
	for (uint64_t n = 1; !word_get(LATENESS_WORD_STOP) && !failed(); n++) {
		call_host(LATENESS_CALL_REST, 0, 0, 0);
		shots_arm(&shots,
			  timer_count(arg(0)) + longest / 4 + random_below(longest - longest / 4));
		await_running(&shots, n);
		call_host(LATENESS_CALL_SHOT, count_to_ns(lateness), 0, 0);
	}
	shots_end(&shots);
}
