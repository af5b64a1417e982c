// SPDX-License-Identifier: GPL-2.0-only
#include "harness/bench/histogram.h"

/* Values from here on share buckets: 2^EXACT_BITS. */
#define EXACT_BITS 11

_Static_assert(1 << EXACT_BITS == BENCH_HISTOGRAM_EXACT, "as many bits as there are exact values");

unsigned bench_histogram_bucket(uint64_t value)
{
	unsigned top, shift;

	if (value < BENCH_HISTOGRAM_EXACT)
		return value;
	top = 63 - __builtin_clzll(value);
	shift = top - (EXACT_BITS - 1);
	return BENCH_HISTOGRAM_EXACT + (top - EXACT_BITS) * BENCH_HISTOGRAM_STEPS +
	       (unsigned)((value >> shift) - BENCH_HISTOGRAM_STEPS);
}

double bench_histogram_value(unsigned bucket)
{
	unsigned above = bucket - BENCH_HISTOGRAM_EXACT, shift;
	double width;

	if (bucket < BENCH_HISTOGRAM_EXACT)
		return bucket;
	shift = above / BENCH_HISTOGRAM_STEPS + 1;
	width = (double)(UINT64_C(1) << shift);
	return (above % BENCH_HISTOGRAM_STEPS + BENCH_HISTOGRAM_STEPS) * width + (width - 1) / 2;
}

void bench_histogram_add(struct bench_histogram *histogram, uint64_t value)
{
	if (!histogram->count || value < histogram->min)
		histogram->min = value;
	if (value > histogram->max)
		histogram->max = value;
	histogram->count++;
	histogram->buckets[bench_histogram_bucket(value)]++;
}
