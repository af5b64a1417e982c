// SPDX-License-Identifier: GPL-2.0-only
/*
 * The GICv2's CPU interface: its registers (Arm IHI 0048B 4.4) and what it signals (3.3, 3.5).
 */
#include "irqchip/gicv2_evaluate.h"

#define GICC_CTLR   0x00
#define GICC_PMR    0x04
#define GICC_BPR    0x08
#define GICC_IAR    0x0c
#define GICC_EOIR   0x10
#define GICC_RPR    0x14
#define GICC_HPPIR  0x18
#define GICC_ABPR   0x1c
#define GICC_AIAR   0x20
#define GICC_AEOIR  0x24
#define GICC_AHPPIR 0x28
#define GICC_APR0   0xd0
#define GICC_IIDR   0xfc
#define GICC_DIR    0x1000

/* There are no bypass inputs: their disable bits are RAZ/WI. */
#define CTLR_BITS \
	(GICV2_GROUP0 | GICV2_GROUP1 | GICV2_ACK_CTL | GICV2_FIQ_EN | GICV2_CBPR | GICV2_EOI_MODE)

/* 5 bits of priority: the least binary points, with which all of them are group priority. */
#define BPR_MIN	 2
#define ABPR_MIN 3
#define BPR_MAX	 7

#define IIDR_VALUE 0x0202143b /* GIC-400 r0p1: product, architecture 2, revision, Arm */

#define INTID_MASK	 0x3ff
#define INTID_WRONG_VIEW 1022 /* in group 1, and the register is for group 0 */
#define INTID_SPURIOUS	 1023

/* Which of a pair of registers: the one with AckCtl's rules, or the alias for group 1. */
enum view {
	VIEW_PLAIN,
	VIEW_ALIAS,
};

void gicv2_cpu_interface_reset(struct gicv2_cpu *cpu)
{
	cpu->ctlr = 0;
	cpu->active_priorities = 0;
	cpu->pmr = 0;
	cpu->bpr = BPR_MIN;
	cpu->abpr = ABPR_MIN;
}

/*
 * What IAR or HPPIR say of `candidate` in that view: its INTID, or 1022 or 1023 where the view does
 * not show its group.
 */
static inline unsigned shown_intid(const struct gicv2_cpu *cpu, gicv2_candidate candidate,
				   enum view view)
{
	bool group1;

	if (candidate == GICV2_NO_CANDIDATE)
		return INTID_SPURIOUS;
	group1 = gicv2_candidate_group(candidate) == GICV2_GROUP1;
	if (view == VIEW_ALIAS && !group1)
		return INTID_SPURIOUS;
	if (view == VIEW_PLAIN && group1 && !(cpu->ctlr & GICV2_ACK_CTL))
		return INTID_WRONG_VIEW;
	return gicv2_candidate_intid(candidate);
}

/* The lowest CPU from which an SGI is pending, in its place in IAR and HPPIR. */
static uint32_t sgi_source(const struct gicv2_cpu *cpu, unsigned intid)
{
	return intid < GICV2_SGIS ? __builtin_ctz(cpu->sgi_sources[intid]) << 10 : 0;
}

/* Pending becomes active; an SGI stays pending when another CPU sent it too. */
static inline void activate(struct gicv2_cpu *cpu, struct gicv2_bank *bank,
			    gicv2_candidate candidate)
{
	unsigned intid = gicv2_candidate_intid(candidate);
	uint32_t bit = 1u << intid % GICV2_BANK;

	bank->active |= bit;
	if (intid < GICV2_SGIS)
		cpu->sgi_sources[intid] &= cpu->sgi_sources[intid] - 1;
	if (intid >= GICV2_SGIS || !cpu->sgi_sources[intid])
		bank->latch &= ~bit;
	cpu->active_priorities |= 1u
				  << (gicv2_group_priority(cpu, candidate) >> GICV2_PRIORITY_SHIFT);
}

/* Takes what is signalled, under all locks that it needs: what IAR says. */
static inline uint32_t take(struct gicv2_cpu *cpu, struct gicv2_bank *bank, enum view view,
			    gicv2_candidate best)
{
	unsigned intid;

	if (!gicv2_signals(cpu, best))
		return INTID_SPURIOUS;
	intid = shown_intid(cpu, best, view);
	if (intid >= INTID_WRONG_VIEW)
		return intid;
	intid |= sgi_source(cpu, intid);
	activate(cpu, bank, best);
	return intid;
}

/* With the CPU's lock, which it gives back. */
static __attribute__((noinline)) uint32_t acknowledge_spi(struct gicv2 *gic, unsigned index,
							  enum view view)
{
	gicv2_candidate best;
	uint8_t changed = 0;
	uint32_t answer;

	gicv2_lock_spis(gic);
	/* Until here another CPU could take it, or a better one come. */
	best = gicv2_best(gic, &gic->cpu[index]);
	answer = take(&gic->cpu[index],
		      gicv2_bank_of(gic, index, gicv2_candidate_intid(best) % GICV2_INTERRUPTS),
		      view, best);
	if (answer < INTID_WRONG_VIEW)
		changed = gicv2_intid_changed(gic, answer);
	gicv2_unlock_spis(gic);
	gicv2_finish_cpu(gic, index);
	gicv2_update_cpus(gic, changed & ~(1u << index));
	return answer;
}

static uint32_t acknowledge(struct gicv2 *gic, unsigned index, enum view view)
{
	struct gicv2_cpu *cpu = &gic->cpu[index];
	gicv2_candidate best;
	uint32_t answer;

	lock_take(&cpu->lock);
	best = gicv2_best(gic, cpu);
	if (gicv2_is_spi(gicv2_candidate_intid(best)))
		return acknowledge_spi(gic, index, view);
	answer = take(cpu, &cpu->bank, view, best);
	gicv2_finish(gic, index);
	return answer;
}

/* Neither the priority mask nor the running priority matter here; 4.4.7. */
static uint32_t highest_pending(struct gicv2 *gic, unsigned index, enum view view)
{
	struct gicv2_cpu *cpu = &gic->cpu[index];
	gicv2_candidate best = gicv2_best(gic, cpu);
	unsigned intid = shown_intid(cpu, best, view);

	if (best == GICV2_NO_CANDIDATE || !(cpu->ctlr & gicv2_candidate_group(best)))
		return INTID_SPURIOUS;
	return intid | sgi_source(cpu, intid);
}

/*
 * EOIR, AEOIR (`drop`) and DIR. The priority drop takes the highest active priority, whatever
 * interrupt is named (4.4.5: anything else than the reverse order of acknowledgement is
 * UNPREDICTABLE): so a guest that ends interrupts in the wrong order gets all its priorities back.
 */
static void end_in_bank(struct gicv2_cpu *cpu, struct gicv2_bank *bank, unsigned intid,
			enum view view, bool drop)
{
	uint32_t bit = 1u << intid % GICV2_BANK;

	if (view == VIEW_ALIAS && !(bank->group & bit))
		return;
	if (drop)
		cpu->active_priorities &= cpu->active_priorities - 1;
	/* DIR is for EOImode 1, where EOIR does not deactivate. */
	if (drop == !(cpu->ctlr & GICV2_EOI_MODE))
		bank->active &= ~bit;
}

static __attribute__((noinline)) void end_spi(struct gicv2 *gic, unsigned index, unsigned intid,
					      enum view view, bool drop)
{
	uint8_t changed;

	gicv2_lock_cpu(gic, index);
	gicv2_lock_spis(gic);
	end_in_bank(&gic->cpu[index], gicv2_bank_of(gic, index, intid), intid, view, drop);
	changed = gicv2_intid_changed(gic, intid);
	gicv2_unlock_spis(gic);
	gicv2_finish_cpu(gic, index);
	gicv2_update_cpus(gic, changed & ~(1u << index));
}

static void end_interrupt(struct gicv2 *gic, unsigned index, uint32_t value, enum view view,
			  bool drop)
{
	struct gicv2_cpu *cpu = &gic->cpu[index];
	unsigned intid = value & INTID_MASK;

	if (intid >= GICV2_INTERRUPTS)
		return;
	if (gicv2_is_spi(intid)) {
		end_spi(gic, index, intid, view, drop);
		return;
	}
	lock_take(&cpu->lock);
	end_in_bank(cpu, &cpu->bank, intid, view, drop);
	gicv2_finish(gic, index);
}

static uint32_t read_register(struct gicv2 *gic, unsigned index, uint64_t offset)
{
	const struct gicv2_cpu *cpu = &gic->cpu[index];

	switch (offset) {
	case GICC_CTLR:
		return cpu->ctlr;
	case GICC_PMR:
		return cpu->pmr;
	case GICC_BPR:
		return cpu->bpr;
	case GICC_RPR:
		return gicv2_running_priority(cpu);
	case GICC_HPPIR:
		return highest_pending(gic, index, VIEW_PLAIN);
	case GICC_ABPR:
		return cpu->abpr;
	case GICC_AHPPIR:
		return highest_pending(gic, index, VIEW_ALIAS);
	case GICC_APR0:
		return cpu->active_priorities;
	case GICC_IIDR:
		return IIDR_VALUE;
	default:
		return 0;
	}
}

uint64_t gicv2_cpu_interface_read(void *device, uint64_t offset, unsigned size, unsigned cpu)
{
	struct gicv2 *gic = device;
	uint32_t value;

	if (size != sizeof(value))
		return 0;
	switch (offset) {
	case GICC_IAR:
		return acknowledge(gic, cpu, VIEW_PLAIN);
	case GICC_AIAR:
		return acknowledge(gic, cpu, VIEW_ALIAS);
	}
	gicv2_lock_cpu(gic, cpu);
	value = read_register(gic, cpu, offset);
	gicv2_unlock_cpu(gic, cpu);
	return value;
}

static uint8_t binary_point(uint32_t value, uint8_t least)
{
	return (value & BPR_MAX) < least ? least : value & BPR_MAX;
}

static void write_register(struct gicv2_cpu *cpu, uint64_t offset, uint32_t value)
{
	switch (offset) {
	case GICC_CTLR:
		cpu->ctlr = value & CTLR_BITS;
		break;
	case GICC_PMR:
		cpu->pmr = value & GICV2_PRIORITIES;
		break;
	case GICC_BPR:
		cpu->bpr = binary_point(value, BPR_MIN);
		break;
	case GICC_ABPR:
		cpu->abpr = binary_point(value, ABPR_MIN);
		break;
	case GICC_APR0:
		cpu->active_priorities = value;
		break;
	default:
		break;
	}
}

void gicv2_cpu_interface_write(void *device, uint64_t offset, uint64_t value, unsigned size,
			       unsigned cpu)
{
	struct gicv2 *gic = device;

	if (size != sizeof(uint32_t))
		return;
	switch (offset) {
	case GICC_EOIR:
		end_interrupt(gic, cpu, value, VIEW_PLAIN, true);
		return;
	case GICC_AEOIR:
		end_interrupt(gic, cpu, value, VIEW_ALIAS, true);
		return;
	case GICC_DIR:
		end_interrupt(gic, cpu, value, VIEW_PLAIN, false);
		return;
	}
	gicv2_lock_cpu(gic, cpu);
	write_register(&gic->cpu[cpu], offset, value);
	gicv2_finish_cpu(gic, cpu);
}
