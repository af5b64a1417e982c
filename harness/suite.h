/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `armlet test`: which runs of which tests, one after another, and what is told of them.
 */
#ifndef HARNESS_SUITE_H
#define HARNESS_SUITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/test.h"

#define SUITE_PATTERNS 256

enum suite_hazardous {
	SUITE_HAZARDOUS_NO,
	SUITE_HAZARDOUS_TOO, /* last */
	SUITE_HAZARDOUS_ONLY,
};

/* What the user wants. Strings are the caller's and outlive the suite. */
struct suite_options {
	const char *patterns[SUITE_PATTERNS]; /* see harness/select.h; none: all tests */
	size_t pattern_count;
	enum test_tier tier;
	unsigned irqchips; /* TEST_ON() bits; 0: those that the host can make */
	unsigned cpus;	   /* vCPUs of tests that have more than one; 0: as their rows say */
	unsigned repeat;   /* rounds; ignored in tier soak */
	bool has_seed;
	uint64_t seed;
	bool shuffle;
	bool stop_at_failure;
	/* As placement_parse_place() and placement_parse_migrate() take them, and did; NULL: each test
	 * as it likes. */
	const char *place, *migrate;
	double timeout_scale;
	bool exact_time;
	const char *json; /* file; NULL: none */
	enum fault plant; /* FAULT_NONE: none */
	bool plant_all;	  /* each fault of each row, one after the other */
	enum suite_hazardous hazardous;
	bool trace;
	unsigned verbosity;
};

enum suite_end {
	SUITE_PASSED,
	SUITE_FAILED,	   /* at least one test */
	SUITE_NOTHING_RUN, /* nothing but skips, or the host cannot run or tell anything: described
			      where it is an error */
	SUITE_WRONG_USAGE, /* described; nothing was run */
	SUITE_SIGNAL,	   /* SIGINT, SIGTERM or SIGHUP ended it: `*signal` */
};

/*
 * Runs tests and writes KTAP on stdout. Takes SIGINT, SIGTERM and SIGHUP for itself meanwhile, and
 * leaves no process behind.
 */
enum suite_end suite_run(const struct suite_options *options, int *signal);

/* Describes the tests that the options select, a line each, on stdout. SUITE_PASSED, or
 * SUITE_WRONG_USAGE. */
enum suite_end suite_list(const struct suite_options *options);
/* Describes the faults that can be planted. */
void suite_list_faults(void);

#endif
