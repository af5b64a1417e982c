/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * On which host CPU each vCPU's thread runs, and when it moves: owner of the threads' affinity.
 *
 * Every move makes the kernel put and load the vCPU's timer and FP/SIMD state, which is what a test
 * of KVM is after. Moves are made by one thread, the mover, which exists where there may be any; a
 * vCPU's own thread never calls the scheduler. Where the process's affinity mask, cpuset or the set
 * of online CPUs changes, the mover follows: a CPU that goes is left, which is no error.
 *
 * A host CPU on which KVM cannot run a vCPU (KVM_EXIT_FAIL_ENTRY on a machine with unlike CPUs) is
 * left as well, with a warning.
 */
#ifndef VCPU_PLACEMENT_H
#define VCPU_PLACEMENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "vcpu/host_cpus.h"
#include "vcpu/placement_request.h"

struct placement;

struct placement_config {
	struct placement_request request;
	unsigned vcpus;
	/* Note at each exit to userspace on which host CPU the vCPU is; costs a call per exit. */
	bool watch;
	/* Called on the mover's thread before it does anything; < 0 (described) ends it. NULL:
	 * nothing. */
	int (*thread_begin)(void *context);
	/* On the mover's thread after a move by the clock. NULL: nothing. */
	void (*moved)(void *context, unsigned vcpu);
	void *context; /* of both */
};

/*
 * Checks the request against the host and makes the engine; nothing is moved yet. On a thread that
 * nobody bound: its affinity mask is the process's. Returns 0 or -errno, described; -ENOTSUP when
 * this host or this process's rights do not allow it.
 */
int placement_create(struct placement **placement, const struct placement_config *config);

/*
 * Puts the vCPUs' threads where they begin and starts to move them. The threads live until
 * placement_end(). Returns 0 or -errno, described.
 */
int placement_begin(struct placement *placement, const pid_t *tids);
/* Moves nothing any more. The threads stay where they are. */
void placement_end(struct placement *placement);
/* After placement_end(), or without placement_begin(). NULL: nothing. */
void placement_destroy(struct placement *placement);

/*
 * Binds one vCPU's thread to a host CPU, whatever the policy is; counted as a move. When the thread
 * was running elsewhere it has moved when this returns. Any thread between begin and end that is
 * not a vCPU's. Returns 0 or -errno, not described: -EINVAL for a CPU that may not be used (now).
 */
int placement_move(struct placement *placement, unsigned vcpu, unsigned host_cpu);

/*
 * The run loop's part. A vCPU counts its exits down; at 0 its thread calls placement_vcpu_exited(),
 * which moves it if that is due and says how many exits are left from there. 0: never call.
 */
uint64_t placement_exits_left(const struct placement *placement);
uint64_t placement_vcpu_exited(struct placement *placement, unsigned vcpu);

/*
 * KVM refused to run this vCPU on this host CPU: on its own thread, moves it away and warns once
 * per CPU. False when there is no other CPU to go to, or the engine moves nothing.
 */
bool placement_leave_cpu(struct placement *placement, unsigned vcpu, unsigned host_cpu);

struct placement_stats {
	uint64_t moves, failed; /* failed: refused by the kernel, and tried again elsewhere */
	uint64_t move_ns, move_min_ns, move_max_ns; /* time of the moves: sum, least, most */
	struct host_cpu_set seen; /* host CPUs that it was bound to or, with `watch`, seen on */
};

/* After placement_end(), or from any thread while nothing moves. */
void placement_stats(struct placement *placement, unsigned vcpu, struct placement_stats *stats);

const struct placement_request *placement_request(const struct placement *placement);
/* The CPUs that are used, as far as is known. */
void placement_cpus(struct placement *placement, struct host_cpu_set *cpus);

#endif
