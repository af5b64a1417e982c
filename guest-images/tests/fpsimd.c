// SPDX-License-Identifier: GPL-2.0-only
/*
 * FP/SIMD registers with a pattern in each, kept live through whatever may make KVM save, restore
 * or lose them. Compiled without FP registers for the compiler: only guest-images/fp touches them.
 */
#include "guest-images/tests/fpsimd.h"
#include "guest-images/fp/fp_check.h"
#include "guest-images/lib/fp.h"
#include "guest-images/lib/guest.h"

static struct fp_registers expected[GUEST_MAX_CPUS], seen[GUEST_MAX_CPUS];

static struct fp_who who_in(uint32_t round)
{
	struct fp_who who = { (enum fp_owner)arg(FPSIMD_ARG_OWNER), this_cpu(), round };

	return who;
}

/* -- what is done while the registers are live ----------------------------------------------------
 */

static volatile uint64_t handled[GUEST_MAX_CPUS];

/* A handler that uses FP itself keeps what it interrupted, as any kernel's does. */
static void handler_with_fp(struct irq *irq)
{
	static struct fp_registers interrupted[GUEST_MAX_CPUS], mine[GUEST_MAX_CPUS],
		after[GUEST_MAX_CPUS];
	unsigned cpu = this_cpu();
	struct fp_who who = { FP_OWNER_HANDLER, cpu, handled[cpu] };
	struct fp_difference first;

	fp_store(&interrupted[cpu]);
	fp_fill(&mine[cpu], who);
	fp_load(&mine[cpu]);
	if (irq->argument)
		timer_set_ctl(*(enum timer *)irq->argument, 0);
	null_hypercall();
	fp_store(&after[cpu]);
	if (fp_compare(&mine[cpu], &after[cpu], &first))
		fp_fail("in an interrupt handler", handled[cpu], &first);
	fp_load(&interrupted[cpu]);
	handled[cpu]++;
}

static void take_timer_interrupt(bool asleep)
{
	static enum timer timer = VTIMER;
	unsigned cpu = this_cpu();
	uint64_t before = handled[cpu];

	irq_set_handler(timer_intid(timer), handler_with_fp, &timer);
	gic_enable(timer_intid(timer));
	timer_set_cval(timer, timer_count(timer) + us_to_count(asleep ? 300 : 50));
	timer_set_ctl(timer, TIMER_ENABLE);
	while (handled[cpu] == before) {
		if (asleep)
			wait_for_interrupt(300000, "the timer");
		irq_enable();
		isb();
		if (timer_ctl(timer) & TIMER_ISTATUS)
			exit_to_host();
		irq_disable();
	}
}

#define FP_SGI 3

static void take_ipi(void)
{
	unsigned cpu = this_cpu();
	uint64_t before = handled[cpu];

	irq_set_handler(FP_SGI, handler_with_fp, NULL);
	gic_enable(FP_SGI);
	gic_send_sgi(FP_SGI, cpu);
	irq_enable();
	while (handled[cpu] == before)
		exit_to_host();
	irq_disable();
}

/* Pages that nobody has touched: each first access is a fault that the host's kernel resolves. */
static void touch_fresh_page(void)
{
	static volatile uint64_t next_page[GUEST_MAX_CPUS];
	unsigned cpu = this_cpu();
	uint64_t base = GUEST_RAM_BASE + GUEST_RAM_SIZE / 2;
	uint64_t share = GUEST_RAM_SIZE / 2 / GUEST_MAX_CPUS;

	*(volatile uint64_t *)(base + cpu * share + next_page[cpu] % share) = 1;
	next_page[cpu] += 4096;
}

/* Traps to EL1 with FPEN clear, and is allowed again: what was in the registers stays. */
static void toggle_fpen(void)
{
	write_sysreg(cpacr_el1, 0);
	isb();
	probe_begin();
	asm volatile(".inst 0x9e6703e0"); /* fmov d0, xzr, which the compiler's options forbid */
	CHECK(probe_end() >> 26 == 7,
	      "an FP instruction with CPACR_EL1.FPEN = 0 did not trap (EC 7)");
	null_hypercall();
	write_sysreg(cpacr_el1, 3 << 20);
	isb();
}

static void disturb(enum fpsimd_disturbance disturbance)
{
	switch (disturbance) {
	case FPSIMD_HYPERCALL:
		null_hypercall();
		break;
	case FPSIMD_GIC_ACCESS:
		gic_is_enabled(FP_SGI);
		break;
	case FPSIMD_USER_EXIT:
		exit_to_host();
		break;
	case FPSIMD_TIMER:
		take_timer_interrupt(false);
		break;
	case FPSIMD_SLEEP:
		take_timer_interrupt(true);
		break;
	case FPSIMD_IPI:
		take_ipi();
		break;
	case FPSIMD_PAGE_FAULT:
		touch_fresh_page();
		break;
	case FPSIMD_FPEN:
		toggle_fpen();
		break;
	case FPSIMD_SPIN:
		spin_us(arg(FPSIMD_ARG_MICROSECONDS));
		break;
	case FPSIMD_CALL:
		call_host(0, 0, 0, 0);
		break;
	}
}

/* -- the rounds ---------------------------------------------------------------------------------
 */

static void check_round(uint32_t round, enum fpsimd_disturbance disturbance)
{
	unsigned cpu = this_cpu();
	struct fp_difference first;

	fp_fill(&expected[cpu], who_in(round));
	fp_load(&expected[cpu]);
	disturb(disturbance);
	fp_play_faults();
	fp_store(&seen[cpu]);
	if (fp_compare(&expected[cpu], &seen[cpu], &first))
		fp_fail(fpsimd_disturbance_names[disturbance], round, &first);
}

static void all_rounds(void *unused)
{
	uint64_t rounds = arg(FPSIMD_ARG_ROUNDS);

	(void)unused;
	for (uint32_t round = 1; round <= rounds && !failed(); round++)
		check_round(round, (enum fpsimd_disturbance)arg(FPSIMD_ARG_DISTURBANCE));
}

GUEST_TEST(fpsimd_rounds)
{
	on_all_cpus(all_rounds, NULL);
}

/* All disturbances one after the other, in an order that the seed gives. */
static void mixed_rounds(void *unused)
{
	uint64_t rounds = arg(FPSIMD_ARG_ROUNDS);

	(void)unused;
	for (uint32_t round = 1; round <= rounds && !failed(); round++)
		check_round(round, (enum fpsimd_disturbance)random_below(FPSIMD_OWN_DISTURBANCES));
}

GUEST_TEST(fpsimd_mixed)
{
	on_all_cpus(mixed_rounds, NULL);
}

/* Until the script says that it is done: it moves, signals or stops the vCPU meanwhile. */
static void rounds_until_told(void *unused)
{
	uint32_t round = 0;

	(void)unused;
	do {
		check_round(++round, (enum fpsimd_disturbance)arg(FPSIMD_ARG_DISTURBANCE));
	} while (!word_get(FPSIMD_WORD_STOP) && !failed());
	CHECK(round > 0, "no round was done");
}

GUEST_TEST(fpsimd_until_told)
{
	on_all_cpus(rounds_until_told, NULL);
}

/* Exits as fast as it can; with FP_DIRTY set, it changes its registers before each. */
GUEST_TEST(fpsimd_storm)
{
	uint32_t round = 0;

	while (!word_get(FPSIMD_WORD_STOP)) {
		if (word_get(FPSIMD_WORD_DIRTY)) {
			fp_fill(&expected[0], who_in(++round % FP_ROUNDS));
			fp_load(&expected[0]);
		}
		null_hypercall();
	}
}

/* -- EL0 ----------------------------------------------------------------------------------------
 */

static void rounds_at_el0(void *unused)
{
	unsigned cpu = this_cpu();
	struct fp_difference first;

	(void)unused;
	for (uint32_t round = 1; round <= arg(FPSIMD_ARG_ROUNDS) && !failed(); round++) {
		fp_fill(&expected[cpu], who_in(round));
		fp_load(&expected[cpu]);
		spin_us(arg(FPSIMD_ARG_MICROSECONDS));
		fp_play_faults();
		fp_store(&seen[cpu]);
		if (fp_compare(&expected[cpu], &seen[cpu], &first))
			fp_fail("at EL0, interrupted by a timer", round, &first);
	}
}

static void tick_again(struct irq *irq)
{
	enum timer timer = VTIMER;

	irq->argument = &timer;
	handler_with_fp(irq);
	timer_set_cval(timer, timer_count(timer) + us_to_count(400));
	timer_set_ctl(timer, TIMER_ENABLE);
}

static void el0_with_ticks(void *unused)
{
	irq_set_handler(timer_intid(VTIMER), tick_again, NULL);
	gic_enable(timer_intid(VTIMER));
	timer_set_cval(VTIMER, timer_count(VTIMER) + us_to_count(400));
	timer_set_ctl(VTIMER, TIMER_ENABLE);
	at_el0(rounds_at_el0, unused, true);
	timer_set_ctl(VTIMER, 0);
}

GUEST_TEST(fpsimd_el0)
{
	on_all_cpus(el0_with_ticks, NULL);
	CHECK(handled[0], "no timer interrupt came meanwhile");
}

/* -- reset values -------------------------------------------------------------------------------
 */

static void registers_are_reset(void *unused)
{
	unsigned cpu = this_cpu();
	struct fp_difference first;

	(void)unused;
	fp_play_faults();
	fp_store(&seen[cpu]);
	if (fp_compare(&expected[cpu], &seen[cpu], &first))
		fp_fail("at the first use after reset", 0, &first);
	/* And leave them full, for the CPU's next life. */
	fp_fill(&expected[cpu], who_in(1));
	fp_load(&expected[cpu]);
	for (unsigned reg = 0; reg < 32; reg++)
		expected[cpu].v[reg][0] = expected[cpu].v[reg][1] = 0;
	expected[cpu].fpcr = expected[cpu].fpsr = 0;
}

/* KVM resets the registers to zero; a CPU that is switched on again begins anew. */
GUEST_TEST(fpsimd_reset_values)
{
	registers_are_reset(NULL);
	for (unsigned life = 0; life < arg(FPSIMD_ARG_ROUNDS); life++)
		for (unsigned cpu = 1; cpu < cpu_count(); cpu++) {
			cpu_start(cpu, registers_are_reset, NULL);
			cpu_join(cpu);
		}
}

/* -- state that the monitor reads and writes ----------------------------------------------------
 */

/* The script reads the registers while they are live (pattern of round 1), puts those of the
 * monitor in their place, and has the guest find these. */
GUEST_TEST(fpsimd_changed_by_monitor)
{
	struct fp_who monitor = { FP_OWNER_MONITOR, this_cpu(), 2 };
	unsigned cpu = this_cpu();
	struct fp_difference first;

	fp_fill(&expected[cpu], who_in(1));
	fp_load(&expected[cpu]);
	word_set(FPSIMD_WORD_LIVE, 1);
	while (!word_get(FPSIMD_WORD_STOP))
		;
	fp_play_faults();
	fp_store(&seen[cpu]);
	fp_fill(&expected[cpu], monitor);
	if (fp_compare(&expected[cpu], &seen[cpu], &first))
		fp_fail("after the monitor wrote them", 2, &first);
}

/* The registers of another VM were loaded into this one: this VM's guest finds that one's pattern.
 */
GUEST_TEST(fpsimd_loaded_from_other_vm)
{
	struct fp_who other = { FP_OWNER_OTHER_VM, this_cpu(), 1 };
	unsigned cpu = this_cpu();
	struct fp_difference first;

	word_set(FPSIMD_WORD_LIVE, 1);
	while (!word_get(FPSIMD_WORD_STOP))
		;
	fp_play_faults();
	fp_store(&seen[cpu]);
	fp_fill(&expected[cpu], other);
	if (fp_compare(&expected[cpu], &seen[cpu], &first))
		fp_fail("after they were loaded from another VM", 1, &first);
}
