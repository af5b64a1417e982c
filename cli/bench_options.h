/* SPDX-License-Identifier: GPL-2.0-only */
/* The options of `armlet bench`. */
#ifndef CLI_BENCH_OPTIONS_H
#define CLI_BENCH_OPTIONS_H

#include "harness/bench/bench.h"

struct bench_command_options {
	struct bench_options bench;
	bool list; /* instead of measuring */
};

/* As options_parse(). */
int bench_options_parse(struct bench_command_options *options, int argc, char **argv);

#endif
