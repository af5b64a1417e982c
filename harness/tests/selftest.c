// SPDX-License-Identifier: GPL-2.0-only
/* Family "selftest": the bench itself works. */
#include "harness/guest_tests.h"
#include "harness/tests/families.h"

/*
 * Most of these judge the library, not KVM: where no planted fault is named, none touches what the
 * row looks at.
 */
const struct test selftest_tests[] = {
	{
		.id = "selftest/reports",
		.title = "the guest prints, exits, and makes hypercalls",
		.guest = GUEST(selftest_reports),
	},
	{
		.id = "selftest/all-cpus",
		.title = "all CPUs start, meet at barriers, stop and start again",
		.guest = GUEST(selftest_all_cpus),
		.cpus = 4,
	},
	{
		.id = "selftest/el0",
		.title = "EL0 runs, reads counters, and comes back",
		.guest = GUEST(selftest_el0),
	},
	{
		.id = "selftest/probe",
		.title = "exceptions are as the page tables want them",
		.guest = GUEST(selftest_probe),
	},
	{
		.id = "selftest/sgi",
		.title = "SGIs between CPUs come once each, running and asleep",
		.guest = GUEST(selftest_sgi),
		.cpus = 2,
		.faults = FAULT_SET(FAULT_GUEST_LOST_WAKEUP),
	},
	{
		.id = "selftest/gic-registers",
		.title = "enabled, pending and active bits are set and cleared by GIC registers",
		.guest = GUEST(selftest_gic),
		.cpus = 2,
	},
	{
		.id = "selftest/spi",
		.title = "an SPI made pending by a register comes once",
		.guest = GUEST(selftest_spi),
	},
	{
		.id = "selftest/virtual-timer",
		.title = "the virtual timer comes once, running and asleep",
		.guest = GUEST(selftest_timer),
		.args = { 0 },
		.faults = FAULT_SET(FAULT_GUEST_LOST_INTERRUPT, FAULT_GUEST_EARLY,
				    FAULT_GUEST_LOST_WAKEUP),
	},
	{
		.id = "selftest/physical-timer",
		.title = "the physical timer comes once, running and asleep",
		.guest = GUEST(selftest_timer),
		.args = { 1 },
		.expires_ptimer = true,
		.faults = FAULT_SET(FAULT_GUEST_LOST_INTERRUPT, FAULT_GUEST_EARLY,
				    FAULT_GUEST_LOST_WAKEUP),
	},
};
const size_t selftest_tests_count = sizeof(selftest_tests) / sizeof(selftest_tests[0]);
