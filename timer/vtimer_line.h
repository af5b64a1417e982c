/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interrupt lines of one vCPU's timers and PMU, as a userspace irqchip sees them
 * (KVM_CAP_ARM_USER_IRQ; Documentation/virt/kvm/api.rst, 8.1).
 *
 * KVM keeps the devices and tells us the levels of their lines in the run structure, as bits
 * KVM_ARM_DEV_*, whenever KVM_RUN returns. Each source follows the rule by which KVM handles the
 * physical interrupt, each vCPU for itself: when its line rises it is signalled once and is
 * *masked*; while the line stays high nothing more is signalled; when it has fallen it is unmasked.
 *
 * Pure logic. A struct vtimer_line belongs to its vCPU's thread (or to whoever has it parked); only
 * the counters may be read by any thread at any time.
 */
#ifndef TIMER_VTIMER_LINE_H
#define TIMER_VTIMER_LINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/kvm_uapi.h"

enum vtimer_line_source {
	VTIMER_LINE_VIRTUAL,  /* CNTV, PPI 27 */
	VTIMER_LINE_PHYSICAL, /* CNTP, PPI 30 */
	VTIMER_LINE_PMU,      /* overflow, PPI 23 */
	VTIMER_LINE_SOURCES
};

struct vtimer_line {
	unsigned masked; /* bit n: the line of source n is high */
	/* Edges to low and to high, seen since creation. A reset is no edge. */
	_Atomic uint64_t edges[VTIMER_LINE_SOURCES][2];
};

extern const uint8_t vtimer_line_intids[VTIMER_LINE_SOURCES];

/* All lines low, all sources unmasked; the counters go on. Zeroed memory is a valid initial state.
 */
void vtimer_line_reset(struct vtimer_line *line);

/* KVM's bits are in our order: levels need no table. */
_Static_assert(KVM_ARM_DEV_EL1_VTIMER == 1 << VTIMER_LINE_VIRTUAL, "the virtual timer's bit");
_Static_assert(KVM_ARM_DEV_EL1_PTIMER == 1 << VTIMER_LINE_PHYSICAL, "the physical timer's bit");
_Static_assert(KVM_ARM_DEV_PMU == 1 << VTIMER_LINE_PMU, "the PMU's bit");
#define VTIMER_LINE_ALL ((1u << VTIMER_LINE_SOURCES) - 1)

/*
 * Takes the levels that a return of KVM_RUN left in `run->s.regs.device_irq_level`. Returns the
 * sources whose line rose or fell, as bits, for vtimer_line_take_edge(). Bits of devices that
 * armlet does not know are ignored.
 */
static inline unsigned vtimer_line_sample(struct vtimer_line *line, uint64_t device_irq_level)
{
	unsigned levels = device_irq_level & VTIMER_LINE_ALL, changed = levels ^ line->masked;

	line->masked = levels;
	return changed;
}

/*
 * The first of the sources that vtimer_line_sample() returned, and its line's new level; counts the
 * edge.
 */
static inline enum vtimer_line_source vtimer_line_take_edge(struct vtimer_line *line,
							    unsigned changed, bool *high)
{
	unsigned source = __builtin_ctz(changed), level = line->masked >> source & 1;
	_Atomic uint64_t *edges = line->edges[source] + level;
	/* One thread writes: a plain increment that others may look at. */
	uint64_t before = atomic_load_explicit(edges, memory_order_relaxed);

	atomic_store_explicit(edges, before + 1, memory_order_relaxed);
	*high = level;
	return source;
}

static inline bool vtimer_line_is_high(const struct vtimer_line *line,
				       enum vtimer_line_source source)
{
	return line->masked >> source & 1;
}

/* The PPI's INTID. */
static inline unsigned vtimer_line_intid(enum vtimer_line_source source)
{
	return vtimer_line_intids[source];
}

/* As statistics show it. */
const char *vtimer_line_name(enum vtimer_line_source source);

#endif
