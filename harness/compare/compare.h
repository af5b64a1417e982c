/* SPDX-License-Identifier: GPL-2.0-only */
/* `armlet compare`: what differs between the records of two kernels. */
#ifndef HARNESS_COMPARE_COMPARE_H
#define HARNESS_COMPARE_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

#define COMPARE_FILES	  64
#define COMPARE_THRESHOLD 1 /* percent */

struct compare_options {
	/* The caller's. Records of the same kind and flavour on one side are repeats. */
	const char *base[COMPARE_FILES], *new[COMPARE_FILES];
	size_t base_count, new_count;
	double threshold; /* percent */
	bool html;
	const char *output; /* file; NULL: stdout */
};

enum compare_end {
	COMPARE_NO_REGRESSION,
	COMPARE_REGRESSION,
	COMPARE_NOT_COMPARABLE, /* described */
};

enum compare_end compare_run(const struct compare_options *options);

#endif
