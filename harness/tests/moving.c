// SPDX-License-Identifier: GPL-2.0-only
/*
 * Family "moving": timers stay right while the vCPUs' threads change host CPUs, are preempted,
 * stopped and signalled.
 */
#include "harness/tests/moving.h"

#include "guest-images/tests/moving.h"
#include "harness/guest_tests.h"
#include "harness/tests/families.h"

/* What every test that takes shots must notice, whatever the host does beside them. */
#define TAKEN_FAULTS                                                              \
	(FAULT_SET(FAULT_LINE_DROP, FAULT_LINE_STUCK, FAULT_GUEST_LOST_INTERRUPT, \
		   FAULT_GUEST_DOUBLE_INTERRUPT, FAULT_GUEST_EARLY, FAULT_GUEST_NO_ENABLE))
/* Where the counters are read many times. */
#define STEP_FAULTS (TAKEN_FAULTS | FAULT_SET(FAULT_GUEST_COUNTER_BACK))
/* And where timers have long enough to go for anything to come early. */
#define SHOT_FAULTS (STEP_FAULTS | FAULT_SET(FAULT_LINE_EARLY))
/* And where vCPUs are moved or signalled while their timers have long to go. */
#define DISTURBED_FAULTS                                                                      \
	(FAULT_SET(FAULT_REG_CVAL, FAULT_REG_CTL_LOST, FAULT_REG_CNT_JUMP, FAULT_ENABLE_LOST, \
		   FAULT_PENDING_EXTRA))

/* Far more than four moves take, also where one takes tens of milliseconds. */
#define HOLD_MS 5000

/* args: timers, shots, least and most microseconds ahead, flags, longest hold in ms, -, policy */
const struct test moving_tests[] = {
	{
		.id = "moving/virtual-while-hopping",
		.title = "the virtual timer is right while all vCPUs go round the host CPUs",
		.guest = GUEST(moving_shots),
		.cpus = 2,
		.needs = TEST_NEEDS_TWO_HOST_CPUS,
		.args = { MOVING_VIRTUAL, 50, 100, 2000, MOVING_HOLDS, HOLD_MS, 0, MOVING_ROUND },
		.script = &moving_by_policy,
		.faults = SHOT_FAULTS | DISTURBED_FAULTS,
	},
	{
		.id = "moving/physical-while-hopping",
		.title = "the physical timer is right while all vCPUs go round the host CPUs",
		.guest = GUEST(moving_shots),
		.cpus = 2,
		.needs = TEST_NEEDS_TWO_HOST_CPUS,
		.expires_ptimer = true,
		.args = { MOVING_PHYSICAL, 50, 100, 2000, MOVING_HOLDS, HOLD_MS, 0, MOVING_ROUND },
		.script = &moving_by_policy,
		.faults = SHOT_FAULTS | FAULT_SET(FAULT_ENABLE_LOST),
	},
	{
		.id = "moving/both-at-random",
		.title = "both timers are right, asleep and awake, while vCPUs move at random",
		.guest = GUEST(moving_shots),
		.cpus = 2,
		.needs = TEST_NEEDS_TWO_HOST_CPUS,
		.expires_ptimer = true,
		.args = { MOVING_BOTH, 48, 50, 2500, MOVING_SLEEPS | MOVING_HOLDS, HOLD_MS, 0,
			  MOVING_RANDOM },
		.script = &moving_by_policy,
		.faults = SHOT_FAULTS | DISTURBED_FAULTS,
	},
	{
		.id = "moving/more-vcpus-than-host-cpus",
		.title = "four vCPUs' virtual timers are right on two host CPUs between which they "
			 "move",
		.guest = GUEST(moving_shots),
		.cpus = 4,
		.needs = TEST_NEEDS_TWO_HOST_CPUS,
		.args = { MOVING_VIRTUAL, 20, 50, 2500, MOVING_SLEEPS | MOVING_HOLDS, HOLD_MS, 0,
			  MOVING_CROWDED },
		.script = &moving_by_policy,
		.faults = SHOT_FAULTS | DISTURBED_FAULTS | FAULT_SET(FAULT_GUEST_LOST_WAKEUP),
	},
	{
		.id = "moving/all-on-one-host-cpu",
		.title = "vCPUs that share one host CPU, and leave it together, have right timers",
		.guest = GUEST(moving_shots),
		.cpus = 2,
		.needs = TEST_NEEDS_TWO_HOST_CPUS,
		.args = { MOVING_VIRTUAL, 32, 50, 2000, MOVING_SLEEPS | MOVING_HOLDS, HOLD_MS, 0,
			  MOVING_PACKED },
		.script = &moving_by_policy,
		.faults = SHOT_FAULTS | DISTURBED_FAULTS,
	},
	{
		.id = "moving/at-every-exit",
		.title = "a vCPU that hops at each of its exits loses no interrupt",
		.guest = GUEST(moving_shots),
		.cpus = 2,
		.needs = TEST_NEEDS_TWO_HOST_CPUS,
		.args = { MOVING_VIRTUAL, 40, 20, 1500, 0, 0, 0, MOVING_AT_EXITS },
		.script = &moving_by_policy,
		/* A line that rises early does so at an entry: none is certain before the expiry.
		 */
		.faults = STEP_FAULTS,
	},
	{
		.id = "moving/el0-access",
		.title = "CNTKCTL_EL1 is each vCPU's own, and EL0's accesses go by it, while four "
			 "move",
		.guest = GUEST(moving_el0_access),
		.cpus = 4,
		.needs = TEST_NEEDS_TWO_HOST_CPUS,
		.args = { 0, 0, 0, 0, 0, HOLD_MS, 0, MOVING_CROWDED },
		.script = &moving_by_policy,
		.faults = FAULT_SET(FAULT_REG_CNTKCTL),
	},
	{
		.id = "moving/timers-and-sgis",
		.title = "SGIs between moving vCPUs come once each, beside timers",
		.guest = GUEST(moving_shots),
		.cpus = 2,
		.needs = TEST_NEEDS_TWO_HOST_CPUS,
		.args = { MOVING_VIRTUAL, 40, 50, 1500, MOVING_SGIS | MOVING_SLEEPS | MOVING_HOLDS,
			  HOLD_MS, 0, MOVING_RANDOM },
		.script = &moving_by_policy,
		.faults = SHOT_FAULTS | DISTURBED_FAULTS,
	},
	{
		.id = "moving/virtual-while-blocked",
		.title =
			"a vCPU that hops while it is blocked in WFI is woken by the virtual timer",
		.guest = GUEST(moving_blocked),
		.needs = TEST_NEEDS_TWO_HOST_CPUS,
		.args = { MOVING_VIRTUAL, 40, 1000, 5000 },
		.script = &moving_blocked,
		.faults = SHOT_FAULTS | FAULT_SET(FAULT_GUEST_LOST_WAKEUP, FAULT_INPUT_LOST,
						  FAULT_REG_CTL_LOST, FAULT_ENABLE_LOST),
	},
	{
		.id = "moving/physical-while-blocked",
		.title = "a vCPU that hops while it is blocked in WFI is woken by the physical "
			 "timer",
		.guest = GUEST(moving_blocked),
		.needs = TEST_NEEDS_TWO_HOST_CPUS,
		.expires_ptimer = true,
		.args = { MOVING_PHYSICAL, 40, 1000, 5000 },
		.script = &moving_blocked,
		.faults = SHOT_FAULTS |
			  FAULT_SET(FAULT_GUEST_LOST_WAKEUP, FAULT_INPUT_LOST, FAULT_ENABLE_LOST),
	},
	/* args: timers, steps, 1: asleep */
	{
		.id = "moving/virtual-swap-in-steps",
		.title =
			"two vCPUs change places in steps around the expiry of both virtual timers",
		.guest = GUEST(moving_steps),
		.cpus = 2,
		.needs = TEST_NEEDS_TWO_HOST_CPUS,
		.args = { MOVING_VIRTUAL, 40, 0 },
		.script = &moving_swap,
		.faults = STEP_FAULTS,
	},
	{
		.id = "moving/physical-swap-in-steps",
		.title = "two vCPUs change places in steps around the expiry of both physical "
			 "timers",
		.guest = GUEST(moving_steps),
		.cpus = 2,
		.needs = TEST_NEEDS_TWO_HOST_CPUS,
		.expires_ptimer = true,
		.args = { MOVING_PHYSICAL, 40, 0 },
		.script = &moving_swap,
		.faults = STEP_FAULTS,
	},
	{
		.id = "moving/virtual-swap-asleep",
		.title = "two sleeping vCPUs change places in steps around their virtual timers' "
			 "expiry",
		.guest = GUEST(moving_steps),
		.cpus = 2,
		.needs = TEST_NEEDS_TWO_HOST_CPUS,
		.tier = TEST_TIER_FULL,
		.args = { MOVING_VIRTUAL, 150, 1 },
		.script = &moving_swap,
		.faults = STEP_FAULTS | FAULT_SET(FAULT_GUEST_LOST_WAKEUP),
	},
	{
		.id = "moving/physical-swap-asleep",
		.title = "two sleeping vCPUs change places in steps around their physical timers' "
			 "expiry",
		.guest = GUEST(moving_steps),
		.cpus = 2,
		.needs = TEST_NEEDS_TWO_HOST_CPUS,
		.tier = TEST_TIER_FULL,
		.expires_ptimer = true,
		.args = { MOVING_PHYSICAL, 150, 1 },
		.script = &moving_swap,
		.faults = STEP_FAULTS | FAULT_SET(FAULT_GUEST_LOST_WAKEUP),
	},
	/* args: timers, rounds, first and last stage */
	{
		.id = "moving/virtual-not-acknowledged",
		.title = "a virtual timer's line is high, and the interrupt not acknowledged, in a "
			 "hop",
		.guest = GUEST(moving_asserted),
		.needs = TEST_NEEDS_TWO_HOST_CPUS,
		.args = { MOVING_VIRTUAL, 14, MOVING_NOT_ACKNOWLEDGED, MOVING_REARMED_UNTAKEN },
		.script = &moving_asserted,
		.faults = TAKEN_FAULTS |
			  FAULT_SET(FAULT_REG_CTL_LOST, FAULT_REG_CNT_JUMP, FAULT_ENABLE_LOST),
	},
	{
		.id = "moving/physical-not-acknowledged",
		.title = "a physical timer's line is high, and the interrupt not acknowledged, in "
			 "a hop",
		.guest = GUEST(moving_asserted),
		.needs = TEST_NEEDS_TWO_HOST_CPUS,
		.expires_ptimer = true,
		.args = { MOVING_PHYSICAL, 14, MOVING_NOT_ACKNOWLEDGED, MOVING_REARMED_UNTAKEN },
		.script = &moving_asserted,
		.faults = TAKEN_FAULTS | FAULT_SET(FAULT_ENABLE_LOST),
	},
	{
		.id = "moving/virtual-not-ended",
		.title = "a virtual timer's interrupt is acknowledged, and not ended, in a hop",
		.guest = GUEST(moving_asserted),
		.needs = TEST_NEEDS_TWO_HOST_CPUS,
		.args = { MOVING_VIRTUAL, 14, MOVING_NOT_ENDED, MOVING_REARMED_NOT_ENDED },
		.script = &moving_asserted,
		.faults = TAKEN_FAULTS,
	},
	{
		.id = "moving/physical-not-ended",
		.title = "a physical timer's interrupt is acknowledged, and not ended, in a hop",
		.guest = GUEST(moving_asserted),
		.needs = TEST_NEEDS_TWO_HOST_CPUS,
		.expires_ptimer = true,
		.args = { MOVING_PHYSICAL, 14, MOVING_NOT_ENDED, MOVING_REARMED_NOT_ENDED },
		.script = &moving_asserted,
		.faults = TAKEN_FAULTS,
	},
	{
		.id = "moving/virtual-preempted-in-steps",
		.title = "a thread of higher priority preempts the vCPU in steps around the expiry "
			 "of "
			 "its virtual timer",
		.guest = GUEST(moving_steps),
		.needs = TEST_NEEDS_REALTIME,
		.args = { MOVING_VIRTUAL, 50, 0 },
		.script = &moving_preempt,
		.faults = STEP_FAULTS,
	},
	{
		.id = "moving/physical-preempted-in-steps",
		.title = "a thread of higher priority preempts the vCPU in steps around the expiry "
			 "of "
			 "its physical timer",
		.guest = GUEST(moving_steps),
		.needs = TEST_NEEDS_REALTIME,
		.expires_ptimer = true,
		.args = { MOVING_PHYSICAL, 50, 0 },
		.script = &moving_preempt,
		.faults = STEP_FAULTS,
	},
	/* args: timers, shots, least and most microseconds ahead, flags */
	{
		.id = "moving/stopped-and-continued",
		.title = "timers are right after SIGSTOP and SIGCONT at random times",
		.guest = GUEST(moving_shots),
		.cpus = 2,
		.args = { MOVING_VIRTUAL, 40, 100, 4000, MOVING_SLEEPS | MOVING_HOLDS, 20 },
		.script = &moving_stop,
		.faults = SHOT_FAULTS,
	},
	{
		.id = "moving/physical-stopped-and-continued",
		.title = "physical timers are right after SIGSTOP and SIGCONT at random times",
		.guest = GUEST(moving_shots),
		.cpus = 2,
		.tier = TEST_TIER_FULL,
		.expires_ptimer = true,
		.args = { MOVING_PHYSICAL, 150, 100, 5000, MOVING_SLEEPS | MOVING_HOLDS, 20 },
		.script = &moving_stop,
		.faults = SHOT_FAULTS,
	},
	{
		.id = "moving/signal-storm",
		.title = "timers and SGIs come once each under a storm of signals",
		.guest = GUEST(moving_shots),
		.cpus = 2,
		.args = { MOVING_VIRTUAL, 60, 50, 1500, MOVING_SLEEPS | MOVING_SGIS | MOVING_HOLDS,
			  HOLD_MS },
		.script = &moving_signals,
		.faults = SHOT_FAULTS | DISTURBED_FAULTS,
	},
	{
		.id = "moving/both-in-a-signal-storm",
		.title = "both timers are right under a storm of signals",
		.guest = GUEST(moving_shots),
		.cpus = 2,
		.tier = TEST_TIER_FULL,
		.expires_ptimer = true,
		.args = { MOVING_BOTH, 300, 50, 1500, MOVING_SLEEPS | MOVING_HOLDS, HOLD_MS },
		.script = &moving_signals,
		.faults = SHOT_FAULTS | DISTURBED_FAULTS,
	},
	{
		.id = "moving/crowd-for-long",
		.title = "eight vCPUs' timers and SGIs are right, long, on two host CPUs",
		.guest = GUEST(moving_shots),
		.cpus = 8,
		.needs = TEST_NEEDS_TWO_HOST_CPUS,
		.tier = TEST_TIER_FULL,
		.args = { MOVING_VIRTUAL, 100, 50, 5000, MOVING_SLEEPS | MOVING_SGIS | MOVING_HOLDS,
			  HOLD_MS, 0, MOVING_CROWDED },
		.script = &moving_by_policy,
		.faults = SHOT_FAULTS | DISTURBED_FAULTS,
	},
	{
		.id = "moving/both-in-a-while",
		.title = "both timers, near and far, are right while vCPUs move now and then",
		.guest = GUEST(moving_shots),
		.cpus = 2,
		.needs = TEST_NEEDS_TWO_HOST_CPUS,
		.tier = TEST_TIER_FULL,
		.expires_ptimer = true,
		.args = { MOVING_BOTH, 150, 1, 20000, MOVING_SLEEPS | MOVING_HOLDS, HOLD_MS, 0,
			  MOVING_IN_A_WHILE },
		.script = &moving_by_policy,
		.faults = SHOT_FAULTS | DISTURBED_FAULTS,
	},
	{
		/* Hazardous because it takes CPUs away from all that runs on the host. */
		.id = "moving/host-cpu-goes-offline",
		.title =
			"timers are right while host CPUs go offline under the vCPUs and come back",
		.guest = GUEST(moving_shots),
		.cpus = 2,
		.needs = TEST_NEEDS_TWO_HOST_CPUS,
		.tier = TEST_TIER_FULL,
		.hazardous = true,
		.args = { MOVING_VIRTUAL, 70, 100, 5000, MOVING_SLEEPS | MOVING_HOLDS, HOLD_MS, 0,
			  MOVING_RANDOM },
		.script = &moving_hotplug,
		.faults = SHOT_FAULTS,
	},
};
const size_t moving_tests_count = sizeof(moving_tests) / sizeof(moving_tests[0]);
