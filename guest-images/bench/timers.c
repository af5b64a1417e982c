// SPDX-License-Identifier: GPL-2.0-only
/* Timers: reprogramming, the way from CVAL to the handler, and the end of an interrupt. */
#include "guest-images/bench/bench.h"
#include "guest-images/lib/cpu.h"

/* Until a timer expires: longer than it takes to go to sleep. */
#define AHEAD_US 200

static enum timer used;

static void set_ctl(enum timer timer, uint64_t ctl)
{
	if (timer == VTIMER)
		write_sysreg(cntv_ctl_el0, ctl);
	else
		write_sysreg(cntp_ctl_el0, ctl);
	isb();
}

static void set_cval(enum timer timer, uint64_t cval)
{
	if (timer == VTIMER)
		write_sysreg(cntv_cval_el0, cval);
	else
		write_sysreg(cntp_cval_el0, cval);
	isb();
}

static void disable_used(void)
{
	set_ctl(used, 0);
}

/* The timer's own counter against the one that handlers note: 0, or their constant difference. */
static uint64_t counter_difference(enum timer timer)
{
	return timer == VTIMER ? 0 : timer_count(PTIMER) - timer_count(VTIMER);
}

static uint64_t arm(enum timer timer)
{
	uint64_t cval = timer_count(timer) + us_to_count(AHEAD_US);

	set_cval(timer, cval);
	set_ctl(timer, TIMER_ENABLE);
	return cval;
}

/* args: timer, 1: asleep. From CVAL until the handler has acknowledged; the counter's difference
 * may be off by the time between two readings. */
GUEST_TEST(bench_timer)
{
	static struct bench_arrival arrival = { .lower = disable_used };
	uint64_t difference;

	used = arg(0);
	difference = counter_difference(used);
	bench_take(timer_intid(used), &arrival);
	bench_begin();
	while (bench_next()) {
		uint64_t cval;

		arrival.arrived = false;
		bench_mark_begin();
		cval = arm(used) - difference;
		if (arg(1))
			bench_await_asleep(&arrival, "a timer");
		else
			bench_await(&arrival);
		bench_mark_end();
		bench_sample(arrival.count > cval ? arrival.count - cval : 0);
	}
	gic_disable(timer_intid(used));
}

/* args: timer. WFI with interrupts masked, from CVAL until the guest goes on. */
GUEST_TEST(bench_wfi_timer)
{
	static struct bench_arrival arrival = { .lower = disable_used };

	used = arg(0);
	bench_take(timer_intid(used), &arrival);
	bench_begin();
	while (bench_next()) {
		uint64_t cval, woken;

		arrival.arrived = false;
		bench_mark_begin();
		cval = arm(used);
		do {
			wait_begin(1000000000, "a timer");
			asm volatile("dsb sy\n\twfi" ::: "memory");
			wait_end();
			woken = timer_count(used);
		} while (woken < cval);
		bench_mark_end();
		bench_sample(woken - cval);
		/* Not measured. */
		bench_await(&arrival);
	}
	gic_disable(timer_intid(used));
}

/* args: timer, 1: CTL instead of CVAL. The timer never expires. */
GUEST_TEST(bench_reprogram)
{
	uint64_t hour = timer_count(VTIMER) + 3600ul * timer_frequency();
	enum timer timer = arg(0);

	bench_begin();
	while (bench_next()) {
		bench_start();
		if (arg(1)) {
			set_ctl(timer, TIMER_ENABLE | TIMER_IMASK);
		} else {
			set_cval(timer, hour);
		}
		bench_stop();
	}
	set_ctl(timer, 0);
}

static void end_measured(struct irq *irq)
{
	volatile bool *arrived = irq->argument;

	bench_not_a_storm();
	set_ctl(VTIMER, 0);
	irq_handler_ends_it();
	bench_start();
	gic_end(irq->iar);
	bench_stop();
	*arrived = true;
}

/* From the handler's end to the interrupt's: EOIR, which deactivates it. */
GUEST_TEST(bench_eoi)
{
	static volatile bool arrived;

	bench_handle(timer_intid(VTIMER), end_measured, (void *)&arrived);
	bench_begin();
	while (bench_next()) {
		arrived = false;
		/* Expired already. */
		set_cval(VTIMER, 0);
		set_ctl(VTIMER, TIMER_ENABLE);
		irq_enable();
		while (!arrived)
			;
		irq_disable();
	}
	gic_disable(timer_intid(VTIMER));
}
