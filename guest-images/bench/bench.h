/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the guests of benchmarks share. A benchmark is a GUEST_TEST(bench_...) that does one
 * operation again and again:
 *
 *	bench_begin();
 *	while (bench_next()) {
 *		prepare();
 *		bench_start();
 *		operation();
 *		bench_stop();
 *	}
 *
 * Between start and stop the operation is measured apart: the counter is read before and after, and
 * markers (guest-images/lib/marker.h) tell the cost meter where it begins and ends. On CPU 0 only.
 */
#ifndef GUEST_IMAGES_BENCH_BENCH_H
#define GUEST_IMAGES_BENCH_BENCH_H

#include "guest-images/bench/protocol.h"
#include "guest-images/lib/guest.h"
#include "guest-images/lib/marker.h"

struct bench {
	uint64_t left;	/* of the batch */
	uint64_t count; /* samples taken */
	uint64_t batch; /* which */
	uint64_t after; /* operations that come when it has settled */
	uint64_t start; /* of the operation, in ticks */
	bool settled;	/* operations are measured */
	bool marked;	/* and marked */
	bool wants_marks;
	uint64_t index; /* what markers say */
};
extern struct bench bench;

void bench_begin(void);
/* The next part of the batch, or tells of the batch that has ended and asks for another. False: the
 * benchmark is over. */
bool bench_next_part(void);

static inline bool bench_next(void)
{
	if (__builtin_expect(!bench.left, 0) && !bench_next_part())
		return false;
	bench.left--;
	return true;
}

/* One operation took so many ticks. */
static inline void bench_sample(uint64_t ticks)
{
	volatile struct guest_bench *shared_samples = (struct guest_bench *)GUEST_BENCH_BASE;

	if (bench.settled)
		shared_samples->samples[bench.count++] = ticks;
}

/* The counter, in order with what stands before and behind. Planted faults do not play here. */
static inline uint64_t bench_now(void)
{
	uint64_t now;

	asm volatile("isb; mrs %0, cntvct_el0; isb" : "=r"(now)::"memory");
	return now;
}

/* Bracket what the meter counts. */
static inline void bench_mark_begin(void)
{
	if (bench.marked)
		marker_begin(bench.index);
}

static inline void bench_mark_end(void)
{
	if (bench.marked)
		marker_end();
}

static inline void bench_start(void)
{
	bench.start = bench_now();
	bench_mark_begin();
}

static inline void bench_stop(void)
{
	bench_mark_end();
	bench_sample(bench_now() - bench.start);
}

/*
 * An interrupt's handler: notes when it came. `bench_arrived` is set last. A level is taken back
 * by `lower` where that is not NULL.
 */
struct bench_arrival {
	volatile bool arrived;
	volatile uint64_t count; /* the virtual counter, just after the acknowledgement */
	void (*lower)(void);
};
void bench_take(uint32_t intid, struct bench_arrival *arrival);
/* For handlers of their own: the library would take the same interrupt at the same place, again and
 * again, for a storm. */
void bench_handle(uint32_t intid, irq_fn *fn, void *argument);
void bench_not_a_storm(void);
/* Spins, or sleeps in WFI, until it has come; interrupts are masked before and after. */
void bench_await(struct bench_arrival *arrival);
void bench_await_asleep(struct bench_arrival *arrival, const char *what);

#endif
