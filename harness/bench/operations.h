/* SPDX-License-Identifier: GPL-2.0-only */
/* Tables of operations by subject, each ended by a row without an id. */
#ifndef HARNESS_BENCH_OPERATIONS_H
#define HARNESS_BENCH_OPERATIONS_H

#include "harness/bench/operation.h"

extern const struct bench_operation bench_exits[];
extern const struct bench_operation bench_timers[];
extern const struct bench_operation bench_interrupts[];
extern const struct bench_operation bench_lives[];

#endif
