/* SPDX-License-Identifier: GPL-2.0-only */
/* Where vCPU threads are wanted on the host's CPUs, as the user said it; see vcpu/placement.h. */
#ifndef VCPU_PLACEMENT_REQUEST_H
#define VCPU_PLACEMENT_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#define PLACEMENT_MAX_VCPUS 128

enum place_policy {
	PLACE_NONE,   /* wherever the host's scheduler likes */
	PLACE_SPREAD, /* each vCPU bound to a host CPU of its own while there are enough */
	PLACE_PACK,   /* all bound to one host CPU */
	PLACE_PIN,    /* as listed */
};

enum migrate_policy {
	MIGRATE_OFF,
	MIGRATE_ROUND_ROBIN, /* all go on to their next host CPU, at fixed intervals */
	MIGRATE_RANDOM,	     /* all go to random host CPUs, at random intervals */
	MIGRATE_ON_EXIT,     /* a vCPU goes on to its next host CPU at each Nth exit of its own */
};

struct placement_request {
	enum place_policy place;
	unsigned pins[PLACEMENT_MAX_VCPUS], pin_count; /* PLACE_PIN: host CPU of each vCPU */
	enum migrate_policy migrate;
	uint64_t min_ns, max_ns; /* between moves; equal for MIGRATE_ROUND_ROBIN */
	uint64_t exits;		 /* MIGRATE_ON_EXIT */
	uint64_t seed;		 /* MIGRATE_RANDOM */
	bool has_seed;
	unsigned rt_priority; /* SCHED_FIFO for the vCPUs' threads; 0: as they are */
};

/*
 * "none", "spread", "pack" or "pin:LIST"; LIST as taskset(1) takes it ("0-3,8", "0-6:2"), but in
 * its order and with repeats, one entry per vCPU. Returns 0, or -EINVAL after saying what is wrong;
 * likewise below.
 */
int placement_parse_place(const char *value, struct placement_request *request);

/*
 * "off", "round-robin:TIME", "random:MIN-MAX[:SEED]" or "on-exit:N". Times are in ms, or with us,
 * ms or s behind them: 0.3, 300us; 10 us to 1 h.
 */
int placement_parse_migrate(const char *value, struct placement_request *request);

/* A priority of SCHED_FIFO, 1 to 98: 99 is left to the thread that moves the vCPUs. */
int placement_parse_rt(const char *value, struct placement_request *request);

/* With PLACE_PIN: the list has an entry for each vCPU. */
int placement_check_pins(const struct placement_request *request, unsigned vcpus);

/* The policy as the options call it, without what follows the colon. */
const char *placement_place_name(enum place_policy place);
const char *placement_migrate_name(enum migrate_policy migrate);

/* Anything but the defaults was asked for. */
static inline bool placement_is_wanted(const struct placement_request *request)
{
	return request->place != PLACE_NONE || request->migrate != MIGRATE_OFF ||
	       request->rt_priority;
}

#endif
