// SPDX-License-Identifier: GPL-2.0-only
/* Both counters, as the guest reads them (guest-images/tests/counter.c). */
#include <stdio.h>
#include <string.h>

#include "guest-images/tests/counter.h"
#include "harness/guest_tests.h"
#include "harness/run.h"
#include "harness/test_timer.h"
#include "harness/tests/families.h"
#include "timer/host_counter.h"

/* How often something is done to the vCPUs: in the lab's quick runs within half a second. */
#define DISTURBANCES 60
#define PAUSE_US     500

static void tell_frequency(struct test_run *run)
{
	test_vm_set_word(&run->vm, COUNTER_WORD_FREQUENCY, host_counter_frequency());
}

/* Without it KVM refuses its hypercall for PTP. */
static void tell_clock(struct test_run *run)
{
	FILE *file =
		fopen("/sys/devices/system/clocksource/clocksource0/current_clocksource", "re");
	char name[32] = "";

	if (file && fgets(name, sizeof(name), file))
		test_vm_set_word(&run->vm, COUNTER_WORD_HOST_CLOCK,
				 strcmp(name, "arch_sys_counter\n") == 0);
	if (file)
		fclose(file);
}

/* Does `disturb` to vCPUs at random, at random times, and then tells the guest that it was enough.
 */
static void disturb(struct test_run *run, void (*act)(struct test_run *run, unsigned cpu))
{
	unsigned count = run->test->tier == TEST_TIER_QUICK ? DISTURBANCES : 10 * DISTURBANCES;

	if (!test_vm_wait_word(&run->vm, COUNTER_WORD_READY, 1))
		return;
	for (unsigned i = 0; i < count && !run_is_over(run); i++) {
		act(run, run_random(run, run->vm.machine.cpus));
		run_sleep_us(run_random(run, 1000));
	}
	test_vm_set_word(&run->vm, COUNTER_WORD_STOP, 1);
}

static void move(struct test_run *run, unsigned cpu)
{
	test_vm_move(&run->vm, cpu, run_random(run, run->host_cpu_count));
}

static void signal_vcpu(struct test_run *run, unsigned cpu)
{
	test_vm_signal(&run->vm, cpu);
}

static void pause_vcpu(struct test_run *run, unsigned cpu)
{
	test_vm_park(&run->vm, cpu);
	run_sleep_us(run_random(run, PAUSE_US));
	test_vm_unpark(&run->vm, cpu);
}

static void beside_moves(struct test_run *run)
{
	disturb(run, move);
}

static void beside_signals(struct test_run *run)
{
	disturb(run, signal_vcpu);
}

static void beside_pauses(struct test_run *run)
{
	disturb(run, pause_vcpu);
}

/* A pause in which the timers are not KVM's: to the guest no time passes. */
static void save_and_load(struct test_run *run, struct test_vm *vm, unsigned cpu)
{
	struct timer_state state = { 0 };
	int fd = vm->machine.vcpus[cpu].fd;

	if (test_timer_save(run, fd, &state) < 0) {
		run_fail(run, "the timers could not be saved");
		return;
	}
	for (unsigned timer = 0; timer < ARCH_TIMERS; timer++)
		test_vm_set_word(vm, COUNTER_WORD_SAVED + timer, state.regs[timer][ARCH_TIMER_CNT]);
	run_sleep_us(PAUSE_US + run_random(run, PAUSE_US));
	test_vm_set_word(vm, COUNTER_WORD_LOADED, host_counter());
	if (test_timer_load(run, fd, &state, TIMER_COUNTERS_LOAD) < 0)
		run_fail(run, "the timers could not be loaded");
}

static uint64_t call(struct test_run *run, struct test_vm *vm, unsigned cpu, unsigned function,
		     const uint64_t args[3])
{
	(void)args;
	switch (function) {
	case COUNTER_CALL_HOST_COUNT:
		return host_counter();
	case COUNTER_CALL_PAUSE:
		save_and_load(run, vm, cpu);
		break;
	}
	return 0;
}

static const struct test_script with_frequency = { .prepare = tell_frequency };
static const struct test_script with_clock = { .prepare = tell_clock };
static const struct test_script with_calls = { .call = call };
static const struct test_script with_moves = { .beside = beside_moves, .call = call };
static const struct test_script with_signals = { .beside = beside_signals, .call = call };
static const struct test_script with_pauses = { .beside = beside_pauses, .call = call };

#define QUICK_US 60000

/*
 * A counter that reads 1 ms less now and then is caught by all of them; one that is ahead on some
 * CPUs only where CPUs are compared.
 */
const struct test counter_tests[] = {
	{
		.id = "counter/monotonic-on-each-cpu",
		.title = "neither counter goes back on a CPU, across exits of every kind",
		.guest = GUEST(counter_one_cpu),
		.cpus = 2,
		.args = { [COUNTER_ARG_US] = QUICK_US },
		.faults = FAULT_SET(FAULT_GUEST_COUNTER_BACK),
	},
	{
		.id = "counter/monotonic-at-el0",
		.title = "neither counter goes back at EL0",
		.guest = GUEST(counter_el0),
		.args = { [COUNTER_ARG_US] = QUICK_US },
		.faults = FAULT_SET(FAULT_GUEST_COUNTER_BACK),
	},
	{
		.id = "counter/monotonic-across-cpus",
		.title = "no CPU reads less than what it knows another one to have read",
		.guest = GUEST(counter_all_cpus),
		.cpus = 4,
		.args = { [COUNTER_ARG_US] = QUICK_US },
		.faults = FAULT_SET(FAULT_GUEST_COUNTER_BACK, FAULT_GUEST_COUNTER_SKEW),
	},
	{
		.id = "counter/monotonic-while-moving",
		.title = "the same while the vCPUs' threads hop from host CPU to host CPU",
		.guest = GUEST(counter_all_cpus),
		.cpus = 2,
		.needs = TEST_NEEDS_TWO_HOST_CPUS,
		.script = &with_moves,
		.faults = FAULT_SET(FAULT_GUEST_COUNTER_BACK, FAULT_GUEST_COUNTER_SKEW,
				    FAULT_REG_CNT_JUMP),
	},
	{
		.id = "counter/monotonic-under-signals",
		.title = "the same while signals fetch the vCPUs out of the guest",
		.guest = GUEST(counter_all_cpus),
		.cpus = 2,
		.script = &with_signals,
		.faults = FAULT_SET(FAULT_GUEST_COUNTER_BACK, FAULT_GUEST_COUNTER_SKEW,
				    FAULT_REG_CNT_JUMP),
	},
	{
		.id = "counter/monotonic-across-pauses",
		.title = "the same while vCPUs are paused and let go on",
		.guest = GUEST(counter_all_cpus),
		.cpus = 2,
		.script = &with_pauses,
		.faults = FAULT_SET(FAULT_GUEST_COUNTER_BACK, FAULT_GUEST_COUNTER_SKEW),
	},
	{
		.id = "counter/difference-is-constant",
		.title = "physical minus virtual is one number on all CPUs, whatever the timers do",
		.guest = GUEST(counter_difference),
		.cpus = 2,
		.args = { [COUNTER_ARG_US] = QUICK_US },
		.faults = FAULT_SET(FAULT_GUEST_COUNTER_BACK, FAULT_GUEST_PHYSICAL_OFFSET),
	},
	{
		.id = "counter/difference-while-moving",
		.title = "the same while the vCPUs' threads hop",
		.guest = GUEST(counter_difference),
		.cpus = 2,
		.needs = TEST_NEEDS_TWO_HOST_CPUS,
		.script = &with_moves,
		.faults = FAULT_SET(FAULT_GUEST_COUNTER_BACK, FAULT_GUEST_PHYSICAL_OFFSET,
				    FAULT_REG_CNT_JUMP),
	},
	{
		.id = "counter/agrees-with-the-host",
		.title = "the host's counter minus each of the guest's is one number on all CPUs",
		.guest = GUEST(counter_host),
		.cpus = 2,
		.script = &with_calls,
		.args = { [COUNTER_ARG_US] = QUICK_US, [COUNTER_ARG_HOSTS_PHYSICAL] = 1 },
		.faults = FAULT_SET(FAULT_GUEST_COUNTER_BACK, FAULT_GUEST_COUNTER_SKEW,
				    FAULT_GUEST_PHYSICAL_OFFSET),
	},
	{
		.id = "counter/agrees-with-the-host-across-pauses",
		.title = "the same while vCPUs are paused and let go on",
		.guest = GUEST(counter_host),
		.cpus = 2,
		.script = &with_pauses,
		.args = { [COUNTER_ARG_HOSTS_PHYSICAL] = 1 },
		.faults = FAULT_SET(FAULT_GUEST_COUNTER_BACK, FAULT_GUEST_COUNTER_SKEW,
				    FAULT_GUEST_PHYSICAL_OFFSET),
	},
	{
		.id = "counter/stands-still-while-saved",
		.title = "counters that are saved and loaded go on from where they were",
		.guest = GUEST(counter_saved),
		.script = &with_calls,
		.args = { [COUNTER_ARG_TIMERS] = 1, [COUNTER_ARG_PAUSES] = 40 },
		.faults = FAULT_SET(FAULT_SAVE_CNT, FAULT_SAVE_LOST),
	},
	{
		.id = "counter/stands-still-while-saved-physical",
		.title = "the same of the physical counter",
		.guest = GUEST(counter_saved),
		.script = &with_calls,
		.needs = TEST_NEEDS_PHYSICAL_OFFSET,
		.args = { [COUNTER_ARG_TIMERS] = 3, [COUNTER_ARG_PAUSES] = 40 },
		.faults = FAULT_SET(FAULT_SAVE_CNT, FAULT_SAVE_SWAP, FAULT_SAVE_LOST),
	},
	{
		.id = "counter/by-hypercall",
		.title = "KVM's hypercall for PTP tells the counters that the guest reads",
		.guest = GUEST(counter_ptp),
		.cpus = 2,
		.script = &with_clock,
		.args = { [COUNTER_ARG_US] = QUICK_US },
		.faults = FAULT_SET(FAULT_GUEST_COUNTER_BACK, FAULT_GUEST_COUNTER_SKEW,
				    FAULT_GUEST_PHYSICAL_OFFSET),
	},
	{
		.id = "counter/frequency",
		.title = "CNTFRQ_EL0 is the host's on all CPUs",
		.guest = GUEST(counter_frequency),
		.cpus = 2,
		.script = &with_frequency,
		.faults = FAULT_SET(FAULT_GUEST_FREQUENCY),
	},
	{
		.id = "counter/self-synchronised",
		.title = "CNTVCTSS_EL0 and CNTPCTSS_EL0 are the same counters, and need no ISB",
		.guest = GUEST(counter_self_synchronised),
		.cpus = 2,
		.args = { [COUNTER_ARG_US] = QUICK_US },
		.faults = FAULT_SET(FAULT_GUEST_COUNTER_BACK),
	},
};
const size_t counter_tests_count = sizeof(counter_tests) / sizeof(counter_tests[0]);
