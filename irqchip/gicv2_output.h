/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the outputs of one CPU interface reach the vCPU's inputs. Private to the GICv2.
 *
 * What the inputs should be is decided under the CPU interface's lock; they are driven (an ioctl)
 * without it. Threads that find something to drive at the same time are merged: one carries the
 * newest levels over, the others return at once. So an old level never overtakes a new one and
 * nobody waits.
 *
 * KVM may lose a call of another thread than the vCPU's: it keeps the inputs as bits of a word (its
 * copy of HCR_EL2) that it also changes otherwise and not atomically, whenever it loads the vCPU,
 * above all at the start of each KVM_RUN. So a rising input that another thread drives is driven
 * twice in a row, and the pin is *suspect* until the vCPU's own thread, which loads nothing
 * meanwhile, has driven it: at the latest before it calls KVM_RUN again.
 */
#ifndef IRQCHIP_GICV2_OUTPUT_H
#define IRQCHIP_GICV2_OUTPUT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "irqchip/gicv2.h"

struct gicv2_output {
	_Atomic uint8_t wanted;	 /* bit n: pin n is high; written under the CPU's lock */
	_Atomic uint8_t unknown; /* bit n: forget what pin n is */
	_Atomic uint8_t suspect; /* bit n: driven by another thread than the vCPU's */
	atomic_uint requests;

	/* These belong to the thread that carries. */
	uint8_t told, known; /* the inputs' levels, and which of them we know */

	_Atomic uint64_t evaluations, issued, rounds; /* rounds: carries that issued something */
};

/* Whether the vCPU's thread has to look at its inputs before it enters the guest. */
static inline bool gicv2_output_is_suspect(const struct gicv2_output *output)
{
	return atomic_load_explicit(&output->suspect, memory_order_relaxed);
}

/*
 * Says what the inputs should be. Under the CPU's lock. `own`: on the vCPU's thread, or while it
 * does not run. True when the caller has to call gicv2_output_carry() after it gave the lock back.
 */
static inline bool gicv2_output_want(struct gicv2_output *output, uint8_t pins, bool own)
{
	uint8_t before = atomic_load_explicit(&output->wanted, memory_order_relaxed);
	uint64_t evaluations = atomic_load_explicit(&output->evaluations, memory_order_relaxed);

	atomic_store_explicit(&output->evaluations, evaluations + 1, memory_order_relaxed);
	if (pins == before && !atomic_load_explicit(&output->unknown, memory_order_relaxed) &&
	    !(own && gicv2_output_is_suspect(output)))
		return false;
	atomic_store(&output->wanted, pins);
	return true;
}

/* Drives those inputs that are not as wanted. Without locks. */
void gicv2_output_carry(struct gicv2_output *output, gicv2_drive_fn *drive, void *context,
			unsigned cpu, bool own);

#endif
