/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's kvm tracepoints (`armlet test --trace`), recorded in a buffer of our own: an instance
 * of tracefs, which leaves the user's tracing alone and takes everything with it when it is
 * removed.
 */
#ifndef HARNESS_ORACLE_TRACE_H
#define HARNESS_ORACLE_TRACE_H

#include <stdbool.h>

struct kernel_trace {
	bool on;
	bool mounted; /* tracefs, by us */
	char root[64], instance[128];
};

/*
 * Begins to record. `root` is /sys/kernel/tracing but in unit tests; tracefs is mounted there where
 * it is not yet. Returns 0 or -errno, described with the cure.
 */
int kernel_trace_begin(struct kernel_trace *trace, const char *root);
/* Removes the instance, and tracefs where we mounted it. Harmless when there is none. */
void kernel_trace_end(struct kernel_trace *trace);

/* Empties the buffer. */
void kernel_trace_clear(struct kernel_trace *trace);

/* Hands the last `count` (at most KERNEL_TRACE_LINES) lines of the buffer to `fn`, oldest first. */
#define KERNEL_TRACE_LINES 100
typedef void kernel_trace_fn(void *context, const char *line);
void kernel_trace_last(struct kernel_trace *trace, unsigned count, kernel_trace_fn *fn,
		       void *context);

#endif
