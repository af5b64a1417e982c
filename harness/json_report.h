/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The record of a whole run of the suite as JSON (`armlet test --json FILE`), for programs that
 * compare runs. docs/test-results.md describes the object.
 */
#ifndef HARNESS_JSON_REPORT_H
#define HARNESS_JSON_REPORT_H

#include "harness/record.h"

#define JSON_REPORT_SCHEMA 1

struct json_t; /* of jansson */

struct json_report {
	const char *path;
	struct json_t *object, *results;
};

/*
 * Begins the report for `path`, and makes sure that a file can be made there. `host` is the object
 * of vmm/host_info.h; the report takes it (NULL: unknown). Returns 0 or -errno, described.
 */
int json_report_begin(struct json_report *report, const char *path,
		      const struct suite_options *options, uint64_t seed, struct json_t *host);

/* Rounds of which all results are kept: of later ones only those that are not ok. */
#define JSON_REPORT_ROUNDS 8
void json_report_add(struct json_report *report, const struct run_record *record);

struct suite_counts {
	unsigned passed, failed, skipped;
	uint64_t duration; /* ns */
	unsigned rounds;   /* begun */
	int signal;	   /* that ended it; 0: none */
	bool complete;	   /* nothing more will come */
};

/*
 * Writes it, any number of times: a file is replaced as a whole, so that whoever reads it finds a
 * complete object; into a pipe or device only what is complete is written. Returns 0 or -errno,
 * described.
 */
int json_report_write(struct json_report *report, const struct suite_counts *counts);
void json_report_end(struct json_report *report);

#endif
