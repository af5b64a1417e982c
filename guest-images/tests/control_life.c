// SPDX-License-Identifier: GPL-2.0-only
/* INTIDs, resets, CPU_OFF and SYSTEM_SUSPEND: what becomes of the timers then. */
#include "guest-images/lib/guest.h"
#include "guest-images/tests/control.h"

#define DEFAULT_VIRTUAL	 27
#define DEFAULT_PHYSICAL 30

static struct timer_shots shots[GUEST_MAX_CPUS][TIMERS];

static bool wants(enum timer timer)
{
	return arg(CONTROL_ARG_TIMERS) >> timer & 1;
}

/* Some shots of each timer, and none besides. */
static void timers_work(void)
{
	for (enum timer timer = 0; timer < TIMERS && !failed(); timer++) {
		struct timer_shots *shot = &shots[this_cpu()][timer];

		if (!wants(timer))
			continue;
		shots_begin(shot, timer);
		for (unsigned n = 1; n <= 4 && !failed(); n++) {
			shots_arm(shot, timer_count(timer) + us_to_count(50 * n));
			if (n % 2)
				shots_await(shot, n);
			else
				shots_await_asleep(shot, n);
		}
		shots_no_more(shot, shot->fired);
		shots_end(shot);
	}
}

/* The default INTIDs, where they are not in use, must stay silent: without a handler they fail. */
static void intids_on_cpu(void *argument)
{
	static const uint32_t defaults[] = { DEFAULT_VIRTUAL, DEFAULT_PHYSICAL };

	(void)argument;
	for (unsigned i = 0; i < 2; i++)
		if (defaults[i] != timer_intid(VTIMER) && defaults[i] != timer_intid(PTIMER))
			gic_enable(defaults[i]);
	for (unsigned i = 0; i < arg(CONTROL_ARG_COUNT); i++)
		timers_work();
	for (unsigned i = 0; i < 2; i++)
		gic_disable(defaults[i]);
}

GUEST_TEST(control_intids)
{
	on_all_cpus(intids_on_cpu, NULL);
}

/* -- after a reset ---------------------------------------------------------------------------- */

/* How the timers are left behind, interrupts masked. */
static void leave_timers(unsigned how)
{
	for (enum timer timer = 0; timer < TIMERS; timer++) {
		uint64_t now = timer_count(timer);

		if (!wants(timer))
			continue;
		/* Each with its PPI enabled and disabled. */
		if (how & 1)
			gic_enable(timer_intid(timer));
		else
			gic_disable(timer_intid(timer));
		timer_set_cval(timer, how & 2 ? now + us_to_count(2000)
					      : count_before(now, us_to_count(100)));
		timer_set_ctl(timer, TIMER_ENABLE);
		/* Pending here, then told to the GIC as if it were not. */
		if (how & 4) {
			exit_to_host();
			gic_clear_pending(timer_intid(timer));
		}
	}
}
#define LEAVINGS 8

/* Nothing is left of them: not their state, and not an interrupt. */
static void nothing_is_left(const char *after)
{
	struct timer_shots *shot = shots[this_cpu()];

	for (enum timer timer = 0; timer < TIMERS; timer++) {
		CHECK(!(timer_ctl_at_start(timer) & TIMER_ENABLE), "%s timer: CTL is 0x%x after %s",
		      timer_name(timer), timer_ctl_at_start(timer), after);
		shots_begin(&shot[timer], timer);
		/* Whatever it is, it is too early. */
		shot[timer].armed_cval = UINT64_MAX;
	}
	irq_enable();
	for (enum timer timer = 0; timer < TIMERS && !failed(); timer++)
		shots_no_more(&shot[timer], 0);
	spin_us(2000);
	for (enum timer timer = 0; timer < TIMERS && !failed(); timer++)
		shots_no_more(&shot[timer], 0);
	irq_disable();
	for (enum timer timer = 0; timer < TIMERS; timer++)
		shots_end(&shot[timer]);
}

/* Its lives are counted in a word: memory other than the shared one is as at the start each time.
 */
GUEST_TEST(control_system_reset)
{
	uint64_t lives = word_get(CONTROL_WORD_STATE);

	irq_disable();
	if (lives) {
		nothing_is_left("SYSTEM_RESET");
		timers_work();
	}
	if (lives == arg(CONTROL_ARG_COUNT) || failed())
		return;
	word_set(CONTROL_WORD_STATE, lives + 1);
	leave_timers((shared->seed + lives) % LEAVINGS);
	psci(PSCI_SYSTEM_RESET, 0, 0, 0);
	fail("SYSTEM_RESET returned");
}

/* The same by KVM_ARM_VCPU_INIT alone, at any time: the interrupt controller is not reset. */
GUEST_TEST(control_reinit)
{
	uint64_t lives = word_get(CONTROL_WORD_STATE);

	irq_disable();
	if (lives) {
		nothing_is_left("KVM_ARM_VCPU_INIT");
		timers_work();
	}
	if (lives == arg(CONTROL_ARG_COUNT) || failed())
		return;
	leave_timers((shared->seed + lives) % LEAVINGS);
	word_set(CONTROL_WORD_STATE, lives + 1);
	/* The script takes it out of here. */
	for (;;)
		;
}

/* -- CPU_OFF and CPU_ON ----------------------------------------------------------------------- */

static void leave_and_go(void *how)
{
	irq_disable();
	leave_timers((uint64_t)how);
	psci(PSCI_CPU_OFF, 0, 0, 0);
	fail("CPU_OFF returned");
}

static void come_back(void *argument)
{
	(void)argument;
	nothing_is_left("CPU_OFF and CPU_ON");
	timers_work();
}

/* CPU 1 goes with armed timers and comes back; meanwhile CPU 0's go on. */
GUEST_TEST(control_cpu_off)
{
	struct timer_shots *shot = &shots[0][VTIMER];

	shots_begin(shot, VTIMER);
	for (uint64_t i = 0; i < arg(CONTROL_ARG_COUNT) && !failed(); i++) {
		cpu_start(1, leave_and_go, (void *)((shared->seed + i) % LEAVINGS));
		wait_begin(1000000000, "CPU 1 to go off");
		while (psci(PSCI_AFFINITY_INFO, 1, 0, 0) != 1)
			;
		wait_end();
		shots_arm(shot, timer_count(VTIMER) + us_to_count(3000));
		shots_await(shot, i + 1);
		cpu_start(1, come_back, NULL);
		cpu_join(1);
	}
	shots_no_more(shot, shot->fired);
	shots_end(shot);
}

/* -- SYSTEM_SUSPEND --------------------------------------------------------------------------- */

/* The script lets it go on where it was, when KVM says that something came. */
GUEST_TEST(control_system_suspend)
{
	for (uint64_t i = 0; i < TIMERS * arg(CONTROL_ARG_COUNT) && !failed(); i++) {
		enum timer timer = i % TIMERS;
		struct timer_shots *shot = &shots[0][timer];
		uint64_t returned;

		if (!wants(timer))
			continue;
		irq_disable();
		shots_begin(shot, timer);
		shots_arm(shot, timer_count(timer) + us_to_count(random_below(3000)));
		wait_begin(3000000, "the end of SYSTEM_SUSPEND");
		returned = psci(PSCI_SYSTEM_SUSPEND, 0x40000000, 0, 0);
		wait_end();
		CHECK(!returned, "SYSTEM_SUSPEND returned %ld", (int64_t)returned);
		CHECK(timer_count(timer) >= shot->armed_cval,
		      "%s timer: the suspend ended at 0x%lx, before CVAL 0x%lx", timer_name(timer),
		      timer_count(timer), shot->armed_cval);
		shots_await(shot, 1);
		shots_no_more(shot, 1);
		shots_end(shot);
	}
}
