/* SPDX-License-Identifier: GPL-2.0-only */
/* A vCPU that runs on the thread that looks at its own registers, and the process that traces it;
 * fpsimd_monitor.c and fpsimd_ptrace.c. */
#ifndef HARNESS_TESTS_FPSIMD_TRACING_H
#define HARNESS_TESTS_FPSIMD_TRACING_H

#include <stdatomic.h>

#include "guest-images/fp/fp_check.h"
#include "harness/run.h"

/* What the tracer and the traced thread tell each other: one page, shared across fork(). */
struct fpsimd_tracing {
	_Atomic uint32_t round;	  /* whose pattern the thread has in its registers */
	_Atomic uint32_t written; /* the last round for which the tracer put its own there */
	_Atomic uint32_t done;	  /* how often it did */
	_Atomic bool stop;
	struct fp_difference first;
	_Atomic uint32_t different; /* round in which the tracer saw `first`; 0: never */
	_Atomic int error;	    /* of ptrace() */
};

/*
 * Makes a VM with this guest and the row's args, and is its vCPU's run loop, with the monitor's
 * pattern live across each KVM_RUN: in FP or SVE registers as args[FP_LIVE_ARG] says. `tracing`:
 * until the tracer is content, or NULL.
 */
void fpsimd_run_alone(struct test_run *run, guest_test_id guest, struct fpsimd_tracing *tracing);

#endif
