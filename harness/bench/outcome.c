// SPDX-License-Identifier: GPL-2.0-only
#include "harness/bench/outcome.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"

static void scale(struct bench_summary *summary, double factor)
{
	double *const values[] = { &summary->min,  &summary->p50, &summary->p90, &summary->p99,
				   &summary->p999, &summary->max, &summary->mad };

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		*values[i] *= factor;
}

static int collect_buckets(struct bench_outcome *outcome)
{
	const struct bench_histogram *histogram = &outcome->measure->histogram;
	size_t count = 0;

	for (unsigned i = 0; i < BENCH_BUCKETS; i++)
		count += histogram->buckets[i] != 0;
	outcome->buckets = calloc(count ? count : 1, sizeof(*outcome->buckets));
	if (!outcome->buckets)
		return -ENOMEM;
	for (unsigned i = 0; i < BENCH_BUCKETS && outcome->bucket_count < count; i++)
		if (histogram->buckets[i])
			outcome->buckets[outcome->bucket_count++] =
				(struct bench_bucket){ bench_histogram_value(i),
						       histogram->buckets[i] };
	return 0;
}

static double *column(const struct bench_outcome *outcome, size_t offset)
{
	const struct bench_measure *measure = outcome->measure;
	double *values = calloc(measure->batches + 1, sizeof(*values));

	for (unsigned i = 0; values && i < measure->batches; i++)
		values[i] = *(const double *)((const char *)&measure->batch[i] + offset);
	return values;
}

double *bench_outcome_cycles(const struct bench_outcome *outcome)
{
	return outcome->measure->has_cycles ? column(outcome, offsetof(struct bench_batch, cycles))
					    : NULL;
}

double *bench_outcome_instructions(const struct bench_outcome *outcome)
{
	return outcome->measure->has_instructions
		       ? column(outcome, offsetof(struct bench_batch, instructions))
		       : NULL;
}

double *bench_outcome_ticks(const struct bench_outcome *outcome)
{
	return column(outcome, offsetof(struct bench_batch, ticks));
}

/* The middle of a bucket may be beyond what was seen. */
static void keep_within(struct bench_summary *summary, double min, double max)
{
	double *const values[] = { &summary->p50, &summary->p90, &summary->p99, &summary->p999 };

	summary->min = min;
	summary->max = max;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		*values[i] = *values[i] < min ? min : *values[i] > max ? max : *values[i];
}

int bench_outcome_summarise(struct bench_outcome *outcome)
{
	const struct bench_measure *measure = outcome->measure;
	double *cycles = bench_outcome_cycles(outcome), *ticks = bench_outcome_ticks(outcome);
	int ret = ticks ? collect_buckets(outcome) : -ENOMEM;

	ret = ret ? ret
		  : bench_summarise(outcome->buckets, outcome->bucket_count, &outcome->summary);
	if (!ret) {
		keep_within(&outcome->summary, measure->histogram.min, measure->histogram.max);
		scale(&outcome->summary, 1e9 / (measure->frequency ? measure->frequency : 1));
		ret = bench_noise_judge(&outcome->noise, cycles ? cycles : ticks, measure->batches,
					measure->involuntary_switches);
	}
	free(cycles);
	free(ticks);
	return ret ? log_error(ret, "cannot tell what was measured: not enough memory") : 0;
}

void bench_outcome_clear(struct bench_outcome *outcome)
{
	free(outcome->buckets);
	outcome->buckets = NULL;
	outcome->bucket_count = 0;
}
