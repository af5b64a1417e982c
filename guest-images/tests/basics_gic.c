// SPDX-License-Identifier: GPL-2.0-only
/* The timer's interrupt in the GIC: pending, active, enabled, priorities, the two halves of EOI. */
#include "guest-images/tests/basics.h"

#define PRIORITY_HIGH 0x40
#define PRIORITY_LOW  0xa0
#define IDLE	      0xff

static uint32_t the_intid(void)
{
	return timer_intid(TIMER);
}

/* Acknowledges by reading IAR: what it says, step by step. Interrupts stay masked. */
GUEST_TEST(basics_polling)
{
	struct timer_shots shots;

	shots_begin(&shots, TIMER);
	for (unsigned n = 0; n < 4 && !failed(); n++) {
		uint32_t iar = gic_acknowledge();

		CHECK(iar % 1024 == 1023, "INTID %u is there before the timer expired", iar % 1024);
		if (!expire_masked(&shots))
			break;
		CHECK(gic_highest_pending() == the_intid(), "highest pending is %u",
		      gic_highest_pending());
		iar = gic_acknowledge();
		if (!CHECK(iar % 1024 == the_intid(), "IAR says %u after the timer expired",
			   iar % 1024))
			break;
		CHECK(gic_is_active(the_intid()), "not active after IAR was read");
		CHECK(gic_running_priority() == PRIORITY_LOW, "running priority 0x%x",
		      gic_running_priority());
		let_settle();
		CHECK(gic_acknowledge() % 1024 == 1023, "acknowledged twice");
		CHECK(gic_highest_pending() == 1023, "highest pending is %u while active",
		      gic_highest_pending());
		/* Still high: pending again. */
		gic_end(iar);
		if (!becomes_pending(TIMER))
			break;
		let_settle();
		iar = gic_acknowledge();
		CHECK(iar % 1024 == the_intid(), "IAR says %u after EOI of a level that is high",
		      iar % 1024);
		timer_set_ctl(TIMER, 0);
		gic_end(iar);
		let_settle();
		iar = gic_acknowledge();
		CHECK(iar % 1024 == 1023, "IAR says %u after the timer was disabled", iar % 1024);
		CHECK(!gic_is_active(the_intid()), "active after EOI");
		CHECK(gic_running_priority() == IDLE, "running priority 0x%x after EOI",
		      gic_running_priority());
	}
	CHECK(shots.fired == 0, "an interrupt while they are masked");
	next_still_comes(&shots);
	shots_end(&shots);
}

static volatile uint64_t taken;

static void count_taken(struct irq *irq)
{
	(void)irq;
	taken = taken + 1;
}

/* Made pending by software, without the timer: one interrupt. Then the timer's own still comes. */
GUEST_TEST(basics_pending_set)
{
	struct timer_shots shots;

	timer_set_ctl(TIMER, 0);
	for (unsigned n = 1; n <= 4 && !failed(); n++) {
		irq_set_handler(the_intid(), count_taken, NULL);
		gic_enable(the_intid());
		taken = 0;
		gic_set_pending(the_intid());
		for (unsigned i = 0; i < MANY_EXITS && !taken; i++)
			take_interrupts();
		take_interrupts();
		CHECK(taken == 1, "%lu interrupts after ISPENDR was written", taken);
		/* Set and cleared again: none. */
		taken = 0;
		gic_set_pending(the_intid());
		gic_clear_pending(the_intid());
		take_interrupts();
		CHECK(taken == 0, "%lu interrupts after ICPENDR was written", taken);
		shots_begin(&shots, TIMER);
		next_still_comes(&shots);
		shots_end(&shots);
	}
}

/* The line is high: clearing the pending bit does not take the interrupt away, nor the next one. */
GUEST_TEST(basics_pending_clear)
{
	struct timer_shots shots;

	shots_begin(&shots, TIMER);
	for (unsigned n = 0; n < 6 && !failed(); n++) {
		uint64_t fired = shots.fired;

		if (!expire_masked(&shots))
			break;
		gic_clear_pending(the_intid());
		if (n % 2)
			let_settle();
		shots_await(&shots, fired + 1);
		next_still_comes(&shots);
	}
	shots_end(&shots);
}

/* Active: it is not signalled, however long the line is high; deactivated it is. */
GUEST_TEST(basics_active_set)
{
	struct timer_shots shots;

	shots_begin(&shots, TIMER);
	for (unsigned n = 0; n < 6 && !failed(); n++) {
		/* Active before it expires, or after. */
		if (n % 2) {
			if (!expire_masked(&shots))
				break;
			gic_set_active(the_intid());
		} else {
			gic_set_active(the_intid());
			shots_arm(&shots, timer_count(TIMER) + us_to_count(50));
			spin_until(TIMER, shots.armed_cval);
		}
		CHECK(gic_is_active(the_intid()), "not active after ISACTIVER was written");
		take_interrupts();
		CHECK(shots.fired == n, "an interrupt while active");
		gic_clear_active(the_intid());
		CHECK(!gic_is_active(the_intid()), "active after ICACTIVER was written");
		shots_await(&shots, n + 1);
	}
	next_still_comes(&shots);
	shots_end(&shots);
}

static void deactivate_in_handler(struct timer_shots *shots, struct irq *irq)
{
	CHECK(gic_is_active(irq->intid), "not active in its handler");
	if (shots->fired == 4)
		timer_set_ctl(shots->timer, 0);
	gic_clear_active(irq->intid);
	CHECK(!gic_is_active(irq->intid), "active after ICACTIVER was written in the handler");
}

/* Deactivated by the register inside of its handler, with the line high: comes again after EOI. */
GUEST_TEST(basics_active_clear)
{
	struct timer_shots shots;

	shots_begin(&shots, TIMER);
	shots.on_fire = deactivate_in_handler;
	shots_arm(&shots, timer_count(TIMER));
	shots_await(&shots, 5);
	shots_no_more(&shots, 5);
	CHECK(gic_running_priority() == IDLE, "running priority 0x%x after EOI",
	      gic_running_priority());
	shots.on_fire = NULL;
	next_still_comes(&shots);
	shots_end(&shots);
}

/* Disabled in the GIC while the timer has expired: the guest goes on, and finds it on enabling. */
GUEST_TEST(basics_disabled_ppi)
{
	struct timer_shots shots;

	shots_begin(&shots, TIMER);
	for (unsigned n = 0; n < 6 && !failed(); n++) {
		uint64_t fired = shots.fired;

		/* Disabled before it expires, or after. */
		if (n % 2)
			expire_masked(&shots);
		gic_disable(the_intid());
		if (n % 2 == 0) {
			shots_arm(&shots, timer_count(TIMER) + us_to_count(20));
			spin_until(TIMER, shots.armed_cval);
		}
		irq_enable();
		wait_begin(10000000, "progress with an expired timer whose PPI is disabled");
		for (volatile unsigned i = 0; i < 2000; i++)
			if (i % 256 == 0)
				null_hypercall();
		wait_end();
		shots_no_more(&shots, fired);
		irq_disable();
		CHECK(gic_is_pending(the_intid()), "not pending while disabled");
		if (n % 3 == 2) {
			/* Lowered while nobody could see it. */
			timer_set_ctl(TIMER, 0);
			gic_enable(the_intid());
			take_interrupts();
			CHECK(shots.fired == fired, "an interrupt of a timer that is disabled");
			continue;
		}
		gic_enable(the_intid());
		shots_await(&shots, fired + 1);
	}
	next_still_comes(&shots);
	shots_end(&shots);
}

/* The priority mask holds it back. */
GUEST_TEST(basics_priority_mask)
{
	struct timer_shots shots;

	shots_begin(&shots, TIMER);
	for (unsigned n = 0; n < 4 && !failed(); n++) {
		/* An interrupt has to be above the mask, not at it. */
		gic_set_priority_mask(n % 2 ? PRIORITY_LOW : PRIORITY_HIGH);
		shots_arm(&shots, timer_count(TIMER) + us_to_count(20));
		spin_until(TIMER, shots.armed_cval);
		becomes_pending(TIMER);
		take_interrupts();
		CHECK(shots.fired == n, "an interrupt below the priority mask");
		gic_set_priority_mask(0xff);
		shots_await(&shots, n + 1);
	}
	next_still_comes(&shots);
	shots_end(&shots);
}

/* -- the two halves of EOI -- */

static void split(struct timer_shots *shots, struct irq *irq)
{
	uint64_t other = taken;

	irq_handler_ends_it();
	CHECK(gic_running_priority() == PRIORITY_LOW, "running priority 0x%x in the handler",
	      gic_running_priority());
	/* Of the same priority: it has to wait for the priority drop. */
	gic_set_pending(1);
	take_interrupts();
	CHECK(taken == other, "an interrupt of the same priority inside of the handler");
	gic_end(irq->iar);
	CHECK(gic_running_priority() == IDLE, "running priority 0x%x after the priority drop",
	      gic_running_priority());
	for (unsigned n = 0; n < MANY_EXITS && taken == other; n++)
		take_interrupts();
	CHECK(taken == other + 1, "%lu interrupts after the priority drop instead of 1",
	      taken - other);
	/* Not the timer's own, though its line is high. */
	CHECK(gic_is_active(irq->intid), "deactivated by the priority drop");
	if (shots->fired + 1 == 6)
		timer_set_ctl(shots->timer, 0);
	gic_deactivate(irq->iar);
	let_settle();
	CHECK(!gic_is_active(irq->intid), "active after it was deactivated");
}

static uint64_t depth;

static void split_outer(struct timer_shots *shots, struct irq *irq)
{
	CHECK(++depth == 1, "the timer interrupted its own handler before it was deactivated");
	split(shots, irq);
	depth--;
}

/* Priority drop and deactivation apart: others come after the first, the timer after the second. */
GUEST_TEST(basics_split_eoi)
{
	struct timer_shots shots;

	gic_set_split_eoi(true);
	irq_set_handler(1, count_taken, NULL);
	gic_enable(1);
	shots_begin(&shots, TIMER);
	shots.on_fire = split_outer;
	shots_arm(&shots, timer_count(TIMER));
	shots_await(&shots, 6);
	shots_no_more(&shots, 6);
	shots.on_fire = NULL;
	next_still_comes(&shots);
	shots_end(&shots);
}

/* -- both timers at once -- */

static enum timer order[TIMERS];
static unsigned ordered;

static void note_order(struct timer_shots *shots, struct irq *irq)
{
	(void)irq;
	timer_set_ctl(shots->timer, 0);
	if (ordered < TIMERS)
		order[ordered] = shots->timer;
	ordered++;
}

/* Both are pending: the one of the higher priority is taken first, whichever expired first. */
GUEST_TEST(basics_both_priorities)
{
	struct timer_shots shots[TIMERS];

	for (enum timer timer = 0; timer < TIMERS; timer++) {
		shots_begin(&shots[timer], timer);
		shots[timer].on_fire = note_order;
	}
	for (unsigned n = 0; n < 8 && !failed(); n++) {
		enum timer high = n % 2, first = n / 2 % 2;

		ordered = 0;
		gic_set_priority(timer_intid(high), PRIORITY_HIGH);
		gic_set_priority(timer_intid(!high), PRIORITY_LOW);
		if (!expire_masked(&shots[first]) || !expire_masked(&shots[!first]))
			break;
		let_settle();
		take_interrupts();
		for (enum timer timer = 0; timer < TIMERS; timer++)
			shots_await(&shots[timer], n + 1);
		CHECK(ordered == 2 && order[0] == high,
		      "the %s timer came first, although the other's priority is higher",
		      timer_name(order[0]));
	}
	shots_end(&shots[VTIMER]);
	shots_end(&shots[PTIMER]);
}

static struct timer_shots *inner;
static bool inner_preempts;

static void be_preempted(struct timer_shots *shots, struct irq *irq)
{
	uint64_t before = inner->fired;

	(void)irq;
	timer_set_ctl(shots->timer, 0);
	shots_arm(inner, timer_count(inner->timer));
	if (inner_preempts) {
		shots_await(inner, before + 1);
		return;
	}
	becomes_pending(inner->timer);
	take_interrupts();
	CHECK(inner->fired == before, "the %s timer interrupted a handler of the same priority",
	      timer_name(inner->timer));
}

/* One timer's handler is interrupted by the other if that has the higher priority, only then. */
GUEST_TEST(basics_preemption)
{
	struct timer_shots shots[TIMERS];

	for (enum timer timer = 0; timer < TIMERS; timer++)
		shots_begin(&shots[timer], timer);
	for (unsigned n = 0; n < 8 && !failed(); n++) {
		enum timer outer = n % 2;

		inner = &shots[!outer];
		inner_preempts = n / 2 % 2;
		shots[outer].on_fire = be_preempted;
		inner->on_fire = NULL;
		gic_set_priority(timer_intid(outer), PRIORITY_LOW);
		gic_set_priority(timer_intid(!outer),
				 inner_preempts ? PRIORITY_HIGH : PRIORITY_LOW);
		shots_arm(&shots[outer], timer_count(outer) + us_to_count(20));
		shots_await(&shots[outer], n + 1);
		shots_await(inner, n + 1);
	}
	for (enum timer timer = 0; timer < TIMERS; timer++) {
		shots_no_more(&shots[timer], 8);
		shots_end(&shots[timer]);
	}
}
