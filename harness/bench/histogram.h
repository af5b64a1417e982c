/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How often each value was seen, in bounded memory: values below 2048 exactly, others to one part
 * in a thousand. Pure logic; zeroed memory is an empty histogram.
 */
#ifndef HARNESS_BENCH_HISTOGRAM_H
#define HARNESS_BENCH_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#define BENCH_HISTOGRAM_EXACT 2048			  /* a power of two */
#define BENCH_HISTOGRAM_STEPS (BENCH_HISTOGRAM_EXACT / 2) /* buckets per doubling above that */
#define BENCH_BUCKETS	      (BENCH_HISTOGRAM_EXACT + 53 * BENCH_HISTOGRAM_STEPS)

struct bench_histogram {
	uint64_t count, min, max; /* min, max: exact */
	uint32_t buckets[BENCH_BUCKETS];
};

void bench_histogram_add(struct bench_histogram *histogram, uint64_t value);

/* The bucket of a value, and the middle of a bucket. */
unsigned bench_histogram_bucket(uint64_t value);
double bench_histogram_value(unsigned bucket);

#endif
