// SPDX-License-Identifier: GPL-2.0-only
/*
 * Family sve: the same as fpsimd with Z0 to Z31, P0 to P15 and FFR, at every vector length that the
 * host gives, changed by the guest at run time.
 */
#include "guest-images/tests/fpsimd.h"
#include "harness/guest_tests.h"
#include "harness/tests/families.h"
#include "harness/tests/fpsimd.h"

/* args: owner, disturbance, rounds, microseconds, vector length (0: all), how often the script
 * acts. */
#define ROUNDS(disturbance, rounds)                  \
	{                                            \
		FP_OWNER_VM, disturbance, rounds, 20 \
	}
#define SPINNING(microseconds, times)                               \
	{                                                           \
		FP_OWNER_VM, FPSIMD_SPIN, 0, microseconds, 0, times \
	}

#define SVE_FAULTS                                                                  \
	FAULT_SET(FAULT_GUEST_FP_FLIP, FAULT_GUEST_FP_FPCR, FAULT_GUEST_FP_FOREIGN, \
		  FAULT_GUEST_SVE_STALE, FAULT_GUEST_SVE_VL)

const struct test sve_tests[] = {
	{
		.id = "sve/null-hypercall",
		.title = "Z, P and FFR are kept across a null hypercall, at every vector length",
		.guest = GUEST(sve_rounds),
		.needs = TEST_NEEDS_SVE,
		.args = ROUNDS(FPSIMD_HYPERCALL, 200),
		.faults = SVE_FAULTS,
	},
	{
		.id = "sve/gic-access",
		.title = "Z, P and FFR are kept across an access to the GIC's registers, at every "
			 "vector length",
		.guest = GUEST(sve_rounds),
		.needs = TEST_NEEDS_SVE,
		.args = ROUNDS(FPSIMD_GIC_ACCESS, 100),
		.faults = SVE_FAULTS,
	},
	{
		.id = "sve/userspace-exit",
		.title =
			"Z, P and FFR are kept across an exit to userspace, at every vector length",
		.guest = GUEST(sve_rounds),
		.needs = TEST_NEEDS_SVE,
		.args = ROUNDS(FPSIMD_USER_EXIT, 100),
		.faults = SVE_FAULTS,
	},
	{
		.id = "sve/longer-again",
		.title = "after a time with short vectors the upper parts are zero or as they were",
		.guest = GUEST(sve_longer_again),
		.needs = TEST_NEEDS_SVE,
		.args = ROUNDS(FPSIMD_USER_EXIT, 100),
		.faults = FAULT_SET(FAULT_GUEST_FP_FOREIGN),
	},
	{
		.id = "sve/reset-values",
		.title = "Z and P read as zero at the first use",
		.guest = GUEST(sve_reset_values),
		.needs = TEST_NEEDS_SVE,
		.args = { FP_OWNER_VM },
		.faults = FAULT_SET(FAULT_GUEST_FP_FOREIGN),
	},
	{
		.id = "sve/signals",
		.title = "Z, P and FFR are kept while signals fetch the vCPUs out of the guest",
		.guest = GUEST(sve_until_told),
		.cpus = 2,
		.needs = TEST_NEEDS_SVE,
		.args = SPINNING(50, 200),
		.script = &fpsimd_signals,
		.faults = SVE_FAULTS,
	},
	{
		.id = "sve/shared-cpu",
		.title = "a host task that uses SVE on the vCPU's host CPU, and the guest, keep "
			 "their own",
		.guest = GUEST(sve_until_told),
		.needs = TEST_NEEDS_SVE,
		.args = SPINNING(50, 300),
		.script = &fpsimd_shares_cpu,
		.faults = SVE_FAULTS | FAULT_SET(FAULT_FP_HOST_LOST),
	},
	{
		.id = "sve/two-lengths",
		.title = "two VMs with different vector lengths on one host CPU keep their own",
		.guest = GUEST(sve_until_told),
		.needs = TEST_NEEDS_SVE,
		.args = SPINNING(50, 300),
		.script = &sve_two_lengths,
		.faults = SVE_FAULTS,
	},
	{
		.id = "sve/beside-none",
		.title =
			"a VM without SVE beside one with it: no SVE here, and both keep their own",
		.guest = GUEST(sve_until_told),
		.needs = TEST_NEEDS_SVE,
		.args = SPINNING(50, 300),
		.script = &sve_beside_none,
		.faults = SVE_FAULTS,
	},
};
const size_t sve_tests_count = sizeof(sve_tests) / sizeof(sve_tests[0]);
