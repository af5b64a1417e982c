/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is told of many values: order statistics of a distribution that is given as values and how
 * often each was seen, and of plain arrays. Pure logic.
 *
 * Percentiles are by nearest rank: a value that was seen, such that at least so many are not above
 * it. The median absolute deviation is the median distance from the median, not scaled.
 */
#ifndef HARNESS_BENCH_STATISTICS_H
#define HARNESS_BENCH_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

struct bench_bucket {
	double value;
	uint64_t count;
};

struct bench_summary {
	uint64_t count;
	double min, p50, p90, p99, p999, max, mad;
};

/* `buckets` by ascending value. All zero for none. Returns 0 or -ENOMEM. */
int bench_summarise(const struct bench_bucket *buckets, size_t count,
		    struct bench_summary *summary);

/* Of buckets by ascending value; `share` is 0 to 1. 0 without values. */
double bench_percentile(const struct bench_bucket *buckets, size_t count, double share);

/* Of an array in any order, which these put into another. 0 without values. */
double bench_median(double *values, size_t count);
/* Median distance from the median; `values` are changed. */
double bench_deviation(double *values, size_t count);
double bench_mean(const double *values, size_t count);

#endif
