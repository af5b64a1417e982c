/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A GICv2 in userspace (Arm IHI 0048B), without the Security Extensions: what a guest of KVM's
 * vGICv2 or of QEMU's `virt` machine has, with interrupt groups.
 *
 * 16 SGIs, 16 PPIs per CPU, IRQCHIP_SPIS SPIs; 32 priorities (5 bits); up to 8 CPU interfaces. The
 * registers and choices where the architecture leaves one are listed in
 * docs/userspace-irqchip.md.
 *
 * Any thread may call any function at any time, except where it says otherwise. None blocks for
 * longer than a handful of register updates takes, allocates or prints. No lock is held while an
 * output is driven. Locks: irqchip/gicv2_state.h. Private to irqchip/ and its tests.
 */
#ifndef IRQCHIP_GICV2_H
#define IRQCHIP_GICV2_H

#include <stdbool.h>
#include <stdint.h>

#include "irqchip/irqchip.h"

#define GICV2_MAX_CPUS	 8
#define GICV2_INTERRUPTS (32 + IRQCHIP_SPIS)

struct gicv2;

/* The inputs of a vCPU. */
enum gicv2_pin { GICV2_PIN_IRQ, GICV2_PIN_FIQ, GICV2_PINS };

/*
 * The inputs of a vCPU have to change: if it is in the guest or about to enter it, it has to leave,
 * and to call gicv2_vcpu_enters() (irqchip/gicv2_vcpu.h) before it enters again. Called without
 * locks, on any thread but the vCPU's own. Returns whether that was so.
 */
typedef bool gicv2_kick_fn(void *context, unsigned cpu);

/*
 * Makes a GIC with `cpus` CPU interfaces, 1 to 8, in the state of gicv2_reset(). `context` is
 * for `kick`. Returns 0 or -ENOMEM (described).
 */
int gicv2_create(unsigned cpus, gicv2_kick_fn *kick, void *context, struct gicv2 **gic);
/* No thread may be in another function. NULL is fine. */
void gicv2_destroy(struct gicv2 *gic);

/*
 * Reset values in all registers, all input lines low. What the vCPUs' inputs are is unknown after
 * this (a vCPU that was initialised again keeps or clears them depending on the kernel): both of
 * each are driven when it enters, whatever they were. No vCPU runs.
 */
void gicv2_reset(struct gicv2 *gic);

/* Sets an input line; SPIs count from 0, PPIs are INTIDs 16 to 31. */
void gicv2_set_spi(struct gicv2 *gic, unsigned spi, bool level);
void gicv2_set_ppi(struct gicv2 *gic, unsigned cpu, unsigned intid, bool level);

/* What the inputs of a vCPU are is unknown: they are driven when it enters. It does not run. */
void gicv2_forget_inputs(struct gicv2 *gic, unsigned cpu);

/*
 * Register accesses of CPU `cpu`, as struct irqchip_mmio wants them; `device` is the struct gicv2.
 * On the vCPU's thread, outside of KVM_RUN: what they change of its own inputs does not kick it.
 * What is not a register, or not of this size, reads as zero and ignores writes.
 */
uint64_t gicv2_distributor_read(void *device, uint64_t offset, unsigned size, unsigned cpu);
void gicv2_distributor_write(void *device, uint64_t offset, uint64_t value, unsigned size,
			     unsigned cpu);
uint64_t gicv2_cpu_interface_read(void *device, uint64_t offset, unsigned size, unsigned cpu);
void gicv2_cpu_interface_write(void *device, uint64_t offset, uint64_t value, unsigned size,
			       unsigned cpu);

/* How often the inputs of a CPU were driven, how often its state changed without need for it, and
 * how often it was kicked. */
struct gicv2_output_stats {
	uint64_t issued, avoided, kicks;
};
struct gicv2_output_stats gicv2_output_stats(struct gicv2 *gic, unsigned cpu);

#endif
