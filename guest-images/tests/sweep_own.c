// SPDX-License-Identifier: GPL-2.0-only
/*
 * Family "sweep": events that the guest makes itself, in steps from well before an expiry to well
 * after it.
 *
 * In each other step interrupts are enabled, and the handler comes before the event or after it; in
 * the ones between they are masked, and the event always comes first: it finds the interrupt not
 * there, on its way or pending.
 */
#include "guest-images/lib/fp.h"
#include "guest-images/lib/guest.h"
#include "guest-images/tests/sweep.h"

#define BEFORE_US 25
#define AFTER_US  60

static struct timer_shots shots;
static bool registers_hold; /* no event changes them before the handler runs */

static void check_registers(struct timer_shots *fired, struct irq *irq)
{
	uint64_t cval = timer_cval(fired->timer);
	uint32_t ctl = timer_ctl(fired->timer);

	(void)irq;
	timer_set_ctl(fired->timer, 0);
	if (arg(FP_LIVE_ARG))
		fp_live_in_handler(null_hypercall);
	if (!registers_hold)
		return;
	CHECK(cval == fired->armed_cval, "CVAL is 0x%lx in the handler instead of 0x%lx", cval,
	      fired->armed_cval);
	CHECK(ctl == (TIMER_ENABLE | TIMER_ISTATUS), "CTL is 0x%x in the handler", ctl);
}

static void some_exits(void)
{
	exit_to_host();
	null_hypercall();
	exit_to_host();
}

/* One more shot, plain: whatever was before, this one comes once. */
static bool still_works(void)
{
	uint64_t before = shots.fired;

	shots_arm(&shots, timer_count(shots.timer) + us_to_count(5));
	return shots_await(&shots, before + 1) && shots_no_more(&shots, before + 1);
}

/* The timer was told to be quiet: it came before that, or does not come until `again`. */
static void expect_quiet(uint64_t before, bool masked, const char *event)
{
	uint64_t seen;

	some_exits();
	irq_enable();
	isb();
	some_exits();
	seen = shots.fired;
	CHECK(seen == before || !masked,
	      "the interrupt came although %s before interrupts were unmasked", event);
	spin_until(VTIMER, timer_count(VTIMER) + us_to_count(BEFORE_US));
	some_exits();
	CHECK(shots.fired == seen && seen <= before + 1, "%lu interrupts after %s, %lu at once",
	      shots.fired - before, event, seen - before);
}

static void make_event(enum sweep_event event, enum timer timer)
{
	switch (event) {
	case SWEEP_EXIT:
		exit_to_host();
		break;
	case SWEEP_HYPERCALL:
		null_hypercall();
		break;
	case SWEEP_TIMER_OFF:
		timer_set_ctl(timer, 0);
		break;
	case SWEEP_IMASK:
		timer_set_ctl(timer, TIMER_ENABLE | TIMER_IMASK);
		break;
	case SWEEP_TIMER_FAR:
		timer_set_cval(timer, timer_count(timer) + 3600ul * timer_frequency());
		break;
	case SWEEP_PPI_OFF:
		gic_disable(timer_intid(timer));
		break;
	case SWEEP_PEND:
		gic_set_pending(timer_intid(timer));
		break;
	case SWEEP_UNPEND:
		gic_clear_pending(timer_intid(timer));
		break;
	}
}

static void after_event(enum sweep_event event, uint64_t before, bool masked)
{
	uint32_t intid = timer_intid(shots.timer);

	switch (event) {
	case SWEEP_EXIT:
	case SWEEP_HYPERCALL:
	case SWEEP_UNPEND:
		irq_enable();
		shots_await(&shots, before + 1);
		break;
	case SWEEP_TIMER_OFF:
	case SWEEP_TIMER_FAR:
		expect_quiet(before, masked,
			     event == SWEEP_TIMER_OFF ? "the timer was disabled"
						      : "CVAL was moved away");
		CHECK(!gic_is_pending(intid), "the interrupt stays pending in the GIC");
		break;
	case SWEEP_IMASK:
		expect_quiet(before, masked, "the timer was masked");
		CHECK(!gic_is_pending(intid), "the interrupt stays pending in the GIC");
		if (shots.fired == before) {
			timer_set_ctl(shots.timer, TIMER_ENABLE);
			shots_await(&shots, before + 1);
		}
		break;
	case SWEEP_PPI_OFF:
		expect_quiet(before, masked, "the PPI was disabled");
		gic_enable(intid);
		shots_await(&shots, before + 1);
		break;
	case SWEEP_PEND:
		/* One for the bit; and one for the expiry, unless that was the same interrupt, or
		 * the handler disabled the timer before it. */
		irq_enable();
		isb();
		some_exits();
		spin_until(VTIMER, timer_count(VTIMER) + us_to_count(BEFORE_US));
		some_exits();
		CHECK(shots.fired == before + 1 || shots.fired == before + 2,
		      "%lu interrupts for one expiry and one pending bit", shots.fired - before);
		break;
	}
	timer_set_ctl(shots.timer, 0);
	shots_no_more(&shots, shots.fired);
}

/* args: timer, steps, enum sweep_event, -, -, -, enum fp_live */
GUEST_TEST(sweep_own_event)
{
	enum timer timer = arg(0);
	uint64_t steps = arg(1), step = us_to_count(BEFORE_US + AFTER_US) / steps + 1;
	enum sweep_event event = arg(2);

	fp_live_begin((enum fp_live)arg(FP_LIVE_ARG), FP_OWNER_VM, FP_EVERY_LENGTH);
	shots_begin(&shots, timer);
	shots.on_fire = check_registers;
	irq_enable();
	for (uint64_t i = 0; i < steps && !failed(); i++) {
		uint64_t before = shots.fired;
		bool masked = i % 2;
		uint64_t lead = us_to_count(2 * BEFORE_US), now, cval;

		registers_hold = event == SWEEP_EXIT || event == SWEEP_HYPERCALL ||
				 event == SWEEP_PPI_OFF || event == SWEEP_UNPEND;
		fp_live_load(i + 1);
		if (masked)
			irq_disable();
		now = timer_count(VTIMER);
		cval = timer_count(timer) + lead;
		if (event == SWEEP_PEND) {
			/* May come before its time. */
			shots.armed_cval = 0;
			timer_set_cval(timer, cval);
			timer_set_ctl(timer, TIMER_ENABLE);
		} else {
			shots_arm(&shots, cval);
		}
		/* By the virtual counter, which no hypervisor traps: a trap would be the event. */
		spin_until(VTIMER,
			   now + lead - us_to_count(BEFORE_US) + i * step + random_below(step));
		make_event(event, timer);
		after_event(event, before, masked);
		fp_live_check("around an expiry");
		registers_hold = true;
		if (!still_works())
			break;
	}
	shots_end(&shots);
}
