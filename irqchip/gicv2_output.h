/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the outputs of one CPU interface reach the vCPU's inputs. Private to the GICv2.
 *
 * What the inputs should be is decided under the CPU interface's lock, by any thread. They are
 * driven (KVM_IRQ_LINE) by the vCPU's own thread alone, without a lock, immediately before it calls
 * KVM_RUN; where another thread changed what they should be, it kicks the vCPU out of KVM_RUN for
 * that.
 *
 * No other thread may make the call, because KVM can lose it: KVM keeps the inputs as bits of a
 * word (its copy of HCR_EL2) that it also changes otherwise, by plain read, modify, write, when it
 * loads the vCPU (at the start of each KVM_RUN, and when the thread is scheduled in during one).
 * Outside of KVM_RUN nothing else writes that word.
 */
#ifndef IRQCHIP_GICV2_OUTPUT_H
#define IRQCHIP_GICV2_OUTPUT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "irqchip/gicv2.h"

/* Every pin; and in `told`, above them: what every pin is, is not known. */
#define GICV2_ALL_PINS	  ((1u << GICV2_PINS) - 1)
#define GICV2_ALL_UNKNOWN (GICV2_ALL_PINS << GICV2_PINS)

struct gicv2_output {
	_Atomic uint32_t wanted; /* bit n: pin n is high; written under the CPU's lock */
	uint32_t told;		 /* as KVM was told last; the vCPU's thread's */

	uint64_t evaluations;		  /* under the CPU's lock */
	_Atomic uint64_t issued, changes; /* by the vCPU's thread; changes: entries that drove */
	_Atomic uint64_t kicks;
};

/* For counters with one writer at a time. */
static inline void gicv2_output_count(_Atomic uint64_t *counter, unsigned more)
{
	uint64_t before = atomic_load_explicit(counter, memory_order_relaxed);

	atomic_store_explicit(counter, before + more, memory_order_relaxed);
}

/* By any thread. */
static inline void gicv2_output_count_kick(struct gicv2_output *output)
{
	atomic_fetch_add_explicit(&output->kicks, 1, memory_order_relaxed);
}

/*
 * Says what the inputs should be. Under the CPU's lock. True when that is something else than
 * before: after it gave the lock back, the caller has to kick the vCPU.
 */
static inline bool gicv2_output_want(struct gicv2_output *output, uint32_t pins)
{
	uint32_t before = atomic_load_explicit(&output->wanted, memory_order_relaxed);

	output->evaluations++;
	if (pins == before)
		return false;
	/* Sequentially consistent, as vcpu/entry.h asks. */
	atomic_store(&output->wanted, pins);
	return true;
}

/* What the inputs are is not known (any more). While the vCPU does not run. */
static inline void gicv2_output_forget(struct gicv2_output *output)
{
	output->told = GICV2_ALL_UNKNOWN;
}

#endif
