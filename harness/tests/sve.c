// SPDX-License-Identifier: GPL-2.0-only
/*
 * Family sve: the same as fpsimd with Z0 to Z31, P0 to P15 and FFR, at every vector length that the
 * host gives, changed by the guest at run time.
 */
#include "guest-images/fp/fp_live.h"
#include "guest-images/tests/fpsimd.h"
#include "guest-images/tests/moving.h"
#include "guest-images/tests/sweep.h"
#include "harness/guest_tests.h"
#include "harness/tests/control_scripts.h"
#include "harness/tests/families.h"
#include "harness/tests/fpsimd.h"
#include "harness/tests/fpsimd_state.h"
#include "harness/tests/moving.h"
#include "harness/tests/sweep.h"

/* args: owner, disturbance, rounds, microseconds, vector length (0: all), how often the script
 * acts, enum fp_live. */
#define ROUNDS(disturbance, rounds)                                     \
	{                                                               \
		FP_OWNER_VM, disturbance, rounds, 20, 0, 0, FP_LIVE_SVE \
	}
#define UNTIL_TOLD(disturbance, times)                                 \
	{                                                              \
		FP_OWNER_VM, disturbance, 0, 50, 0, times, FP_LIVE_SVE \
	}
#define LONGEST(disturbance, rounds)                                                   \
	{                                                                              \
		FP_OWNER_VM, disturbance, rounds, 20, FP_SVE_MAX_BYTES, 0, FP_LIVE_SVE \
	}

#define SVE_FAULTS                                                                  \
	FAULT_SET(FAULT_GUEST_FP_FLIP, FAULT_GUEST_FP_FPCR, FAULT_GUEST_FP_FOREIGN, \
		  FAULT_GUEST_FP_SWAP, FAULT_GUEST_SVE_STALE, FAULT_GUEST_SVE_VL,   \
		  FAULT_GUEST_SVE_P)

const struct test sve_tests[] = {
	{
		.id = "sve/null-hypercall",
		.title = "Z, P and FFR are kept across a null hypercall, at every vector length",
		.guest = GUEST(fpsimd_rounds),
		.needs = TEST_NEEDS_SVE,
		.args = ROUNDS(FPSIMD_HYPERCALL, 200),
		.faults = SVE_FAULTS,
	},
	{
		.id = "sve/gic-access",
		.title = "Z, P and FFR are kept across an access to the GIC's registers, at every "
			 "vector length",
		.guest = GUEST(fpsimd_rounds),
		.needs = TEST_NEEDS_SVE,
		.args = ROUNDS(FPSIMD_GIC_ACCESS, 100),
		.faults = SVE_FAULTS,
	},
	{
		.id = "sve/userspace-exit",
		.title =
			"Z, P and FFR are kept across an exit to userspace, at every vector length",
		.guest = GUEST(fpsimd_rounds),
		.needs = TEST_NEEDS_SVE,
		.args = ROUNDS(FPSIMD_USER_EXIT, 100),
		.faults = SVE_FAULTS,
	},
	{
		.id = "sve/timer-interrupt",
		.title = "Z, P and FFR are kept across a timer interrupt whose handler uses SVE",
		.guest = GUEST(fpsimd_rounds),
		.needs = TEST_NEEDS_SVE,
		.args = ROUNDS(FPSIMD_TIMER, 64),
		.faults = SVE_FAULTS,
	},
	{
		.id = "sve/sleep",
		.title = "Z, P and FFR are kept across WFI and the interrupt that ends it",
		.guest = GUEST(fpsimd_rounds),
		.needs = TEST_NEEDS_SVE,
		.args = ROUNDS(FPSIMD_SLEEP, 32),
		.faults = SVE_FAULTS,
	},
	{
		.id = "sve/ipi",
		.title = "Z, P and FFR are kept across an IPI whose handler uses SVE",
		.guest = GUEST(fpsimd_rounds),
		.needs = TEST_NEEDS_SVE,
		.args = ROUNDS(FPSIMD_IPI, 64),
		.faults = SVE_FAULTS,
	},
	{
		.id = "sve/page-fault",
		.title = "Z, P and FFR are kept across a fault that the host resolves",
		.guest = GUEST(fpsimd_rounds),
		.needs = TEST_NEEDS_SVE,
		.args = ROUNDS(FPSIMD_PAGE_FAULT, 100),
		.faults = SVE_FAULTS,
	},
	{
		.id = "sve/trap",
		.title = "Z, P and FFR are kept across traps by CPACR_EL1.FPEN and ZEN and back",
		.guest = GUEST(fpsimd_rounds),
		.needs = TEST_NEEDS_SVE,
		.args = ROUNDS(FPSIMD_FPEN, 100),
		.faults = SVE_FAULTS,
	},
	{
		.id = "sve/trap-of-el0",
		.title = "Z, P and FFR are kept across a trap of EL0 and back",
		.guest = GUEST(fpsimd_rounds),
		.needs = TEST_NEEDS_SVE,
		.args = ROUNDS(FPSIMD_FPEN_EL0, 64),
		.faults = SVE_FAULTS,
	},
	{
		.id = "sve/el0",
		.title = "EL0's Z, P and FFR are kept while timer interrupts use SVE at EL1",
		.guest = GUEST(fpsimd_el0),
		.needs = TEST_NEEDS_SVE,
		.args = { FP_OWNER_VM, 0, 64, 150, FP_SVE_MAX_BYTES, 0, FP_LIVE_SVE },
		.faults = SVE_FAULTS,
	},
	{
		.id = "sve/many-vcpus",
		.title = "Z, P and FFR are kept across all of these, four vCPUs on one host CPU",
		.guest = GUEST(fpsimd_mixed),
		.cpus = 4,
		.needs = TEST_NEEDS_SVE,
		.args = ROUNDS(0, 40),
		.script = &fpsimd_on_one_cpu,
		.faults = SVE_FAULTS,
	},
	{
		.id = "sve/mixed-long",
		.title = "Z, P and FFR are kept across all of these in random order, many times",
		.guest = GUEST(fpsimd_mixed),
		.cpus = 2,
		.needs = TEST_NEEDS_SVE,
		.tier = TEST_TIER_FULL,
		.args = ROUNDS(0, 2000),
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
		.title = "Z, P and FFR read as zero at the first use, also of a CPU that was off",
		.guest = GUEST(fpsimd_reset_values),
		.cpus = 2,
		.needs = TEST_NEEDS_SVE,
		.args = ROUNDS(0, 6),
		.faults = FAULT_SET(FAULT_GUEST_FP_FOREIGN),
	},
	{
		.id = "sve/reset-values-beside-a-vm",
		.title = "Z, P and FFR read as zero at the first use on a host CPU where another "
			 "VM has "
			 "its own live",
		.guest = GUEST(fpsimd_reset_values),
		.cpus = 2,
		.needs = TEST_NEEDS_SVE,
		.args = ROUNDS(FPSIMD_USER_EXIT, 6),
		.script = &fpsimd_full_beside,
		.faults = FAULT_SET(FAULT_GUEST_FP_FOREIGN),
	},
	{
		.id = "sve/machine-reset",
		.title = "Z, P and FFR read as zero at the first use after SYSTEM_RESET",
		.guest = GUEST(fpsimd_machine_reset),
		.needs = TEST_NEEDS_SVE,
		.args = ROUNDS(0, 4),
		.script = &life_reset,
		.faults = FAULT_SET(FAULT_GUEST_FP_FOREIGN),
	},
	{
		.id = "sve/signals",
		.title = "Z, P and FFR are kept while signals fetch the vCPUs out of the guest",
		.guest = GUEST(fpsimd_until_told),
		.cpus = 2,
		.needs = TEST_NEEDS_SVE,
		.args = UNTIL_TOLD(FPSIMD_SPIN, 200),
		.script = &fpsimd_signals,
		.faults = SVE_FAULTS,
	},
	{
		.id = "sve/moves",
		.title = "Z, P and FFR are kept while the vCPUs move between host CPUs",
		.guest = GUEST(fpsimd_until_told),
		.cpus = 2,
		.needs = TEST_NEEDS_SVE | TEST_NEEDS_TWO_HOST_CPUS,
		.args = UNTIL_TOLD(FPSIMD_SPIN, 60),
		.script = &fpsimd_moves,
		.faults = SVE_FAULTS,
	},
	{
		.id = "sve/shared-cpu",
		.title = "a host task that uses SVE on the vCPU's host CPU, and the guest, keep "
			 "their own",
		.guest = GUEST(fpsimd_until_told),
		.needs = TEST_NEEDS_SVE,
		.args = UNTIL_TOLD(FPSIMD_SPIN, 150),
		.script = &fpsimd_shares_cpu,
		.faults = SVE_FAULTS | FAULT_SET(FAULT_FP_HOST_LOST),
	},
	{
		.id = "sve/two-lengths",
		.title = "two VMs whose vectors have different lengths (ZCR_EL1) on one host CPU "
			 "keep "
			 "their own",
		.guest = GUEST(fpsimd_until_told),
		.needs = TEST_NEEDS_SVE,
		.args = UNTIL_TOLD(FPSIMD_SPIN, 150),
		.script = &sve_two_lengths,
		.faults = SVE_FAULTS,
	},
	{
		.id = "sve/two-limits",
		.title = "a VM that was made with short vectors, on the same host CPU, and this "
			 "one keep their own",
		.guest = GUEST(fpsimd_until_told),
		.needs = TEST_NEEDS_SVE,
		.args = UNTIL_TOLD(FPSIMD_SPIN, 150),
		.script = &sve_two_limits,
		.faults = SVE_FAULTS,
	},
	{
		.id = "sve/beside-none",
		.title =
			"a VM without SVE beside one with it: no SVE here, and both keep their own",
		.guest = GUEST(fpsimd_until_told),
		.needs = TEST_NEEDS_SVE,
		.args = UNTIL_TOLD(FPSIMD_SPIN, 150),
		.script = &sve_beside_none,
		.faults = SVE_FAULTS,
	},
	{
		.id = "sve/kernel-mode-neon",
		.title = "Z, P and FFR are kept while the host's kernel uses NEON for itself",
		.guest = GUEST(fpsimd_rounds),
		.needs = TEST_NEEDS_SVE,
		.args = ROUNDS(FPSIMD_CALL, 64),
		.script = &fpsimd_kernel_neon,
		.faults = SVE_FAULTS,
	},
	{
		.id = "sve/softirq-neon",
		.title = "Z, P and FFR are kept while soft interrupts on the vCPU's host CPU use "
			 "NEON",
		.guest = GUEST(fpsimd_until_told),
		.needs = TEST_NEEDS_SVE | TEST_NEEDS_TWO_HOST_CPUS,
		.args = UNTIL_TOLD(FPSIMD_SPIN, 200),
		.script = &fpsimd_softirq_neon,
		.faults = SVE_FAULTS,
	},
	/* The timer suite's own tests, with registers live. args of sweep.c and moving.c. */
	{
		.id = "sve/timer-swept-by-exits",
		.title = "Z, P and FFR are kept across an expiry with an exit in steps around it",
		.guest = GUEST(sweep_own_event),
		.needs = TEST_NEEDS_SVE,
		.args = { 0, 32, SWEEP_EXIT, [FP_LIVE_ARG] = FP_LIVE_SVE },
		.faults = SVE_FAULTS,
	},
	{
		.id = "sve/timer-swept-by-hops",
		.title = "Z, P and FFR are kept across an expiry with a move in steps around it",
		.guest = GUEST(sweep_host_event),
		.needs = TEST_NEEDS_SVE | TEST_NEEDS_TWO_HOST_CPUS,
		.args = { 0, 32, 0, [FP_LIVE_ARG] = FP_LIVE_SVE },
		.script = &sweep_hop,
		.faults = SVE_FAULTS,
	},
	{
		.id = "sve/timer-swept-by-signals",
		.title = "Z, P and FFR are kept across an expiry with a signal in steps around it",
		.guest = GUEST(sweep_host_event),
		.needs = TEST_NEEDS_SVE,
		.args = { 0, 32, 0, [FP_LIVE_ARG] = FP_LIVE_SVE },
		.script = &sweep_signal,
		.faults = SVE_FAULTS,
	},
	{
		.id = "sve/timers-while-moving",
		.title = "Z, P and FFR are kept across timers and SGIs while vCPUs move at random",
		.guest = GUEST(moving_shots),
		.cpus = 2,
		.needs = TEST_NEEDS_SVE | TEST_NEEDS_TWO_HOST_CPUS,
		.args = { MOVING_VIRTUAL, 32, 50, 2500, MOVING_SGIS | MOVING_SLEEPS, 0, FP_LIVE_SVE,
			  MOVING_RANDOM },
		.script = &moving_by_policy,
		.faults = SVE_FAULTS,
	},
	{
		.id = "sve/swap-in-steps",
		.title = "Z, P and FFR are kept while two vCPUs change places in steps around an "
			 "expiry",
		.guest = GUEST(moving_steps),
		.cpus = 2,
		.needs = TEST_NEEDS_SVE | TEST_NEEDS_TWO_HOST_CPUS,
		.args = { MOVING_VIRTUAL, 32, 0, [FP_LIVE_ARG] = FP_LIVE_SVE },
		.script = &moving_swap,
		.faults = SVE_FAULTS,
	},
	{
		.id = "sve/preempted-in-steps",
		.title = "Z, P and FFR are kept while a thread preempts the vCPU in steps around "
			 "an expiry",
		.guest = GUEST(moving_steps),
		.needs = TEST_NEEDS_SVE | TEST_NEEDS_REALTIME,
		.args = { MOVING_VIRTUAL, 32, 0, [FP_LIVE_ARG] = FP_LIVE_SVE },
		.script = &moving_preempt,
		.faults = SVE_FAULTS,
	},
	{
		.id = "sve/timers-while-moving-long",
		.title = "Z, P and FFR are kept across both timers while four vCPUs move, long",
		.guest = GUEST(moving_shots),
		.cpus = 4,
		.needs = TEST_NEEDS_SVE | TEST_NEEDS_TWO_HOST_CPUS,
		.tier = TEST_TIER_FULL,
		.expires_ptimer = true,
		.args = { MOVING_BOTH, 100, 50, 2500, MOVING_SGIS | MOVING_SLEEPS, 0, FP_LIVE_SVE,
			  MOVING_RANDOM },
		.script = &moving_by_policy,
		.faults = SVE_FAULTS,
	},
	{
		.id = "sve/registers-by-ioctl",
		.title = "a stopped guest's live Z, P and FFR are read, written and read again, "
			 "and the guest sees what was written",
		.guest = GUEST(fpsimd_changed_by_monitor),
		.needs = TEST_NEEDS_SVE,
		.args = LONGEST(0, 0),
		.script = &fpsimd_changed,
		.faults = FAULT_SET(FAULT_FP_LOAD_FPCR, FAULT_FP_LOAD_SWAP, FAULT_SVE_LOAD_P),
	},
	{
		.id = "sve/carried-to-another-vm",
		.title = "Z, P and FFR saved from one VM and loaded into another are whole",
		.guest = GUEST(fpsimd_loaded_from_other_vm),
		.needs = TEST_NEEDS_SVE,
		.args = LONGEST(0, 0),
		.script = &fpsimd_carried,
		.faults = FAULT_SET(FAULT_FP_LOAD_FPCR, FAULT_FP_LOAD_SWAP, FAULT_SVE_LOAD_P),
	},
	{
		.id = "sve/lengths-before-finalising",
		.title = "which lengths a vCPU has can be read and limited, and nothing else be "
			 "done, before SVE is final",
		.guest = GUEST_NONE,
		.needs = TEST_NEEDS_SVE,
		.args = ROUNDS(0, 0),
		.script = &sve_lengths_open,
		.faults = FAULT_SET(FAULT_IOCTL_RESULT),
	},
	{
		.id = "sve/lengths-after-finalising",
		.title = "once SVE is final the lengths are as they were chosen, and cannot be "
			 "changed",
		.guest = GUEST_NONE,
		.needs = TEST_NEEDS_SVE,
		.args = ROUNDS(0, 0),
		.script = &sve_lengths_final,
		.faults = FAULT_SET(FAULT_IOCTL_RESULT),
	},
	{
		.id = "sve/limited-lengths",
		.title = "a guest has no longer vectors than those that its VM was made with",
		.guest = GUEST_NONE,
		.needs = TEST_NEEDS_SVE,
		.args = ROUNDS(FPSIMD_USER_EXIT, 32),
		.script = &sve_lengths_limited,
		.faults = SVE_FAULTS | FAULT_SET(FAULT_SVE_LENGTHS),
	},
	{
		.id = "sve/monitor-keeps-its-own",
		.title = "of the monitor's SVE registers, what a system call has to keep is kept "
			 "across KVM_RUN, and the rest is nobody else's",
		.guest = GUEST_NONE,
		.needs = TEST_NEEDS_SVE,
		.args = ROUNDS(0, 100),
		.script = &fpsimd_monitor_keeps,
		.faults = FAULT_SET(FAULT_FP_HOST_LOST),
	},
	{
		.id = "sve/ptrace",
		.title = "ptrace reads V and writes Z, P and FFR of a thread that is in KVM_RUN",
		.guest = GUEST_NONE,
		.needs = TEST_NEEDS_SVE,
		.args = ROUNDS(FPSIMD_SPIN, 20),
		.script = &fpsimd_traced,
		.faults = FAULT_SET(FAULT_FP_HOST_LOST),
	},
};
const size_t sve_tests_count = sizeof(sve_tests) / sizeof(sve_tests[0]);
