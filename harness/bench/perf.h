/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cycles and instructions of the calling thread by perf_event_open(2): in userspace, kernel,
 * hypervisor and guest. A guest's own counters leave out what the hypervisor spends, so nothing
 * here asks them.
 */
#ifndef HARNESS_BENCH_PERF_H
#define HARNESS_BENCH_PERF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bench_perf {
	int cycles_fd, instructions_fd; /* -1: there is none */
};

struct bench_perf_values {
	uint64_t cycles, instructions;
	/* Nanoseconds that they were wanted and were counted. Less of the latter: others want the
	 * PMU, too, and the values are not whole. */
	uint64_t enabled, running;
};

/*
 * Begins to count on the calling thread. False: there is nothing to count with, and `reason` says
 * why in a few words. Either way bench_perf_close() is due.
 */
bool bench_perf_open(struct bench_perf *perf, char *reason, size_t size);
void bench_perf_close(struct bench_perf *perf);

/* On the same thread. False, and all zero, where nothing is counted. */
bool bench_perf_read(const struct bench_perf *perf, struct bench_perf_values *values);

#endif
