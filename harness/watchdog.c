// SPDX-License-Identifier: GPL-2.0-only
#include "harness/watchdog.h"

uint64_t watchdog_look(struct watchdog_clock *clock, uint64_t now)
{
	uint64_t passed = clock->last && now > clock->last ? now - clock->last : 0;

	clock->time += passed < 2 * WATCHDOG_PERIOD_NS ? passed : 2 * WATCHDOG_PERIOD_NS;
	clock->last = now;
	return clock->time;
}

enum watchdog_verdict watchdog_judge(struct watchdog_wait *wait,
				     const struct watchdog_limits *limits, uint64_t time,
				     uint64_t waits, uint64_t wait_time)
{
	uint64_t allowed;

	if (!wait_time || !wait->since || waits != wait->waits) {
		*wait = (struct watchdog_wait){ .waits = waits, .since = wait_time ? time + 1 : 0 };
		return WATCHDOG_FINE;
	}
	if (wait->kicked)
		return time + 1 - wait->kicked > limits->kick_slack ? WATCHDOG_HUNG : WATCHDOG_FINE;
	if (__builtin_add_overflow(wait_time, limits->slack, &allowed) ||
	    time + 1 - wait->since <= allowed)
		return WATCHDOG_FINE;
	wait->kicked = time + 1;
	return WATCHDOG_LATE;
}
