/* SPDX-License-Identifier: GPL-2.0-only */
/* What the families fpsimd and sve share on the host's side. */
#ifndef HARNESS_TESTS_FPSIMD_H
#define HARNESS_TESTS_FPSIMD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "guest-images/fp/fp_check.h"
#include "harness/run.h"

/* Fails the run for a register of the host's side. */
void fpsimd_fail(struct test_run *run, const char *whose, const char *when, unsigned round,
		 const struct fp_difference *difference);

/* Loses a lane of a host thread's registers when that fault is planted. */
void fpsimd_play_host_fault(const struct test_run *run, uint64_t *lane);

/*
 * Another task of the host, bound to one CPU, that keeps patterns in its own registers: it fills
 * them, lets others run, and looks. With SVE in all of Z, P and FFR where the host has it.
 */
struct fpsimd_task {
	struct test_run *run;
	unsigned host_cpu;
	bool sve;
	atomic_bool stop;
	unsigned rounds;
	pthread_t thread;
	bool started;
};

void fpsimd_task_start(struct fpsimd_task *task, struct test_run *run, unsigned host_cpu, bool sve);
/* Fails the run when the task did not get a single round. */
void fpsimd_task_end(struct fpsimd_task *task);

/* Scripts of both families. */
extern const struct test_script fpsimd_signals, fpsimd_moves, fpsimd_shares_cpu, fpsimd_two_vms,
	fpsimd_on_one_cpu, fpsimd_full_beside, fpsimd_kernel_neon, fpsimd_softirq_neon,
	sve_two_lengths, sve_two_limits, sve_beside_none;

#endif
