/* SPDX-License-Identifier: GPL-2.0-only */
/* What `armlet bench` shows: a line for each operation, as soon as it is measured. */
#ifndef HARNESS_BENCH_TABLE_H
#define HARNESS_BENCH_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#include "harness/bench/environment.h"
#include "harness/bench/outcome.h"

/* What goes before all, and what the columns are. */
void bench_table_begin(FILE *stream, const struct bench_environment *environment);
void bench_table_row(FILE *stream, const struct bench_outcome *outcome);
struct bench_table_counts {
	unsigned measured, noisy, skipped, failed;
};
void bench_table_end(FILE *stream, const struct bench_environment *environment,
		     const struct bench_table_counts *counts, const char *no_cycles);

#endif
