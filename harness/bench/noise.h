/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether a measurement can be trusted. Pure logic.
 *
 * Judged by the batches of one operation, each a mean of many: on a machine that does nothing else
 * they are alike from the first to the last.
 */
#ifndef HARNESS_BENCH_NOISE_H
#define HARNESS_BENCH_NOISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bench_noise {
	double spread; /* median absolute deviation of the batches, in parts of their median */
	double drift;  /* by how much the median of the second half differs from the first's */
	bool spreads, drifts, preempted;
};

/* From here on a measurement is said to be noisy. */
#define BENCH_NOISE_SPREAD  0.03
#define BENCH_NOISE_DRIFT   0.02
#define BENCH_NOISE_BATCHES 8 /* fewer tell nothing of noise */

/* `values`: a number of each batch, in their order. `preemptions`: how often the thread lost its
 * CPU to others. 0 or -ENOMEM. */
int bench_noise_judge(struct bench_noise *noise, const double *values, size_t count,
		      uint64_t preemptions);

static inline bool bench_is_noisy(const struct bench_noise *noise)
{
	return noise->spreads || noise->drifts || noise->preempted;
}

/* "batches differ by 5 %, the second half by 3 %"; "" where it is quiet. Returns `text`. */
const char *bench_noise_describe(const struct bench_noise *noise, char *text, size_t size);

#endif
