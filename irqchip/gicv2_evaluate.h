/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a CPU interface signals (Arm IHI 0048B 3.2, 3.3), as part of whoever changes its state:
 * these few instructions are most of what a timer's tick costs in userspace. Private to
 * irqchip/gicv2_*.c.
 */
#ifndef IRQCHIP_GICV2_EVALUATE_H
#define IRQCHIP_GICV2_EVALUATE_H

#include "irqchip/gicv2_state.h"

/* GICC_CTLR */
#define GICV2_ACK_CTL  (1u << 2)
#define GICV2_FIQ_EN   (1u << 3)
#define GICV2_CBPR     (1u << 4)
#define GICV2_EOI_MODE (1u << 9)

#define GICV2_PRIORITY_SHIFT 3
#define GICV2_PRIORITY_IDLE  0xff

/* Those of a bank that could be signalled, whatever their group; 3.2.1. */
static inline uint32_t gicv2_bank_pending(const struct gicv2_bank *bank)
{
	return (bank->latch | (bank->line & ~bank->edge)) & bank->enabled & ~bank->active;
}

/* The best of the interrupts `left` of a bank. */
static inline gicv2_candidate gicv2_bank_best(const struct gicv2_bank *bank, uint32_t left,
					      uint32_t ctlr, unsigned first_intid)
{
	gicv2_candidate best = GICV2_NO_CANDIDATE;

	if (!(ctlr & GICV2_GROUP0))
		left &= bank->group;
	if (!(ctlr & GICV2_GROUP1))
		left &= ~bank->group;
	for (; left; left &= left - 1) {
		unsigned n = __builtin_ctz(left);
		gicv2_candidate candidate = (uint32_t)bank->priority[n] << 16 |
					    (first_intid + n) << 1 | (bank->group >> n & 1);

		if (candidate < best)
			best = candidate;
	}
	return best;
}

/* The CPU's highest priority pending interrupt. Under its lock. */
static inline gicv2_candidate gicv2_best(const struct gicv2 *gic, const struct gicv2_cpu *cpu)
{
	gicv2_candidate spi = atomic_load_explicit(&cpu->best_spi, memory_order_relaxed), own;
	uint32_t pending = gicv2_bank_pending(&cpu->bank);

	/* As after most changes. */
	if (!pending)
		return spi;
	own = gicv2_bank_best(&cpu->bank, pending,
			      atomic_load_explicit(&gic->ctlr, memory_order_relaxed), 0);
	return own < spi ? own : spi;
}

static inline unsigned gicv2_running_priority(const struct gicv2_cpu *cpu)
{
	if (!cpu->active_priorities)
		return GICV2_PRIORITY_IDLE;
	return __builtin_ctz(cpu->active_priorities) << GICV2_PRIORITY_SHIFT;
}

/* The part of its priority that decides on preemption; 3.3.3. GICC_ABPR counts from one more. */
static inline unsigned gicv2_group_priority(const struct gicv2_cpu *cpu, gicv2_candidate candidate)
{
	unsigned point = cpu->bpr + 1;

	if (__builtin_expect(gicv2_candidate_group(candidate) == GICV2_GROUP1, 0) &&
	    !(cpu->ctlr & GICV2_CBPR))
		point = cpu->abpr;
	return gicv2_candidate_priority(candidate) >> point << point;
}

/* All priorities are higher than an idle CPU's, so that there is nothing to be compared with. */
static inline bool gicv2_preempts(const struct gicv2_cpu *cpu, gicv2_candidate candidate)
{
	return !cpu->active_priorities ||
	       gicv2_group_priority(cpu, candidate) < gicv2_running_priority(cpu);
}

/*
 * Whether the CPU interface signals `candidate`: the bit of the pin on which it does, or 0. Under
 * the CPU's lock.
 */
static inline uint32_t gicv2_signals(const struct gicv2_cpu *cpu, gicv2_candidate candidate)
{
	if (candidate == GICV2_NO_CANDIDATE || !(cpu->ctlr & gicv2_candidate_group(candidate)) ||
	    gicv2_candidate_priority(candidate) >= cpu->pmr || !gicv2_preempts(cpu, candidate))
		return 0;
	if (gicv2_candidate_group(candidate) == GICV2_GROUP0 && cpu->ctlr & GICV2_FIQ_EN)
		return 1u << GICV2_PIN_FIQ;
	return 1u << GICV2_PIN_IRQ;
}

/*
 * After changes, with the CPU's lock: whether its vCPU's inputs have to change. Who is not the
 * vCPU's own thread then kicks it, without the lock.
 */
static inline __attribute__((always_inline)) bool gicv2_evaluate(const struct gicv2 *gic,
								 struct gicv2_cpu *cpu)
{
	gicv2_candidate best = gicv2_best(gic, cpu);
	uint32_t pins = gicv2_signals(cpu, best);

	cpu->signalled = pins ? best : GICV2_NO_CANDIDATE;
	return gicv2_output_want(&cpu->output, pins);
}

#endif
