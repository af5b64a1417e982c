/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The suite's mover: a test VM's vCPUs placed and moved as `armlet run --place --migrate` does it,
 * by the same engine (vcpu/placement.h). What it did becomes samples of the run.
 */
#ifndef HARNESS_TEST_MOVER_H
#define HARNESS_TEST_MOVER_H

#include <stdbool.h>

#include "harness/run.h"
#include "harness/test_vm.h"
#include "vcpu/placement.h"

/*
 * Whether tests can be placed so on this host: a list of host CPUs may name some that this process
 * may not use. Both as placement_parse_place() and placement_parse_migrate() accepted them, or
 * NULL. Returns 0 or -errno, described.
 */
int test_mover_check(const char *place, const char *migrate);

struct test_mover {
	struct test_vm *vm;
	struct placement *placement;
	unsigned cpus;
	bool begun;
	int word;
	uint64_t moves;
};

#define TEST_MOVER_NO_WORD (-1)

/*
 * Before the VM runs (a script's `prepare`, or before test_vm_start()). `place` and `migrate` are
 * as the options take them, but that vCPUs go round in a list of host CPUs that has not one for
 * each; a random schedule's seed is the run's unless one is said. False: failed, and the run with
 * it.
 */
bool test_mover_prepare(struct test_mover *mover, struct test_vm *vm, const char *place,
			const char *migrate, int word);

/* Waits for the vCPUs' threads and begins; false when the test is over before. */
bool test_mover_begin(struct test_mover *mover);

/* Stops moving, while the vCPUs still have threads: before `beside` returns. */
void test_mover_end(struct test_mover *mover);

/* When the vCPUs are parked (a script's `finish`). After any of the above, also if it failed. */
void test_mover_destroy(struct test_mover *mover);

/* Waits until the VM's vCPUs have threads; false when the test is over before. */
bool test_mover_await_threads(struct test_vm *vm, unsigned cpus);

#endif
