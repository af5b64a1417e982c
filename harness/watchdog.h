/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When a guest's wait has taken too long. Pure logic.
 *
 * Its time is the watchdog's own: a machine that is too busy to run the watchdog's thread does not
 * run the guest either, so a look counts for a limited time, however long ago the last one was.
 */
#ifndef HARNESS_WATCHDOG_H
#define HARNESS_WATCHDOG_H

#include <stdint.h>

#define WATCHDOG_PERIOD_NS UINT64_C(50000000)

struct watchdog_clock {
	uint64_t time; /* ns since the first look */
	uint64_t last; /* CLOCK_MONOTONIC of the last look; 0: none yet */
};

/* A look at `now`; returns the watchdog's time. */
uint64_t watchdog_look(struct watchdog_clock *clock, uint64_t now);

struct watchdog_limits {
	uint64_t slack, kick_slack; /* ns */
};

/* One CPU's wait. Zeroed memory: none. */
struct watchdog_wait {
	uint64_t waits;	 /* as the guest counts them */
	uint64_t since;	 /* the watchdog's time when it was first seen, plus 1; 0: not waiting */
	uint64_t kicked; /* the same, of the kick; 0: none */
};

enum watchdog_verdict {
	WATCHDOG_FINE,
	WATCHDOG_LATE, /* say so and kick; told once per wait */
	WATCHDOG_HUNG, /* the kick did not help */
};

/* `waits` and `wait_time` as the guest has them now: any value at all. */
enum watchdog_verdict watchdog_judge(struct watchdog_wait *wait,
				     const struct watchdog_limits *limits, uint64_t time,
				     uint64_t waits, uint64_t wait_time);

#endif
