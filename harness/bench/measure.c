// SPDX-License-Identifier: GPL-2.0-only
#include "harness/bench/measure.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/log.h"
#include "harness/bench/statistics.h"
#include "timer/host_counter.h"

struct bench_measure *bench_measure_create(void)
{
	void *map = mmap(NULL, sizeof(struct bench_measure), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED) {
		log_error(-errno, "cannot make room for what is measured: %s", strerror(errno));
		return NULL;
	}
	return map;
}

void bench_measure_destroy(struct bench_measure *measure)
{
	if (measure)
		munmap(measure, sizeof(*measure));
}

void bench_measure_begin(struct bench_measure *measure)
{
	memset(measure, 0, sizeof(*measure));
	measure->frequency = host_counter_frequency();
}

void bench_measure_empty(struct bench_measure *measure, const struct bench_perf_values *spent)
{
	double cycles[BENCH_EMPTY_BATCHES], instructions[BENCH_EMPTY_BATCHES];

	if (measure->empty_count == BENCH_EMPTY_BATCHES)
		return;
	measure->empty[measure->empty_count++] = *spent;
	for (unsigned i = 0; i < measure->empty_count; i++) {
		cycles[i] = measure->empty[i].cycles;
		instructions[i] = measure->empty[i].instructions;
	}
	measure->empty_cycles = bench_median(cycles, measure->empty_count);
	measure->empty_instructions = bench_median(instructions, measure->empty_count);
}

static double per_operation(double spent, double empty, unsigned count)
{
	return spent > empty ? (spent - empty) / count : 0;
}

void bench_measure_batch(struct bench_measure *measure, const volatile uint64_t *samples,
			 unsigned sampled, unsigned count, const struct bench_perf_values *spent)
{
	struct bench_batch batch = { 0 };
	/* Of a time in which others had the PMU as well a part is counted. */
	double scale = spent->running ? (double)spent->enabled / spent->running : 1;

	for (unsigned i = 0; i < sampled; i++) {
		bench_histogram_add(&measure->histogram, samples[i]);
		batch.ticks += samples[i];
	}
	if (!sampled || !count || measure->batches == BENCH_BATCHES)
		return;
	batch.ticks /= sampled;
	batch.cycles = per_operation(spent->cycles * scale, measure->empty_cycles, count);
	batch.instructions =
		per_operation(spent->instructions * scale, measure->empty_instructions, count);
	measure->shared_pmu |= spent->running < spent->enabled;
	measure->batch[measure->batches++] = batch;
}

void bench_measure_adopt(struct bench_measure *measure)
{
	if (measure->batches > BENCH_BATCHES)
		measure->batches = BENCH_BATCHES;
	measure->no_cycles[sizeof(measure->no_cycles) - 1] = '\0';
}
