/* SPDX-License-Identifier: GPL-2.0-only */
/* What comparing found, before it is put into words for a terminal or a browser. */
#ifndef HARNESS_COMPARE_REPORT_H
#define HARNESS_COMPARE_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "harness/compare/difference.h"
#include "harness/compare/load.h"

/* One count that differs. */
struct compare_count {
	const char *name; /* the record's */
	double base, new;
	bool exact; /* the same in each iteration, on both sides */
	bool worse; /* more, beyond the threshold */
};

/* One comparison of times. */
struct compare_timing {
	const char *unit; /* "ns", "cycles" */
	struct compare_difference difference;
	double iterations; /* of the side that has fewer */
	bool noisy;	   /* one of the records says so */
};

/* What the base has and the new one, for plots: operations' times in ns. */
struct compare_quantiles {
	double p50, p90, p99;
};

#define COMPARE_TIMINGS 2
#define COMPARE_OWNERS	4

struct compare_operation {
	char name[80], irqchip[8], class[12];
	struct compare_count *counts; /* largest change first */
	size_t count_count, inexact;  /* inexact: counts that vary within what was seen before */
	/* Instructions by owner: guest, EL2, host kernel, armlet; of the meter. */
	double owners[2][COMPARE_OWNERS];
	struct compare_timing timings[COMPARE_TIMINGS];
	unsigned timing_count;
	struct compare_quantiles quantiles[2];
	/* A test, or an operation that one side lacks or could not do. */
	char base_verdict[96], new_verdict[96]; /* "": nothing to tell */
	bool verdict_worse;
	bool unsteady; /* a test that failed once of several times on one side: cannot be told */
	double size;   /* of the change, for sorting */
};

/* Records of one kind and flavour, all of each side. */
struct compare_group {
	enum compare_kind kind;
	char flavour[256], base_kernel[96], new_kernel[96];
	const struct compare_record **records[2];
	size_t record_counts[2];
	/* Those with a finding first, largest first; then those of which it cannot be told. */
	struct compare_operation *operations;
	size_t operation_count;
	size_t changed;	    /* operations with a finding */
	size_t cannot_tell; /* operations without one of which it cannot be told */
	bool worse;
	char reason[256]; /* why it is not comparable; "": it is */
};

struct compare_report {
	double threshold; /* relative */
	double alpha;	  /* of all timings together */
	struct compare_group *groups;
	size_t group_count;
	bool worse, incomparable;
};

/* The chance of an alarm without a cause, in all of a report. */
#define COMPARE_ALPHA 0.01

/* Whether there is anything to tell but numbers. */
bool compare_has_finding(const struct compare_operation *operation);
/* No finding, but a comparison that cannot tell. */
bool compare_is_untold(const struct compare_operation *operation);
bool compare_timing_is_finding(const struct compare_timing *timing);

/*
 * Fill a group that has its records. Return 0 or -ENOMEM, described. `alpha` is one comparison's
 * share.
 */
int compare_fill_meter(struct compare_group *group, double threshold);
int compare_fill_bench(struct compare_group *group, double threshold, double alpha);
int compare_fill_tests(struct compare_group *group);

struct compare_limits {
	double threshold, alpha;
};

/* Compares an operation of which both sides have figures. 0 or -ENOMEM, described. */
typedef int compare_row_fn(struct compare_group *group, struct compare_operation *operation,
			   const struct json_t *base, const struct json_t *new,
			   const struct compare_limits *limits);

/*
 * Once for each operation that either side's first record has: calls `compare`, or notes that only
 * one side is `done` ("metered"). Returns 0 or -ENOMEM, described.
 */
int compare_each_row(struct compare_group *group, const char *done, compare_row_fn *compare,
		     const struct compare_limits *limits);
/* Adds an operation or finds it; NULL without memory. */
struct compare_operation *compare_add(struct compare_group *group, const char *name,
				      const char *irqchip, const char *class);
void compare_sort(struct compare_group *group);
void compare_group_clear(struct compare_group *group);

/* The row of an operation in a record; NULL: it has none. */
const struct json_t *compare_find_row(const struct compare_record *record, const char *name,
				      const char *irqchip);

void compare_write_text(const struct compare_report *report, FILE *stream);
void compare_write_html(const struct compare_report *report, FILE *stream);

#endif
