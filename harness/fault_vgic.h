/* SPDX-License-Identifier: GPL-2.0-only */
/* Planted faults in the state of a GIC in KVM, by its device attributes. */
#ifndef HARNESS_FAULT_VGIC_H
#define HARNESS_FAULT_VGIC_H

#include "harness/fault.h"
#include "vmm/machine.h"

/*
 * Plays FAULT_ENABLE_LOST or FAULT_PENDING_EXTRA. All vCPUs of the
 * machine are parked (KVM refuses otherwise). Returns 0 or -errno, silently.
 */
int fault_vgic_play(const struct machine *machine, unsigned cpu, enum fault fault);

#endif
