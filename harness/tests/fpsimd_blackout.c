// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long a host CPU cannot take an interrupt while a guest exits in a storm: the lateness of a
 * host timer whose thread goes before all others there. The third founding change claims a shorter
 * blackout for guests that use FP.
 */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <time.h>

#include "guest-images/tests/fpsimd.h"
#include "harness/tests/fpsimd.h"
#include "harness/tests/fpsimd_state.h"

#define PERIOD_NS 1000000

static uint64_t to_ns(const struct timespec *time)
{
	return time->tv_sec * UINT64_C(1000000000) + time->tv_nsec;
}

static void measure(struct test_run *run, const char *name, uint64_t times)
{
	struct timespec due;
	uint64_t late;

	clock_gettime(CLOCK_MONOTONIC, &due);
	for (uint64_t n = 0; n < times && !run_is_over(run); n++) {
		due.tv_nsec += PERIOD_NS;
		if (due.tv_nsec >= 1000000000) {
			due.tv_nsec -= 1000000000;
			due.tv_sec++;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
		late = run_now_ns() - to_ns(&due);
		run_sample(run, name, late);
		if (late > PERIOD_NS)
			clock_gettime(CLOCK_MONOTONIC, &due); /* missed some: begin anew */
	}
}

static void blackout_beside(struct test_run *run)
{
	const struct sched_param first = { .sched_priority = sched_get_priority_max(SCHED_FIFO) };
	uint64_t times = run->test->args[FPSIMD_ARG_TIMES];

	run_bind_thread(run->host_cpus[0]);
	test_vm_move(&run->vm, 0, 0);
	if (sched_setscheduler(0, SCHED_FIFO, &first) < 0)
		run_skip(run, "may not use SCHED_FIFO: %s", strerror(errno));
	measure(run, "host timer late (ns), guest without FP", times);
	test_vm_set_word(&run->vm, FPSIMD_WORD_DIRTY, 1);
	measure(run, "host timer late (ns), guest with FP", times);
	test_vm_set_word(&run->vm, FPSIMD_WORD_STOP, 1);
}

const struct test_script fpsimd_blackout = { .beside = blackout_beside };
