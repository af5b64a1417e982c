// SPDX-License-Identifier: GPL-2.0-only
/* The host's side of a benchmark: batches, and what they cost the vCPU's thread. */
#include "harness/bench/job.h"

#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#include "harness/bench/batches.h"
#include "harness/run_private.h"

/* For percentiles of batches there have to be many, and each has to outweigh what it costs itself.
 */
#define BATCHES_WANTED 100
#define BATCH_LEAST    50

unsigned bench_batch_size(uint64_t iterations, unsigned most)
{
	uint64_t size = iterations / BATCHES_WANTED;

	if (size < BATCH_LEAST)
		size = BATCH_LEAST;
	/* All batches are kept. */
	if (size < iterations / (BENCH_BATCHES / 2))
		size = iterations / (BENCH_BATCHES / 2);
	return size < most ? size : most;
}

static void read_switches(uint64_t switches[2])
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	switches[0] = usage.ru_nivcsw;
	switches[1] = usage.ru_nvcsw;
}

/* Anybody in the whole machine: not a question for one of many CPUs, nor beside a guest that never
 * sleeps. */
static bool others_are_runnable(const struct bench_job *job)
{
	bool asks = job->run->host_cpu_count == 1 && !job->operation->samples_beside;
	FILE *file = asks ? fopen("/proc/loadavg", "re") : NULL;
	unsigned runnable = 0;

	if (!file)
		return false;
	if (fscanf(file, "%*f %*f %*f %u/", &runnable) != 1)
		runnable = 0;
	fclose(file);
	return runnable > 1;
}

/*
 * Lets others who want this CPU have it before: the thread that made this one, for example, which
 * may not have come to its own wait yet. KVM looks at each vcpu_load() whether anybody else is
 * runnable (single_task_running()), to trap WFE or not, and takes another path then.
 */
static void let_others_go_first(const struct bench_job *job)
{
	const struct timespec some_ticks = { .tv_nsec = 20 * 1000 * 1000 };
	unsigned tries = 0;

	do
		clock_nanosleep(CLOCK_MONOTONIC, 0, &some_ticks, NULL);
	while (++tries < 10 && others_are_runnable(job));
}

/* On the thread that is to be counted. */
static void begin(struct bench_job *job)
{
	struct bench_measure *measure = job->measure;
	const struct bench_operation *operation = job->operation;
	bool by_host = operation->alone || operation->samples_beside;
	unsigned most = by_host		       ? BENCH_HOST_BATCH
			: operation->max_batch ? operation->max_batch
					       : GUEST_BENCH_BATCH;

	let_others_go_first(job);
	if (job->no_cycles)
		snprintf(measure->no_cycles, sizeof(measure->no_cycles), "%s", job->no_cycles);
	else
		measure->has_cycles =
			bench_perf_open(&job->perf, measure->no_cycles, sizeof(measure->no_cycles));
	measure->has_instructions = job->perf.instructions_fd >= 0;
	measure->batch_size = bench_batch_size(job->iterations, most);
	job->phase = BENCH_PHASE_EMPTY;
}

static void take_batch(struct bench_job *job, const volatile uint64_t *samples, uint64_t count,
		       unsigned unmeasured)
{
	struct bench_measure *measure = job->measure;
	struct bench_perf_values now, spent;

	bench_perf_read(&job->perf, &now);
	spent = (struct bench_perf_values){ now.cycles - job->before.cycles,
					    now.instructions - job->before.instructions,
					    now.enabled - job->before.enabled,
					    now.running - job->before.running };
	if (job->phase == BENCH_PHASE_EMPTY)
		bench_measure_empty(measure, &spent);
	else if (job->phase == BENCH_PHASE_MEASURE)
		bench_measure_batch(measure, samples, count < job->asked ? count : job->asked,
				    job->asked + unmeasured, &spent);
	job->done += job->phase == BENCH_PHASE_EMPTY ? 1 : job->asked;
}

static uint64_t phase_length(const struct bench_job *job)
{
	switch (job->phase) {
	case BENCH_PHASE_EMPTY:
		return BENCH_EMPTY_BATCHES;
	case BENCH_PHASE_WARMUP:
		return job->warmup;
	case BENCH_PHASE_MEASURE:
		return job->iterations;
	case BENCH_PHASE_END:
		break;
	}
	return 0;
}

static void count_switches(struct bench_job *job)
{
	uint64_t now[2];

	read_switches(now);
	job->measure->involuntary_switches = now[0] - job->switches[0];
	job->measure->voluntary_switches = now[1] - job->switches[1];
}

static void enter_phase(struct bench_job *job, enum bench_phase phase)
{
	job->phase = phase;
	job->done = 0;
	if (phase == BENCH_PHASE_MEASURE) {
		if (others_are_runnable(job))
			let_others_go_first(job);
		read_switches(job->switches);
	}
	if (phase == BENCH_PHASE_END) {
		count_switches(job);
		bench_perf_close(&job->perf);
	}
}

unsigned bench_batches_next(struct bench_job *job, const volatile uint64_t *samples, uint64_t count,
			    unsigned unmeasured)
{
	uint64_t left;

	/* Nothing was asked for before the first one. */
	if (job->asking)
		take_batch(job, samples, count, unmeasured);
	else
		begin(job);
	job->asking = true;
	while (job->phase != BENCH_PHASE_END && job->done >= phase_length(job))
		enter_phase(job, job->phase + 1);
	left = phase_length(job) - job->done;
	job->asked = job->phase == BENCH_PHASE_EMPTY   ? 0
		     : left < job->measure->batch_size ? left
						       : job->measure->batch_size;
	if (job->operation->before_batch)
		job->operation->before_batch(job);
	bench_perf_read(&job->perf, &job->before);
	return job->asked;
}

static uint64_t next_for_guest(struct bench_job *job, const struct test_vm *vm)
{
	const volatile struct guest_bench *bench =
		(const volatile void *)((const volatile char *)vm->shared +
					(GUEST_BENCH_BASE - GUEST_SHARED_BASE));
	unsigned asked = bench_batches_next(job, bench->samples, bench->count, BENCH_SETTLE);

	if (job->phase == BENCH_PHASE_END)
		return BENCH_NEXT_END;
	return asked | (job->phase == BENCH_PHASE_WARMUP ? BENCH_NEXT_WARMUP : 0);
}

static uint64_t guest_calls(struct test_run *run, struct test_vm *vm, unsigned cpu,
			    unsigned function, const uint64_t args[3])
{
	struct bench_job *job = bench_job_of(run);

	(void)args;
	if (function == BENCH_CALL_NEXT && cpu == 0)
		return next_for_guest(job, vm);
	if (function == BENCH_CALL_ACT && job->operation->act)
		job->operation->act(job, vm, cpu);
	return 0;
}

static unsigned place_of(const struct bench_job *job, unsigned vcpu)
{
	const struct test_run *run = job->run;

	switch (job->operation->place) {
	case BENCH_PLACE_SAME:
		return 0;
	case BENCH_PLACE_OTHER:
		return vcpu % run->host_cpu_count;
	case BENCH_PLACE_ANY:
		break;
	}
	if (job->place->place == PLACE_PACK)
		return 0;
	if (job->place->place == PLACE_PIN)
		for (unsigned i = 0; i < run->host_cpu_count; i++)
			if (run->host_cpus[i] == job->place->pins[vcpu % job->place->pin_count])
				return i;
	return vcpu % run->host_cpu_count;
}

static void prepare(struct test_run *run)
{
	struct bench_job *job = bench_job_of(run);

	job->run = run;
	test_vm_set_word(&run->vm, BENCH_WORD_INDEX, job->index);
	if (job->place->place != PLACE_NONE || job->operation->place != BENCH_PLACE_ANY)
		for (unsigned vcpu = 0; vcpu < run->vm.machine.cpus; vcpu++)
			test_vm_move(&run->vm, vcpu, place_of(job, vcpu));
	if (job->operation->prepare)
		job->operation->prepare(job);
}

static void beside(struct test_run *run)
{
	struct bench_job *job = bench_job_of(run);

	job->operation->beside(job);
}

static void alone(struct test_run *run)
{
	struct bench_job *job = bench_job_of(run);

	job->run = run;
	job->operation->alone(job);
}

static const struct test_script guest_script = { .prepare = prepare, .call = guest_calls };
static const struct test_script beside_script = { .prepare = prepare,
						  .call = guest_calls,
						  .beside = beside };
static const struct test_script alone_script = { .alone = alone };

void bench_job_init(struct bench_job *job, const struct bench_operation *operation,
		    uint64_t iterations, uint64_t warmup)
{
	*job = (struct bench_job){
		.test = operation->test,
		.operation = operation,
		.iterations = iterations,
		.warmup = warmup,
		.perf = { -1, -1 },
	};
	job->test.script = operation->alone    ? &alone_script
			   : operation->beside ? &beside_script
					       : &guest_script;
}
