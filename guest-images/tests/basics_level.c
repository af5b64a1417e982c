// SPDX-License-Identifier: GPL-2.0-only
/* The timer's line: what raises it, what lowers it, and what the guest sees of both. */
#include "guest-images/tests/basics.h"

/* Enabling a timer that has expired already, with and without KVM having looked meanwhile. */
GUEST_TEST(basics_enable_expired)
{
	struct timer_shots shots;

	shots_begin(&shots, TIMER);
	for (unsigned n = 0; n < 16 && !failed(); n++) {
		uint64_t now = timer_count(TIMER);

		timer_set_ctl(TIMER, n & 4 ? TIMER_IMASK : 0);
		shots.armed_cval = n & 8 ? now - 1 : now + us_to_count(20);
		timer_set_cval(TIMER, shots.armed_cval);
		if (n % 4 == 1)
			null_hypercall();
		if (n % 4 == 2)
			exit_to_host();
		spin_until(TIMER, shots.armed_cval);
		if (n % 4 == 3)
			exit_to_host();
		irq_enable();
		isb();
		irq_disable();
		CHECK(shots.fired == n, "an interrupt of a disabled timer");
		timer_set_ctl(TIMER, TIMER_ENABLE);
		shots_await(&shots, n + 1);
	}
	shots_no_more(&shots, 16);
	shots_end(&shots);
}

/* IMASK takes the interrupt away after it is pending, and gives it back. */
GUEST_TEST(basics_mask_asserted)
{
	struct timer_shots shots;

	shots_begin(&shots, TIMER);
	for (unsigned n = 0; n < 6 && !failed(); n++) {
		if (!expire_masked(&shots))
			break;
		timer_set_ctl(TIMER, TIMER_ENABLE | TIMER_IMASK);
		let_settle();
		CHECK(!gic_is_pending(timer_intid(TIMER)), "pending with IMASK set");
		take_interrupts();
		CHECK(shots.fired == n, "an interrupt with IMASK set");
		istatus_becomes(TIMER, true, "with IMASK set");
		timer_set_ctl(TIMER, TIMER_ENABLE);
		shots_await(&shots, n + 1);
	}
	next_still_comes(&shots);
	shots_end(&shots);
}

/* It expires while IMASK is set: nothing, until IMASK is cleared. */
GUEST_TEST(basics_unmask)
{
	struct timer_shots shots;

	shots_begin(&shots, TIMER);
	for (unsigned n = 0; n < 6 && !failed(); n++) {
		timer_set_ctl(TIMER, TIMER_IMASK);
		shots.armed_cval = timer_count(TIMER) + us_to_count(50);
		timer_set_cval(TIMER, shots.armed_cval);
		timer_set_ctl(TIMER, TIMER_ENABLE | TIMER_IMASK);
		irq_enable();
		if (n % 2)
			exit_to_host();
		spin_until(TIMER, shots.armed_cval + us_to_count(100));
		shots_no_more(&shots, n);
		irq_disable();
		istatus_becomes(TIMER, true, "with IMASK set");
		timer_set_ctl(TIMER, TIMER_ENABLE);
		shots_await(&shots, n + 1);
	}
	shots_no_more(&shots, 6);
	shots_end(&shots);
}

/* Off again before it was acknowledged: no interrupt, and the next one still comes. */
GUEST_TEST(basics_disable_unacknowledged)
{
	struct timer_shots shots;
	uint64_t fired = 0;

	shots_begin(&shots, TIMER);
	for (unsigned n = 0; n < 6 && !failed(); n++) {
		if (!expire_masked(&shots))
			break;
		/* By ENABLE, or by disabling it for good. */
		timer_set_ctl(TIMER, n % 2 ? TIMER_IMASK : 0);
		let_settle();
		CHECK(!gic_is_pending(timer_intid(TIMER)), "pending with the timer disabled");
		take_interrupts();
		CHECK(shots.fired == fired, "an interrupt of a timer that was disabled before");
		next_still_comes(&shots);
		fired = shots.fired;
	}
	shots_end(&shots);
}

/* Moved to later before it was acknowledged: nothing before the new CVAL, then one. */
GUEST_TEST(basics_reprogram_unacknowledged)
{
	struct timer_shots shots;

	shots_begin(&shots, TIMER);
	for (unsigned n = 0; n < 8 && !failed(); n++) {
		uint64_t later;

		if (!expire_masked(&shots))
			break;
		/* Near enough to come while exits are under way, or later. */
		later = timer_count(TIMER) + us_to_count(n % 2 ? 100 : LONG_US);
		if (n % 4 < 2) {
			shots.armed_cval = later;
			timer_set_cval(TIMER, later);
		} else {
			shots.armed_cval = timer_count(TIMER) + us_to_count(500);
			timer_set_tval(TIMER, us_to_count(500));
		}
		let_settle();
		shots_await(&shots, n + 1);
	}
	shots_no_more(&shots, 8);
	shots_end(&shots);
}

static uint64_t handler_rounds;

static void rearm_in_handler(struct timer_shots *shots, struct irq *irq)
{
	uint64_t now = timer_count(shots->timer);

	(void)irq;
	if (shots->fired + 1 >= handler_rounds)
		timer_set_ctl(shots->timer, 0);
	else if (shots->fired % 3 == 0)
		shots_arm(shots, now);
	else if (shots->fired % 10 == 5)
		shots_arm(shots, now + us_to_count(LONG_US));
	else
		shots_arm(shots, now + random_below(us_to_count(200)));
}

/* Between acknowledge and EOI it gets its next CVAL, as operating systems do. */
GUEST_TEST(basics_reprogram_in_handler)
{
	struct timer_shots shots;

	shots_begin(&shots, TIMER);
	shots.on_fire = rearm_in_handler;
	handler_rounds = 40;
	shots_arm(&shots, timer_count(TIMER));
	shots_await(&shots, handler_rounds);
	shots_no_more(&shots, handler_rounds);
	shots_end(&shots);
}

static void rearm_after_eoi(struct timer_shots *shots, struct irq *irq)
{
	irq_handler_ends_it();
	gic_end(irq->iar);
	if (shots->fired + 1 >= handler_rounds) {
		timer_set_ctl(shots->timer, 0);
	} else {
		/* The level was high in between: KVM has to forget about it. */
		shots_arm(shots, timer_count(shots->timer) +
					 us_to_count(shots->fired % 4 == 2 ? LONG_US : 100));
	}
	let_settle();
}

GUEST_TEST(basics_reprogram_after_eoi)
{
	struct timer_shots shots;

	shots_begin(&shots, TIMER);
	shots.on_fire = rearm_after_eoi;
	handler_rounds = 12;
	shots_arm(&shots, timer_count(TIMER));
	shots_await(&shots, handler_rounds);
	shots_no_more(&shots, handler_rounds);
	shots_end(&shots);
}

static void leave_high(struct timer_shots *shots, struct irq *irq)
{
	(void)irq;
	if (shots->fired + 1 >= handler_rounds)
		timer_set_ctl(shots->timer, 0);
}

/* The handler leaves the timer as it is: after EOI it is pending again, each time. */
GUEST_TEST(basics_level_through_eoi)
{
	struct timer_shots shots;

	shots_begin(&shots, TIMER);
	shots.on_fire = leave_high;
	for (unsigned n = 1; n <= 3 && !failed(); n++) {
		handler_rounds = 12 * n;
		shots_arm(&shots, timer_count(TIMER) + us_to_count(20));
		shots_await(&shots, handler_rounds);
		shots_no_more(&shots, handler_rounds);
	}
	shots_end(&shots);
}

static void lower_and_raise(struct timer_shots *shots, struct irq *irq)
{
	(void)irq;
	timer_set_ctl(shots->timer, 0);
	if (shots->fired % 2 == 0)
		let_settle();
	if (shots->fired + 1 >= handler_rounds)
		return;
	shots_arm(shots, timer_count(shots->timer));
	if (shots->fired % 4 < 2)
		let_settle();
}

/* The line falls and rises again inside of the handler, before EOI. */
GUEST_TEST(basics_lower_and_raise_in_handler)
{
	struct timer_shots shots;

	shots_begin(&shots, TIMER);
	shots.on_fire = lower_and_raise;
	handler_rounds = 16;
	shots_arm(&shots, timer_count(TIMER));
	shots_await(&shots, handler_rounds);
	shots_no_more(&shots, handler_rounds);
	next_still_comes(&shots);
	shots_end(&shots);
}

static void rearm_at_once(struct timer_shots *shots, struct irq *irq)
{
	(void)irq;
	if (shots->fired + 1 >= handler_rounds)
		timer_set_ctl(shots->timer, 0);
	else
		shots_arm(shots, timer_count(shots->timer) - 1);
}

/* A handler that always asks for the next interrupt at once: it ends when it stops to do so. */
GUEST_TEST(basics_storm)
{
	struct timer_shots shots;

	shots_begin(&shots, TIMER);
	shots.on_fire = rearm_at_once;
	handler_rounds = arg(2);
	shots_arm(&shots, timer_count(TIMER));
	shots_await(&shots, handler_rounds);
	shots_no_more(&shots, handler_rounds);
	shots_end(&shots);
}
