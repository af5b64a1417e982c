/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a vCPU's own thread does to the GICv2 at each exit and entry: inline, and with `drive` known
 * where it is called, since this is a third of what a timer's tick costs in userspace.
 */
#ifndef IRQCHIP_GICV2_VCPU_H
#define IRQCHIP_GICV2_VCPU_H

#include "irqchip/gicv2_evaluate.h"

/*
 * Sets an input of a vCPU. Called in gicv2_vcpu_enters() only, without locks; only when the level
 * differs from that of the last call that returned 0. After a failure (-errno, described by this
 * function) the next gicv2_vcpu_enters() tries again.
 */
typedef int gicv2_drive_fn(void *context, unsigned cpu, enum gicv2_pin pin, bool level);

/* Drives each input that is not as wanted, or unknown. */
void gicv2_drive_each(struct gicv2_output *output, gicv2_drive_fn *drive, void *context,
		      unsigned cpu);

/* Whether inputs of the vCPU have to be driven. On its thread. */
static inline bool gicv2_output_differs(const struct gicv2_output *output)
{
	/* Sequentially consistent, as vcpu/entry.h asks. */
	return atomic_load(&output->wanted) != output->told;
}

/* Drives them. Apart, and with what the caller has in its registers first, so that entries without
 * a change are short. */
static __attribute__((noinline, unused)) void
gicv2_output_drive(void *context, unsigned cpu, struct gicv2_output *output, gicv2_drive_fn *drive)
{
	uint32_t wanted = atomic_load(&output->wanted), told = output->told;

	/* Nearly always the input for IRQs alone differs, and none is unknown. */
	if (__builtin_expect((wanted ^ told) != 1u << GICV2_PIN_IRQ, 0)) {
		gicv2_drive_each(output, drive, context, cpu);
		return;
	}
	gicv2_output_count(&output->issued, 1);
	if (__builtin_expect(drive(context, cpu, GICV2_PIN_IRQ, wanted & 1u << GICV2_PIN_IRQ) < 0,
			     0)) {
		output->told |= 1u << GICV2_PIN_IRQ << GICV2_PINS;
		return;
	}
	output->told ^= 1u << GICV2_PIN_IRQ;
	gicv2_output_count(&output->changes, 1);
}

/* Before each KVM_RUN, on the vCPU's thread: drives those inputs that changed. */
static inline void gicv2_vcpu_enters(struct gicv2 *gic, unsigned cpu, gicv2_drive_fn *drive,
				     void *context)
{
	struct gicv2_output *output = &gicv2_cpu_of(gic, cpu)->output;

	if (gicv2_output_differs(output))
		gicv2_output_drive(context, cpu, output, drive);
}

/* Under the CPU's lock. Returns whether the vCPU's inputs have to change. */
static inline __attribute__((always_inline)) bool
gicv2_ppi_changed(const struct gicv2 *gic, struct gicv2_cpu *cpu, unsigned intid, bool level)
{
	uint32_t bit = 1u << intid;

	if (!!(cpu->bank.line & bit) == level)
		return false;
	/* PPIs are level-sensitive: there is no edge to be kept. */
	cpu->bank.line ^= bit;
	if (cpu->bank.enabled & ~cpu->bank.active & bit)
		return gicv2_evaluate(gic, cpu);
	/* As when a timer's line falls before its interrupt is ended: it was not pending anyway. */
	cpu->output.evaluations++;
	return false;
}

/* gicv2_vcpu_set_ppi() where another thread has the lock. */
void gicv2_vcpu_set_ppi_contended(const struct gicv2 *gic, struct gicv2_cpu *cpu, unsigned intid,
				  bool level);

/* gicv2_set_ppi() on the vCPU's thread, outside of KVM_RUN: it need not be kicked. */
static inline void gicv2_vcpu_set_ppi(struct gicv2 *gic, unsigned index, unsigned intid, bool level)
{
	struct gicv2_cpu *cpu = gicv2_cpu_of(gic, index);

	if (!lock_try(&cpu->lock)) {
		gicv2_vcpu_set_ppi_contended(gic, cpu, intid, level);
		return;
	}
	gicv2_ppi_changed(gic, cpu, intid, level);
	lock_give(&cpu->lock);
}

#endif
