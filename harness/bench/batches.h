/* SPDX-License-Identifier: GPL-2.0-only */
/* The batches of a benchmark, one after another, whoever does the operations. On one thread. */
#ifndef HARNESS_BENCH_BATCHES_H
#define HARNESS_BENCH_BATCHES_H

#include <stdint.h>

struct bench_job;

/*
 * Takes what the last batch gave (`samples`, `count` of them; `unmeasured` operations more were
 * done), and returns how many operations the next one has. job->phase tells what it is for;
 * BENCH_PHASE_END: there is none.
 */
unsigned bench_batches_next(struct bench_job *job, const volatile uint64_t *samples, uint64_t count,
			    unsigned unmeasured);

#endif
