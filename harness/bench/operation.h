/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An operation whose cost is measured: a row, as a test is one (harness/test.h), and what the host
 * does for it. docs/bench.md tells what each measures.
 */
#ifndef HARNESS_BENCH_OPERATION_H
#define HARNESS_BENCH_OPERATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/test.h"

struct bench_job;

/* Who deals with the operation's exits. */
enum bench_class {
	BENCH_NO_EXIT,	 /* there is none */
	BENCH_EL2,	 /* KVM at EL2, and straight back */
	BENCH_KERNEL,	 /* the host's kernel */
	BENCH_USERSPACE, /* armlet */
	BENCH_BLOCKED,	 /* the vCPU sleeps */
};

/* On which host CPUs the operation wants its vCPUs, whatever --place says. */
enum bench_place {
	BENCH_PLACE_ANY,
	BENCH_PLACE_SAME,  /* all on one */
	BENCH_PLACE_OTHER, /* each on its own */
};

struct bench_operation {
	/* id: the operation's name; guest, cpus, irqchips, needs, args and title are used. The
	 * script is the benchmark's own. */
	struct test test;
	enum bench_class class;
	/* With the userspace irqchip, where it is another one. */
	enum bench_class user_class;
	bool has_user_class;
	enum bench_place place;
	unsigned iterations; /* when the user does not say */
	unsigned max_batch;  /* 0: GUEST_BENCH_BATCH */
	/* Before the VM's first vCPU runs, and on vCPU 0's thread before each batch. */
	void (*prepare)(struct bench_job *job);
	void (*before_batch)(struct bench_job *job);
	/* BENCH_CALL_ACT, on the vCPU's thread. */
	void (*act)(struct bench_job *job, struct test_vm *vm, unsigned cpu);
	/* On a thread of its own, beside the guest; has to end soon after run_is_over(). */
	void (*beside)(struct bench_job *job);
	bool samples_beside; /* it measures, by bench_job_host_sample(); the guest does not */
	/* Instead of a guest: measures by bench_job_host_start() and _stop(). */
	void (*alone)(struct bench_job *job);
};

/* Tables, ended by NULL, of rows, ended by one without an id. */
extern const struct bench_operation *const bench_operations[];

const char *bench_class_name(enum bench_class class);
enum bench_class bench_class_of(const struct bench_operation *operation, enum irqchip_kind irqchip);

#endif
