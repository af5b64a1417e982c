// SPDX-License-Identifier: GPL-2.0-only
/*
 * Family "bystander": a process with a VM in it is killed, and the VM that comes next on the same
 * host CPU has its timer's interrupts.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest-images/tests/bystander.h"
#include "harness/guest_tests.h"
#include "harness/run_private.h"
#include "harness/tests/bystander.h"

/* Least and most microseconds between the survivor's ticks. */
#define LEAST_US 100
#define MOST_US	 600

/* In the process that is going to be killed: a VM that reaches its state and stays there. */
static void live(struct test_run *run, enum irqchip_kind kind, unsigned state, unsigned host_cpu,
		 int ready)
{
	struct test_vm_config config = {
		.name = "dying",
		.guest = GUEST(bystander_rests),
		.irqchip = kind,
		.args = { run->test->args[6], state },
	};
	static struct test_vm vm;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (test_vm_create(&vm, run, &config) < 0)
		return;
	test_vm_move(&vm, 0, host_cpu);
	if (test_vm_start(&vm) < 0 || !test_vm_wait_word(&vm, BYSTANDER_WORD_READY, 1) ||
	    write(ready, "", 1) != 1)
		return;
	for (;;)
		pause();
}

static bool await_byte(struct test_run *run, int fd)
{
	struct pollfd poll_byte = { .fd = fd, .events = POLLIN };
	uint64_t end = run_now_ns() + run_scaled(run, RUN_WAIT_SLACK_NS);
	char byte;

	while (!run_is_over(run) && run_now_ns() < end)
		if (poll(&poll_byte, 1, 100) == 1)
			return read(fd, &byte, 1) == 1;
	return false;
}

static bool kill_in_state(struct test_run *run, enum irqchip_kind kind, unsigned state,
			  unsigned host_cpu)
{
	int ends[2];
	bool reached;
	pid_t pid;

	if (!RUN_CHECK(run, pipe(ends) == 0, "cannot make a pipe: %s", strerror(errno)))
		return false;
	/* The watchdog's thread does not exist there, and must not hold what is needed there. */
	pthread_mutex_lock(&run->vms_lock);
	pid = fork();
	pthread_mutex_unlock(&run->vms_lock);
	if (pid == 0) {
		close(ends[0]);
		live(run, kind, state, host_cpu, ends[1]);
		_exit(1);
	}
	close(ends[1]);
	reached = pid > 0 && await_byte(run, ends[0]);
	close(ends[0]);
	if (pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	return RUN_CHECK(run, reached, "no VM %s came to be", bystander_state_name(state));
}

static void live_after(struct test_run *run, enum irqchip_kind kind, unsigned state,
		       unsigned host_cpu)
{
	struct test_vm_config config = {
		.name = "bystander",
		.guest = GUEST(bystander_ticks),
		.irqchip = kind,
		.args = { run->test->args[0], run->test->args[1], LEAST_US, MOST_US, 0 },
	};
	int64_t before = run_host_timer_interrupts(run);
	struct test_vm vm;

	if (test_vm_create(&vm, run, &config) == 0) {
		test_vm_move(&vm, 0, host_cpu);
		if (test_vm_start(&vm) == 0 && test_vm_wait_done(&vm))
			RUN_CHECK(run, before < 0 || run_host_timer_interrupts(run) > before,
				  "host CPU %u had no timer interrupt in %" PRIu64
				  " ticks of a VM, after the death of one %s",
				  run->host_cpus[host_cpu], run->test->args[1],
				  bystander_state_name(state));
	}
	test_vm_destroy(&vm);
}

static void die_and_live(struct test_run *run)
{
	unsigned cpus = run->host_cpu_count < 2 ? 1 : 2;
	enum irqchip_kind other;

	if (!bystander_other_kind(run, &other))
		return;
	for (unsigned state = 0; state < BYSTANDER_STATES; state++)
		for (unsigned cpu = 0; cpu < cpus; cpu++) {
			/* In the quick tier each state is on one host CPU. */
			if (run->test->tier == TEST_TIER_QUICK && state % cpus != cpu)
				continue;
			if (!kill_in_state(run, other, state, cpu))
				return;
			live_after(run, run->irqchip, state, cpu);
			if (run_is_over(run))
				return;
		}
}

const struct test_script bystander_after_death = {
	.alone = die_and_live,
	.call = bystander_stay,
};
