// SPDX-License-Identifier: GPL-2.0-only
#include "guest-images/tests/fpsimd_disturb.h"

#include "guest-images/lib/fp.h"

#define FP_SGI	3
#define TICK_US 400

/* CPACR_EL1: FPEN and ZEN. */
#define FP_TRAPPED     0
#define FP_TRAPPED_EL0 (1 << 20 | 1 << 16)
#define ONLY_SVE_TRAPS (3 << 20)
#define CLASS_FP       0x07
#define CLASS_SVE      0x19

static volatile uint64_t handled[GUEST_MAX_CPUS];

/* -- interrupts -- */

static void handler_with_fp(struct irq *irq)
{
	if (irq->argument)
		timer_set_ctl(*(enum timer *)irq->argument, 0);
	fp_live_in_handler(null_hypercall);
	handled[this_cpu()]++;
}

static enum timer ticking = VTIMER;

static void take_timer_interrupt(bool asleep)
{
	unsigned cpu = this_cpu();
	uint64_t before = handled[cpu];

	irq_set_handler(timer_intid(ticking), handler_with_fp, &ticking);
	gic_enable(timer_intid(ticking));
	timer_set_cval(ticking, timer_count(ticking) + us_to_count(asleep ? 300 : 50));
	timer_set_ctl(ticking, TIMER_ENABLE);
	while (handled[cpu] == before) {
		if (asleep)
			wait_for_interrupt(300000, "the timer");
		irq_enable();
		isb();
		if (timer_ctl(ticking) & TIMER_ISTATUS)
			exit_to_host();
		irq_disable();
	}
}

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

static void arm_tick(void)
{
	timer_set_cval(ticking, timer_count(ticking) + us_to_count(TICK_US));
	timer_set_ctl(ticking, TIMER_ENABLE);
}

static void tick(struct irq *irq)
{
	handler_with_fp(irq);
	arm_tick();
}

void fpsimd_ticks_start(void)
{
	handled[this_cpu()] = 0;
	irq_set_handler(timer_intid(ticking), tick, &ticking);
	gic_enable(timer_intid(ticking));
	arm_tick();
}

void fpsimd_ticks_stop(void)
{
	timer_set_ctl(ticking, 0);
}

uint64_t fpsimd_ticks(void)
{
	return handled[this_cpu()];
}

/* -- page faults -- */

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

/* -- traps -- */

static void set_cpacr(uint64_t value)
{
	write_sysreg(cpacr_el1, value);
	isb();
}

/* The instructions are written as numbers, for the compiler's options forbid them. */
static uint64_t class_of_fp_use(void)
{
	probe_begin();
	asm volatile(".inst 0x9e6703e0"); /* fmov d0, xzr */
	return probe_end() >> 26;
}

static uint64_t class_of_sve_use(void)
{
	probe_begin();
	asm volatile(".inst 0x04bf5020" ::: "x0"); /* rdvl x0, #1 */
	return probe_end() >> 26;
}

/* Exits of both kinds: what KVM does at each must not depend on the guest's own traps. */
static void exit_while_trapped(void)
{
	null_hypercall();
	exit_to_host();
}

/* Traps to EL1 from EL1 itself, and is allowed again: what was in the registers stays. */
static void toggle_fpen(void)
{
	uint64_t allowed = read_sysreg(cpacr_el1);

	set_cpacr(FP_TRAPPED);
	CHECK(class_of_fp_use() == CLASS_FP,
	      "an FP instruction with CPACR_EL1.FPEN = 0 did not trap (EC 7)");
	exit_while_trapped();
	if (allowed != ONLY_SVE_TRAPS) {
		set_cpacr(ONLY_SVE_TRAPS);
		CHECK(class_of_sve_use() == CLASS_SVE,
		      "an SVE instruction with CPACR_EL1.ZEN = 0 did not trap (EC 0x19)");
		exit_while_trapped();
	}
	set_cpacr(allowed);
}

static void use_at_el0(void *class)
{
	*(uint64_t *)class = class_of_fp_use();
}

/* Traps from EL0 only, as a kernel has it that gives FP to a task at its first use. */
static void toggle_fpen_for_el0(void)
{
	uint64_t allowed = read_sysreg(cpacr_el1);
	static uint64_t class[GUEST_MAX_CPUS];
	unsigned cpu = this_cpu();

	class[cpu] = 0;
	set_cpacr(FP_TRAPPED_EL0);
	at_el0(use_at_el0, &class[cpu], false);
	CHECK(class[cpu] == CLASS_FP,
	      "an FP instruction at EL0 with CPACR_EL1.FPEN = 1 did not trap (EC 7), but EC %u",
	      (unsigned)class[cpu]);
	exit_while_trapped();
	set_cpacr(allowed);
}

void fpsimd_disturb(enum fpsimd_disturbance disturbance)
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
	case FPSIMD_FPEN_EL0:
		toggle_fpen_for_el0();
		break;
	case FPSIMD_SPIN:
		spin_us(arg(FPSIMD_ARG_MICROSECONDS));
		break;
	case FPSIMD_CALL:
		call_host(0, 0, 0, 0);
		break;
	}
}
