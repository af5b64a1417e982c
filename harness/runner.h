/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs of tests, as a command sees them: which can be run on this host, and one run of one.
 */
#ifndef HARNESS_RUNNER_H
#define HARNESS_RUNNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/result.h"
#include "harness/test.h"

struct host_info; /* vmm/host_info.h */

/* What tests want to know of the host. */
struct host_facts {
	bool irqchips[IRQCHIP_USER + 1];	       /* by enum irqchip_kind: can be made here */
	const char *irqchip_reasons[IRQCHIP_USER + 1]; /* why not */
	unsigned max_cpus;			       /* of a VM */
	unsigned needs;				       /* the enum test_need bits that are met;
							  all but TEST_NEEDS_EXACT_TIME */
	const char *no_physical_offset;		       /* why not, or NULL */
	bool ptimer_hangs_host;			       /* see struct test, expires_ptimer */
};

/* `info` is what host_info_gather() found. Returns 0 or -errno, described. */
int host_facts_collect(struct host_facts *facts, const struct host_info *info);

/* Whether the row is for this kind of interrupt controller at all; where not, it is not worth a
 * line. */
bool test_is_for(const struct test *test, enum irqchip_kind irqchip);

/*
 * Whether a row that is for this kind can be run on this host; where not, `reason` says why in a
 * few words.
 */
bool test_applies(const struct test *test, enum irqchip_kind irqchip,
		  const struct host_facts *facts, bool exact_time, char *reason, size_t size);

/* Whether it runs only with --hazardous, and last, on this host. */
static inline bool test_is_hazardous(const struct test *test, const struct host_facts *facts)
{
	return test->hazardous || (test->expires_ptimer && facts->ptimer_hangs_host);
}

struct run_request {
	const struct test *test;
	enum irqchip_kind irqchip; /* not IRQCHIP_AUTO */
	enum fault fault;
	uint64_t seed;
	double timeout_scale; /* 1: the limits of harness/run.h */
	bool exact_time;      /* lateness is a verdict here */
	unsigned cpus;	      /* vCPUs of tests that have more than one; 0: as the row says */
	int image_fd;	      /* of guest_image_open(); 0: each VM gets a copy */
	/* Where the vCPUs of the test's own VM run and when they move, see suite_options; NULL: as
	 * the test likes. */
	const char *place, *migrate;
	/* Once it is readable the run's process is killed, and run_execute() returns -EINTR,
	 * silently. 0: nothing can do that. */
	int cancel_fd;
};

/*
 * Runs it in a process of its own, and waits for that to end; at most the run's limit and a little
 * more. Whatever happens to that process is in `result` (of result_create()), as a failure where it
 * is one. Returns 0, or -errno, described, when there could be no process.
 */
int run_execute(const struct run_request *request, struct run_result *result);

#endif
