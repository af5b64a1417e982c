// SPDX-License-Identifier: GPL-2.0-only
#include "harness/tests/families.h"

const struct test_family test_families[] = {
	{ "selftest", "the bench itself works", selftest_tests, &selftest_tests_count, false },
	{ "basics", "one timer and its interrupt", basics_tests, &basics_tests_count, false },
	{ "sleeping", "WFI, WFIT, WFE and what ends them", sleeping_tests, &sleeping_tests_count,
	  false },
	{ "sweep", "events in steps across an expiry and its handler", sweep_tests,
	  &sweep_tests_count, false },
	{ "user-irqchip", "the lines that KVM tells userspace", user_irqchip_tests,
	  &user_irqchip_tests_count, false },
	{ "lateness", "how late an interrupt comes", lateness_tests, &lateness_tests_count, false },
	{ "counter", "both counters", counter_tests, &counter_tests_count, false },
	{ "control", "what the host does to a guest's timers", control_tests, &control_tests_count,
	  false },
	{ "fpsimd", "FP/SIMD registers are kept, the guest's and the host's", fpsimd_tests,
	  &fpsimd_tests_count, false },
	{ "sve", "SVE registers are kept at every vector length", sve_tests, &sve_tests_count,
	  false },
	{ "moving", "vCPUs' threads move, stop, and are preempted", moving_tests,
	  &moving_tests_count, false },
	{ "bystander", "other VMs and threads lose nothing", bystander_tests,
	  &bystander_tests_count, false },
	{ "lifetime", "ioctls in odd orders, VMs that come and go", lifetime_tests,
	  &lifetime_tests_count, true },
	{},
};
