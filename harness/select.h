/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which tests are to be run, with which interrupt controllers, in which order. Pure logic.
 *
 * A pattern selects a test by its whole id, by its family's name, by a part of its id, or as
 * fnmatch(3) does it ("moving*wfi*"). A whole id selects the test in whatever tier it is.
 */
#ifndef HARNESS_SELECT_H
#define HARNESS_SELECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/runner.h"
#include "harness/suite.h"

/* One run of one test. */
struct job {
	const struct test_family *family;
	const struct test *test;
	enum irqchip_kind irqchip;
	enum fault fault; /* planted, or FAULT_NONE */
	bool hazardous;	  /* on this host */
	/* Why it is not run but reported as skipped; "": it is run. */
	char skip[160];
};

/* Jobs that stand together in the report. */
struct job_group {
	const struct test_family *family;
	bool hazardous;
	size_t first, count; /* in `jobs` */
};

struct selection {
	struct job *jobs;
	size_t count;
	struct job_group *groups;
	size_t group_count;
};

/*
 * Fills `selection`, which the caller clears in any case. `facts` NULL: as if the host had
 * everything; for lists. Returns 0; -EINVAL, described, for a pattern that selects nothing;
 * -ENOMEM.
 */
int selection_make(struct selection *selection, const struct suite_options *options,
		   const struct test_family *families, const struct host_facts *facts);
void selection_clear(struct selection *selection);

/* Puts groups, and the jobs within each, into an order that follows from `seed`; hazardous groups
 * stay last. */
void selection_shuffle(struct selection *selection, uint64_t seed);

/* Whether the row says that it catches the fault that the job plants. */
static inline bool job_must_catch(const struct job *job)
{
	return job->fault && job->test->faults & FAULT_BIT(job->fault);
}

#endif
