// SPDX-License-Identifier: GPL-2.0-only
/* The operations, in the order in which they are measured and shown. */
#include "harness/bench/operations.h"

const char *bench_class_name(enum bench_class class)
{
	static const char *const names[] = {
		[BENCH_NO_EXIT] = "none",    [BENCH_EL2] = "el2",
		[BENCH_KERNEL] = "kernel",   [BENCH_USERSPACE] = "userspace",
		[BENCH_BLOCKED] = "blocked",
	};

	return names[class];
}

enum bench_class bench_class_of(const struct bench_operation *operation, enum irqchip_kind irqchip)
{
	return irqchip == IRQCHIP_USER && operation->has_user_class ? operation->user_class
								    : operation->class;
}

const struct bench_operation *const bench_operations[] = {
	bench_exits, bench_timers, bench_interrupts, bench_lives, NULL,
};
