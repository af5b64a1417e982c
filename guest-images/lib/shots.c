// SPDX-License-Identifier: GPL-2.0-only
/* A timer with a handler that notes what came. */
#include "guest-images/lib/cpu.h"

/* KVM looks at the timer in each exit: far fewer would do. */
#define EXITS_UNTIL_LOST 200
/* One in a few checks for an interrupt too many is thorough, the first of a CPU's among them. */
#define EXITS_FOR_MORE	    8
#define EXITS_FOR_MORE_FEW  3
#define CHECKS_PER_THOROUGH 8
/* Leaves time for an interrupt to come by itself, before exits help it. */
#define PATIENCE_US 200

static void shots_handle(struct irq *irq)
{
	struct timer_shots *shots = irq->argument;
	uint64_t now = timer_count(shots->timer), cval = shots->armed_cval;

	if (now < cval)
		fail("%s timer: interrupt at 0x%lx, %lu ns before CVAL 0x%lx",
		     timer_name(shots->timer), now, count_to_ns(cval - now), cval);
	else if (now - cval > shots->max_late)
		shots->max_late = now - cval;
	shots->count = now;
	/* Not the same interrupt again, though the next may come before the CPU makes progress. */
	if (cval != shots->taken_cval)
		cpu_here()->storm = 0;
	shots->taken_cval = cval;
	if (shots->on_fire)
		shots->on_fire(shots, irq);
	else
		timer_set_ctl(shots->timer, 0);
	shots->fired = shots->fired + 1;
}

void shots_begin(struct timer_shots *shots, enum timer timer)
{
	*shots = (struct timer_shots){ .timer = timer };
	timer_set_ctl(timer, 0);
	irq_set_handler(timer_intid(timer), shots_handle, shots);
	gic_enable(timer_intid(timer));
}

void shots_end(struct timer_shots *shots)
{
	timer_set_ctl(shots->timer, 0);
	gic_disable(timer_intid(shots->timer));
	irq_set_handler(timer_intid(shots->timer), NULL, NULL);
}

void shots_arm(struct timer_shots *shots, uint64_t cval)
{
	shots->armed_cval = cval;
	timer_set_cval(shots->timer, cval);
	timer_set_ctl(shots->timer, TIMER_ENABLE);
}

static bool shots_lost(const struct timer_shots *shots, uint64_t wanted)
{
	fail("%s timer: no interrupt %lu (of %lu) %lu ns after CVAL 0x%lx: CTL 0x%x, CVAL 0x%lx, "
	     "pending %d, active %d, enabled %d",
	     timer_name(shots->timer), shots->fired + 1, wanted,
	     count_to_ns(timer_count(shots->timer) - shots->armed_cval), shots->armed_cval,
	     timer_ctl(shots->timer), timer_cval(shots->timer),
	     cpu_here()->in_el0 ? -1 : gic_is_pending(timer_intid(shots->timer)),
	     cpu_here()->in_el0 ? -1 : gic_is_active(timer_intid(shots->timer)),
	     cpu_here()->in_el0 ? -1 : gic_is_enabled(timer_intid(shots->timer)));
	return false;
}

static bool shots_exact(const struct timer_shots *shots, uint64_t wanted)
{
	return CHECK(shots->fired <= wanted, "%s timer: %lu interrupts instead of %lu",
		     timer_name(shots->timer), shots->fired, wanted);
}

bool shots_await(struct timer_shots *shots, uint64_t wanted)
{
	uint64_t daif = read_sysreg(daif), fired = shots->fired;
	uint64_t patience = us_to_count(PATIENCE_US);
	unsigned exits = 0;

	irq_enable();
	while (shots->fired < wanted && exits < EXITS_UNTIL_LOST) {
		if (shots->fired != fired) {
			fired = shots->fired;
			exits = 0;
		}
		/* It has to come without an exit; when it came is not judged here. */
		if (timer_count(shots->timer) < shots->armed_cval + patience)
			continue;
		exit_to_host();
		exits++;
	}
	irq_restore(daif);
	if (shots->fired < wanted)
		return shots_lost(shots, wanted);
	return shots_exact(shots, wanted);
}

bool shots_await_asleep(struct timer_shots *shots, uint64_t wanted)
{
	uint64_t daif = irq_save();
	unsigned late_wakes = 0;

	/* What wakes it in between (signals to the monitor) hides a lost interrupt from the
	 * harness; but each WFI after CVAL is an exit that should have brought it. */
	while (shots->fired < wanted && late_wakes < EXITS_UNTIL_LOST && !failed()) {
		uint64_t now = timer_count(shots->timer), cval = shots->armed_cval;

		wait_for_interrupt(cval > now ? count_to_ns(cval - now) : 0,
				   timer_name(shots->timer));
		irq_enable();
		isb();
		irq_disable();
		late_wakes += now >= cval;
	}
	irq_restore(daif);
	if (shots->fired < wanted)
		return failed() ? false : shots_lost(shots, wanted);
	return shots_exact(shots, wanted);
}

bool shots_no_more(struct timer_shots *shots, uint64_t wanted)
{
	unsigned exits = cpu_here()->checks_for_more++ % CHECKS_PER_THOROUGH ? EXITS_FOR_MORE_FEW
									     : EXITS_FOR_MORE;
	uint64_t daif = read_sysreg(daif);

	irq_enable();
	for (unsigned n = 0; n < exits; n++) {
		exit_to_host();
		if (!cpu_here()->in_el0)
			null_hypercall();
		spin_us(20);
	}
	irq_restore(daif);
	return CHECK(shots->fired == wanted, "%s timer: %lu interrupts instead of %lu",
		     timer_name(shots->timer), shots->fired, wanted);
}
