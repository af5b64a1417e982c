// SPDX-License-Identifier: GPL-2.0-only
/*
 * The GICv2's CPU interface: its registers (Arm IHI 0048B 4.4) and what it signals (3.3, 3.5).
 */
#include "irqchip/gicv2_state.h"

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

#define CTLR_ACK_CTL  (1u << 2)
#define CTLR_FIQ_EN   (1u << 3)
#define CTLR_CBPR     (1u << 4)
#define CTLR_EOI_MODE (1u << 9)
/* There are no bypass inputs: their disable bits are RAZ/WI. */
#define CTLR_BITS \
	(GICV2_GROUP0 | GICV2_GROUP1 | CTLR_ACK_CTL | CTLR_FIQ_EN | CTLR_CBPR | CTLR_EOI_MODE)

/* 5 bits of priority: the least binary points, with which all of them are group priority. */
#define BPR_MIN	 2
#define ABPR_MIN 3
#define BPR_MAX	 7

#define PRIORITY_SHIFT 3
#define PRIORITY_IDLE  0xff
#define IIDR_VALUE     0x0202143b /* GIC-400 r0p1: product, architecture 2, revision, Arm */

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

static unsigned running_priority(const struct gicv2_cpu *cpu)
{
	if (!cpu->active_priorities)
		return PRIORITY_IDLE;
	return __builtin_ctz(cpu->active_priorities) << PRIORITY_SHIFT;
}

/* The part of its priority that decides on preemption; 3.3.3. GICC_ABPR counts from one more. */
static unsigned group_priority(const struct gicv2_cpu *cpu, gicv2_candidate candidate)
{
	unsigned point = cpu->bpr;

	if (gicv2_candidate_group(candidate) == GICV2_GROUP1 && !(cpu->ctlr & CTLR_CBPR))
		point = cpu->abpr - 1;
	return gicv2_candidate_priority(candidate) >> (point + 1) << (point + 1);
}

uint8_t gicv2_cpu_interface_signals(const struct gicv2_cpu *cpu, gicv2_candidate candidate)
{
	if (candidate == GICV2_NO_CANDIDATE || !(cpu->ctlr & gicv2_candidate_group(candidate)) ||
	    gicv2_candidate_priority(candidate) >= cpu->pmr ||
	    group_priority(cpu, candidate) >= running_priority(cpu))
		return 0;
	if (gicv2_candidate_group(candidate) == GICV2_GROUP0 && cpu->ctlr & CTLR_FIQ_EN)
		return 1u << GICV2_PIN_FIQ;
	return 1u << GICV2_PIN_IRQ;
}

/*
 * What IAR or HPPIR say of `candidate` in that view: its INTID, or 1022 or 1023 where the view does
 * not show its group.
 */
static unsigned shown_intid(const struct gicv2_cpu *cpu, gicv2_candidate candidate, enum view view)
{
	bool group1;

	if (candidate == GICV2_NO_CANDIDATE)
		return INTID_SPURIOUS;
	group1 = gicv2_candidate_group(candidate) == GICV2_GROUP1;
	if (view == VIEW_ALIAS && !group1)
		return INTID_SPURIOUS;
	if (view == VIEW_PLAIN && group1 && !(cpu->ctlr & CTLR_ACK_CTL))
		return INTID_WRONG_VIEW;
	return gicv2_candidate_intid(candidate);
}

/* The lowest CPU from which an SGI is pending, in its place in IAR and HPPIR. */
static uint32_t sgi_source(const struct gicv2_cpu *cpu, unsigned intid)
{
	return intid < GICV2_SGIS ? __builtin_ctz(cpu->sgi_sources[intid]) << 10 : 0;
}

/* Pending becomes active; an SGI stays pending when another CPU sent it too. */
static void activate(struct gicv2_cpu *cpu, struct gicv2_bank *bank, gicv2_candidate candidate)
{
	unsigned intid = gicv2_candidate_intid(candidate);
	uint32_t bit = 1u << intid % GICV2_BANK;

	bank->active |= bit;
	if (intid < GICV2_SGIS)
		cpu->sgi_sources[intid] &= cpu->sgi_sources[intid] - 1;
	if (intid >= GICV2_SGIS || !cpu->sgi_sources[intid])
		bank->latch &= ~bit;
	cpu->active_priorities |= 1u << (group_priority(cpu, candidate) >> PRIORITY_SHIFT);
}

static uint32_t acknowledge(struct gicv2 *gic, unsigned index, enum view view)
{
	struct gicv2_cpu *cpu = &gic->cpu[index];
	gicv2_candidate best;
	uint32_t answer = INTID_SPURIOUS;
	uint8_t changed = 0;
	bool spis_locked;

	gicv2_lock_cpu(gic, index);
	best = gicv2_best(gic, index);
	spis_locked = gicv2_is_spi(gicv2_candidate_intid(best));
	if (spis_locked) {
		/* Until here another CPU could take it, or a better one come. */
		gicv2_lock_spis(gic);
		best = gicv2_best(gic, index);
	}
	if (gicv2_cpu_interface_signals(cpu, best)) {
		unsigned intid = shown_intid(cpu, best, view);

		answer = intid | sgi_source(cpu, intid);
		if (intid < INTID_WRONG_VIEW) {
			activate(cpu, gicv2_bank_of(gic, index, intid), best);
			changed = gicv2_intid_changed(gic, intid);
		}
	}
	if (spis_locked)
		gicv2_unlock_spis(gic);
	gicv2_finish_cpu(gic, index);
	gicv2_update_cpus(gic, changed & ~(1u << index));
	return answer;
}

/* Neither the priority mask nor the running priority matter here; 4.4.7. */
static uint32_t highest_pending(struct gicv2 *gic, unsigned index, enum view view)
{
	struct gicv2_cpu *cpu = &gic->cpu[index];
	gicv2_candidate best = gicv2_best(gic, index);
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
static void end_interrupt(struct gicv2 *gic, unsigned index, uint32_t value, enum view view,
			  bool drop)
{
	struct gicv2_cpu *cpu = &gic->cpu[index];
	unsigned intid = value & INTID_MASK;
	uint32_t bit = 1u << intid % GICV2_BANK;
	struct gicv2_bank *bank;
	uint8_t changed = 0;

	if (intid >= GICV2_INTERRUPTS)
		return;
	gicv2_lock_cpu(gic, index);
	if (gicv2_is_spi(intid))
		gicv2_lock_spis(gic);
	bank = gicv2_bank_of(gic, index, intid);
	if (view == VIEW_PLAIN || bank->group & bit) {
		if (drop)
			cpu->active_priorities &= cpu->active_priorities - 1;
		/* DIR is for EOImode 1, where EOIR does not deactivate. */
		if (drop == !(cpu->ctlr & CTLR_EOI_MODE)) {
			bank->active &= ~bit;
			changed = gicv2_intid_changed(gic, intid);
		}
	}
	if (gicv2_is_spi(intid))
		gicv2_unlock_spis(gic);
	gicv2_finish_cpu(gic, index);
	gicv2_update_cpus(gic, changed & ~(1u << index));
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
		return running_priority(cpu);
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
