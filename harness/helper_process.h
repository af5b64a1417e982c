/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A process beside a run's own, for what that cannot do to itself: stop itself and go on, or clean
 * up after its death.
 */
#ifndef HARNESS_HELPER_PROCESS_H
#define HARNESS_HELPER_PROCESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct helper_process {
	pid_t pid;
	atomic_bool *over; /* shared with it */
	pid_t parent;
};

/* True when it has to come to its end: the run wants that, or is no more. In the helper. */
bool helper_process_is_over(const struct helper_process *helper);

/*
 * Forks a process that runs fn(helper, argument) and exits. It comes from a process with threads:
 * fn may make system calls, and nothing that needs a lock. Returns 0 or -errno, not described.
 */
int helper_process_start(struct helper_process *helper,
			 void (*fn)(const struct helper_process *helper, uint64_t argument),
			 uint64_t argument);

/* Asks it to end, and waits for that. */
void helper_process_end(struct helper_process *helper);

#endif
