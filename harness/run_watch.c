// SPDX-License-Identifier: GPL-2.0-only
/* The watchdog of a run: fails what waits too long, and ends what does not end. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "harness/capture.h"
#include "harness/result.h"
#include "harness/run.h"
#include "harness/run_private.h"
#include "harness/test_vm_private.h"
#include "harness/watchdog.h"

/* A script's part of the limit, when the guest is done. */
#define SCRIPT_NS UINT64_C(20000000000)

struct watch {
	struct test_run *run;
	struct watchdog_clock clock;
	struct watchdog_limits limits;
	uint64_t over_since; /* the watchdog's time; 0: it is not */
	struct {
		const struct test_vm *vm;
		struct watchdog_wait waits[GUEST_MAX_CPUS];
	} vms[RUN_MAX_VMS];
};

static void copy_name(char name[64], const volatile struct guest_cpu_area *area)
{
	unsigned i = 0;

	while (i < 63 && (name[i] = area->wait_for[i]))
		i++;
	name[i] = '\0';
}

/* Where it is goes into the text as well: that is what people look for. */
static void fail_cpu(struct test_vm *vm, unsigned cpu, const char *what)
{
	struct test_run *run = vm->run;
	struct result_cpu where;
	char described[256];

	if (test_vm_try_park(vm, cpu, run_park_time(run)) < 0) {
		result_fail(run->result, NULL,
			    "vcpu%u of %s %s; it cannot be parked: its thread is in KVM_RUN or in "
			    "the script",
			    cpu, vm->name, what);
		return;
	}
	capture_cpu(&where, vm, cpu);
	capture_describe(&where, described, sizeof(described));
	result_fail(run->result, &where, "vcpu%u of %s %s: %s", cpu, vm->name, what, described);
}

static void judge_cpu(struct watch *watch, unsigned place, struct test_vm *vm, unsigned cpu)
{
	const volatile struct guest_cpu_area *area = &vm->shared->cpu[cpu];
	uint64_t wait_time = area->wait_time;
	char name[64], what[160];

	switch (watchdog_judge(&watch->vms[place].waits[cpu], &watch->limits, watch->clock.time,
			       area->waits, wait_time)) {
	case WATCHDOG_FINE:
		return;
	case WATCHDOG_LATE:
		copy_name(name, area);
		snprintf(what, sizeof(what),
			 "waited for \"%s\" %" PRIu64 " ms longer than the %" PRIu64
			 " us that it may take",
			 name, watch->limits.slack / 1000000, wait_time / 1000);
		fail_cpu(vm, cpu, what);
		/* This is the kick, too: it goes on behind its WFI. */
		test_vm_unpark(vm, cpu);
		return;
	case WATCHDOG_HUNG:
		copy_name(name, area);
		snprintf(what, sizeof(what), "still waits for \"%s\" after a kick", name);
		fail_cpu(vm, cpu, what);
		run_end(watch->run);
		return;
	}
}

static bool may_wait(struct test_vm *vm)
{
	return vm->started && !atomic_load(&vm->done);
}

static void judge_vms(struct watch *watch)
{
	struct test_run *run = watch->run;

	for (unsigned i = 0; i < RUN_MAX_VMS; i++) {
		struct test_vm *vm = run->vms[i];

		if (vm != watch->vms[i].vm) {
			watch->vms[i].vm = vm;
			for (unsigned cpu = 0; cpu < GUEST_MAX_CPUS; cpu++)
				watch->vms[i].waits[cpu] = (struct watchdog_wait){ 0 };
		}
		for (unsigned cpu = 0; vm && may_wait(vm) && cpu < vm->machine.cpus; cpu++)
			judge_cpu(watch, i, vm, cpu);
	}
}

/* The run's limit has passed: says where everybody is. */
static void fail_all(struct test_run *run)
{
	run_fail(run, "the test did not end within %u s",
		 (unsigned)(run_scaled(run, RUN_LIMIT_NS) / 1000000000));
	for (unsigned i = 0; i < RUN_MAX_VMS; i++) {
		struct test_vm *vm = run->vms[i];

		for (unsigned cpu = 0; vm && may_wait(vm) && cpu < vm->machine.cpus; cpu++)
			fail_cpu(vm, cpu, "was running");
	}
}

/* With the run's lock. */
static void sleep_until_changed(struct test_run *run)
{
	struct timespec end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_nsec += WATCHDOG_PERIOD_NS;
	if (end.tv_nsec >= 1000000000) {
		end.tv_nsec -= 1000000000;
		end.tv_sec++;
	}
	pthread_cond_clockwait(&run->changed, &run->lock, CLOCK_MONOTONIC, &end);
}

/* Nobody may destroy a VM meanwhile; but vCPU threads need the run's lock to be done. */
static void look(struct watch *watch)
{
	struct test_run *run = watch->run;
	uint64_t time = watchdog_look(&watch->clock, run_now_ns());

	if (run_is_over(run)) {
		if (!watch->over_since)
			watch->over_since = time;
		if (time - watch->over_since > run_scaled(run, SCRIPT_NS))
			run_abort(run, "the script did not come to its end after the guest's");
		return;
	}
	/* A planted fault that was noticed has done its duty. */
	if (run->fault != FAULT_NONE && run->result->failure_count) {
		run_end(run);
		return;
	}
	pthread_mutex_lock(&run->vms_lock);
	if (time > run_scaled(run, RUN_LIMIT_NS)) {
		fail_all(run);
		run_end(run);
	} else {
		judge_vms(watch);
	}
	pthread_mutex_unlock(&run->vms_lock);
}

void run_watch(struct test_run *run)
{
	struct watch watch = {
		.run = run,
		.limits = { run_scaled(run, RUN_WAIT_SLACK_NS),
			    run_scaled(run, RUN_KICK_SLACK_NS) },
	};

	pthread_mutex_lock(&run->lock);
	while (!run_is_over(run) || !run->script_ended) {
		sleep_until_changed(run);
		pthread_mutex_unlock(&run->lock);
		look(&watch);
		pthread_mutex_lock(&run->lock);
	}
	pthread_mutex_unlock(&run->lock);
}
