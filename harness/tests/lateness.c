// SPDX-License-Identifier: GPL-2.0-only
/*
 * Family "lateness": how long after CVAL the guest's handler runs, and a verdict on it where time
 * does not depend on load.
 *
 * A host that forgets to unmask a timer's interrupt still notices the expiry at its next exit, its
 * own tick at the latest: nothing is lost, but all is late by up to a tick. The measure is a thread
 * of this process that sleeps on the host's clock, before the guest runs.
 *
 * Where time is a verdict, both run with a real-time priority: a vCPU that waits for its host CPU
 * while another task has it is late, too, and that is nobody's fault.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "guest-images/tests/bystander.h"
#include "guest-images/tests/lateness.h"
#include "guest-images/tests/moving.h"
#include "harness/guest_tests.h"
#include "harness/run.h"
#include "harness/tests/bystander.h"
#include "harness/tests/families.h"
#include "vcpu/host_cpus.h"

/* Where nothing is judged: enough to see by -v what is usual. */
#define SHOTS_UNJUDGED 12

#define BASELINE_SHOTS 20
#define MOST_SHOTS     4096
#define REALTIME       1

/* What a guest may be late beyond what the host's own timers are: well below a tick at any HZ, and
 * many times what the longest path takes (two exits to userspace with the userspace irqchip). */
#define ALLOWED_NS 800000

/* Shots beside a VM in each state, and how long the VM has the host CPU before each. */
#define SHOTS_BESIDE 6
#define REST_US	     2000

struct lateness {
	atomic_uint made;  /* shots so far, of a guest that is told when to stop */
	uint64_t baseline; /* the most that a sleeping thread was late, ns */
	unsigned count;
	uint64_t shots[MOST_SHOTS]; /* ns */
};

static uint64_t sleep_once(uint64_t ns)
{
	struct timespec until;
	uint64_t due = run_now_ns() + ns;

	until.tv_sec = due / 1000000000;
	until.tv_nsec = due % 1000000000;
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
	return run_now_ns() - due;
}

static void measure_baseline(struct test_run *run)
{
	struct lateness *lateness = calloc(1, sizeof(*lateness));

	run->script_data = lateness;
	if (!lateness)
		return;
	if (!run->exact_time)
		run->vm.shared->args[1] = SHOTS_UNJUDGED;
	if (run->exact_time && host_cpus_set_fifo(0, REALTIME) < 0)
		run_note(run, "may not use SCHED_FIFO: other tasks of this host may make it late");
	for (int i = 0; i < (run->exact_time ? BASELINE_SHOTS : SHOTS_UNJUDGED); i++) {
		uint64_t late = sleep_once(500000 + run_random(run, 3000000));

		run_sample(run, "host thread late (ns)", late);
		if (late > lateness->baseline)
			lateness->baseline = late;
	}
	host_cpus_set_normal(0);
}

static uint64_t note_shot(struct test_run *run, struct test_vm *vm, unsigned cpu, unsigned function,
			  const uint64_t args[3])
{
	struct lateness *lateness = run->script_data;

	if (vm != &run->vm)
		return bystander_stay(run, vm, cpu, function, args);
	if (function == LATENESS_CALL_REST)
		run_sleep_us(REST_US);
	if (!lateness || function != LATENESS_CALL_SHOT)
		return 0;
	atomic_fetch_add(&lateness->made, 1);
	/* The first shot may be late: judge() forgives one. */
	if (run->exact_time && !lateness->count)
		host_cpus_set_fifo(0, REALTIME);
	run_sample(run, "late (ns)", args[0]);
	if (lateness->count < MOST_SHOTS)
		lateness->shots[lateness->count++] = args[0];
	return 0;
}

/* One shot that is late may be some work of the host's; a second one is not. */
static void judge(struct test_run *run)
{
	struct lateness *lateness = run->script_data;
	uint64_t allowed, most = 0, second = 0;

	if (!lateness)
		return;
	for (unsigned i = 0; i < lateness->count; i++) {
		if (lateness->shots[i] > most) {
			second = most;
			most = lateness->shots[i];
		} else if (lateness->shots[i] > second) {
			second = lateness->shots[i];
		}
	}
	allowed = lateness->baseline + ALLOWED_NS;
	if (run->exact_time)
		RUN_CHECK(run, second <= allowed,
			  "interrupts came up to %" PRIu64 " and %" PRIu64
			  " ns after CVAL; a thread of the host's was at most %" PRIu64
			  " ns late, and %" PRIu64 " ns are allowed",
			  most, second, lateness->baseline, allowed);
	free(lateness);
	run->script_data = NULL;
}

/* Beside a VM that has left the host CPU's timer interrupt in each state that it can be in. */
static void beside(struct test_run *run)
{
	struct lateness *lateness = run->script_data;
	enum irqchip_kind kind;

	if (!lateness || !bystander_other_kind(run, &kind))
		return;
	test_vm_move(&run->vm, 0, 0);
	for (unsigned state = 0; state <= BYSTANDER_PPI_OFF && !run_is_over(run); state++) {
		struct test_vm other;

		if (bystander_start(run, &other, kind, state)) {
			unsigned until = atomic_load(&lateness->made) + SHOTS_BESIDE;

			while ((int)(atomic_load(&lateness->made) - until) < 0 && !run_is_over(run))
				run_sleep_us(REST_US);
		}
		test_vm_destroy(&other);
	}
	test_vm_set_word(&run->vm, LATENESS_WORD_STOP, 1);
}

static const struct test_script beside_script = {
	.prepare = measure_baseline,
	.beside = beside,
	.call = note_shot,
	.finish = judge,
};

static const struct test_script lateness_script = {
	.prepare = measure_baseline,
	.call = note_shot,
	.finish = judge,
};

#define LATE_FAULTS FAULT_SET(FAULT_GUEST_LATE, FAULT_LINE_DELAY)

const struct test lateness_tests[] = {
	{
		.id = "lateness/virtual-running",
		.title = "the virtual timer's interrupt comes in time to a running CPU (judged "
			 "where time is exact)",
		.guest = GUEST(lateness),
		.args = { 0, 60, 0, 6000 },
		.script = &lateness_script,
		.faults = LATE_FAULTS,
	},
	{
		.id = "lateness/physical-running",
		.title = "the physical timer's interrupt comes in time to a running CPU (judged "
			 "where time is exact)",
		.guest = GUEST(lateness),
		.expires_ptimer = true,
		.args = { 1, 60, 0, 6000 },
		.script = &lateness_script,
		.faults = LATE_FAULTS,
	},
	{
		.id = "lateness/virtual-asleep",
		.title = "the virtual timer's interrupt comes in time to a sleeping CPU (judged "
			 "where time is exact)",
		.guest = GUEST(lateness),
		.args = { 0, 60, 1, 20000 },
		.script = &lateness_script,
		.faults = LATE_FAULTS,
	},
	{
		.id = "lateness/physical-asleep",
		.title = "the physical timer's interrupt comes in time to a sleeping CPU (judged "
			 "where time is exact)",
		.guest = GUEST(lateness),
		.expires_ptimer = true,
		.args = { 1, 60, 1, 20000 },
		.script = &lateness_script,
		.faults = LATE_FAULTS,
	},
	/* args: timer, -, -, longest distance, -, enum bystander_kind, the other VM's timers */
	{
		.id = "lateness/beside-a-vm-at-rest",
		.title = "the virtual timer's interrupt comes in time beside a VM that rests in "
			 "any state",
		.guest = GUEST(lateness_beside),
		.needs = TEST_NEEDS_EXACT_TIME,
		.args = { 0, 0, 0, 900, 0, BYSTANDER_SAME_KIND, MOVING_VIRTUAL },
		.script = &beside_script,
		.faults = LATE_FAULTS,
	},
	{
		.id = "lateness/beside-another-kind-at-rest",
		.title = "the virtual timer's interrupt comes in time beside a VM with another "
			 "interrupt controller that rests in any state",
		.guest = GUEST(lateness_beside),
		.needs = TEST_NEEDS_EXACT_TIME,
		.args = { 0, 0, 0, 900, 0, BYSTANDER_OTHER_KIND, MOVING_VIRTUAL },
		.script = &beside_script,
		.faults = LATE_FAULTS,
	},
};
const size_t lateness_tests_count = sizeof(lateness_tests) / sizeof(lateness_tests[0]);
