// SPDX-License-Identifier: GPL-2.0-only
/* Family "sleeping": rows, and what the host does to sleepers. */
#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "guest-images/tests/sleeping.h"
#include "harness/guest_tests.h"
#include "harness/run.h"
#include "harness/test_timer.h"
#include "harness/tests/families.h"
#include "timer/host_counter.h"

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

static const struct test_script device_script = { .beside = wake_by_device };

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

static const struct test_script clock_script = {
	.prepare = prepare_clock,
	.call = compare_clocks,
	.finish = free_script_data,
};

/* A thread that never sleeps shares the CPU: who is woken has to be scheduled in. */
static void keep_cpu_busy(struct test_run *run)
{
	cpu_set_t set;

	test_vm_move(&run->vm, 0, 0);
	CPU_ZERO(&set);
	CPU_SET(run->host_cpus[0], &set);
	sched_setaffinity(0, sizeof(set), &set);
	while (!run_is_over(run))
		;
}

static const struct test_script busy_script = {
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

static const struct test_script signal_script = {
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

static const struct test_script ahead_script = { .prepare = put_counter_ahead };

static void put_counters_ahead(struct test_run *run)
{
	RUN_CHECK(run,
		  test_timer_set_offset(run, run->vm.machine.fd, run->vm.machine.vcpus[0].fd,
					-3600 * host_counter_frequency()) == 0,
		  "cannot set the counter offset");
}

static const struct test_script both_ahead_script = { .prepare = put_counters_ahead };

static void put_counters_behind(struct test_run *run)
{
	RUN_CHECK(run,
		  test_timer_set_offset(run, run->vm.machine.fd, run->vm.machine.vcpus[0].fd,
					3600 * host_counter_frequency()) == 0,
		  "cannot set the counter offset");
}

static const struct test_script both_behind_script = { .prepare = put_counters_behind };

#define WAKING_FAULTS                                                                     \
	FAULT_SET(FAULT_GUEST_LOST_WAKEUP, FAULT_GUEST_EARLY, FAULT_GUEST_LOST_INTERRUPT, \
		  FAULT_GUEST_DOUBLE_INTERRUPT, FAULT_LINE_DROP, FAULT_LINE_STUCK,        \
		  FAULT_LINE_EARLY)
#define WFIT_FAULTS FAULT_SET(FAULT_GUEST_EARLY, FAULT_GUEST_LOST_INTERRUPT)

const struct test sleeping_tests[] = {
	{
		.id = "sleeping/virtual-timer-wakes",
		.title = "the virtual timer ends WFI, from no time to 11 ms away",
		.guest = GUEST(sleep_near_and_far),
		.args = { 0, 3 },
		.faults = WAKING_FAULTS,
	},
	{
		.id = "sleeping/physical-timer-wakes",
		.title = "the physical timer ends WFI, from no time to 11 ms away",
		.guest = GUEST(sleep_near_and_far),
		.expires_ptimer = true,
		.args = { 1, 3 },
		.faults = WAKING_FAULTS,
	},
	{
		.id = "sleeping/virtual-timer-before-far-physical",
		.title = "WFI ends with the virtual timer when the physical has an hour to go",
		.guest = GUEST(sleep_earlier_of_two),
		.expires_ptimer = true,
		.args = { 0, 30 },
		.faults =
			FAULT_SET(FAULT_GUEST_LOST_WAKEUP, FAULT_LINE_SWAP, FAULT_GUEST_NO_ENABLE),
	},
	{
		.id = "sleeping/physical-timer-before-far-virtual",
		.title = "WFI ends with the physical timer when the virtual has an hour to go",
		.guest = GUEST(sleep_earlier_of_two),
		.expires_ptimer = true,
		.args = { 1, 30 },
		.faults =
			FAULT_SET(FAULT_GUEST_LOST_WAKEUP, FAULT_LINE_SWAP, FAULT_GUEST_NO_ENABLE),
	},
	{
		.id = "sleeping/both-timers-near",
		.title = "both timers expire close together in WFI: each comes once",
		.guest = GUEST(sleep_both_near),
		.expires_ptimer = true,
		.args = { 0, 60 },
		.faults = FAULT_SET(FAULT_GUEST_LOST_INTERRUPT, FAULT_GUEST_DOUBLE_INTERRUPT,
				    FAULT_LINE_DROP),
	},
	{
		.id = "sleeping/virtual-timer-expires-around-wfi",
		.title = "an expiry of the virtual timer in steps across the WFI ends it",
		.guest = GUEST(sleep_across_expiry),
		.args = { 0, 120, 500 },
		.faults = FAULT_SET(FAULT_GUEST_LOST_WAKEUP, FAULT_GUEST_LOST_INTERRUPT,
				    FAULT_LINE_DROP),
	},
	{
		.id = "sleeping/physical-timer-expires-around-wfi",
		.title = "an expiry of the physical timer in steps across the WFI ends it",
		.guest = GUEST(sleep_across_expiry),
		.expires_ptimer = true,
		.args = { 1, 120, 500 },
		.faults = FAULT_SET(FAULT_GUEST_LOST_WAKEUP, FAULT_GUEST_LOST_INTERRUPT,
				    FAULT_LINE_DROP),
	},
	{
		.id = "sleeping/virtual-timer-expires-around-wfi-finely",
		.title = "an expiry of the virtual timer in steps of 50 ns across the WFI ends it",
		.guest = GUEST(sleep_across_expiry),
		.tier = TEST_TIER_FULL,
		.args = { 0, 2000, 50 },
		.faults = FAULT_SET(FAULT_GUEST_LOST_WAKEUP),
	},
	{
		.id = "sleeping/physical-timer-expires-around-wfi-finely",
		.title = "an expiry of the physical timer in steps of 50 ns across the WFI ends it",
		.guest = GUEST(sleep_across_expiry),
		.expires_ptimer = true,
		.tier = TEST_TIER_FULL,
		.args = { 1, 2000, 50 },
		.faults = FAULT_SET(FAULT_GUEST_LOST_WAKEUP),
	},
	{
		.id = "sleeping/virtual-timer-already-expired",
		.title = "WFI does not sleep when the virtual timer has expired already",
		.guest = GUEST(sleep_already_expired),
		.args = { 0, 48 },
		.faults = FAULT_SET(FAULT_GUEST_LOST_WAKEUP, FAULT_GUEST_DOUBLE_INTERRUPT,
				    FAULT_LINE_DROP),
	},
	{
		.id = "sleeping/physical-timer-already-expired",
		.title = "WFI does not sleep when the physical timer has expired already",
		.guest = GUEST(sleep_already_expired),
		.expires_ptimer = true,
		.args = { 1, 48 },
		.faults = FAULT_SET(FAULT_GUEST_LOST_WAKEUP, FAULT_GUEST_DOUBLE_INTERRUPT,
				    FAULT_LINE_DROP),
	},
	{
		.id = "sleeping/virtual-timer-masked",
		.title = "a masked virtual timer that expires in WFI delivers when unmasked",
		.guest = GUEST(sleep_beside_quiet_timer),
		.expires_ptimer = true,
		.args = { 0, 16, SLEEPING_QUIET_IMASK },
		.faults = FAULT_SET(FAULT_GUEST_IGNORES_IMASK, FAULT_LINE_MASKED),
	},
	{
		.id = "sleeping/physical-timer-masked",
		.title = "a masked physical timer that expires in WFI delivers when unmasked",
		.guest = GUEST(sleep_beside_quiet_timer),
		.expires_ptimer = true,
		.args = { 1, 16, SLEEPING_QUIET_IMASK },
		.faults = FAULT_SET(FAULT_GUEST_IGNORES_IMASK, FAULT_LINE_MASKED),
	},
	{
		.id = "sleeping/virtual-timer-disabled",
		.title = "a disabled virtual timer that expires in WFI delivers when enabled",
		.guest = GUEST(sleep_beside_quiet_timer),
		.expires_ptimer = true,
		.args = { 0, 16, SLEEPING_QUIET_DISABLED },
		.faults = FAULT_SET(FAULT_GUEST_DOUBLE_INTERRUPT, FAULT_LINE_STUCK),
	},
	{
		.id = "sleeping/physical-timer-disabled",
		.title = "a disabled physical timer that expires in WFI delivers when enabled",
		.guest = GUEST(sleep_beside_quiet_timer),
		.expires_ptimer = true,
		.tier = TEST_TIER_FULL,
		.args = { 1, 16, SLEEPING_QUIET_DISABLED },
		.faults = FAULT_SET(FAULT_GUEST_DOUBLE_INTERRUPT, FAULT_LINE_STUCK),
	},
	{
		.id = "sleeping/virtual-timer-ppi-disabled",
		.title = "an expired virtual timer with its PPI disabled keeps no other timer from "
			 "ending WFI",
		.guest = GUEST(sleep_beside_quiet_timer),
		.expires_ptimer = true,
		.args = { 0, 16, SLEEPING_QUIET_PPI },
		.faults = FAULT_SET(FAULT_GUEST_LOST_INTERRUPT, FAULT_LINE_DROP),
	},
	{
		.id = "sleeping/physical-timer-ppi-disabled",
		.title =
			"an expired physical timer with its PPI disabled keeps no other timer from "
			"ending WFI",
		.guest = GUEST(sleep_beside_quiet_timer),
		.expires_ptimer = true,
		.tier = TEST_TIER_FULL,
		.args = { 1, 16, SLEEPING_QUIET_PPI },
		.faults = FAULT_SET(FAULT_GUEST_LOST_INTERRUPT, FAULT_LINE_DROP),
	},
	{
		.id = "sleeping/ticking-virtual-timer",
		.title = "a tick of the virtual timer ends each WFI with interrupts unmasked",
		.guest = GUEST(sleep_ticking),
		.args = { 0, 100, 1000 },
		.faults =
			FAULT_SET(FAULT_GUEST_LOST_INTERRUPT, FAULT_GUEST_EARLY, FAULT_LINE_STUCK),
	},
	{
		.id = "sleeping/ticking-physical-timer",
		.title = "a tick of the physical timer ends each WFI with interrupts unmasked",
		.guest = GUEST(sleep_ticking),
		.expires_ptimer = true,
		.tier = TEST_TIER_FULL,
		.args = { 1, 100, 1000 },
		.faults =
			FAULT_SET(FAULT_GUEST_LOST_INTERRUPT, FAULT_GUEST_EARLY, FAULT_LINE_STUCK),
	},
	{
		.id = "sleeping/device-before-virtual-timer",
		.title = "a device's interrupt ends WFI when the virtual timer has an hour to go",
		.guest = GUEST(sleep_until_device),
		.args = { 0, 60, SLEEPING_QUIET_FAR },
		.script = &device_script,
		.faults = FAULT_SET(FAULT_INPUT_LOST, FAULT_GUEST_LOST_WAKEUP),
	},
	{
		.id = "sleeping/device-before-physical-timer",
		.title = "a device's interrupt ends WFI when the physical timer has an hour to go",
		.guest = GUEST(sleep_until_device),
		.expires_ptimer = true,
		.tier = TEST_TIER_FULL,
		.args = { 1, 60, SLEEPING_QUIET_FAR },
		.script = &device_script,
		.faults = FAULT_SET(FAULT_INPUT_LOST, FAULT_GUEST_LOST_WAKEUP),
	},
	{
		.id = "sleeping/device-beside-masked-timer",
		.title = "a device's interrupt ends WFI beside an expired, masked virtual timer",
		.guest = GUEST(sleep_until_device),
		.args = { 0, 60, SLEEPING_QUIET_IMASK },
		.script = &device_script,
		.faults = FAULT_SET(FAULT_INPUT_LOST, FAULT_GUEST_IGNORES_IMASK, FAULT_LINE_MASKED),
	},
	{
		.id = "sleeping/device-beside-disabled-timer",
		.title = "a device's interrupt ends WFI beside a disabled virtual timer",
		.guest = GUEST(sleep_until_device),
		.tier = TEST_TIER_FULL,
		.args = { 0, 60, SLEEPING_QUIET_DISABLED },
		.script = &device_script,
		.faults = FAULT_SET(FAULT_INPUT_LOST),
	},
	{
		.id = "sleeping/device-beside-disabled-ppi",
		.title = "a device's interrupt ends WFI beside an expired timer whose PPI is "
			 "disabled",
		.guest = GUEST(sleep_until_device),
		.args = { 0, 60, SLEEPING_QUIET_PPI },
		.script = &device_script,
		.faults = FAULT_SET(FAULT_INPUT_LOST),
	},
	{
		.id = "sleeping/cpu-before-virtual-timer",
		.title = "an SGI of another CPU ends WFI when the virtual timer has an hour to go",
		.guest = GUEST(sleep_until_cpu),
		.cpus = 2,
		.args = { 0, 100, SLEEPING_QUIET_FAR },
		.faults = FAULT_SET(FAULT_INPUT_LOST, FAULT_GUEST_LOST_WAKEUP),
	},
	{
		.id = "sleeping/let-through-by-priority-mask",
		.title = "WFI right after the priority mask let a pending interrupt through ends",
		.guest = GUEST(sleep_after_letting_through),
		.args = { 0, 100, 0 },
		.faults = FAULT_SET(FAULT_GUEST_LOST_WAKEUP),
	},
	{
		.id = "sleeping/let-through-by-distributor",
		.title = "WFI right after the distributor let a pending interrupt through ends",
		.guest = GUEST(sleep_after_letting_through),
		.args = { 0, 100, 1 },
		.faults = FAULT_SET(FAULT_GUEST_LOST_WAKEUP),
	},
	{
		.id = "sleeping/wfe-virtual-timer",
		.title = "the virtual timer's interrupt is taken in WFE",
		.guest = GUEST(sleep_wfe),
		.args = { 0, 100 },
		.faults = FAULT_SET(FAULT_GUEST_LOST_INTERRUPT, FAULT_GUEST_EARLY, FAULT_LINE_DROP),
	},
	{
		.id = "sleeping/wfe-physical-timer",
		.title = "the physical timer's interrupt is taken in WFE",
		.guest = GUEST(sleep_wfe),
		.expires_ptimer = true,
		.tier = TEST_TIER_FULL,
		.args = { 1, 100 },
		.faults = FAULT_SET(FAULT_GUEST_LOST_INTERRUPT, FAULT_GUEST_EARLY, FAULT_LINE_DROP),
	},
	{
		.id = "sleeping/cpu-suspend-virtual-timer",
		.title = "the virtual timer ends PSCI's CPU_SUSPEND",
		.guest = GUEST(sleep_cpu_suspend),
		.args = { 0, 60 },
		.faults = FAULT_SET(FAULT_GUEST_EARLY, FAULT_GUEST_LOST_INTERRUPT),
	},
	{
		.id = "sleeping/cpu-suspend-physical-timer",
		.title = "the physical timer ends PSCI's CPU_SUSPEND",
		.guest = GUEST(sleep_cpu_suspend),
		.expires_ptimer = true,
		.tier = TEST_TIER_FULL,
		.args = { 1, 60 },
		.faults = FAULT_SET(FAULT_GUEST_EARLY, FAULT_GUEST_LOST_INTERRUPT),
	},
	{
		.id = "sleeping/wfit-alone",
		.title = "WFIT ends at its limit when no timer is enabled",
		.guest = GUEST(sleep_wfit),
		.needs = TEST_NEEDS_WFXT,
		.args = { 0, 4, SLEEPING_QUIETS },
		.faults = WFIT_FAULTS,
	},
	{
		.id = "sleeping/wfit-before-virtual-timer",
		.title = "WFIT ends at its limit when the virtual timer has an hour to go",
		.guest = GUEST(sleep_wfit),
		.needs = TEST_NEEDS_WFXT,
		.tier = TEST_TIER_FULL,
		.args = { 0, 4, SLEEPING_QUIET_FAR },
		.faults = WFIT_FAULTS,
	},
	{
		.id = "sleeping/wfit-before-physical-timer",
		.title = "WFIT ends at its limit when the physical timer has an hour to go",
		.guest = GUEST(sleep_wfit),
		.expires_ptimer = true,
		.needs = TEST_NEEDS_WFXT,
		.tier = TEST_TIER_FULL,
		.args = { 1, 4, SLEEPING_QUIET_FAR },
		.faults = WFIT_FAULTS,
	},
	{
		.id = "sleeping/wfit-beside-masked-timer",
		.title = "WFIT ends at its limit beside an expired, masked timer",
		.guest = GUEST(sleep_wfit),
		.needs = TEST_NEEDS_WFXT,
		.args = { 0, 4, SLEEPING_QUIET_IMASK },
		.faults = FAULT_SET(FAULT_GUEST_IGNORES_IMASK),
	},
	{
		.id = "sleeping/wfit-with-virtual-counter-ahead",
		.title = "WFIT ends at its limit when the virtual counter is an hour ahead",
		.guest = GUEST(sleep_wfit),
		.needs = TEST_NEEDS_WFXT,
		.args = { 0, 4, SLEEPING_QUIET_FAR },
		.script = &ahead_script,
		.faults = WFIT_FAULTS,
	},
	{
		.id = "sleeping/wfit-with-counters-ahead",
		.title = "WFIT ends at its limit when both counters are an hour ahead by an offset",
		.guest = GUEST(sleep_wfit),
		.needs = TEST_NEEDS_WFXT | TEST_NEEDS_COUNTER_OFFSET,
		.tier = TEST_TIER_FULL,
		.args = { 0, 4, SLEEPING_QUIET_FAR },
		.script = &both_ahead_script,
		.faults = WFIT_FAULTS,
	},
	{
		.id = "sleeping/wfit-with-counters-behind",
		.title =
			"WFIT ends at its limit when both counters are an hour behind by an offset",
		.guest = GUEST(sleep_wfit),
		.needs = TEST_NEEDS_WFXT | TEST_NEEDS_COUNTER_OFFSET,
		.tier = TEST_TIER_FULL,
		.args = { 0, 4, SLEEPING_QUIET_FAR },
		.script = &both_behind_script,
		.faults = WFIT_FAULTS,
	},
	{
		.id = "sleeping/wfit-after-virtual-timer",
		.title = "the virtual timer ends WFIT before its limit",
		.guest = GUEST(sleep_wfit_and_timer),
		.needs = TEST_NEEDS_WFXT,
		.args = { 0, 60 },
		.faults = WFIT_FAULTS,
	},
	{
		.id = "sleeping/wfit-after-physical-timer",
		.title = "the physical timer ends WFIT before its limit",
		.guest = GUEST(sleep_wfit_and_timer),
		.expires_ptimer = true,
		.needs = TEST_NEEDS_WFXT,
		.tier = TEST_TIER_FULL,
		.args = { 1, 60 },
		.faults = WFIT_FAULTS,
	},
	{
		.id = "sleeping/random-virtual",
		.title = "random sleeps until the virtual timer: never early, none lost, the "
			 "clocks agree",
		.guest = GUEST(sleep_randomly),
		.args = { 1, 200, 2000 },
		.script = &clock_script,
		.faults = FAULT_SET(FAULT_GUEST_COUNTER_BACK, FAULT_GUEST_EARLY,
				    FAULT_GUEST_LOST_INTERRUPT, FAULT_LINE_DROP),
	},
	{
		.id = "sleeping/random-physical",
		.title = "random sleeps until the physical timer: never early, none lost",
		.guest = GUEST(sleep_randomly),
		.expires_ptimer = true,
		.args = { 2, 200, 2000 },
		.script = &clock_script,
		.faults = FAULT_SET(FAULT_GUEST_COUNTER_BACK, FAULT_GUEST_EARLY,
				    FAULT_GUEST_LOST_INTERRUPT, FAULT_LINE_DROP),
	},
	{
		.id = "sleeping/random-both",
		.title = "random sleeps until one of two timers: never early, none lost",
		.guest = GUEST(sleep_randomly),
		.expires_ptimer = true,
		.args = { 3, 200, 2000 },
		.script = &clock_script,
		.faults = FAULT_SET(FAULT_GUEST_EARLY, FAULT_GUEST_LOST_INTERRUPT, FAULT_LINE_DROP),
	},
	{
		.id = "sleeping/random-on-all-cpus",
		.title = "random sleeps on four vCPUs",
		.guest = GUEST(sleep_randomly),
		.cpus = 4,
		.args = { 1, 60, 2000 },
		.script = &clock_script,
		.faults = FAULT_SET(FAULT_GUEST_EARLY, FAULT_GUEST_LOST_INTERRUPT, FAULT_LINE_DROP),
	},
	{
		.id = "sleeping/random-beside-busy-thread",
		.title = "random sleeps on a host CPU that another thread keeps busy",
		.guest = GUEST(sleep_randomly),
		.args = { 1, 100, 2000 },
		.script = &busy_script,
		.faults = FAULT_SET(FAULT_GUEST_EARLY, FAULT_GUEST_LOST_INTERRUPT),
	},
	{
		.id = "sleeping/random-under-signals",
		.title = "random sleeps that signals interrupt all the time",
		.guest = GUEST(sleep_randomly),
		.args = { 1, 100, 20000 },
		.script = &signal_script,
		.faults = FAULT_SET(FAULT_REG_CVAL, FAULT_REG_CTL_LOST, FAULT_REG_CNT_JUMP),
	},
	{
		.id = "sleeping/random-physical-under-signals",
		.title = "random sleeps until the physical timer that signals interrupt all the "
			 "time",
		.guest = GUEST(sleep_randomly),
		.expires_ptimer = true,
		.tier = TEST_TIER_FULL,
		.args = { 2, 100, 20000 },
		.script = &signal_script,
		.faults = FAULT_SET(FAULT_GUEST_EARLY, FAULT_GUEST_LOST_INTERRUPT),
	},
	{
		.id = "sleeping/random-thousands",
		.title = "5000 random sleeps on each of four vCPUs, until either timer",
		.guest = GUEST(sleep_randomly),
		.expires_ptimer = true,
		.cpus = 4,
		.tier = TEST_TIER_FULL,
		.args = { 3, 5000, 3000 },
		.script = &clock_script,
		.faults = FAULT_SET(FAULT_GUEST_EARLY, FAULT_GUEST_LOST_INTERRUPT),
	},
	{
		.id = "sleeping/random-thousands-beside-busy-thread",
		.title = "2000 random sleeps on a host CPU that another thread keeps busy",
		.guest = GUEST(sleep_randomly),
		.expires_ptimer = true,
		.tier = TEST_TIER_FULL,
		.args = { 3, 2000, 3000 },
		.script = &busy_script,
		.faults = FAULT_SET(FAULT_GUEST_EARLY, FAULT_GUEST_LOST_INTERRUPT),
	},
};
const size_t sleeping_tests_count = sizeof(sleeping_tests) / sizeof(sleeping_tests[0]);
