// SPDX-License-Identifier: GPL-2.0-only
/*
 * Family "user-irqchip": the lines of the timers and the PMU, which KVM tells to userspace.
 *
 * The interrupts stay masked and the GIC has the PPIs disabled, except where it says otherwise: the
 * lines are looked at by the script.
 */
#include "guest-images/tests/user_irqchip.h"
#include "guest-images/lib/guest.h"

#define HOUR (3600ul * timer_frequency())

static void expect_levels(unsigned known, unsigned high)
{
	call_host(USER_CALL_LEVELS, known, high, 0);
}

static void expect_edges(unsigned line, uint64_t rises, uint64_t falls)
{
	call_host(USER_CALL_EDGES, line, rises, falls);
}

static void some_exits(void)
{
	exit_to_host();
	null_hypercall();
	exit_to_host();
}

static void await_istatus(enum timer timer)
{
	wait_begin(1000000, "ISTATUS");
	while (!(timer_ctl(timer) & TIMER_ISTATUS) && !failed())
		;
	wait_end();
}

static void lower(enum timer timer, enum user_lowered how)
{
	if (how == USER_LOWERED_DISABLED)
		timer_set_ctl(timer, 0);
	else if (how == USER_LOWERED_IMASK)
		timer_set_ctl(timer, TIMER_ENABLE | TIMER_IMASK);
	else
		timer_set_cval(timer, timer_count(timer) + HOUR);
}

/* The line of one timer goes up and down: each is told once, and the level is right after any exit.
 */
static void edges_of_timer(enum timer timer, uint64_t round, enum user_lowered how)
{
	unsigned line = USER_LINE(timer);

	timer_set_cval(timer, timer_count(timer) + HOUR);
	timer_set_ctl(timer, TIMER_ENABLE);
	expect_levels(line, 0);
	timer_set_cval(timer, timer_count(timer) + us_to_count(round * 29 % 200));
	/* The rise comes by an exit of its own, or is found by one of the guest's. */
	if (round % 2)
		await_istatus(timer);
	while (!(timer_ctl(timer) & TIMER_ISTATUS) && !failed())
		exit_to_host();
	expect_levels(line, line);
	some_exits();
	expect_levels(line, line);
	expect_edges(timer, round + 1, round);
	lower(timer, how);
	/* Nothing may have told KVM of the fall: the next exit does. */
	expect_levels(line, 0);
	some_exits();
	expect_edges(timer, round + 1, round + 1);
	timer_set_ctl(timer, 0);
}

static void edges(void *argument)
{
	(void)argument;
	for (uint64_t round = 0; round < arg(1) && !failed(); round++)
		edges_of_timer(arg(0), round,
			       arg(2) <= USER_LOWERED_FAR ? arg(2)
							  : round % (USER_LOWERED_FAR + 1));
}

/* args: timer, rounds, enum user_lowered (more: each in turn) */
GUEST_TEST(user_edges)
{
	on_all_cpus(edges, NULL);
}

/* Both lines overlap in all ways.
 *
 * args: -, rounds */
GUEST_TEST(user_both_lines)
{
	uint64_t rises[TIMERS] = {}, falls[TIMERS] = {};
	unsigned high = 0;

	for (enum timer timer = 0; timer < TIMERS; timer++) {
		timer_set_cval(timer, timer_count(timer) + HOUR);
		timer_set_ctl(timer, TIMER_ENABLE);
	}
	for (uint64_t round = 0; round < arg(1) && !failed(); round++) {
		enum timer timer = random_below(TIMERS);

		if (high & USER_LINE(timer)) {
			timer_set_cval(timer, timer_count(timer) + HOUR);
			falls[timer]++;
		} else {
			timer_set_cval(timer, timer_count(timer));
			await_istatus(timer);
			rises[timer]++;
		}
		high ^= USER_LINE(timer);
		expect_levels(USER_LINE(VTIMER) | USER_LINE(PTIMER), high);
		some_exits();
		for (enum timer each = 0; each < TIMERS; each++)
			expect_edges(each, rises[each], falls[each]);
	}
	for (enum timer timer = 0; timer < TIMERS; timer++)
		timer_set_ctl(timer, 0);
}

/* Long phases with the line high and low, while the script looks at it whenever it likes.
 *
 * args: timer, phases */
GUEST_TEST(user_phases)
{
	enum timer timer = arg(0);

	for (uint64_t phase = 1; phase <= arg(1) && !failed(); phase++) {
		if (phase % 2) {
			timer_set_cval(timer, timer_count(timer));
			timer_set_ctl(timer, TIMER_ENABLE);
			await_istatus(timer);
		} else {
			lower(timer, phase / 2 % 3);
		}
		/* Nothing that the script sees from here on can be older than this exit. */
		exit_to_host();
		word_set(USER_WORD_PHASE, phase);
		/* Without an exit of its own in every second phase. */
		while (word_get(USER_WORD_SEEN) != phase && !failed())
			if (phase / 2 % 2)
				null_hypercall();
	}
	timer_set_ctl(timer, 0);
	exit_to_host();
	word_set(USER_WORD_PHASE, arg(1) + 1);
}

/* Runs for a while, and makes exits on purpose if it has to. */
static void stretch(enum user_stretch which, uint64_t us, uint64_t exits)
{
	uint64_t end;

	call_host(USER_CALL_BEGIN, which, 0, 0);
	end = timer_count(VTIMER) + us_to_count(us);
	for (uint64_t i = 0; i < exits; i++)
		exit_to_host();
	spin_until(VTIMER, end);
	call_host(USER_CALL_END, which, exits, 0);
}

/* A line that is high for long costs nothing.
 *
 * args: timer, microseconds, exits on purpose */
GUEST_TEST(user_quiet_while_high)
{
	enum timer timer = arg(0);

	stretch(USER_STRETCH_QUIET, arg(1), arg(2));
	timer_set_cval(timer, timer_count(timer) - 1);
	timer_set_ctl(timer, TIMER_ENABLE);
	await_istatus(timer);
	expect_levels(USER_LINE(timer), USER_LINE(timer));
	stretch(USER_STRETCH_HIGH, arg(1), arg(2));
	expect_levels(USER_LINE(timer), USER_LINE(timer));
	expect_edges(timer, 1, 0);
	timer_set_ctl(timer, 0);
	expect_levels(USER_LINE(timer), 0);
	expect_edges(timer, 1, 1);
}

/* The virtual timer's line is high for the sake of another VM; nobody lowers it. Ends when the
 * script says so. */
GUEST_TEST(user_hold_high)
{
	timer_set_cval(VTIMER, timer_count(VTIMER));
	timer_set_ctl(VTIMER, TIMER_ENABLE);
	await_istatus(VTIMER);
	expect_levels(USER_LINE(VTIMER), USER_LINE(VTIMER));
	while (!word_get(USER_WORD_STOP) && !failed()) {
		for (unsigned i = random_below(4); i; i--)
			exit_to_host();
		spin_us(random_below(1000));
	}
	expect_levels(USER_LINE(VTIMER), USER_LINE(VTIMER));
	expect_edges(VTIMER, 1, 0);
	timer_set_ctl(VTIMER, 0);
	expect_levels(USER_LINE(VTIMER), 0);
}

static struct timer_shots beside[GUEST_MAX_CPUS];

/* The other VM: expiries in a busy loop without an exit
 * of its own, and asleep.
 *
 * args: -, shots at a time */
GUEST_TEST(user_beside)
{
	struct timer_shots *shots = &beside[0];
	uint64_t wanted = 0;

	shots_begin(shots, VTIMER);
	for (uint64_t round = 1; !word_get(USER_WORD_STOP) && !failed(); round++) {
		for (uint64_t i = 0; i < arg(1) && !failed(); i++) {
			shots_arm(shots, timer_count(VTIMER) + us_to_count(random_below(300)));
			if (round % 4)
				shots_await(shots, ++wanted);
			else
				shots_await_asleep(shots, ++wanted);
		}
		word_set(USER_WORD_PHASE, round);
	}
	shots_no_more(shots, wanted);
	shots_end(shots);
}

#define PMCR_ENABLE   (1ul << 0)
#define CYCLE_COUNTER (1ul << 31)
#define PMUVER(dfr0)  ((dfr0) >> 8 & 15)

/* The overflow bit is set and cleared by software: no counter has to count.
 *
 * args: -, rounds */
GUEST_TEST(user_pmu_line)
{
	uint64_t version = PMUVER(read_sysreg(id_aa64dfr0_el1));
	unsigned line = USER_LINE(USER_LINE_PMU);

	if (version == 0 || version == 15)
		skip("no PMU in this VM");
	write_sysreg(pmovsclr_el0, ~0ul);
	write_sysreg(pmintenset_el1, CYCLE_COUNTER);
	write_sysreg(pmcntenset_el0, CYCLE_COUNTER);
	write_sysreg(pmcr_el0, PMCR_ENABLE);
	isb();
	for (uint64_t round = 0; round < arg(1) && !failed(); round++) {
		expect_levels(line, 0);
		write_sysreg(pmovsset_el0, CYCLE_COUNTER);
		isb();
		expect_levels(line, line);
		some_exits();
		expect_edges(USER_LINE_PMU, round + 1, round);
		write_sysreg(pmovsclr_el0, CYCLE_COUNTER);
		isb();
		expect_levels(line, 0);
		some_exits();
		expect_edges(USER_LINE_PMU, round + 1, round + 1);
	}
	write_sysreg(pmcr_el0, 0);
}

static uint64_t features[GUEST_MAX_CPUS];

static void read_features(void *argument)
{
	(void)argument;
	features[this_cpu()] = read_sysreg(id_aa64pfr0_el1);
}

/* The VM's CPUs agree on whether there is a GICv3 (kernel bug b82ebaf29864). */
GUEST_TEST(user_id_registers)
{
	on_all_cpus(read_features, NULL);
	for (unsigned cpu = 1; cpu < cpu_count(); cpu++)
		CHECK(features[cpu] == features[0],
		      "ID_AA64PFR0_EL1 is 0x%lx on CPU 0 and 0x%lx on CPU %u", features[0],
		      features[cpu], cpu);
}

static bool irq_is_pending(void)
{
	isb();
	return read_sysreg(isr_el1) >> 7 & 1;
}

/* The script raises the IRQ input of the sleeping CPU by itself, past armlet's GIC.
 *
 * args: -, rounds */
GUEST_TEST(user_input_wakes)
{
	irq_disable();
	for (uint64_t round = 1; round <= arg(1) && !failed(); round++) {
		word_set(USER_WORD_PHASE, round);
		while (!irq_is_pending() && !failed())
			wait_for_interrupt(1000000000, "the IRQ input");
		call_host(USER_CALL_LOWER, 0, 0, 0);
		CHECK(!irq_is_pending(), "the IRQ input is low, but ISR_EL1 is 0x%lx",
		      read_sysreg(isr_el1));
	}
}

/* A fall is noticed at the next exit of any kind, also at one that KVM deals with by itself: the
 * CPU's input falls before the guest sees userspace again.
 *
 * args: timer, rounds */
GUEST_TEST(user_fall_is_told)
{
	enum timer timer = arg(0);

	irq_disable();
	gic_enable(timer_intid(timer));
	for (uint64_t round = 0; round < arg(1) && !failed(); round++) {
		timer_set_cval(timer, timer_count(timer));
		timer_set_ctl(timer, TIMER_ENABLE);
		wait_begin(1000000, "the IRQ input");
		while (!irq_is_pending() && !failed())
			null_hypercall();
		wait_end();
		timer_set_ctl(timer, 0);
		null_hypercall();
		null_hypercall();
		CHECK(!irq_is_pending(),
		      "round %lu: the %s timer is off, but the IRQ input is high after two "
		      "hypercalls",
		      round, timer_name(timer));
	}
	gic_disable(timer_intid(timer));
}
