/* SPDX-License-Identifier: GPL-2.0-only */
/* One run as it is reported: what was run, what came of it, and what the host said. */
#ifndef HARNESS_RECORD_H
#define HARNESS_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/oracle_log.h"
#include "harness/result.h"
#include "harness/select.h"

#define RECORD_TRACE_LINES 50
#define RECORD_TRACE_LINE  200

struct run_record {
	const struct job *job;
	const struct suite_options *options;
	uint64_t round_seed; /* what --seed has to be for the same again */
	unsigned round;	     /* from 0 */
	const struct run_result *result;
	/* The first complaint of the host's kernel. */
	bool has_complaint;
	struct kernel_complaint complaint;
	/* The last tracepoints, oldest first. */
	unsigned trace_count;
	char trace[RECORD_TRACE_LINES][RECORD_TRACE_LINE];
};

enum record_outcome {
	RECORD_OK,
	RECORD_NOT_OK,
	RECORD_SKIPPED,
};

/*
 * What the run says. Without a planted fault: its verdict. With one that the test's row names: that
 * the test noticed it is right. With one that it does not name, whatever comes is right.
 */
enum record_outcome record_outcome(const struct run_record *record);

/* "basics/virtual-cval-in-the-past [gicv3]", with a planted fault "... [user] notices line-drop".
 * Returns `text`. */
#define RECORD_NAME 160
const char *record_name(const struct job *job, char *text, size_t size);

/* The shell command that does this run again. Returns `text`. */
#define RECORD_COMMAND 320
const char *record_command(const struct run_record *record, char *text, size_t size);

#endif
