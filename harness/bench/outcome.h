/* SPDX-License-Identifier: GPL-2.0-only */
/* One operation as it is reported. */
#ifndef HARNESS_BENCH_OUTCOME_H
#define HARNESS_BENCH_OUTCOME_H

#include "harness/bench/measure.h"
#include "harness/bench/noise.h"
#include "harness/bench/operation.h"
#include "harness/bench/statistics.h"

struct run_result; /* harness/result.h */

struct bench_outcome {
	const struct bench_operation *operation;
	enum irqchip_kind irqchip;
	unsigned index;
	char skip[160]; /* why it was not measured; "": it was */
	const struct run_result *result;
	const struct bench_measure *measure;
	struct bench_bucket *buckets; /* ticks, by ascending value */
	size_t bucket_count;
	struct bench_summary summary; /* of the operations' times, in ns */
	struct bench_noise noise;
};

/* Fills what follows from `measure`. 0 or -ENOMEM, described. */
int bench_outcome_summarise(struct bench_outcome *outcome);
void bench_outcome_clear(struct bench_outcome *outcome);

/* Cycles (instructions) of each batch per operation; the caller frees it. NULL: none. */
double *bench_outcome_cycles(const struct bench_outcome *outcome);
double *bench_outcome_instructions(const struct bench_outcome *outcome);
double *bench_outcome_ticks(const struct bench_outcome *outcome);

#endif
