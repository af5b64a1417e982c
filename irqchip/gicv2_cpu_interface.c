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

/* Takes away what sgi_source() said. Returns whether another CPU sent it too. */
static inline bool take_source(struct gicv2_cpu *cpu, unsigned intid)
{
	return cpu->sgi_sources[intid] &= cpu->sgi_sources[intid] - 1;
}

/* What was pending is active. */
static inline void activate(struct gicv2_cpu *cpu, struct gicv2_bank *bank,
			    gicv2_candidate candidate, bool stays_pending)
{
	uint32_t bit = 1u << gicv2_candidate_intid(candidate) % GICV2_BANK;

	bank->active |= bit;
	if (!stays_pending)
		bank->latch &= ~bit;
	cpu->active_priorities |= 1u
				  << (gicv2_group_priority(cpu, candidate) >> GICV2_PRIORITY_SHIFT);
}

/* Takes what is signalled, or GICV2_NO_CANDIDATE, under all locks that it needs: what IAR says. */
static inline uint32_t take(struct gicv2_cpu *cpu, struct gicv2_bank *bank, enum view view,
			    gicv2_candidate best)
{
	unsigned intid = shown_intid(cpu, best, view);
	uint32_t answer;

	if (intid >= INTID_WRONG_VIEW)
		return intid;
	answer = intid | sgi_source(cpu, intid);
	activate(cpu, bank, best, intid < GICV2_SGIS && take_source(cpu, intid));
	return answer;
}

static unsigned index_of(const struct gicv2 *gic, const struct gicv2_cpu *cpu)
{
	return cpu - gic->cpu;
}

/* With the CPU's lock, which it gives back. */
static __attribute__((noinline)) uint64_t acknowledge_spi(struct gicv2 *gic, struct gicv2_cpu *cpu,
							  enum view view)
{
	unsigned index = index_of(gic, cpu);
	gicv2_candidate best;
	uint8_t changed = 0;
	uint32_t answer;

	gicv2_lock_spis(gic);
	/* Until here another CPU could take it, or a better one come. */
	best = gicv2_best(gic, cpu);
	if (!gicv2_signals(cpu, best))
		best = GICV2_NO_CANDIDATE;
	answer = take(cpu,
		      gicv2_bank_of(gic, index, gicv2_candidate_intid(best) % GICV2_INTERRUPTS),
		      view, best);
	if (answer < INTID_WRONG_VIEW)
		changed = gicv2_intid_changed(gic, answer);
	gicv2_unlock_spis(gic);
	gicv2_finish_cpu(gic, index);
	gicv2_update_cpus(gic, changed & ~(1u << index));
	return answer;
}

static __attribute__((noinline, cold)) uint64_t wake_and_answer(struct gicv2_cpu *cpu,
								uint32_t answer)
{
	lock_wake(&cpu->lock);
	return answer;
}

/* A PPI of group 0, as timers' are: it has no sources, and the plain view shows it. */
static inline bool is_plain(gicv2_candidate candidate)
{
	return gicv2_candidate_intid(candidate) / GICV2_SGIS == 1 &&
	       gicv2_candidate_group(candidate) == GICV2_GROUP0;
}

/* With the CPU's lock, which it gives back. */
static inline __attribute__((always_inline)) uint64_t
acknowledge_locked(struct gicv2 *gic, struct gicv2_cpu *cpu, enum view view)
{
	gicv2_candidate best = cpu->signalled;
	uint32_t answer;

	if (view == VIEW_PLAIN && __builtin_expect(is_plain(best), 1)) {
		answer = gicv2_candidate_intid(best);
		activate(cpu, &cpu->bank, best, false);
	} else if (gicv2_is_spi(gicv2_candidate_intid(best))) {
		return acknowledge_spi(gic, cpu, view);
	} else {
		answer = take(cpu, &cpu->bank, view, best);
	}
	if ((answer & INTID_MASK) < INTID_WRONG_VIEW)
		gicv2_evaluate(gic, cpu);
	return lock_release(&cpu->lock) ? wake_and_answer(cpu, answer) : answer;
}

static __attribute__((noinline, cold)) uint64_t
acknowledge_contended(struct gicv2 *gic, struct gicv2_cpu *cpu, enum view view)
{
	lock_wait(&cpu->lock);
	return acknowledge_locked(gic, cpu, view);
}

static inline __attribute__((always_inline)) uint64_t
acknowledge(struct gicv2 *gic, struct gicv2_cpu *cpu, enum view view)
{
	return lock_try(&cpu->lock) ? acknowledge_locked(gic, cpu, view)
				    : acknowledge_contended(gic, cpu, view);
}

/* Neither the priority mask nor the running priority matter here; 4.4.7. */
static uint32_t highest_pending(const struct gicv2 *gic, const struct gicv2_cpu *cpu,
				enum view view)
{
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

static __attribute__((noinline)) void end_spi(struct gicv2 *gic, struct gicv2_cpu *cpu,
					      unsigned intid, enum view view, bool drop)
{
	unsigned index = index_of(gic, cpu);
	uint8_t changed;

	if (intid >= GICV2_INTERRUPTS)
		return;
	lock_take(&cpu->lock);
	gicv2_lock_spis(gic);
	end_in_bank(cpu, gicv2_bank_of(gic, index, intid), intid, view, drop);
	changed = gicv2_intid_changed(gic, intid);
	gicv2_unlock_spis(gic);
	gicv2_finish_cpu(gic, index);
	gicv2_update_cpus(gic, changed & ~(1u << index));
}

/* With the CPU's lock, which it gives back. */
static inline __attribute__((always_inline)) void
end_locked(struct gicv2 *gic, struct gicv2_cpu *cpu, unsigned intid, enum view view, bool drop)
{
	end_in_bank(cpu, &cpu->bank, intid, view, drop);
	gicv2_evaluate(gic, cpu);
	lock_give(&cpu->lock);
}

static __attribute__((noinline, cold)) void end_contended(struct gicv2 *gic, struct gicv2_cpu *cpu,
							  unsigned intid, enum view view, bool drop)
{
	lock_wait(&cpu->lock);
	end_locked(gic, cpu, intid, view, drop);
}

static inline __attribute__((always_inline)) void
end_interrupt(struct gicv2 *gic, struct gicv2_cpu *cpu, uint32_t value, enum view view, bool drop)
{
	unsigned intid = value & INTID_MASK;

	if (intid >= GICV2_BANK)
		end_spi(gic, cpu, intid, view, drop);
	else if (lock_try(&cpu->lock))
		end_locked(gic, cpu, intid, view, drop);
	else
		end_contended(gic, cpu, intid, view, drop);
}

static uint32_t read_register(const struct gicv2 *gic, const struct gicv2_cpu *cpu, uint64_t offset)
{
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
		return highest_pending(gic, cpu, VIEW_PLAIN);
	case GICC_ABPR:
		return cpu->abpr;
	case GICC_AHPPIR:
		return highest_pending(gic, cpu, VIEW_ALIAS);
	case GICC_APR0:
		return cpu->active_priorities;
	case GICC_IIDR:
		return IIDR_VALUE;
	default:
		return 0;
	}
}

/* What is not read at each interrupt. */
static __attribute__((noinline)) uint64_t read_rarely(struct gicv2 *gic, struct gicv2_cpu *cpu,
						      uint64_t offset)
{
	uint32_t value;

	if (offset == GICC_AIAR)
		return acknowledge(gic, cpu, VIEW_ALIAS);
	lock_take(&cpu->lock);
	value = read_register(gic, cpu, offset);
	lock_give(&cpu->lock);
	return value;
}

uint64_t gicv2_cpu_interface_read(void *device, uint64_t offset, unsigned size, unsigned index)
{
	struct gicv2 *gic = device;
	struct gicv2_cpu *cpu = gicv2_cpu_of(gic, index);

	if (size != sizeof(uint32_t))
		return 0;
	if (offset == GICC_IAR)
		return acknowledge(gic, cpu, VIEW_PLAIN);
	return read_rarely(gic, cpu, offset);
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

/* What is not written at each interrupt. */
static __attribute__((noinline)) void write_rarely(struct gicv2 *gic, struct gicv2_cpu *cpu,
						   uint64_t offset, uint32_t value)
{
	switch (offset) {
	case GICC_AEOIR:
		end_interrupt(gic, cpu, value, VIEW_ALIAS, true);
		return;
	case GICC_DIR:
		end_interrupt(gic, cpu, value, VIEW_PLAIN, false);
		return;
	}
	lock_take(&cpu->lock);
	write_register(cpu, offset, value);
	gicv2_evaluate(gic, cpu);
	lock_give(&cpu->lock);
}

void gicv2_cpu_interface_write(void *device, uint64_t offset, uint64_t value, unsigned size,
			       unsigned index)
{
	struct gicv2 *gic = device;
	struct gicv2_cpu *cpu = gicv2_cpu_of(gic, index);

	if (size != sizeof(uint32_t))
		return;
	if (offset == GICC_EOIR)
		end_interrupt(gic, cpu, value, VIEW_PLAIN, true);
	else
		write_rarely(gic, cpu, offset, value);
}
