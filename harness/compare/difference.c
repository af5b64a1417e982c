// SPDX-License-Identifier: GPL-2.0-only
#include "harness/compare/difference.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "harness/bench/statistics.h"
#include "harness/seed.h"

#define RESAMPLES   400
#define MOST_VALUES 512 /* of a run; more are averaged, neighbours with neighbours */

/* All values of a side, one run after the other. */
struct pool {
	double *values, *scratch;
	size_t count, run_count;
	size_t *ends; /* of each run */
};

double compare_normal_quantile(double alpha)
{
	double low = 0, high = 40;

	for (int i = 0; i < 100; i++) {
		double middle = (low + high) / 2;

		if (erfc(middle / M_SQRT2) > alpha)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static void pool_clear(struct pool *pool)
{
	free(pool->values);
	free(pool->scratch);
	free(pool->ends);
}

static size_t kept(size_t count)
{
	size_t width = (count + MOST_VALUES - 1) / MOST_VALUES;

	return width > 1 ? count / width : count;
}

static void add_run(struct pool *pool, const struct compare_sample *run)
{
	size_t count = kept(run->count), width = count ? run->count / count : 1;

	for (size_t i = 0; i < count; i++)
		pool->values[pool->count++] = bench_mean(run->values + i * width, width);
	pool->ends[pool->run_count++] = pool->count;
}

static int pool_make(struct pool *pool, const struct compare_side *side)
{
	size_t total = 0;

	memset(pool, 0, sizeof(*pool));
	for (size_t i = 0; i < side->run_count; i++)
		total += kept(side->runs[i].count);
	pool->values = malloc((total + 1) * sizeof(double));
	pool->scratch = malloc((total + 1) * sizeof(double));
	pool->ends = malloc((side->run_count + 1) * sizeof(*pool->ends));
	if (!pool->values || !pool->scratch || !pool->ends)
		return -ENOMEM;
	for (size_t i = 0; i < side->run_count; i++)
		if (side->runs[i].count)
			add_run(pool, &side->runs[i]);
	return 0;
}

static double median_of(struct pool *pool)
{
	memcpy(pool->scratch, pool->values, pool->count * sizeof(double));
	return bench_median(pool->scratch, pool->count);
}

/* A median of as many values, drawn at random, each run's from its own. */
static double resampled_median(struct pool *pool, uint64_t *random)
{
	size_t begin = 0, drawn = 0;

	for (size_t run = 0; run < pool->run_count; run++) {
		size_t count = pool->ends[run] - begin;

		for (size_t i = 0; i < count; i++)
			pool->scratch[drawn++] = pool->values[begin + seed_next(random) % count];
		begin = pool->ends[run];
	}
	return bench_median(pool->scratch, drawn);
}

static double variance(const double *values, size_t count)
{
	double mean = bench_mean(values, count), sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += (values[i] - mean) * (values[i] - mean);
	return count > 1 ? sum / (count - 1) : 0;
}

/* Of the logarithm of the median: by chance within the runs. */
static double variance_within(struct pool *pool, uint64_t *random)
{
	double logarithms[RESAMPLES];

	for (int i = 0; i < RESAMPLES; i++) {
		double median = resampled_median(pool, random);

		logarithms[i] = median > 0 ? log(median) : 0;
	}
	return variance(logarithms, RESAMPLES);
}

/* And by what differs from run to run. */
static double variance_between(struct pool *pool)
{
	size_t begin = 0;
	double *medians = calloc(pool->run_count + 1, sizeof(double)), result;

	if (!medians)
		return 0;
	for (size_t run = 0; run < pool->run_count; run++) {
		size_t count = pool->ends[run] - begin;
		double median;

		memcpy(pool->scratch, pool->values + begin, count * sizeof(double));
		median = bench_median(pool->scratch, count);
		medians[run] = median > 0 ? log(median) : 0;
		begin = pool->ends[run];
	}
	result = variance(medians, pool->run_count) / pool->run_count;
	free(medians);
	return result;
}

struct ranked {
	double value;
	int is_b;
};

static int compare_ranked(const void *left, const void *right)
{
	double a = ((const struct ranked *)left)->value, b = ((const struct ranked *)right)->value;

	return (a > b) - (a < b);
}

double compare_rank_test(const double *a, size_t a_count, const double *b, size_t b_count)
{
	size_t count = a_count + b_count;
	double rank_sum = 0, ties = 0, expected, deviation;
	struct ranked *ranked;

	if (!a_count || !b_count)
		return 1;
	ranked = malloc(count * sizeof(*ranked));
	if (!ranked)
		return -1;
	for (size_t i = 0; i < count; i++)
		ranked[i] = i < a_count ? (struct ranked){ a[i], 0 }
					: (struct ranked){ b[i - a_count], 1 };
	qsort(ranked, count, sizeof(*ranked), compare_ranked);
	for (size_t first = 0, last; first < count; first = last) {
		double tied;

		for (last = first; last < count && ranked[last].value == ranked[first].value;)
			last++;
		tied = last - first;
		ties += tied * tied * tied - tied;
		/* Equal ones share their ranks. */
		for (size_t i = first; i < last; i++)
			rank_sum += ranked[i].is_b ? (first + last + 1) / 2.0 : 0;
	}
	free(ranked);
	expected = b_count * (count + 1) / 2.0;
	deviation = sqrt((double)a_count * b_count / 12 *
			 (count + 1 - ties / ((double)count * (count - 1))));
	return deviation > 0 ? erfc(fabs(rank_sum - expected) / deviation / M_SQRT2) : 1;
}

/* `width`: half the confidence interval of the ratio's logarithm. */
static void judge(struct compare_difference *difference, double width, double alpha,
		  double threshold)
{
	double limit = log1p(threshold), change = log(difference->ratio);
	bool certain = difference->low > 1 || difference->high < 1;

	difference->factor = 1;
	if (certain && difference->p < alpha) {
		difference->verdict = fabs(change) <= limit ? COMPARE_SLIGHT
				      : change > 0	    ? COMPARE_WORSE
							    : COMPARE_BETTER;
	} else if (fabs(change) + width <= limit) {
		difference->verdict = COMPARE_SAME;
	} else {
		difference->verdict = COMPARE_CANNOT_TELL;
		/* Until the interval leaves room for what the median is off by chance. */
		difference->factor = fmax(6 * width * width / (limit * limit), 1.5);
	}
}

static void compare_pools(struct pool *base, struct pool *new, double alpha, double threshold,
			  struct compare_difference *difference)
{
	uint64_t random = 1;
	double width;

	difference->base = median_of(base);
	difference->new = median_of(new);
	if (difference->base <= 0 || difference->new <= 0)
		return;
	width = compare_normal_quantile(alpha) *
		sqrt(variance_within(base, &random) + variance_between(base) +
		     variance_within(new, &random) + variance_between(new));
	difference->ratio = difference->new / difference->base;
	difference->low = difference->ratio * exp(-width);
	difference->high = difference->ratio * exp(width);
	difference->p = compare_rank_test(base->values, base->count, new->values, new->count);
	judge(difference, width, alpha, threshold);
}

int compare_sides(const struct compare_side *base, const struct compare_side *new, double alpha,
		  double threshold, struct compare_difference *difference)
{
	struct pool pools[2] = { 0 };
	int ret;

	*difference = (struct compare_difference){ .verdict = COMPARE_CANNOT_TELL, .p = 1 };
	ret = pool_make(&pools[0], base);
	ret = ret ? ret : pool_make(&pools[1], new);
	if (!ret && pools[0].count >= COMPARE_LEAST_VALUES &&
	    pools[1].count >= COMPARE_LEAST_VALUES) {
		compare_pools(&pools[0], &pools[1], alpha, threshold, difference);
	} else if (!ret) {
		size_t fewer = pools[0].count < pools[1].count ? pools[0].count : pools[1].count;

		difference->base = pools[0].count ? median_of(&pools[0]) : 0;
		difference->new = pools[1].count ? median_of(&pools[1]) : 0;
		difference->factor = fewer ? ceil(2.0 * COMPARE_LEAST_VALUES / fewer) : 0;
	}
	pool_clear(&pools[0]);
	pool_clear(&pools[1]);
	return ret;
}
