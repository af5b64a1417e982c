/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which vCPU goes to which host CPU when: pure arithmetic, the same for the same seed and the same
 * host CPUs. vcpu/placement.c carries it out.
 */
#ifndef VCPU_PLACEMENT_SCHEDULE_H
#define VCPU_PLACEMENT_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "vcpu/host_cpus.h"
#include "vcpu/placement_request.h"

struct placement_schedule {
	struct placement_request request;
	unsigned vcpus;
	uint16_t cpus[HOST_CPUS_MAX]; /* to choose from, ascending */
	unsigned cpu_count;	      /* at least 1 */
	uint64_t random;
	unsigned place[PLACEMENT_MAX_VCPUS]; /* host CPU of each vCPU, as chosen last */
};

/*
 * Starts with each vCPU at its first place. `allowed` has a CPU. With PLACE_PIN vCPUs are moved
 * among the listed host CPUs only; the caller has checked that the list fits.
 */
void placement_schedule_init(struct placement_schedule *schedule,
			     const struct placement_request *request, unsigned vcpus,
			     const struct host_cpu_set *allowed);

/* Other host CPUs from now on; places stay as they are until they are chosen anew. */
void placement_schedule_set_cpus(struct placement_schedule *schedule,
				 const struct host_cpu_set *allowed);

/* How long to wait for the next round, in ns. */
uint64_t placement_schedule_wait(struct placement_schedule *schedule);

/* Chooses new places for all vCPUs. */
void placement_schedule_round(struct placement_schedule *schedule);

/* Chooses a new place for one vCPU: the next host CPU after its own. */
void placement_schedule_next(struct placement_schedule *schedule, unsigned vcpu);

#endif
