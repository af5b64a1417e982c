// SPDX-License-Identifier: GPL-2.0-only
/* Family "moving": what else a host does to vCPUs' threads: stops, signals, and CPUs that go. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "guest-images/tests/moving.h"
#include "harness/helper_process.h"
#include "harness/run.h"
#include "harness/test_mover.h"
#include "harness/tests/moving.h"

static void record_lateness(struct test_run *run)
{
	run_sample(run, "latest interrupt, ns", test_vm_word(&run->vm, MOVING_WORD_MAX_LATE));
}

static void sleep_us(uint64_t us)
{
	struct timespec time = { us / 1000000, us % 1000000 * 1000 };

	nanosleep(&time, NULL);
}

/* -- SIGSTOP and SIGCONT -- */

/* What it stopped it also continues, before it looks whether it is over. */
static void stop_and_continue(const struct helper_process *helper, uint64_t random)
{
	while (!helper_process_is_over(helper)) {
		random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
		kill(helper->parent, SIGSTOP);
		sleep_us((random >> 16) % 4000);
		kill(helper->parent, SIGCONT);
		sleep_us(200 + (random >> 32) % 4000);
	}
}

static void stop_beside(struct test_run *run)
{
	struct helper_process stopper;
	int ret;

	if (!test_mover_await_threads(&run->vm, run->vm.machine.cpus))
		return;
	ret = helper_process_start(&stopper, stop_and_continue, run_random(run, UINT64_MAX));
	if (!RUN_CHECK(run, ret == 0, "cannot start a process: %s", strerror(-ret)))
		return;
	while (!run_is_over(run))
		run_sleep_us(1000);
	helper_process_end(&stopper);
}

const struct test_script moving_stop = {
	.beside = stop_beside,
	.finish = record_lateness,
};

/* -- signals -- */

static void signals_beside(struct test_run *run)
{
	unsigned cpus = run->vm.machine.cpus;
	uint64_t signals = 0;

	if (!test_mover_await_threads(&run->vm, cpus))
		return;
	for (; !run_is_over(run); signals++) {
		test_vm_signal(&run->vm, run_random(run, cpus));
		test_vm_set_word(&run->vm, MOVING_WORD_MOVES, signals);
		/* Often the next one is there before the guest is entered again. */
		if (run_random(run, 4))
			run_sleep_us(run_random(run, 250));
	}
	run_sample(run, "signals", signals);
}

const struct test_script moving_signals = {
	.beside = signals_beside,
	.finish = record_lateness,
};

/* -- host CPUs -- */

static void cpu_path(char *path, size_t size, unsigned cpu)
{
	snprintf(path, size, "/sys/devices/system/cpu/cpu%u/online", cpu);
}

static bool can_go_offline(unsigned cpu)
{
	char path[64];

	cpu_path(path, sizeof(path), cpu);
	return access(path, W_OK) == 0;
}

static void set_online(unsigned cpu, bool online)
{
	char path[64];
	int fd;

	cpu_path(path, sizeof(path), cpu);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (write(fd, online ? "1" : "0", 1) < 0)
		sleep_us(1000);
	close(fd);
}

/* A process of its own: the CPU comes back whatever becomes of the run. */
static void take_cpus_away(const struct helper_process *helper, uint64_t pair)
{
	const unsigned cpus[] = { pair & 0xffffffff, pair >> 32 };

	/* Not to be ended with the run's process group. */
	setsid();
	for (unsigned n = 0; !helper_process_is_over(helper); n++) {
		set_online(cpus[n % 2], false);
		sleep_us(5000);
		set_online(cpus[n % 2], true);
		sleep_us(5000);
	}
}

static void hotplug_beside(struct test_run *run)
{
	const unsigned *cpus = run->host_cpus;
	struct helper_process helper;

	if (!can_go_offline(cpus[0]) || !can_go_offline(cpus[1])) {
		run_skip(run, "cannot take host CPUs offline");
		return;
	}
	if (helper_process_start(&helper, take_cpus_away, (uint64_t)cpus[1] << 32 | cpus[0]) < 0) {
		run_fail(run, "cannot start a process");
		return;
	}
	moving_by_policy.beside(run);
	helper_process_end(&helper);
}

static void hotplug_prepare(struct test_run *run)
{
	moving_by_policy.prepare(run);
}

static void hotplug_finish(struct test_run *run)
{
	moving_by_policy.finish(run);
}

const struct test_script moving_hotplug = {
	.prepare = hotplug_prepare,
	.beside = hotplug_beside,
	.finish = hotplug_finish,
};
