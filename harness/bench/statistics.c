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

static void swap(double *a, double *b)
{
	double was = *a;

	*a = *b;
	*b = was;
}

/* Puts the value that sorting would put there at `place`, none above it before and none below it
 * behind. */
static double select_place(double *values, size_t count, size_t place)
{
	size_t low = 0, high = count - 1;

	while (low < high) {
		double pivot = values[low + (high - low) / 2];
		size_t left = low, right = high;

		for (;;) {
			for (; values[left] < pivot; left++)
				;
			for (; values[right] > pivot; right--)
				;
			if (left >= right)
				break;
			swap(&values[left++], &values[right--]);
		}
		if (place <= right)
			high = right;
		else
			low = right + 1;
	}
	return values[place];
}

double bench_median(double *values, size_t count)
{
	double upper, lower;

	if (!count)
		return 0;
	upper = select_place(values, count, count / 2);
	if (count % 2)
		return upper;
	lower = values[0];
	for (size_t i = 1; i < count / 2; i++)
		lower = values[i] > lower ? values[i] : lower;
	return (lower + upper) / 2;
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
