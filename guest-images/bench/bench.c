// SPDX-License-Identifier: GPL-2.0-only
#include "guest-images/bench/bench.h"
#include "guest-images/lib/cpu.h"

/* Longer than whatever an operation waits for. */
#define PATIENCE_NS 1000000000

struct bench bench;

void bench_begin(void)
{
	bench = (struct bench){ .index = word_get(BENCH_WORD_INDEX) };
}

/* Empty batches tell the host what a batch itself costs. */
static uint64_t next_batch(void)
{
	volatile struct guest_bench *samples = (struct guest_bench *)GUEST_BENCH_BASE;
	uint64_t next;

	do {
		samples->count = bench.count;
		next = call_host(BENCH_CALL_NEXT, 0, 0, 0);
		bench.count = 0;
	} while (!(next & (BENCH_NEXT_COUNT | BENCH_NEXT_END)));
	return next;
}

bool bench_next_part(void)
{
	uint64_t next;

	if (!bench.settled && bench.after) {
		bench.settled = true;
		bench.marked = bench.wants_marks;
		bench.left = bench.after;
		return true;
	}
	next = next_batch();
	bench.batch++;
	bench.settled = false;
	bench.marked = false;
	bench.wants_marks = !(next & BENCH_NEXT_WARMUP);
	bench.after = next & BENCH_NEXT_COUNT;
	bench.left = BENCH_SETTLE;
	return !(next & BENCH_NEXT_END);
}

void bench_not_a_storm(void)
{
	cpu_here()->storm = 0;
}

static void arrive(struct irq *irq)
{
	struct bench_arrival *arrival = irq->argument;

	bench_not_a_storm();
	if (arrival->lower)
		arrival->lower();
	arrival->count = irq->count;
	arrival->arrived = true;
}

void bench_handle(uint32_t intid, irq_fn *fn, void *argument)
{
	irq_set_handler(intid, fn, argument);
	gic_enable(intid);
}

void bench_take(uint32_t intid, struct bench_arrival *arrival)
{
	bench_handle(intid, arrive, arrival);
}

void bench_await(struct bench_arrival *arrival)
{
	irq_enable();
	while (!arrival->arrived)
		;
	irq_disable();
}

void bench_await_asleep(struct bench_arrival *arrival, const char *what)
{
	while (!arrival->arrived) {
		wait_begin(PATIENCE_NS, what);
		asm volatile("dsb sy\n\twfi" ::: "memory");
		wait_end();
		irq_enable();
		isb();
		irq_disable();
	}
}
