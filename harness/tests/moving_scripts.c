// SPDX-License-Identifier: GPL-2.0-only
/* Family "moving": scripts that move vCPUs' threads. */
#include <errno.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "guest-images/tests/moving.h"
#include "harness/run.h"
#include "harness/test_mover.h"
#include "harness/tests/moving.h"
#include "timer/host_counter.h"

/* A row's vCPUs, on two of the host's CPUs in turn. */
static const char *on_two_cpus(struct test_run *run, char *list, size_t size)
{
	size_t length = snprintf(list, size, "pin:");

	for (unsigned i = 0; i < run->vm.machine.cpus && length < size; i++)
		length += snprintf(list + length, size - length, "%s%u", i ? "," : "",
				   run->host_cpus[i % 2 % run->host_cpu_count]);
	return list;
}

static void prepare_policy(struct test_run *run)
{
	static const struct {
		const char *place, *migrate;
	} policies[MOVING_POLICIES] = {
		[MOVING_ROUND] = { "spread", "round-robin:0.4" },
		[MOVING_RANDOM] = { "none", "random:0.2-3" },
		[MOVING_CROWDED] = { NULL, "random:0.3-5" },
		[MOVING_PACKED] = { "pack", "round-robin:1" },
		[MOVING_AT_EXITS] = { "spread", "on-exit:1" },
		[MOVING_IN_A_WHILE] = { "none", "random:1-40" },
	};
	struct test_mover *mover = calloc(1, sizeof(*mover));
	unsigned policy = run->test->args[7];
	char list[128];

	if (!mover || policy >= MOVING_POLICIES) {
		run_fail(run, "out of memory, or no such policy");
		free(mover);
		return;
	}
	run->script_data = mover;
	test_mover_prepare(mover, &run->vm,
			   policies[policy].place ? policies[policy].place
						  : on_two_cpus(run, list, sizeof(list)),
			   policies[policy].migrate, MOVING_WORD_MOVES);
}

static void move_by_policy(struct test_run *run)
{
	struct test_mover *mover = run->script_data;

	if (!mover || !test_mover_begin(mover))
		return;
	while (!run_is_over(run))
		run_sleep_us(1000);
	test_mover_end(mover);
}

/* How late interrupts came is for the record, not a verdict. */
static void record_lateness(struct test_run *run)
{
	run_sample(run, "latest interrupt, ns", test_vm_word(&run->vm, MOVING_WORD_MAX_LATE));
}

static void finish_policy(struct test_run *run)
{
	record_lateness(run);
	if (run->script_data)
		test_mover_destroy(run->script_data);
	free(run->script_data);
	run->script_data = NULL;
}

const struct test_script moving_by_policy = {
	.prepare = prepare_policy,
	.beside = move_by_policy,
	.finish = finish_policy,
};

/* -- where vCPUs are, for scripts that say themselves when they move -- */

struct moving {
	int64_t offset;			/* host's counter minus the guest's virtual one */
	unsigned place[GUEST_MAX_CPUS]; /* in run->host_cpus */
	uint64_t hops;
	sem_t steps; /* that the guest has begun, and the script has not */
};

static void prepare_moving(struct test_run *run)
{
	struct moving *moving = calloc(1, sizeof(*moving));

	if (!moving) {
		run_fail(run, "out of memory");
		return;
	}
	moving->offset = INT64_MAX;
	for (unsigned i = 0; i < GUEST_MAX_CPUS; i++)
		moving->place[i] = i % run->host_cpu_count;
	sem_init(&moving->steps, 0, 0);
	run->script_data = moving;
}

static void finish_moving(struct test_run *run)
{
	struct moving *moving = run->script_data;

	record_lateness(run);
	if (moving) {
		run_sample(run, "moves", moving->hops);
		sem_destroy(&moving->steps);
	}
	free(moving);
	run->script_data = NULL;
}

static unsigned next_place(struct test_run *run, unsigned cpu)
{
	struct moving *moving = run->script_data;

	moving->hops++;
	moving->place[cpu] = (moving->place[cpu] + 1) % run->host_cpu_count;
	return moving->place[cpu];
}

static void hop(struct test_run *run, unsigned cpu)
{
	test_vm_move(&run->vm, cpu, next_place(run, cpu));
}

/* On the vCPU's own thread, while it is in no guest. The script's thread does nothing then. */
static void hop_by_itself(struct test_run *run, unsigned cpu)
{
	unsigned number = run->host_cpus[next_place(run, cpu)];
	int ret = host_cpus_bind(0, number);

	RUN_CHECK(run, ret == 0, "cannot bind a vCPU's thread to host CPU %u: %s", number,
		  strerror(-ret));
}

/* A script's call: the vCPU itself wants to hop, tells its clock, or begins a step. */
static uint64_t answer(struct test_run *run, struct test_vm *vm, unsigned cpu, unsigned function,
		       const uint64_t args[3])
{
	struct moving *moving = run->script_data;
	int64_t offset = host_counter() - args[0];

	(void)vm;
	if (!moving)
		return 0;
	if (function == MOVING_CALL_HOP)
		hop_by_itself(run, cpu);
	/* The least is the truest: the exit takes time. */
	else if (function == MOVING_CALL_CLOCK && offset < moving->offset)
		moving->offset = offset;
	else if (function == MOVING_CALL_STEP)
		sem_post(&moving->steps);
	return 0;
}

/* -- blocked -- */

/*
 * KVM polls for a while before it blocks a vCPU. A sleep that is over before it is found blocked is
 * not moved.
 */
static void move_when_blocked(struct test_run *run)
{
	struct test_vm *vm = &run->vm;
	uint64_t moved = 0, step = 0;

	if (!run->script_data || !test_mover_await_threads(vm, 1))
		return;
	while (!run_is_over(run)) {
		uint64_t now = test_vm_word(vm, MOVING_WORD_STEP);

		if (now == step || !test_vm_is_blocked(vm, 0)) {
			run_sleep_us(50);
			continue;
		}
		step = now;
		/* Once, or there and on while it is still blocked. */
		for (unsigned n = 1 + run_random(run, 2); n; n--) {
			hop(run, 0);
			moved++;
		}
	}
	run_sample(run, "moves while blocked", moved);
}

const struct test_script moving_blocked = {
	.prepare = prepare_moving,
	.beside = move_when_blocked,
	.finish = finish_moving,
};

/* -- with the line high -- */

static void move_when_asked(struct test_run *run)
{
	if (!run->script_data || !test_mover_await_threads(&run->vm, 1))
		return;
	for (uint64_t n = 1; test_vm_wait_word(&run->vm, MOVING_WORD_STEP, n); n++) {
		hop(run, 0);
		test_vm_set_word(&run->vm, MOVING_WORD_DONE, n);
	}
}

const struct test_script moving_asserted = {
	.prepare = prepare_moving,
	.beside = move_when_asked,
	.call = answer,
	.finish = finish_moving,
};

/* -- in steps around an expiry -- */

#define BEFORE_US 150
#define AFTER_US  150

static int64_t us_to_count(int64_t us)
{
	return us * (int64_t)host_counter_frequency() / 1000000;
}

#define LOOK_NS 10000000

/*
 * Until the guest begins its next step. Woken, and not looking again and again: a thread with a
 * real-time priority would take the host CPU from the vCPU for that.
 */
static bool await_step(struct test_run *run)
{
	struct moving *moving = run->script_data;
	struct timespec end;

	while (!run_is_over(run)) {
		clock_gettime(CLOCK_MONOTONIC, &end);
		end.tv_nsec += LOOK_NS;
		if (end.tv_nsec >= 1000000000) {
			end.tv_nsec -= 1000000000;
			end.tv_sec++;
		}
		if (sem_clockwait(&moving->steps, CLOCK_MONOTONIC, &end) == 0)
			return true;
	}
	return false;
}

/*
 * Sleeps, and spins the last bit, until step n of `steps` is due: from BEFORE_US before the expiry
 * to AFTER_US after it. A machine too busy for that is late, which changes no verdict.
 */
static void await_phase(struct test_run *run, uint64_t n, uint64_t steps, bool spins)
{
	struct moving *moving = run->script_data;
	int64_t when = test_vm_word(&run->vm, MOVING_WORD_WHEN) + moving->offset;
	int64_t due = when - us_to_count(BEFORE_US) +
		      (int64_t)(us_to_count(BEFORE_US + AFTER_US) * (n - 1) / steps);
	int64_t left = due - (int64_t)host_counter();

	/* What the guest says may be nonsense. */
	if (left <= 0 || left > us_to_count(100000))
		return;
	if (!spins)
		run_sleep_us(left * 1000000 / (int64_t)host_counter_frequency());
	while (spins && (int64_t)host_counter() < due && !run_is_over(run))
		;
}

static void swap_in_steps(struct test_run *run)
{
	if (!run->script_data || !test_mover_await_threads(&run->vm, run->vm.machine.cpus))
		return;
	for (uint64_t n = 1; n <= run->test->args[1] && await_step(run); n++) {
		await_phase(run, n, run->test->args[1], true);
		for (unsigned cpu = 0; cpu < run->vm.machine.cpus; cpu++)
			hop(run, cpu);
		test_vm_set_word(&run->vm, MOVING_WORD_DONE, n);
	}
}

const struct test_script moving_swap = {
	.prepare = prepare_moving,
	.beside = swap_in_steps,
	.call = answer,
	.finish = finish_moving,
};

/* -- preempted -- */

#define PREEMPTION_US 400

/*
 * This thread has a real-time priority and the vCPU's host CPU: while it spins, the vCPU is
 * scheduled out. It goes and comes in steps around the expiry.
 */
static void preempt_in_steps(struct test_run *run)
{
	if (!run->script_data || !test_mover_await_threads(&run->vm, 1))
		return;
	test_vm_move(&run->vm, 0, 0);
	if (host_cpus_bind(0, run->host_cpus[0]) < 0 || host_cpus_set_fifo(0, 1) < 0) {
		run_skip(run, "no real-time priority here: %s", strerror(errno));
		return;
	}
	for (uint64_t n = 1; n <= run->test->args[1] && await_step(run); n++) {
		int64_t end;

		await_phase(run, n, run->test->args[1], false);
		end = (int64_t)host_counter() + us_to_count(1 + run_random(run, PREEMPTION_US));
		while ((int64_t)host_counter() < end)
			;
		test_vm_set_word(&run->vm, MOVING_WORD_DONE, n);
	}
}

const struct test_script moving_preempt = {
	.prepare = prepare_moving,
	.beside = preempt_in_steps,
	.call = answer,
	.finish = finish_moving,
};
