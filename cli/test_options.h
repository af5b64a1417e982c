/* SPDX-License-Identifier: GPL-2.0-only */
/* The options of `armlet test`. */
#ifndef CLI_TEST_OPTIONS_H
#define CLI_TEST_OPTIONS_H

#include <stdbool.h>

#include "harness/suite.h"

struct test_options {
	struct suite_options suite;
	bool has_tier, list, list_faults;
};

/* As run_options_parse(). */
int test_options_parse(struct test_options *options, int argc, char **argv);

#endif
