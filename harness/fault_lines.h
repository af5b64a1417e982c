/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a faulty line of a timer shows to the userspace irqchip, instead of what KVM told: the
 * FAULT_LINE_* of harness/fault.h. Pure logic, of one vCPU.
 */
#ifndef HARNESS_FAULT_LINES_H
#define HARNESS_FAULT_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/fault.h"

/* One vCPU's. Zeroed memory, but for `fault`, is the beginning. */
struct fault_lines {
	enum fault fault;
	uint64_t real;	 /* levels (KVM_ARM_DEV_*) as KVM told last */
	uint64_t hidden; /* rose, but that is not shown */
	uint64_t extra;	 /* shown, but did not rise */
	uint64_t again;	 /* fell, and is to rise again */
	uint64_t due;	 /* ns at which `hidden` or `extra` ends; 0: not by time */
	unsigned rises;
};

/* What is told of a timer whose line could rise now. */
struct fault_timer_view {
	uint64_t bit; /* KVM_ARM_DEV_EL1_VTIMER, KVM_ARM_DEV_EL1_PTIMER */
	uint64_t ctl;
	int64_t ns_left; /* until CVAL */
};

/* KVM told `levels`, at `now` (ns). Returns what is to be shown. */
uint64_t fault_lines_told(struct fault_lines *lines, uint64_t levels, uint64_t now);

/* The vCPU enters the guest at `now`. `timers` are looked at by some faults only. */
uint64_t fault_lines_entered(struct fault_lines *lines, const struct fault_timer_view *timers,
			     unsigned timer_count, uint64_t now);

/* Whether fault_lines_entered() needs `timers`: to read them costs a few system calls. */
bool fault_lines_needs_timers(enum fault fault);

#endif
