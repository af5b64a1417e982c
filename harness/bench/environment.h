/* SPDX-License-Identifier: GPL-2.0-only */
/* What a measurement depends on besides the operation: shown with it, and kept in its record. */
#ifndef HARNESS_BENCH_ENVIRONMENT_H
#define HARNESS_BENCH_ENVIRONMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/bench/bench.h"

struct host_info; /* vmm/host_info.h */

struct bench_environment {
	char kernel[96], board[64];
	char governor[32];  /* of cpufreq: "performance", "mixed", "unknown" */
	char place[256];    /* of the vCPUs: "spread", "pin:2,3" */
	uint64_t frequency; /* of the counter, Hz */
	bool emulated;
	char why_noisy[160]; /* what makes this machine's times vary, as far as it shows; "" */
};

/* `root` is "" but for unit tests. */
void bench_environment_collect(struct bench_environment *environment, const struct host_info *info,
			       const struct bench_options *options, const char *root);

/* Whether the vCPUs can be where the user wants them. Returns 0 or -errno, described. */
int bench_environment_check_place(const struct placement_request *place);

#endif
