// SPDX-License-Identifier: GPL-2.0-only
/*
 * Family "bystander": what one VM does or suffers takes nothing from another one, or from a thread
 * of the host, on the same host CPUs. The bystander's interrupt controller is the run's.
 */
#include "harness/tests/bystander.h"

#include "guest-images/tests/moving.h"
#include "harness/guest_tests.h"
#include "harness/tests/families.h"

#define V MOVING_VIRTUAL
#define B MOVING_BOTH

/*
 * The bystander takes shots, and has to notice what is wrong with them. That the host masks an
 * interrupt that is not its VM's cannot be planted: no monitor can do that.
 */
#define BYSTANDER_FAULTS                                                                       \
	FAULT_SET(FAULT_LINE_DROP, FAULT_LINE_STUCK, FAULT_GUEST_COUNTER_BACK,                 \
		  FAULT_GUEST_LOST_INTERRUPT, FAULT_GUEST_DOUBLE_INTERRUPT, FAULT_GUEST_EARLY, \
		  FAULT_GUEST_NO_ENABLE)

/* And where the host's interrupts are counted. */
#define COUNTED_FAULTS (BYSTANDER_FAULTS | FAULT_SET(FAULT_HOST_UNCOUNTED))

/* args: the bystander's timers, its ticks (0: until told), least and most microseconds between,
 * sleeps, enum bystander_kind, the other VM's timers */
const struct test bystander_tests[] = {
	{
		.id = "bystander/beside-a-vm-at-rest",
		.title = "a VM ticks, by host interrupts, beside one that rests in any state",
		.guest = GUEST(bystander_ticks),
		.args = { V, 0, 100, 900, 0, BYSTANDER_SAME_KIND, V },
		.script = &bystander_beside_rest,
		.faults = COUNTED_FAULTS | FAULT_SET(FAULT_KILLS_BYSTANDER),
	},
	{
		.id = "bystander/beside-another-kind-at-rest",
		.title = "a VM ticks, by host interrupts, beside one with another interrupt "
			 "controller that rests in any state",
		.guest = GUEST(bystander_ticks),
		.args = { V, 0, 100, 900, 0, BYSTANDER_OTHER_KIND, V },
		.script = &bystander_beside_rest,
		.faults = COUNTED_FAULTS | FAULT_SET(FAULT_KILLS_BYSTANDER),
	},
	{
		.id = "bystander/beside-both-timers-at-rest",
		.title = "both timers of a VM tick beside one that rests with both in any state",
		.guest = GUEST(bystander_ticks),
		.tier = TEST_TIER_FULL,
		.expires_ptimer = true,
		.args = { B, 0, 100, 900, 0, BYSTANDER_SAME_KIND, B },
		.script = &bystander_beside_rest,
		.faults = COUNTED_FAULTS | FAULT_SET(FAULT_KILLS_BYSTANDER),
	},
	{
		.id = "bystander/beside-both-timers-of-another-kind",
		.title = "both timers of a VM tick beside one with another interrupt controller "
			 "that "
			 "rests with both in any state",
		.guest = GUEST(bystander_ticks),
		.tier = TEST_TIER_FULL,
		.expires_ptimer = true,
		.args = { B, 0, 100, 900, 0, BYSTANDER_OTHER_KIND, B },
		.script = &bystander_beside_rest,
		.faults = COUNTED_FAULTS | FAULT_SET(FAULT_KILLS_BYSTANDER),
	},
	{
		.id = "bystander/beside-an-unruly-vm",
		.title = "a VM ticks beside one that misuses its virtual timers, moves and is "
			 "signalled",
		.guest = GUEST(bystander_ticks),
		.cpus = 2,
		.args = { V, 80, 100, 1500, 1, BYSTANDER_SAME_KIND, V },
		.script = &bystander_beside_unruly,
		.faults = BYSTANDER_FAULTS |
			  FAULT_SET(FAULT_GUEST_LOST_WAKEUP, FAULT_KILLS_BYSTANDER),
	},
	{
		.id = "bystander/beside-an-unruly-vm-of-another-kind",
		.title = "a VM ticks beside one with another interrupt controller that misuses its "
			 "virtual timers, moves and is signalled",
		.guest = GUEST(bystander_ticks),
		.cpus = 2,
		.args = { V, 80, 100, 1500, 1, BYSTANDER_OTHER_KIND, V },
		.script = &bystander_beside_unruly,
		.faults = BYSTANDER_FAULTS |
			  FAULT_SET(FAULT_GUEST_LOST_WAKEUP, FAULT_KILLS_BYSTANDER),
	},
	{
		.id = "bystander/both-timers-beside-an-unruly-vm",
		.title = "both timers tick beside a VM that misuses both of its own",
		.guest = GUEST(bystander_ticks),
		.cpus = 2,
		.tier = TEST_TIER_FULL,
		.expires_ptimer = true,
		.args = { B, 500, 100, 1500, 1, BYSTANDER_SAME_KIND, B },
		.script = &bystander_beside_unruly,
		.faults = BYSTANDER_FAULTS |
			  FAULT_SET(FAULT_GUEST_LOST_WAKEUP, FAULT_KILLS_BYSTANDER),
	},
	{
		.id = "bystander/both-timers-beside-an-unruly-vm-of-another-kind",
		.title = "both timers tick beside a VM with another interrupt controller that "
			 "misuses both of its own",
		.guest = GUEST(bystander_ticks),
		.cpus = 2,
		.tier = TEST_TIER_FULL,
		.expires_ptimer = true,
		.args = { B, 500, 100, 1500, 1, BYSTANDER_OTHER_KIND, B },
		.script = &bystander_beside_unruly,
		.faults = BYSTANDER_FAULTS |
			  FAULT_SET(FAULT_GUEST_LOST_WAKEUP, FAULT_KILLS_BYSTANDER),
	},
	/* args: timer, rounds, microseconds until it expires */
	{
		.id = "bystander/virtual-away-armed",
		.title =
			"a virtual timer that expires while its vCPU is in an exit causes the host "
			"no interrupt",
		.guest = GUEST(bystander_away),
		.args = { 0, 24, 1500 },
		.script = &bystander_quiet,
		.faults = FAULT_SET(FAULT_HOST_OVERCOUNTED),
	},
	{
		.id = "bystander/physical-away-armed",
		.title = "a physical timer that expires while its vCPU is in an exit causes the "
			 "host no interrupt",
		.guest = GUEST(bystander_away),
		.expires_ptimer = true,
		.args = { 1, 24, 1500 },
		.script = &bystander_quiet,
		.faults = FAULT_SET(FAULT_HOST_OVERCOUNTED),
	},
	/* Only a vGIC has an active state that keeps the hardware's interrupt quiet. */
	{
		.id = "bystander/virtual-expires-while-active",
		.title = "a virtual timer that expires after an exit in its own handler causes the "
			 "host no interrupt before the end of the handler",
		.guest = GUEST(bystander_active),
		.irqchips = TEST_ON_VGIC,
		.args = { 0, 24, 100 },
		.script = &bystander_quiet,
		.faults = FAULT_SET(FAULT_HOST_OVERCOUNTED, FAULT_GUEST_LOST_INTERRUPT,
				    FAULT_GUEST_DOUBLE_INTERRUPT),
	},
	{
		.id = "bystander/after-a-death",
		.title =
			"a VM that is killed in any state leaves the next one its timer interrupts",
		.guest = GUEST_NONE,
		.args = { V, 12, 0, 0, 0, BYSTANDER_SAME_KIND, V },
		.script = &bystander_after_death,
		.faults = COUNTED_FAULTS,
	},
	{
		.id = "bystander/after-a-death-of-another-kind",
		.title =
			"a VM with another interrupt controller that is killed in any state leaves "
			"the next one its timer interrupts",
		.guest = GUEST_NONE,
		.args = { V, 12, 0, 0, 0, BYSTANDER_OTHER_KIND, V },
		.script = &bystander_after_death,
		.faults = COUNTED_FAULTS,
	},
	{
		.id = "bystander/both-timers-after-a-death",
		.title =
			"a VM that is killed with both timers in any state leaves the next one its "
			"interrupts",
		.guest = GUEST_NONE,
		.tier = TEST_TIER_FULL,
		.expires_ptimer = true,
		.args = { B, 40, 0, 0, 0, BYSTANDER_SAME_KIND, B },
		.script = &bystander_after_death,
		.faults = COUNTED_FAULTS,
	},
	{
		.id = "bystander/both-timers-after-a-death-of-another-kind",
		.title =
			"a VM with another interrupt controller that is killed with both timers in "
			"any state leaves the next one its interrupts",
		.guest = GUEST_NONE,
		.tier = TEST_TIER_FULL,
		.expires_ptimer = true,
		.args = { B, 40, 0, 0, 0, BYSTANDER_OTHER_KIND, B },
		.script = &bystander_after_death,
		.faults = COUNTED_FAULTS,
	},
};
const size_t bystander_tests_count = sizeof(bystander_tests) / sizeof(bystander_tests[0]);
