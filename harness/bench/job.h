/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One operation with one interrupt controller, being measured in its own process (harness/run.h).
 */
#ifndef HARNESS_BENCH_JOB_H
#define HARNESS_BENCH_JOB_H

#include "guest-images/bench/protocol.h"
#include "harness/bench/measure.h"
#include "harness/bench/operation.h"
#include "harness/run.h"
#include "vcpu/placement_request.h"

enum bench_phase {
	BENCH_PHASE_EMPTY, /* batches of nothing */
	BENCH_PHASE_WARMUP,
	BENCH_PHASE_MEASURE,
	BENCH_PHASE_END,
};

#define BENCH_HOST_BATCH 64

/* Of operations that no guest counts. */
struct bench_host_batch {
	uint64_t left, count, start;
	uint64_t samples[BENCH_HOST_BATCH];
};

struct bench_job {
	struct test test; /* what runs; `script` leads back here */
	const struct bench_operation *operation;
	const struct placement_request *place;
	unsigned index; /* in the record */
	uint64_t iterations, warmup;
	const char *no_cycles; /* why not to count them; NULL: to be tried */
	struct bench_measure *measure;

	/* Of the process that measures. */
	struct test_run *run;
	enum bench_phase phase;
	uint64_t done;	/* iterations of the phase */
	bool asking;	/* a batch runs */
	unsigned asked; /* its operations */
	struct bench_perf perf;
	struct bench_perf_values before;
	uint64_t switches[2]; /* involuntary, voluntary; when it began */
	struct bench_host_batch host;
	unsigned place_now; /* of a vCPU that hops */
	void *data;	    /* the operation's */
};

/* How many operations a batch has. Pure. */
unsigned bench_batch_size(uint64_t iterations, unsigned most);

/* `job` with its test and script made from operation and options. */
void bench_job_init(struct bench_job *job, const struct bench_operation *operation,
		    uint64_t iterations, uint64_t warmup);

static inline struct bench_job *bench_job_of(struct test_run *run)
{
	return (struct bench_job *)((char *)run->test - offsetof(struct bench_job, test));
}

/*
 * For operations that a thread of the process does, and no guest: begin, then bench_job_host_next()
 * while it returns true, each time one start, the operation, one stop; or, for what is no operation
 * but a time, one sample. Such an operation has batches of BENCH_HOST_BATCH at most.
 */
void bench_job_host_begin(struct bench_job *job);
bool bench_job_host_next(struct bench_job *job);
void bench_job_host_start(struct bench_job *job);
void bench_job_host_stop(struct bench_job *job);
void bench_job_host_sample(struct bench_job *job, uint64_t ticks);

#endif
