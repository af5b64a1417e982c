// SPDX-License-Identifier: GPL-2.0-only
/*
 * Family "moving": timers that are armed while the script moves the vCPUs' threads, stops them, or
 * takes their host CPUs away.
 */
#include "guest-images/tests/moving.h"
#include "guest-images/lib/fp.h"
#include "guest-images/lib/guest.h"

#define ROUNDS_PER_CHECK 16
#define ROUNDS_PER_HOLD	 16
#define HOLD_S		 1000
#define READS		 20
#define HOLD_MOVES	 4
#define FORWARD_US	 8000
#define HANDSHAKES	 16
#define LEAD_US		 500
#define SGI		 1
#define SGI_PATIENCE_NS	 1000000000

/* Each CPU's own, on lines of their own. */
static struct moving_cpu {
	struct timer_shots shots[TIMERS];
	uint64_t last[TIMERS];	/* the counters as read last */
	uint64_t sgis_received; /* also read by the CPU that sends them */
} __attribute__((aligned(128))) cpus[GUEST_MAX_CPUS];

static bool is_used(enum timer timer)
{
	return arg(0) & 1u << timer;
}

static void keep_latest(uint64_t ns)
{
	uint64_t latest = word_get(MOVING_WORD_MAX_LATE);

	/* May lose one of two at once: it is not a verdict. */
	if (ns > latest)
		word_set(MOVING_WORD_MAX_LATE, ns);
}

/* Where registers are live, the handler uses them, too. */
static void fired_with_fp(struct timer_shots *shots, struct irq *irq)
{
	(void)irq;
	timer_set_ctl(shots->timer, 0);
	fp_live_in_handler(null_hypercall);
}

static void begin_shots(struct moving_cpu *cpu)
{
	fp_live_begin((enum fp_live)arg(FP_LIVE_ARG), FP_OWNER_VM, FP_EVERY_LENGTH);
	for (enum timer timer = 0; timer < TIMERS; timer++)
		if (is_used(timer)) {
			shots_begin(&cpu->shots[timer], timer);
			if (arg(FP_LIVE_ARG))
				cpu->shots[timer].on_fire = fired_with_fp;
			cpu->last[timer] = timer_count(timer);
		}
}

static void end_shots(struct moving_cpu *cpu)
{
	for (enum timer timer = 0; timer < TIMERS; timer++)
		if (is_used(timer)) {
			keep_latest(count_to_ns(cpu->shots[timer].max_late));
			shots_end(&cpu->shots[timer]);
		}
}

/* Since the last shot, and from one instant to the next. */
static void check_counter(struct moving_cpu *cpu, enum timer timer)
{
	for (unsigned i = 0; i < READS; i++) {
		uint64_t now = timer_count(timer), last = cpu->last[timer];

		CHECK(now >= last, "the %s counter went back from 0x%lx to 0x%lx",
		      timer_name(timer), last, now);
		cpu->last[timer] = now;
	}
}

/* A shot that has been taken: nothing else may have changed. */
static void check_taken(struct moving_cpu *cpu, enum timer timer)
{
	const struct timer_shots *shots = &cpu->shots[timer];

	CHECK(timer_cval(timer) == shots->armed_cval, "%s timer: CVAL is 0x%lx instead of 0x%lx",
	      timer_name(timer), timer_cval(timer), shots->armed_cval);
	CHECK(!(timer_ctl(timer) & (TIMER_ENABLE | TIMER_IMASK)),
	      "%s timer: CTL is 0x%x instead of 0", timer_name(timer), timer_ctl(timer));
	check_counter(cpu, timer);
}

/* -- SGIs around the ring of CPUs -- */

static void sgi_received(struct irq *irq)
{
	struct moving_cpu *cpu = irq->argument;

	__atomic_store_n(&cpu->sgis_received, cpu->sgis_received + 1, __ATOMIC_RELEASE);
}

/* One at a time: two that are pending at once are one. */
static void send_sgi(uint64_t nth)
{
	unsigned to = (this_cpu() + 1) % cpu_count();

	gic_send_sgi(SGI, to);
	wait_begin(SGI_PATIENCE_NS, "the next CPU to take an SGI");
	while (__atomic_load_n(&cpus[to].sgis_received, __ATOMIC_ACQUIRE) < nth && !failed())
		asm volatile("yield");
	wait_end();
}

static void begin_sgis(struct moving_cpu *cpu)
{
	irq_set_handler(SGI, sgi_received, cpu);
	gic_enable(SGI);
	barrier();
}

/* -- armed timers -- */

/*
 * Timers that have long to go are as they were written after the vCPU was moved, or its host had
 * some time for that.
 */
static void hold(struct moving_cpu *cpu, uint64_t fired)
{
	uint64_t far = HOLD_S * (uint64_t)timer_frequency();
	uint64_t end = timer_count(VTIMER) + us_to_count(arg(5) * 1000);
	uint64_t moves = word_get(MOVING_WORD_MOVES);

	for (enum timer timer = 0; timer < TIMERS; timer++)
		if (is_used(timer))
			shots_arm(&cpu->shots[timer], timer_count(timer) + far);
	while (word_get(MOVING_WORD_MOVES) - moves < HOLD_MOVES && timer_count(VTIMER) < end)
		asm volatile("yield");
	/* Whatever the last move did is done. */
	exit_to_host();
	for (enum timer timer = 0; timer < TIMERS; timer++) {
		struct timer_shots *shots = &cpu->shots[timer];

		if (!is_used(timer))
			continue;
		CHECK(timer_ctl(timer) == TIMER_ENABLE,
		      "%s timer: CTL is 0x%x instead of 1, with %u s to go", timer_name(timer),
		      timer_ctl(timer), HOLD_S);
		CHECK(shots->fired == fired, "%s timer: an interrupt with %u s to go",
		      timer_name(timer), HOLD_S);
		timer_set_ctl(timer, 0);
		check_taken(cpu, timer);
	}
}

/* A shot with an exit on its way: who looks at the timer then has to find that it is not due. */
static void look_forward(struct moving_cpu *cpu, uint64_t wanted)
{
	if (arg(4) & MOVING_SGIS)
		send_sgi(wanted);
	for (enum timer timer = 0; timer < TIMERS; timer++) {
		if (!is_used(timer))
			continue;
		shots_arm(&cpu->shots[timer], timer_count(timer) + us_to_count(FORWARD_US));
		exit_to_host();
		shots_await(&cpu->shots[timer], wanted);
		check_taken(cpu, timer);
	}
}

static void one_shot_each(struct moving_cpu *cpu, uint64_t wanted)
{
	uint64_t least = us_to_count(arg(2)), most = us_to_count(arg(3));

	for (enum timer timer = 0; timer < TIMERS; timer++)
		if (is_used(timer))
			shots_arm(&cpu->shots[timer],
				  timer_count(timer) + least + random_below(most - least));
	if (arg(4) & MOVING_SGIS)
		send_sgi(wanted);
	for (enum timer timer = 0; timer < TIMERS && !failed(); timer++) {
		if (!is_used(timer))
			continue;
		if (arg(4) & MOVING_SLEEPS && random64() & 1)
			shots_await_asleep(&cpu->shots[timer], wanted);
		else
			shots_await(&cpu->shots[timer], wanted);
		check_taken(cpu, timer);
	}
}

static void fire_shots(void *unused)
{
	struct moving_cpu *cpu = &cpus[this_cpu()];

	(void)unused;
	begin_shots(cpu);
	if (arg(4) & MOVING_SGIS)
		begin_sgis(cpu);
	irq_enable();
	for (uint64_t n = 1; n <= arg(1) && !failed(); n++) {
		fp_live_load(n);
		if (arg(4) & MOVING_HOLDS && n % ROUNDS_PER_HOLD == 1)
			hold(cpu, n - 1);
		if (failed())
			break;
		if (n % ROUNDS_PER_HOLD == 2)
			look_forward(cpu, n);
		else
			one_shot_each(cpu, n);
		fp_live_check("with timers, while the host moves vCPUs");
		for (enum timer timer = 0; timer < TIMERS && n % ROUNDS_PER_CHECK == 0; timer++)
			if (is_used(timer))
				shots_no_more(&cpu->shots[timer], n);
	}
	/* Here still to receive. */
	barrier();
	irq_disable();
	if (arg(4) & MOVING_SGIS && !failed())
		CHECK(cpu->sgis_received == arg(1), "%lu SGIs were taken instead of %lu",
		      cpu->sgis_received, arg(1));
	end_shots(cpu);
}

/*
 * Random shots on all CPUs, one after the other, while the host does what it likes.
 *
 * args: timers, shots per CPU and timer, least and most microseconds ahead, enum moving_flag,
 * longest hold in ms, enum fp_live
 */
GUEST_TEST(moving_shots)
{
	on_all_cpus(fire_shots, NULL);
}

/* -- blocked -- */

/*
 * CPU 0 sleeps; the script moves it when it is blocked.
 *
 * args: timers (one), shots, least and most microseconds ahead
 */
GUEST_TEST(moving_blocked)
{
	struct moving_cpu *cpu = &cpus[0];
	enum timer timer = is_used(VTIMER) ? VTIMER : PTIMER;
	uint64_t least = us_to_count(arg(2)), most = us_to_count(arg(3));

	begin_shots(cpu);
	for (uint64_t n = 1; n <= arg(1) && !failed(); n++) {
		shots_arm(&cpu->shots[timer],
			  timer_count(timer) + least + random_below(most - least));
		word_set(MOVING_WORD_STEP, n);
		shots_await_asleep(&cpu->shots[timer], n);
		check_taken(cpu, timer);
		if (n % ROUNDS_PER_CHECK == 0)
			shots_no_more(&cpu->shots[timer], n);
	}
	end_shots(cpu);
}

/* -- in steps around an expiry -- */

static uint64_t common_start[TIMERS];

static void step_shots(void *unused)
{
	struct moving_cpu *cpu = &cpus[this_cpu()];
	enum timer timer = is_used(VTIMER) ? VTIMER : PTIMER;
	uint64_t lead = us_to_count(LEAD_US);

	(void)unused;
	begin_shots(cpu);
	irq_enable();
	for (uint64_t n = 1; n <= arg(1) && !failed(); n++) {
		if (this_cpu() == 0) {
			common_start[VTIMER] = timer_count(VTIMER);
			common_start[PTIMER] = timer_count(PTIMER);
			word_set(MOVING_WORD_WHEN, common_start[VTIMER] + lead);
		}
		barrier();
		fp_live_load(n);
		shots_arm(&cpu->shots[timer], common_start[timer] + lead);
		if (this_cpu() == 0)
			call_host(MOVING_CALL_STEP, 0, 0, 0);
		if (arg(2))
			shots_await_asleep(&cpu->shots[timer], n);
		else
			shots_await(&cpu->shots[timer], n);
		if (this_cpu() == 0)
			word_wait(MOVING_WORD_DONE, n);
		shots_no_more(&cpu->shots[timer], n);
		fp_live_check("around an expiry");
		check_taken(cpu, timer);
		barrier();
	}
	irq_disable();
	end_shots(cpu);
}

/*
 * All CPUs expire at the same time, which the script knows.
 *
 * args: timers (one), steps, 1: asleep
 */
GUEST_TEST(moving_steps)
{
	for (unsigned i = 0; i < HANDSHAKES; i++)
		call_host(MOVING_CALL_CLOCK, timer_count(VTIMER), 0, 0);
	on_all_cpus(step_shots, NULL);
}
