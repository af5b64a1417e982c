// SPDX-License-Identifier: GPL-2.0-only
/* Family "sleeping": what the host does to sleepers. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/kvm.h"
#include "guest-images/tests/sleeping.h"
#include "harness/oracle_kvm_stats.h"
#include "harness/run.h"
#include "harness/test_timer.h"
#include "harness/tests/sleeping.h"
#include "timer/host_counter.h"

#define POLL_NS 100000000

/* One pulse of an edge-triggered SPI for each sleep, soon or late after its beginning. */
static void wake_by_device(struct test_run *run)
{
	struct irqchip *chip = run->vm.machine.irqchip;

	for (uint64_t round = 1; round <= run->test->args[1]; round++) {
		if (!test_vm_wait_word(&run->vm, SLEEPING_WORD_ROUND, round))
			return;
		run_sleep_us(run_random(run, round % 2 ? 30 : 1500));
		irqchip_set_spi(chip, SLEEPING_SPI, true);
		irqchip_set_spi(chip, SLEEPING_SPI, false);
	}
}

const struct test_script sleeping_device = { .beside = wake_by_device };

/*
 * The offset between the host's and the guest's counter, as an interval: the guest reads its
 * counter, then the host reads its own, then the guest reads again.
 */
struct clock {
	bool has_first, has_interval;
	uint64_t host;
	int64_t least, most;
};

static void prepare_clock(struct test_run *run)
{
	run->script_data = calloc(1, sizeof(struct clock));
}

static uint64_t compare_clocks(struct test_run *run, struct test_vm *vm, unsigned cpu,
			       unsigned function, const uint64_t args[3])
{
	struct clock *clock = run->script_data;
	int64_t least, most;

	(void)vm;
	(void)cpu;
	if (!clock || function != SLEEPING_CALL_CLOCK)
		return 0;
	if (!args[1]) {
		clock->host = host_counter();
		clock->most = clock->has_interval ? clock->most : INT64_MAX;
		clock->least = clock->has_interval ? clock->least : INT64_MIN;
		most = clock->host - args[0];
		if (most < clock->most)
			clock->most = most;
	} else {
		least = clock->host - args[0];
		if (least > clock->least)
			clock->least = least;
		clock->has_interval = true;
	}
	RUN_CHECK(run, clock->least <= clock->most,
		  "the guest's counter does not run like the host's: the difference was at least "
		  "%" PRId64 " and at most %" PRId64,
		  clock->least, clock->most);
	return 0;
}

static void free_script_data(struct test_run *run)
{
	free(run->script_data);
	run->script_data = NULL;
}

const struct test_script sleeping_clock = {
	.prepare = prepare_clock,
	.call = compare_clocks,
	.finish = free_script_data,
};

/*
 * KVM looks for the end of a sleep itself for a while, with the timer still loaded, before it has
 * the vCPU scheduled out and the timer saved. It learns from the last sleeps for how long: up to
 * this limit, and only while no other task wants the CPU.
 */
static void limit_polling(struct test_run *run, uint64_t ns)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_HALT_POLL, .args = { ns } };
	int ret = kvm_ioctl(run->vm.machine.fd, KVM_ENABLE_CAP, (uintptr_t)&cap);

	if (ret < 0)
		run_skip(run, "KVM_CAP_HALT_POLL: %s", strerror(-ret));
}

static void prepare_polled(struct test_run *run)
{
	prepare_clock(run);
	limit_polling(run, POLL_NS);
}

static void prepare_unpolled(struct test_run *run)
{
	prepare_clock(run);
	limit_polling(run, 0);
}

struct polls {
	uint64_t attempted, successful;
};

static void count_polls(void *context, const char *name, uint64_t value)
{
	struct polls *polls = context;

	if (strcmp(name, "halt_attempted_poll") == 0)
		polls->attempted = value;
	else if (strcmp(name, "halt_successful_poll") == 0)
		polls->successful = value;
}

/* Both 0 where KVM has no such statistics. */
static struct polls polls_of(struct test_run *run)
{
	struct polls polls = { 0 };

	kvm_stats_ask(run->vm.machine.vcpus[0].fd, count_polls, &polls);
	return polls;
}

static void finish_polled(struct test_run *run)
{
	struct polls polls = polls_of(run);

	if (!polls.successful)
		run_note(run, "no sleep ended while KVM polled");
	free_script_data(run);
}

static void finish_unpolled(struct test_run *run)
{
	struct polls polls = polls_of(run);

	RUN_CHECK(run, polls.attempted == 0, "KVM polled %" PRIu64 " times with a limit of 0",
		  polls.attempted);
	free_script_data(run);
}

const struct test_script sleeping_polled = {
	.prepare = prepare_polled,
	.call = compare_clocks,
	.finish = finish_polled,
};

const struct test_script sleeping_unpolled = {
	.prepare = prepare_unpolled,
	.call = compare_clocks,
	.finish = finish_unpolled,
};

/* A thread that never sleeps shares the CPU: who is woken has to be scheduled in. */
static void keep_cpu_busy(struct test_run *run)
{
	test_vm_move(&run->vm, 0, 0);
	run_bind_thread(run->host_cpus[0]);
	while (!run_is_over(run))
		;
}

const struct test_script sleeping_busy = {
	.prepare = prepare_clock,
	.beside = keep_cpu_busy,
	.call = compare_clocks,
	.finish = free_script_data,
};

/* Sleeps that end because of a signal begin again. */
static void send_signals(struct test_run *run)
{
	while (!run_is_over(run)) {
		test_vm_signal(&run->vm, 0);
		run_sleep_us(run_random(run, 300));
	}
}

const struct test_script sleeping_signals = {
	.prepare = prepare_clock,
	.beside = send_signals,
	.call = compare_clocks,
	.finish = free_script_data,
};

/* An hour between the guest's counter and the host's: whoever compares a limit of the one with the
 * other sleeps for that long, or not at all. */
static void put_counter_ahead(struct test_run *run)
{
	int ret = test_timer_set(run, run->vm.machine.vcpus[0].fd, ARCH_TIMER_VIRTUAL,
				 ARCH_TIMER_CNT, host_counter() + 3600 * host_counter_frequency());

	RUN_CHECK(run, ret == 0, "cannot set the virtual counter: %s", strerror(-ret));
}

const struct test_script sleeping_ahead = { .prepare = put_counter_ahead };

static void put_counters_ahead(struct test_run *run)
{
	RUN_CHECK(run,
		  test_timer_set_offset(run, run->vm.machine.fd, run->vm.machine.vcpus[0].fd,
					-3600 * host_counter_frequency()) == 0,
		  "cannot set the counter offset");
}

const struct test_script sleeping_both_ahead = { .prepare = put_counters_ahead };

static void put_counters_behind(struct test_run *run)
{
	RUN_CHECK(run,
		  test_timer_set_offset(run, run->vm.machine.fd, run->vm.machine.vcpus[0].fd,
					3600 * host_counter_frequency()) == 0,
		  "cannot set the counter offset");
}

const struct test_script sleeping_both_behind = { .prepare = put_counters_behind };
