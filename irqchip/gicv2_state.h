/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state of the GICv2 and its locks. Private to irqchip/gicv2_*.c.
 *
 * Locks: one per CPU (its SGIs and PPIs in the distributor, and its CPU interface) and one for the
 * SPIs. Order: a CPU's lock, then the SPIs'; never two CPUs' at once; none while an output is
 * driven.
 *
 * What joins the two halves is `best_spi` of each CPU: the highest priority pending SPI for it, as
 * one atomic word, written under the SPIs' lock. With it a CPU finds its highest priority pending
 * interrupt under its own lock alone, and acknowledging or ending an SGI or a PPI takes no other.
 * Whoever changes a CPU's `best_spi` then calls gicv2_update_cpus() without locks, which has each
 * such CPU look at its outputs again.
 */
#ifndef IRQCHIP_GICV2_STATE_H
#define IRQCHIP_GICV2_STATE_H

#include <stdatomic.h>

#include "base/lock.h"
#include "irqchip/gicv2.h"
#include "irqchip/gicv2_output.h"

#define GICV2_SGIS	 16
#define GICV2_BANK	 32 /* interrupts per bank; bank 0 is the CPUs' own */
#define GICV2_BANKS	 (GICV2_INTERRUPTS / GICV2_BANK)
#define GICV2_SPI_BANKS	 (GICV2_BANKS - 1)
#define GICV2_SGI_MASK	 0xffffu
#define GICV2_GROUP0	 (1u << 0) /* in both GICD_CTLR and GICC_CTLR */
#define GICV2_GROUP1	 (1u << 1)
#define GICV2_PRIORITIES 0xf8u /* the implemented bits of a priority */

_Static_assert(IRQCHIP_SPIS % GICV2_BANK == 0, "SPIs come in whole banks");
_Static_assert(GICV2_INTERRUPTS <= 1020, "INTIDs from 1020 on are special");

/* 32 interrupts; in words, bit n is interrupt n of the bank. */
struct gicv2_bank {
	uint32_t enabled, active, group;
	uint32_t line;	/* the input is high */
	uint32_t edge;	/* 1: edge-triggered, 0: level-sensitive */
	uint32_t latch; /* pending by an edge or by ISPENDR; an SGI: from at least one source */
	uint8_t priority[GICV2_BANK];
};

/*
 * The highest priority pending interrupt of a CPU: priority, INTID and group in one word, so that
 * the smaller word is the one to take: higher priority first, then lower INTID.
 */
typedef uint32_t gicv2_candidate;

#define GICV2_NO_CANDIDATE UINT32_MAX

static inline unsigned gicv2_candidate_priority(gicv2_candidate candidate)
{
	return candidate >> 16;
}

static inline unsigned gicv2_candidate_intid(gicv2_candidate candidate)
{
	return candidate >> 1 & 0x3ff;
}

/* GICV2_GROUP0 or GICV2_GROUP1. */
static inline unsigned gicv2_candidate_group(gicv2_candidate candidate)
{
	return candidate & 1 ? GICV2_GROUP1 : GICV2_GROUP0;
}

struct gicv2_cpu {
	struct lock lock; /* protects all up to `best_spi` */
	struct gicv2_bank bank;
	uint8_t sgi_sources[GICV2_SGIS]; /* bit n: pending from CPU n */

	uint32_t ctlr;
	uint32_t active_priorities; /* GICC_APR0: bit n is group priority 8 * n, of both groups */
	uint8_t pmr, bpr, abpr;

	gicv2_candidate signalled;	  /* by the last evaluation; GICV2_NO_CANDIDATE: nothing */
	_Atomic gicv2_candidate best_spi; /* written under the SPIs' lock */
	struct gicv2_output output;
} __attribute__((aligned(256))); /* whole cache lines, and a size that makes for short code */

struct gicv2_spis {
	struct lock lock; /* protects all of these, and writes of gicv2.ctlr */
	struct gicv2_bank banks[GICV2_SPI_BANKS];
	uint8_t targets[IRQCHIP_SPIS];			    /* GICD_ITARGETSR */
	uint32_t targeted[GICV2_MAX_CPUS][GICV2_SPI_BANKS]; /* the same, by CPU */
};

struct gicv2 {
	unsigned cpus;
	gicv2_kick_fn *kick;
	void *context;
	_Atomic uint32_t ctlr; /* GICD_CTLR */
	struct gicv2_spis spis;
	struct gicv2_cpu cpu[GICV2_MAX_CPUS];
};

/* Where code is to be short: the compiler knows no more than this pointer, and does not compute it
 * anew for each member. */
static inline struct gicv2_cpu *gicv2_cpu_of(struct gicv2 *gic, unsigned index)
{
	struct gicv2_cpu *cpu = &gic->cpu[index];

	asm("" : "+r"(cpu));
	return cpu;
}

/* Bits of all CPUs that exist. */
static inline uint8_t gicv2_all_cpus(const struct gicv2 *gic)
{
	return (1u << gic->cpus) - 1;
}

static inline void gicv2_lock_cpu(struct gicv2 *gic, unsigned cpu)
{
	lock_take(&gic->cpu[cpu].lock);
}

/* After reads. */
static inline void gicv2_unlock_cpu(struct gicv2 *gic, unsigned cpu)
{
	lock_give(&gic->cpu[cpu].lock);
}

/* Looks at the outputs of each CPU in `cpus` again. Without locks. */
void gicv2_update_cpus(struct gicv2 *gic, uint8_t cpus);

static inline void gicv2_lock_spis(struct gicv2 *gic)
{
	lock_take(&gic->spis.lock);
}

static inline void gicv2_unlock_spis(struct gicv2 *gic)
{
	lock_give(&gic->spis.lock);
}

static inline bool gicv2_is_spi(unsigned intid)
{
	return intid >= GICV2_BANK && intid < GICV2_INTERRUPTS;
}

/* The bank that holds `intid`, as `cpu` sees it. Under the lock of what the bank belongs to. */
static inline struct gicv2_bank *gicv2_bank_of(struct gicv2 *gic, unsigned cpu, unsigned intid)
{
	return intid < GICV2_BANK ? &gic->cpu[cpu].bank : &gic->spis.banks[intid / GICV2_BANK - 1];
}

/*
 * To be called, under the SPIs' lock, when SPIs changed: finds the best one of each CPU in `cpus`
 * again. Returns those CPUs for which it is another than before, for gicv2_update_cpus().
 */
uint8_t gicv2_spis_changed(struct gicv2 *gic, uint8_t cpus);

/* The same when `intid` alone changed; 0, and no lock needed, where that is not an SPI. */
uint8_t gicv2_intid_changed(struct gicv2 *gic, unsigned intid);

/* Reset values of the CPU interface's registers. */
void gicv2_cpu_interface_reset(struct gicv2_cpu *cpu);

/* After changes: gives the lock back, and kicks the vCPU if its inputs have to change. */
void gicv2_finish_cpu(struct gicv2 *gic, unsigned cpu);

#endif
