/* SPDX-License-Identifier: GPL-2.0-only */
/* What placement.c (the engine) and placement_mover.c (its thread) share. */
#ifndef VCPU_PLACEMENT_PRIVATE_H
#define VCPU_PLACEMENT_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "vcpu/placement.h"
#include "vcpu/placement_schedule.h"

#define PLACEMENT_UNBOUND (~0u)

/* What a vCPU's thread waits for. */
enum placement_wish {
	PLACEMENT_WISH_NONE,
	PLACEMENT_WISH_HOP,   /* to the next host CPU */
	PLACEMENT_WISH_LEAVE, /* the host CPU on which KVM cannot run it */
};

struct placement_vcpu {
	pid_t tid;
	/* Protected by `lock`. */
	enum placement_wish wish;
	unsigned refused_cpu; /* of PLACEMENT_WISH_LEAVE */
	bool has_left;	      /* its answer */
	/* Protected by `moving`. */
	unsigned bound; /* host CPU, or PLACEMENT_UNBOUND */
	struct placement_stats stats;
	/* The vCPU's own thread's. */
	uint64_t exits;
	unsigned last_seen;
	struct host_cpu_set seen;
};

struct placement {
	struct placement_config config;
	struct placement_vcpu *vcpus;

	/* The thread that moves. */
	pthread_t mover;
	bool has_mover; /* changes under `lock` */
	pthread_mutex_t lock;
	pthread_cond_t wake;	 /* of the mover: a wish, or the end */
	pthread_cond_t answered; /* to vCPUs: a wish was granted, or the end */
	bool ending;

	/* Who moves what where; held during system calls. Never together with `lock`. */
	pthread_mutex_t moving;
	struct placement_schedule schedule;
	struct host_cpu_set unfit; /* KVM cannot run there */
	uint64_t cpus_read;	   /* when the process's mask was read last */
	bool warned;		   /* of an error that has no explanation */
};

uint64_t placement_now(void);

/* With `moving` held: reads anew which host CPUs may be used. */
void placement_read_cpus(struct placement *placement);
/* With `moving` held: binds a vCPU's thread, and counts. */
int placement_bind(struct placement *placement, unsigned vcpu, unsigned host_cpu);
/* With `moving` held: binds a vCPU's thread to its place in the schedule, or where that is not
 * possible to one after it. Returns 0 or -errno, not described. */
int placement_settle(struct placement *placement, unsigned vcpu);

/* Starts the mover. Returns 0 or -errno, described. */
int placement_start_mover(struct placement *placement);
void placement_end_mover(struct placement *placement);

#endif
