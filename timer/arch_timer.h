/* SPDX-License-Identifier: GPL-2.0-only */
/* The architected timer as a guest is told of it: interrupts (Arm BSA, as on QEMU's `virt`) and
 * device tree. */
#ifndef TIMER_ARCH_TIMER_H
#define TIMER_ARCH_TIMER_H

/* INTIDs. */
#define TIMER_INTID_HYP_PHYSICAL 26
#define TIMER_INTID_VIRTUAL	 27
#define TIMER_INTID_HYP_VIRTUAL	 28
#define TIMER_INTID_SECURE	 29
#define TIMER_INTID_PHYSICAL	 30

/*
 * Adds the timer's node under the node that is open in `fdt` (libfdt's sequential writing).
 * `ppi_flags` are ORed into the third cell: with GICv2 the mask of CPUs (bits 15 to 8), else 0.
 * Returns 0 or a negative FDT_ERR.
 */
int arch_timer_describe(void *fdt, unsigned ppi_flags);

#endif
