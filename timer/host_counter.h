/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The system counter as this process reads it: CNTVCT_EL0 at EL0.
 *
 * A guest's CNTVCT_EL0 is this minus an offset that is constant while nobody sets it, so that one
 * pair of readings lets the host tell when a guest's timer expires.
 *
 * Where there is no such register (unit tests on other machines) it is CLOCK_MONOTONIC in
 * nanoseconds.
 */
#ifndef TIMER_HOST_COUNTER_H
#define TIMER_HOST_COUNTER_H

#include <stdint.h>
#include <time.h>

static inline uint64_t host_counter(void)
{
#ifdef __aarch64__
	uint64_t count;

	/* Not earlier than what the program has done before. */
	asm volatile("isb; mrs %0, cntvct_el0" : "=r"(count)::"memory");
	return count;
#else
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
#endif
}

/* In Hz. */
static inline uint64_t host_counter_frequency(void)
{
#ifdef __aarch64__
	uint64_t frequency;

	asm("mrs %0, cntfrq_el0" : "=r"(frequency));
	return frequency;
#else
	return 1000000000;
#endif
}

#endif
