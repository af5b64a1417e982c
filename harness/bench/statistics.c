// SPDX-License-Identifier: GPL-2.0-only
#include "harness/bench/statistics.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

static uint64_t total_of(const struct bench_bucket *buckets, size_t count)
{
	uint64_t total = 0;

	for (size_t i = 0; i < count; i++)
		total += buckets[i].count;
	return total;
}

double bench_percentile(const struct bench_bucket *buckets, size_t count, double share)
{
	uint64_t rank = ceil(share * total_of(buckets, count)), seen = 0;

	if (!rank)
		rank = 1;
	for (size_t i = 0; i < count; i++) {
		seen += buckets[i].count;
		if (seen >= rank)
			return buckets[i].value;
	}
	return count ? buckets[count - 1].value : 0;
}

static int compare_buckets(const void *left, const void *right)
{
	double a = ((const struct bench_bucket *)left)->value;
	double b = ((const struct bench_bucket *)right)->value;

	return (a > b) - (a < b);
}

static int median_distance(const struct bench_bucket *buckets, size_t count, double median,
			   double *distance)
{
	struct bench_bucket *distances = malloc(count * sizeof(*distances));

	if (!distances)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		distances[i] =
			(struct bench_bucket){ fabs(buckets[i].value - median), buckets[i].count };
	qsort(distances, count, sizeof(*distances), compare_buckets);
	*distance = bench_percentile(distances, count, 0.5);
	free(distances);
	return 0;
}

int bench_summarise(const struct bench_bucket *buckets, size_t count, struct bench_summary *summary)
{
	*summary = (struct bench_summary){ .count = total_of(buckets, count) };
	if (!summary->count)
		return 0;
	summary->min = bench_percentile(buckets, count, 0);
	summary->p50 = bench_percentile(buckets, count, 0.5);
	summary->p90 = bench_percentile(buckets, count, 0.9);
	summary->p99 = bench_percentile(buckets, count, 0.99);
	summary->p999 = bench_percentile(buckets, count, 0.999);
	summary->max = bench_percentile(buckets, count, 1);
	return median_distance(buckets, count, summary->p50, &summary->mad);
}

static int compare_values(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

void bench_sort(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare_values);
}

double bench_median(double *values, size_t count)
{
	if (!count)
		return 0;
	bench_sort(values, count);
	return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

double bench_deviation(double *values, size_t count)
{
	double median = bench_median(values, count);

	for (size_t i = 0; i < count; i++)
		values[i] = fabs(values[i] - median);
	return bench_median(values, count);
}

double bench_mean(const double *values, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += values[i];
	return count ? sum / count : 0;
}
