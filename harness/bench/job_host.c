// SPDX-License-Identifier: GPL-2.0-only
/* Operations that a thread of the process does itself. */
#include "guest-images/lib/marker.h"
#include "harness/bench/batches.h"
#include "harness/bench/job.h"
#include "timer/host_counter.h"

void bench_job_host_begin(struct bench_job *job)
{
	job->host = (struct bench_host_batch){ 0 };
}

bool bench_job_host_next(struct bench_job *job)
{
	struct bench_host_batch *host = &job->host;

	while (!host->left) {
		host->left = bench_batches_next(job, host->samples, host->count, 0);
		host->count = 0;
		if (job->phase == BENCH_PHASE_END)
			return false;
	}
	host->left--;
	return true;
}

void bench_job_host_sample(struct bench_job *job, uint64_t ticks)
{
	if (job->host.count < BENCH_HOST_BATCH)
		job->host.samples[job->host.count++] = ticks;
}

void bench_job_host_start(struct bench_job *job)
{
	job->host.start = host_counter();
	if (job->phase == BENCH_PHASE_MEASURE)
		marker_begin(job->index);
}

void bench_job_host_stop(struct bench_job *job)
{
	if (job->phase == BENCH_PHASE_MEASURE)
		marker_end();
	bench_job_host_sample(job, host_counter() - job->host.start);
}
