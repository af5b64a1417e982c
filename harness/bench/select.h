/* SPDX-License-Identifier: GPL-2.0-only */
/* Which operations patterns select. Pure logic. */
#ifndef HARNESS_BENCH_SELECT_H
#define HARNESS_BENCH_SELECT_H

#include <stdbool.h>

#include "harness/bench/bench.h"
#include "harness/bench/operation.h"

/* A whole name selects that operation alone. */
bool bench_is_selected(const struct bench_options *options,
		       const struct bench_operation *operation);

/* 0, or -EINVAL, described, for a pattern that selects nothing. */
int bench_check_patterns(const struct bench_options *options);

/* The operation at a place in all tables, counted from 0; NULL behind the last. */
const struct bench_operation *bench_operation_at(unsigned place);

#endif
