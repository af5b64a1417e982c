/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KTAP, version 1 (Documentation/dev-tools/ktap.rst), as it is written: families are the outer
 * tests, each run of a test is a line of its family. As that document wants it, diagnostics of a
 * test stand before its result. Each line is flushed. docs/test-results.md tells all of it.
 */
#ifndef HARNESS_KTAP_H
#define HARNESS_KTAP_H

#include <stdbool.h>
#include <stdio.h>

#include "harness/record.h"

struct ktap {
	FILE *stream;
	unsigned verbosity;
	bool planned, in_group;
	unsigned groups;	      /* ended so far */
	unsigned ok, not_ok, skipped; /* of the group that is open, or was last */
};

/* `groups` 0: nobody knows how many there will be; the plan then stands at the end. */
void ktap_begin(struct ktap *ktap, FILE *stream, unsigned verbosity, size_t groups);
/* A line of diagnostics, at the level where the next result will be; what is not printable is
 * replaced. */
void ktap_note(struct ktap *ktap, const char *format, ...) __attribute__((format(printf, 2, 3)));
void ktap_begin_group(struct ktap *ktap, const char *name, size_t results);
/* The diagnostics, where there is something to say, and the result. */
void ktap_result(struct ktap *ktap, const struct run_record *record);
void ktap_end_group(struct ktap *ktap, const char *name);
void ktap_end(struct ktap *ktap);

/* Whether stdout took all of it. */
bool ktap_is_broken(const struct ktap *ktap);

/* The diagnostics of a failure; harness/ktap_failure.c. Private to ktap. */
void ktap_describe_failure(struct ktap *ktap, const struct run_record *record);
/* What -v tells of any run. */
void ktap_describe_run(struct ktap *ktap, const struct run_record *record);

#endif
