// SPDX-License-Identifier: GPL-2.0-only
/*
 * Family "basics": what the architecture says of one timer and its interrupt. Such rows are there
 * for both timers; those that EL0 can do itself are there for EL0 as well. Some are about both
 * timers, and about interrupts beside theirs.
 */
#include <string.h>

#include "harness/guest_tests.h"
#include "harness/test_timer.h"
#include "harness/tests/families.h"

/* So that the guest's virtual counter can look back further than TVAL reaches. */
#define OLD_COUNT (UINT64_C(1) << 40)

static void let_counter_be_old(struct test_run *run)
{
	int ret = test_timer_set(run, run->vm.machine.vcpus[0].fd, ARCH_TIMER_VIRTUAL,
				 ARCH_TIMER_CNT, OLD_COUNT);

	RUN_CHECK(run, ret == 0, "cannot set the virtual counter: %s", strerror(-ret));
}

static const struct test_script old_counter = { .prepare = let_counter_be_old };

/* Where an expiring physical timer can hang a host (see test.h), the physical rows wait. */
#define ROW(timer_, number, level, words, name, text, function, ...)                             \
	{                                                                                        \
		.id = "basics/" timer_ words "-" name, .title = timer_ " timer" level ": " text, \
		.guest = GUEST(function), .expires_ptimer = (number) == 1, __VA_ARGS__,          \
	}
#define AT_EL1(name, text, function, more, ...)                                               \
	ROW("virtual", 0, "", "", name, text, function, .args = { 0, 1, more }, __VA_ARGS__), \
		ROW("physical", 1, "", "", name, text, function, .args = { 1, 1, more },      \
		    __VA_ARGS__)
#define AT_EL0(name, text, function, more, ...)                                            \
	ROW("virtual", 0, " at EL0", "-el0", name, text, function, .args = { 0, 0, more }, \
	    __VA_ARGS__),                                                                  \
		ROW("physical", 1, " at EL0", "-el0", name, text, function,                \
		    .args = { 1, 0, more }, __VA_ARGS__)

#define INTERRUPT_FAULTS \
	FAULT_LINE_DROP, FAULT_LINE_SWAP, FAULT_GUEST_LOST_INTERRUPT, FAULT_GUEST_DOUBLE_INTERRUPT

const struct test basics_tests[] = {
	/* Expiry. */
	AT_EL1("random-delays", "each of many shots comes once, not before CVAL", basics_random, 0,
	       .faults = FAULT_SET(INTERRUPT_FAULTS, FAULT_LINE_EARLY, FAULT_LINE_STUCK,
				   FAULT_LINE_DUPLICATE, FAULT_GUEST_EARLY, FAULT_GUEST_NO_ENABLE)),
	AT_EL1("random-delays-long", "each of 1000 shots comes once, not before CVAL",
	       basics_random, 1000, .tier = TEST_TIER_FULL,
	       .faults = FAULT_SET(INTERRUPT_FAULTS, FAULT_GUEST_EARLY)),
	AT_EL0("random-delays", "each of many shots comes once, not before CVAL", basics_random, 0,
	       .faults = FAULT_SET(INTERRUPT_FAULTS, FAULT_LINE_EARLY, FAULT_GUEST_EARLY,
				   FAULT_GUEST_NO_ENABLE)),
	AT_EL1("on-all-cpus", "the CPUs' timers are each their own", basics_on_all_cpus, 10,
	       .cpus = 4, .faults = FAULT_SET(INTERRUPT_FAULTS, FAULT_GUEST_EARLY)),
	AT_EL1("on-all-cpus-long", "the CPUs' timers are each their own, for longer",
	       basics_on_all_cpus, 1000, .cpus = 4, .tier = TEST_TIER_FULL,
	       .faults = FAULT_SET(INTERRUPT_FAULTS, FAULT_GUEST_EARLY)),
	AT_EL1("without-exits", "comes to a guest that does not exit", basics_without_exits, 0,
	       .faults = FAULT_SET(FAULT_GUEST_LOST_INTERRUPT, FAULT_GUEST_EARLY)),
	AT_EL1("cval-in-the-past", "an old CVAL, 0 and one that wraps fire at once, once",
	       basics_past, 0, .script = &old_counter, .faults = FAULT_SET(INTERRUPT_FAULTS)),
	AT_EL1("cval-now", "a CVAL that is reached while it is written fires once", basics_now, 0,
	       .faults = FAULT_SET(INTERRUPT_FAULTS, FAULT_GUEST_NO_ENABLE)),
	AT_EL1("cval-far", "a CVAL up to the 64-bit edge does not fire, and leaves no trace",
	       basics_far, 0,
	       .faults = FAULT_SET(INTERRUPT_FAULTS, FAULT_GUEST_EARLY, FAULT_GUEST_LATE)),
	AT_EL1("stopped-in-time", "disabled, masked or moved before CVAL: quiet without an exit",
	       basics_stop_early, 0,
	       .faults = FAULT_SET(INTERRUPT_FAULTS, FAULT_GUEST_IGNORES_IMASK, FAULT_GUEST_EARLY)),
	{
		.id = "basics/both-timers",
		.title = "both timers at once: each keeps to its CVAL, whichever is first",
		.guest = GUEST(basics_both),
		.expires_ptimer = true,
		.faults = FAULT_SET(INTERRUPT_FAULTS, FAULT_GUEST_EARLY),
	},

	/* Registers. */
	AT_EL1("tval", "TVAL is signed, 32 bits wide, and sets CVAL", basics_tval, 0,
	       .script = &old_counter,
	       .faults = FAULT_SET(FAULT_GUEST_TVAL_UNSIGNED, FAULT_GUEST_DOUBLE_INTERRUPT)),
	AT_EL0("tval", "TVAL is signed, 32 bits wide, and sets CVAL", basics_tval, 0,
	       .script = &old_counter, .faults = FAULT_SET(FAULT_GUEST_TVAL_UNSIGNED)),
	AT_EL1("tval-reads", "TVAL reads as the low half of CVAL - count", basics_tval_reads, 0,
	       .faults = FAULT_SET(FAULT_GUEST_EARLY, FAULT_GUEST_LATE)),
	AT_EL0("tval-reads", "TVAL reads as the low half of CVAL - count", basics_tval_reads, 0,
	       .faults = FAULT_SET(FAULT_GUEST_EARLY, FAULT_GUEST_LATE)),
	AT_EL1("ctl", "CTL keeps ENABLE and IMASK, tells ISTATUS, ignores the rest", basics_ctl, 0,
	       .faults = FAULT_SET(FAULT_GUEST_ISTATUS_STUCK, FAULT_GUEST_IGNORES_IMASK,
				   FAULT_GUEST_NO_ENABLE)),
	AT_EL0("ctl", "CTL keeps ENABLE and IMASK, tells ISTATUS, ignores the rest", basics_ctl, 0,
	       .faults = FAULT_SET(FAULT_GUEST_ISTATUS_STUCK, FAULT_GUEST_IGNORES_IMASK)),
	AT_EL1("ctl-unused-bits", "the unused bits of CTL neither enable nor mask",
	       basics_ctl_unused, 0, .faults = FAULT_SET(INTERRUPT_FAULTS, FAULT_GUEST_NO_ENABLE)),
	AT_EL1("istatus", "ISTATUS rises at CVAL, not before, and follows it", basics_istatus, 0,
	       .faults = FAULT_SET(FAULT_GUEST_ISTATUS_STUCK, FAULT_GUEST_EARLY,
				   FAULT_GUEST_TVAL_UNSIGNED)),
	AT_EL0("istatus", "ISTATUS rises at CVAL, not before, and follows it", basics_istatus, 0,
	       .faults = FAULT_SET(FAULT_GUEST_ISTATUS_STUCK, FAULT_GUEST_EARLY)),
	AT_EL1("registers-kept", "CVAL and CTL stay across exits and what the other timer does",
	       basics_registers_kept, 0,
	       .faults = FAULT_SET(FAULT_GUEST_EARLY, FAULT_GUEST_IGNORES_IMASK)),
	{
		/* No planted fault touches CNTKCTL_EL1. */
		.id = "basics/el0-access",
		.title = "CNTKCTL_EL1 decides which counters and timers EL0 may use",
		.guest = GUEST(basics_el0_access),
	},

	/* The line. */
	AT_EL1("enable-expired", "enabled after CVAL has passed: fires at once",
	       basics_enable_expired, 0,
	       .faults = FAULT_SET(INTERRUPT_FAULTS, FAULT_GUEST_NO_ENABLE)),
	AT_EL1("mask-asserted", "IMASK takes a pending interrupt away, and gives it back",
	       basics_mask_asserted, 0,
	       .faults = FAULT_SET(INTERRUPT_FAULTS, FAULT_LINE_STUCK, FAULT_GUEST_IGNORES_IMASK)),
	AT_EL1("unmask", "expired under IMASK: comes when unmasked, not before", basics_unmask, 0,
	       .faults = FAULT_SET(INTERRUPT_FAULTS, FAULT_LINE_MASKED, FAULT_GUEST_IGNORES_IMASK)),
	AT_EL1("disable-unacknowledged", "disabled while pending: nothing comes, the next one does",
	       basics_disable_unacknowledged, 0,
	       .faults = FAULT_SET(INTERRUPT_FAULTS, FAULT_LINE_STUCK)),
	AT_EL1("reprogram-unacknowledged", "moved to later while pending: comes then",
	       basics_reprogram_unacknowledged, 0,
	       .faults = FAULT_SET(INTERRUPT_FAULTS, FAULT_LINE_STUCK, FAULT_GUEST_EARLY)),
	AT_EL1("reprogram-in-handler", "reprogrammed between acknowledge and EOI: each comes once",
	       basics_reprogram_in_handler, 0,
	       .faults = FAULT_SET(INTERRUPT_FAULTS, FAULT_LINE_STUCK, FAULT_GUEST_EARLY)),
	AT_EL1("reprogram-after-eoi", "reprogrammed after EOI: the high level before is forgotten",
	       basics_reprogram_after_eoi, 0,
	       .faults = FAULT_SET(FAULT_LINE_DROP, FAULT_LINE_STUCK, FAULT_GUEST_EARLY)),
	AT_EL1("level-through-eoi", "a line that stays high is pending again after each EOI",
	       basics_level_through_eoi, 0,
	       .faults = FAULT_SET(FAULT_LINE_DROP, FAULT_LINE_STUCK, FAULT_GUEST_LOST_INTERRUPT)),
	AT_EL1("lower-and-raise-in-handler", "the line falls and rises before EOI: one more comes",
	       basics_lower_and_raise_in_handler, 0,
	       .faults = FAULT_SET(FAULT_LINE_DROP, FAULT_LINE_SWAP, FAULT_LINE_STUCK,
				   FAULT_GUEST_LOST_INTERRUPT)),
	AT_EL1("storm", "300 interrupts asked for at once: 300 come", basics_storm, 300,
	       .faults = FAULT_SET(FAULT_LINE_STUCK, FAULT_GUEST_LOST_INTERRUPT)),

	/* The GIC. */
	AT_EL1("polling", "IAR, HPPIR, RPR and EOIR without taking the interrupt", basics_polling,
	       0, .faults = FAULT_SET(FAULT_LINE_DROP, FAULT_LINE_SWAP, FAULT_LINE_STUCK)),
	AT_EL1("pending-set", "made pending by ISPENDR: one interrupt; by ICPENDR: none",
	       basics_pending_set, 0, .faults = FAULT_SET(INTERRUPT_FAULTS)),
	AT_EL1("pending-clear", "ICPENDR does not clear a level that is high", basics_pending_clear,
	       0, .faults = FAULT_SET(INTERRUPT_FAULTS)),
	AT_EL1("active-set", "active by ISACTIVER: waits for ICACTIVER", basics_active_set, 0,
	       .faults = FAULT_SET(INTERRUPT_FAULTS)),
	AT_EL1("active-clear", "inactive by ICACTIVER in its handler: comes again after EOI",
	       basics_active_clear, 0,
	       .faults =
		       FAULT_SET(FAULT_LINE_SWAP, FAULT_LINE_STUCK, FAULT_GUEST_DOUBLE_INTERRUPT)),
	AT_EL1("disabled-ppi", "expired with its PPI disabled: the guest goes on, gets it later",
	       basics_disabled_ppi, 0, .faults = FAULT_SET(INTERRUPT_FAULTS, FAULT_LINE_STUCK)),
	AT_EL1("priority-mask", "held back by the priority mask, comes when that is lifted",
	       basics_priority_mask, 0, .faults = FAULT_SET(INTERRUPT_FAULTS)),
	AT_EL1("crowd", "comes beside more interrupts than there are list registers", basics_crowd,
	       0,
	       .faults = FAULT_SET(FAULT_LINE_DROP, FAULT_LINE_SWAP, FAULT_GUEST_LOST_INTERRUPT)),
	/* With a vGIC, KVM has the inputs of the CPUs to itself: nothing can be planted there. */
	{
		.id = "basics/sgis-of-all-cpus",
		.title = "one SGI of several CPUs comes once from each (GICv2), or once (GICv3)",
		.guest = GUEST(basics_senders),
		.cpus = 4,
		.faults = FAULT_SET(FAULT_INPUT_LOST),
	},
	{
		.id = "basics/spi-rerouted",
		.title = "an SPI that goes to another CPU while it is pending comes there, once",
		.guest = GUEST(basics_rerouted),
		.cpus = 2,
		.faults = FAULT_SET(FAULT_INPUT_LOST),
	},
	AT_EL1("split-eoi", "priority drop and deactivation apart", basics_split_eoi, 0,
	       .faults = FAULT_SET(FAULT_LINE_SWAP, FAULT_GUEST_DOUBLE_INTERRUPT)),
	{
		.id = "basics/both-timers-priorities",
		.title = "both pending: the one of the higher priority is first",
		.guest = GUEST(basics_both_priorities),
		.expires_ptimer = true,
		.faults = FAULT_SET(FAULT_LINE_DROP, FAULT_LINE_SWAP, FAULT_GUEST_LOST_INTERRUPT),
	},
	{
		.id = "basics/both-timers-preemption",
		.title = "one's handler is interrupted by the other only if that is more urgent",
		.guest = GUEST(basics_preemption),
		.expires_ptimer = true,
		.faults = FAULT_SET(FAULT_LINE_DROP, FAULT_LINE_SWAP, FAULT_GUEST_LOST_INTERRUPT),
	},
};
const size_t basics_tests_count = sizeof(basics_tests) / sizeof(basics_tests[0]);
