// SPDX-License-Identifier: GPL-2.0-only
/* Family "bystander": a guest that only ticks, and guests that others have to bear. */
#include "guest-images/tests/bystander.h"
#include "guest-images/lib/guest.h"

#define HOUR_S		3600
#define QUIET_US	20000
#define TICKS_PER_CHECK 32
#define READS		20
#define STORM		100

static bool is_used(enum timer timer)
{
	return arg(0) & 1u << timer;
}

/* -- the bystander -- */

/*
 * Spins without an exit of its own: what keeps the host from seeing the timer's interrupt would be
 * healed by one. A tick that is far too late is then looked for with exits.
 */
static void await_quietly(struct timer_shots *shots, uint64_t wanted)
{
	uint64_t patience = us_to_count(QUIET_US);

	while (shots->fired < wanted &&
	       (int64_t)(timer_count(shots->timer) - shots->armed_cval) < (int64_t)patience)
		;
	shots_await(shots, wanted);
}

static void check_counter(enum timer timer)
{
	uint64_t last = timer_count(timer);

	for (unsigned i = 0; i < READS; i++) {
		uint64_t now = timer_count(timer);

		CHECK(now >= last, "the %s counter went back from 0x%lx to 0x%lx",
		      timer_name(timer), last, now);
		last = now;
	}
}

static void tick(void *unused)
{
	static struct timer_shots all[GUEST_MAX_CPUS][TIMERS];
	struct timer_shots *shots = all[this_cpu()];
	uint64_t least = us_to_count(arg(2)), most = us_to_count(arg(3));
	uint64_t n = 0;

	(void)unused;
	for (enum timer timer = 0; timer < TIMERS; timer++)
		if (is_used(timer))
			shots_begin(&shots[timer], timer);
	irq_enable();
	while ((arg(1) ? n < arg(1) : !word_get(BYSTANDER_WORD_STOP)) && !failed()) {
		n++;
		for (enum timer timer = 0; timer < TIMERS; timer++)
			if (is_used(timer))
				shots_arm(&shots[timer],
					  timer_count(timer) + least + random_below(most - least));
		for (enum timer timer = 0; timer < TIMERS; timer++) {
			if (!is_used(timer))
				continue;
			if (arg(4) && random64() & 1)
				shots_await_asleep(&shots[timer], n);
			else
				await_quietly(&shots[timer], n);
			check_counter(timer);
		}
		if (this_cpu() == 0)
			word_set(BYSTANDER_WORD_TICKS, n);
		for (enum timer timer = 0; timer < TIMERS && n % TICKS_PER_CHECK == 0; timer++)
			if (is_used(timer))
				shots_no_more(&shots[timer], n);
	}
	irq_disable();
	for (enum timer timer = 0; timer < TIMERS; timer++)
		if (is_used(timer)) {
			if (count_to_ns(shots[timer].max_late) > word_get(BYSTANDER_WORD_LATE))
				word_set(BYSTANDER_WORD_LATE, count_to_ns(shots[timer].max_late));
			shots_end(&shots[timer]);
		}
}

/*
 * Ticks on all CPUs, which must come whatever goes on beside.
 *
 * args: timers, ticks per CPU (0: until it is told to stop), least and most microseconds between
 * them, 1: now and then asleep
 */
GUEST_TEST(bystander_ticks)
{
	on_all_cpus(tick, NULL);
}

/* -- a guest at rest -- */

static volatile bool acknowledged;

static void rest(void)
{
	for (;;)
		asm volatile("yield");
}

static void sleep_for_good(void)
{
	for (;;) {
		wfe();
		/* Not wait_for_interrupt(): nobody expects it to wake. */
		asm volatile("dsb sy\n\twfi" ::: "memory");
	}
}

static void say_ready(void)
{
	word_set(BYSTANDER_WORD_READY, 1);
}

/* For ever in the handler: active, with the line high or low. */
static void never_end(struct timer_shots *shots, struct irq *irq)
{
	(void)irq;
	if (arg(1) == BYSTANDER_ACTIVE_LOW)
		timer_set_ctl(shots->timer, 0);
	exit_to_host();
	say_ready();
	rest();
}

static void arm_all(uint64_t us)
{
	for (enum timer timer = 0; timer < TIMERS; timer++)
		if (is_used(timer)) {
			timer_set_cval(timer, timer_count(timer) + us_to_count(us));
			timer_set_ctl(timer, TIMER_ENABLE);
		}
}

static void expire_all(void)
{
	arm_all(50);
	for (enum timer timer = 0; timer < TIMERS; timer++)
		while (is_used(timer) && !(timer_ctl(timer) & TIMER_ISTATUS))
			;
	spin_us(50);
}

static void wait_in_handler(void)
{
	static struct timer_shots shots[TIMERS];

	for (enum timer timer = 0; timer < TIMERS; timer++)
		if (is_used(timer)) {
			shots_begin(&shots[timer], timer);
			shots[timer].on_fire = never_end;
			shots_arm(&shots[timer], timer_count(timer) + us_to_count(50));
		}
	irq_enable();
	rest();
}

static void expired_in_peace(enum bystander_state state)
{
	for (enum timer timer = 0; timer < TIMERS; timer++)
		if (is_used(timer) && state != BYSTANDER_PPI_OFF)
			gic_enable(timer_intid(timer));
	expire_all();
	for (enum timer timer = 0; timer < TIMERS; timer++)
		if (is_used(timer) && state == BYSTANDER_IMASK)
			timer_set_ctl(timer, TIMER_ENABLE | TIMER_IMASK);
	if (state != BYSTANDER_LINE_HIGH_UNSEEN)
		exit_to_host();
	say_ready();
	if (state == BYSTANDER_PPI_OFF)
		sleep_for_good();
	rest();
}

static void armed_in_peace(enum bystander_state state)
{
	for (enum timer timer = 0; timer < TIMERS; timer++)
		if (is_used(timer))
			gic_enable(timer_intid(timer));
	arm_all(HOUR_S * UINT64_C(1000000));
	say_ready();
	if (state == BYSTANDER_IN_EXIT)
		call_host(BYSTANDER_CALL_STAY, 0, 0, 0);
	if (state == BYSTANDER_ASLEEP)
		sleep_for_good();
	rest();
}

/*
 * Goes into a state, says so, and stays there.
 *
 * args: timers, enum bystander_state
 */
GUEST_TEST(bystander_rests)
{
	enum bystander_state state = arg(1);

	if (state == BYSTANDER_ACTIVE || state == BYSTANDER_ACTIVE_LOW)
		wait_in_handler();
	if (state < BYSTANDER_ARMED)
		expired_in_peace(state);
	armed_in_peace(state);
}

/* -- a guest whose timer has to keep quiet -- */

/*
 * Stays in an exit while its timer expires. Every other time the timer is off.
 *
 * args: timer, rounds, microseconds ahead
 */
GUEST_TEST(bystander_away)
{
	enum timer timer = arg(0);

	for (uint64_t n = 0; n < arg(1) && !failed(); n++) {
		call_host(BYSTANDER_CALL_BEGIN, 0, 0, 0);
		timer_set_cval(timer, timer_count(timer) + us_to_count(arg(2)));
		timer_set_ctl(timer, n & 1 ? TIMER_ENABLE : 0);
		call_host(BYSTANDER_CALL_AWAY, n & 1, 0, 0);
		timer_set_ctl(timer, 0);
	}
}

static void expire_while_active(struct timer_shots *shots, struct irq *irq)
{
	uint64_t again = shots->fired & 1;

	(void)irq;
	/* The vCPU is put and loaded with the line low and the interrupt active. */
	timer_set_ctl(shots->timer, 0);
	call_host(BYSTANDER_CALL_BEGIN, 0, 0, 0);
	timer_set_cval(shots->timer, timer_count(shots->timer) + us_to_count(arg(2)));
	timer_set_ctl(shots->timer, again ? TIMER_ENABLE : 0);
	spin_us(2 * arg(2));
	call_host(BYSTANDER_CALL_COUNT, again, 0, 0);
	timer_set_ctl(shots->timer, 0);
}

/*
 * In the handler, after an exit, the timer expires again. Every other time it is off.
 *
 * args: timer, rounds, microseconds ahead
 */
GUEST_TEST(bystander_active)
{
	static struct timer_shots shots;

	shots_begin(&shots, arg(0));
	shots.on_fire = expire_while_active;
	for (uint64_t n = 1; n <= arg(1) && !failed(); n++) {
		shots_arm(&shots, timer_count(shots.timer) + us_to_count(50));
		shots_await(&shots, n);
	}
	shots_no_more(&shots, arg(1));
	shots_end(&shots);
}

/* -- a guest that gives no rest -- */

static void (*const pranks[])(enum timer timer);

/* An interrupt that is never appeased: comes again and again, until the prank is over. */
static void prank_storm(enum timer timer)
{
	gic_enable(timer_intid(timer));
	timer_set_cval(timer, 0);
	timer_set_ctl(timer, TIMER_ENABLE);
	irq_enable();
	spin_us(150);
	irq_disable();
	timer_set_ctl(timer, 0);
}

static void prank_high_for_long(enum timer timer)
{
	gic_enable(timer_intid(timer));
	timer_set_cval(timer, 0);
	timer_set_ctl(timer, TIMER_ENABLE);
	exit_to_host();
	spin_us(300);
}

static void prank_toggle(enum timer timer)
{
	for (unsigned i = 0; i < 30; i++) {
		timer_set_cval(timer, i & 4 ? 0 : ~UINT64_C(0));
		timer_set_ctl(timer, i & 1 ? TIMER_ENABLE : TIMER_ENABLE | TIMER_IMASK);
		if (i & 8)
			null_hypercall();
	}
	timer_set_ctl(timer, 0);
}

static void prank_exits(enum timer timer)
{
	timer_set_cval(timer, timer_count(timer) + us_to_count(random_below(100)));
	timer_set_ctl(timer, TIMER_ENABLE);
	for (unsigned i = 0; i < 20; i++)
		exit_to_host();
}

static void prank_unwanted(enum timer timer)
{
	timer_set_cval(timer, 0);
	timer_set_ctl(timer, TIMER_ENABLE);
	exit_to_host();
	gic_disable(timer_intid(timer));
	exit_to_host();
	gic_enable(timer_intid(timer));
	null_hypercall();
	gic_disable(timer_intid(timer));
}

static void prank_nap(enum timer timer)
{
	uint64_t us = random_below(600);

	gic_enable(timer_intid(timer));
	timer_set_cval(timer, timer_count(timer) + us_to_count(us));
	timer_set_ctl(timer, TIMER_ENABLE);
	wait_for_interrupt(us * 1000, "a nap");
}

static void prank_bits(enum timer timer)
{
	uint32_t intid = timer_intid(timer);

	gic_set_pending(intid);
	gic_set_active(intid);
	exit_to_host();
	gic_clear_active(intid);
	gic_clear_pending(intid);
}

static void (*const pranks[])(enum timer timer) = {
	prank_storm,	prank_high_for_long, prank_toggle, prank_exits,
	prank_unwanted, prank_nap,	     prank_bits,
};
#define PRANKS (sizeof(pranks) / sizeof(pranks[0]))

/* Leaves the line as it is: high, if it is. But not for ever, for the library would call it a storm
 * that nobody wanted. */
static void take_no_notice(struct irq *irq)
{
	static unsigned noticed[GUEST_MAX_CPUS];

	if (++noticed[this_cpu()] % STORM == 0)
		timer_set_ctl(irq->intid == timer_intid(VTIMER) ? VTIMER : PTIMER, 0);
}

static void misbehave(void *unused)
{
	(void)unused;
	for (enum timer timer = 0; timer < TIMERS; timer++)
		irq_set_handler(timer_intid(timer), take_no_notice, NULL);
	if (this_cpu() == 0)
		say_ready();
	while (!word_get(BYSTANDER_WORD_STOP)) {
		enum timer timer = is_used(VTIMER) && (!is_used(PTIMER) || random64() & 1) ? VTIMER
											   : PTIMER;

		pranks[random_below(PRANKS)](timer);
		/* What the last one left is the next one's beginning, but now and then. */
		if (random64() & 1)
			timer_set_ctl(timer, 0);
	}
	for (enum timer timer = 0; timer < TIMERS; timer++)
		timer_set_ctl(timer, 0);
}

/*
 * All that a guest may do to its timers and should not.
 *
 * args: timers
 */
GUEST_TEST(bystander_unruly)
{
	on_all_cpus(misbehave, NULL);
}
