/* SPDX-License-Identifier: GPL-2.0-only */
/* The record of `armlet bench --json FILE`. docs/bench.md describes the object. */
#ifndef HARNESS_BENCH_RECORD_H
#define HARNESS_BENCH_RECORD_H

#include "harness/bench/bench.h"
#include "harness/bench/environment.h"
#include "harness/bench/outcome.h"

#define BENCH_RECORD_SCHEMA 1

struct json_t; /* of jansson */

/* `host` is the object of vmm/host_info.h, which is taken. NULL without memory. */
struct json_t *bench_record_begin(const struct bench_options *options,
				  const struct bench_environment *environment, struct json_t *host);
void bench_record_add(struct json_t *record, const struct bench_outcome *outcome);

#endif
