// SPDX-License-Identifier: GPL-2.0-only
/* Operations on interrupts of others: IPIs, SPIs, and what the host's own interrupts suffer. */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <time.h>

#include "harness/bench/job.h"
#include "harness/bench/operations.h"
#include "harness/guest_tests.h"
#include "timer/host_counter.h"

#define SPI 40 /* that no device has */

static void raise_spi(struct test_vm *vm)
{
	struct irqchip *chip = vm->machine.irqchip;

	if (irqchip_set_spi(chip, SPI, true) < 0 || irqchip_set_spi(chip, SPI, false) < 0)
		run_fail(vm->run, "cannot raise SPI %u", SPI);
}

static void act_raise(struct bench_job *job, struct test_vm *vm, unsigned cpu)
{
	(void)job;
	(void)cpu;
	raise_spi(vm);
}

/* Looks all the time: what is measured begins when it raises the interrupt, not when it wakes. */
static void raise_when_wanted(struct bench_job *job)
{
	struct test_run *run = job->run;
	uint64_t raised = 0;

	run_bind_thread(run->host_cpus[1 % run->host_cpu_count]);
	while (!run_is_over(run)) {
		if (test_vm_word(&run->vm, BENCH_WORD_WANTED) == raised)
			continue;
		raised++;
		test_vm_set_word(&run->vm, BENCH_WORD_SENT, host_counter());
		raise_spi(&run->vm);
	}
}

/* A thread that goes before all others on the vCPU's host CPU, and how late its timer is. */
static void measure_blackout(struct bench_job *job)
{
	const struct sched_param first = { .sched_priority = sched_get_priority_max(SCHED_FIFO) };
	uint64_t period = host_counter_frequency() / 2000, due;
	struct test_run *run = job->run;

	run_bind_thread(run->host_cpus[0]);
	test_vm_move(&run->vm, 0, 0);
	if (sched_setscheduler(0, SCHED_FIFO, &first) < 0)
		run_skip(run, "may not use SCHED_FIFO: %s", strerror(errno));
	bench_job_host_begin(job);
	while (!run_is_over(run) && bench_job_host_next(job)) {
		struct timespec half_ms = { .tv_nsec = 500000 };
		uint64_t now;

		due = host_counter() + period;
		clock_nanosleep(CLOCK_MONOTONIC, 0, &half_ms, NULL);
		now = host_counter();
		bench_job_host_sample(job, now > due ? now - due : 0);
	}
	test_vm_set_word(&run->vm, BENCH_WORD_STOP, 1);
}

#define IPI_ROW(name, text, where, what, count, ...)                                          \
	{                                                                                     \
		.test = { .id = name,                                                         \
			  .title = text,                                                      \
			  .guest = GUEST(bench_ipi),                                          \
			  .cpus = 2,                                                          \
			  .needs = where == BENCH_PLACE_OTHER ? TEST_NEEDS_TWO_HOST_CPUS : 0, \
			  .args = { __VA_ARGS__ } },                                          \
		.class = what, .place = where, .iterations = count,                           \
	}

#define BLACKOUT_ROW(name, text, fp)                                                   \
	{                                                                              \
		.test = { .id = name,                                                  \
			  .title = text,                                               \
			  .guest = GUEST(bench_storm),                                 \
			  .needs = TEST_NEEDS_REALTIME,                                \
			  .args = { fp } },                                            \
		.class = BENCH_KERNEL, .iterations = 2000, .beside = measure_blackout, \
		.samples_beside = true,                                                \
	}

const struct bench_operation bench_interrupts[] = {
	IPI_ROW("ipi", "an IPI to a running vCPU on another host CPU, until its handler",
		BENCH_PLACE_OTHER, BENCH_KERNEL, 5000, 0, 0, 0),
	IPI_ROW("wfi-ipi", "an IPI to a vCPU in WFI on another host CPU, until its handler",
		BENCH_PLACE_OTHER, BENCH_BLOCKED, 5000, 1, 0, 0),
	IPI_ROW("ipi-round-trip", "there and back, both vCPUs running on host CPUs of their own",
		BENCH_PLACE_OTHER, BENCH_KERNEL, 5000, 0, 0, 1),
	IPI_ROW("ipi-same-cpu", "an IPI to a vCPU in WFI on the same host CPU, until its handler",
		BENCH_PLACE_SAME, BENCH_BLOCKED, 5000, 1, 1, 0),
	IPI_ROW("ipi-round-trip-same-cpu",
		"there and back between two vCPUs in WFI on one host CPU", BENCH_PLACE_SAME,
		BENCH_BLOCKED, 5000, 1, 1, 1),
	{
		.test = { .id = "spi-injected",
			  .title = "an exit to armlet, which raises an SPI for the vCPU, until its "
				   "handler has run",
			  .guest = GUEST(bench_spi),
			  .args = { 32 + SPI } },
		.class = BENCH_USERSPACE,
		.iterations = 5000,
		.act = act_raise,
	},
	{
		.test = { .id = "spi-running",
			  .title = "a thread of armlet's raises an SPI, until the running guest's "
				   "handler",
			  .guest = GUEST(bench_spi_running),
			  .needs = TEST_NEEDS_TWO_HOST_CPUS,
			  .args = { 32 + SPI } },
		.class = BENCH_KERNEL,
		.user_class = BENCH_USERSPACE,
		.has_user_class = true,
		.iterations = 5000,
		.beside = raise_when_wanted,
	},
	BLACKOUT_ROW("blackout",
		     "how late the host's own timer is beside a guest that makes hypercalls", 0),
	BLACKOUT_ROW("blackout-fp-dirty", "the same, with an FP register written before each", 1),
	{},
};
