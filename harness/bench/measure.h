/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is measured of one operation with one interrupt controller.
 *
 * In memory that the operation's process shares with its parent (as harness/result.h): written by
 * the one, read by the other when the first has ended, however that was.
 */
#ifndef HARNESS_BENCH_MEASURE_H
#define HARNESS_BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/bench/histogram.h"
#include "harness/bench/perf.h"

#define BENCH_BATCHES	    4096
#define BENCH_EMPTY_BATCHES 16

/* A batch, per operation. */
struct bench_batch {
	double ticks;		     /* mean of the operations' own times */
	double cycles, instructions; /* of all that the vCPU's thread did, the guest included */
};

struct bench_measure {
	uint64_t frequency;		  /* of the counter, Hz */
	struct bench_histogram histogram; /* operations, in ticks */
	unsigned batches, batch_size;
	struct bench_batch batch[BENCH_BATCHES];
	/* Medians of empty batches, which are taken off; per batch. */
	double empty_cycles, empty_instructions;
	bool has_cycles, has_instructions;
	bool shared_pmu;     /* others used it at times: cycles are extrapolated */
	char no_cycles[128]; /* why not */
	/* Of the vCPU's thread while it measured. */
	uint64_t involuntary_switches, voluntary_switches;
	/* Stands while empty batches are measured. */
	struct bench_perf_values empty[BENCH_EMPTY_BATCHES];
	unsigned empty_count;
};

/* Shared with processes that are forked later; NULL, described, without memory. */
struct bench_measure *bench_measure_create(void);
void bench_measure_destroy(struct bench_measure *measure);
void bench_measure_begin(struct bench_measure *measure);

/* The cost of a batch of no operations, by the process that measures. */
void bench_measure_empty(struct bench_measure *measure, const struct bench_perf_values *spent);

/*
 * A batch of `count` operations, of which `sampled` told their times; the first of these is one of
 * `samples`. `count` is more where operations were done that nobody measured.
 */
void bench_measure_batch(struct bench_measure *measure, const volatile uint64_t *samples,
			 unsigned sampled, unsigned count, const struct bench_perf_values *spent);

/* What the parent reads fits its arrays, whatever the process that wrote it had become. */
void bench_measure_adopt(struct bench_measure *measure);

#endif
