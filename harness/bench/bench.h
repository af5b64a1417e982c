/* SPDX-License-Identifier: GPL-2.0-only */
/* `armlet bench`: which operations are measured, one after another, and what is told of them. */
#ifndef HARNESS_BENCH_BENCH_H
#define HARNESS_BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vcpu/placement_request.h"

#define BENCH_PATTERNS	     256
#define BENCH_MAX_ITERATIONS 100000000
#define BENCH_WARMUP	     100

/* What the user wants. Strings are the caller's and outlive it. */
struct bench_options {
	/* Of operations: whole names, parts of them, or as fnmatch(3) does it; none: all. */
	const char *patterns[BENCH_PATTERNS];
	size_t pattern_count;
	unsigned irqchips;   /* TEST_ON() bits; 0: those that the host can make */
	uint64_t iterations; /* 0: as the rows say */
	uint64_t warmup;
	struct placement_request place;
	const char *json; /* file; NULL: none */
	double timeout_scale;
};

enum bench_end {
	BENCH_MEASURED,
	BENCH_FAILED,	   /* an operation did not work */
	BENCH_NOTHING_RUN, /* nothing but skips, or the host cannot run or tell anything: described
			      where it is an error */
	BENCH_WRONG_USAGE, /* described; nothing was run */
	BENCH_SIGNAL,	   /* SIGINT, SIGTERM or SIGHUP ended it: `*signal` */
};

/* Measures, and writes a table on stdout. Takes the signals for itself meanwhile. */
enum bench_end bench_run(const struct bench_options *options, int *signal);

/* Describes the operations that the options select, a line each, on stdout. BENCH_MEASURED or
 * BENCH_WRONG_USAGE. */
enum bench_end bench_list(const struct bench_options *options);

#endif
