/* SPDX-License-Identifier: GPL-2.0-only */
/* What the scripts share that make VMs of all kinds at random; lifetime_many.c. */
#ifndef HARNESS_TESTS_LIFETIME_WORKERS_H
#define HARNESS_TESTS_LIFETIME_WORKERS_H

#include <pthread.h>

#include "harness/raw_vm.h"
#include "harness/tests/lifetime.h"

/* What one thread works with. */
struct worker {
	struct test_run *run;
	pthread_t thread;
	uint64_t random;
	unsigned kinds; /* TEST_ON() bits: what the host can make */
	uint64_t rounds, begun;
	/* Of one VM with ioctls in any order. */
	bool avoids_pmu, avoids_late_vcpus, avoids_ptimer, avoids_gic, has_run;
};

uint64_t worker_below(struct worker *worker, uint64_t end);

/* TEST_ON() bits: what VMs the host can make. */
unsigned worker_possible_kinds(struct test_run *run);
enum irqchip_kind worker_any_kind(struct worker *worker);

bool lifetime_fresh_vm_works(struct test_run *run, enum irqchip_kind kind, const char *what);

#endif
