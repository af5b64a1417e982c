/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How often KVM's timers interrupted each of the host's CPUs: "kvm guest vtimer" and "kvm guest
 * ptimer" of /proc/interrupts. Claims about the physical masking of a timer's interrupt rest on
 * these.
 */
#ifndef HARNESS_ORACLE_INTERRUPTS_H
#define HARNESS_ORACLE_INTERRUPTS_H

#include <stdbool.h>
#include <stdint.h>

#define HOST_INTERRUPTS_CPUS 1024

enum host_timer_interrupt { HOST_VTIMER, HOST_PTIMER, HOST_TIMER_INTERRUPTS };

struct host_interrupts {
	bool known[HOST_TIMER_INTERRUPTS];   /* without VHE, KVM emulates the physical timer */
	unsigned columns;		     /* CPUs that are online */
	unsigned cpus[HOST_INTERRUPTS_CPUS]; /* their numbers */
	uint64_t counts[HOST_TIMER_INTERRUPTS][HOST_INTERRUPTS_CPUS]; /* by column */
};

/* "host.vtimer", "host.ptimer" */
const char *host_interrupt_name(enum host_timer_interrupt interrupt);

/* `path` is /proc/interrupts but in unit tests. What cannot be read is not known. */
void host_interrupts_read(struct host_interrupts *interrupts, const char *path);

/* Of all CPUs together; -1 when it is not known. */
int64_t host_interrupts_sum(const struct host_interrupts *interrupts,
			    enum host_timer_interrupt interrupt);

/*
 * How often CPU `cpu` was interrupted between two readings, of which `after` is the later one; 0
 * where one of them does not know.
 */
uint64_t host_interrupts_delta(const struct host_interrupts *before,
			       const struct host_interrupts *after,
			       enum host_timer_interrupt interrupt, unsigned cpu);

#endif
