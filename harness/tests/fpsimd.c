// SPDX-License-Identifier: GPL-2.0-only
/*
 * Family fpsimd: what a guest keeps in V0 to V31, FPCR and FPSR is there again after whatever may
 * make KVM save and restore them, and so is what the monitor and other tasks of the host keep
 * there.
 */
#include "guest-images/tests/fpsimd.h"
#include "guest-images/fp/fp_live.h"
#include "guest-images/tests/moving.h"
#include "guest-images/tests/sweep.h"
#include "harness/guest_tests.h"
#include "harness/tests/control_scripts.h"
#include "harness/tests/families.h"
#include "harness/tests/fpsimd.h"
#include "harness/tests/fpsimd_state.h"
#include "harness/tests/moving.h"
#include "harness/tests/sweep.h"

/* args: owner, disturbance, rounds, microseconds, (SVE: vector length), how often the script acts,
 * enum fp_live. */
#define ROUNDS(disturbance, rounds)                                    \
	{                                                              \
		FP_OWNER_VM, disturbance, rounds, 20, 0, 0, FP_LIVE_FP \
	}
#define UNTIL_TOLD(disturbance, times)                                \
	{                                                             \
		FP_OWNER_VM, disturbance, 0, 50, 0, times, FP_LIVE_FP \
	}

/* What the guest library plants in its own registers. */
#define GUEST_FAULTS                                                                \
	FAULT_SET(FAULT_GUEST_FP_FLIP, FAULT_GUEST_FP_FPCR, FAULT_GUEST_FP_FOREIGN, \
		  FAULT_GUEST_FP_SWAP)

const struct test fpsimd_tests[] = {
	{
		.id = "fpsimd/null-hypercall",
		.title = "registers are kept across a null hypercall",
		.guest = GUEST(fpsimd_rounds),
		.args = ROUNDS(FPSIMD_HYPERCALL, 500),
		.faults = GUEST_FAULTS,
	},
	{
		.id = "fpsimd/gic-access",
		.title = "registers are kept across an access to the GIC's registers",
		.guest = GUEST(fpsimd_rounds),
		.args = ROUNDS(FPSIMD_GIC_ACCESS, 300),
		.faults = GUEST_FAULTS,
	},
	{
		.id = "fpsimd/userspace-exit",
		.title = "registers are kept across an exit to userspace",
		.guest = GUEST(fpsimd_rounds),
		.args = ROUNDS(FPSIMD_USER_EXIT, 300),
		.faults = GUEST_FAULTS,
	},
	{
		.id = "fpsimd/timer-interrupt",
		.title = "registers are kept across a timer interrupt whose handler uses FP",
		.guest = GUEST(fpsimd_rounds),
		.args = ROUNDS(FPSIMD_TIMER, 100),
		.faults = GUEST_FAULTS,
	},
	{
		.id = "fpsimd/sleep",
		.title = "registers are kept across WFI and the interrupt that ends it",
		.guest = GUEST(fpsimd_rounds),
		.args = ROUNDS(FPSIMD_SLEEP, 50),
		.faults = GUEST_FAULTS,
	},
	{
		.id = "fpsimd/ipi",
		.title = "registers are kept across an IPI whose handler uses FP",
		.guest = GUEST(fpsimd_rounds),
		.args = ROUNDS(FPSIMD_IPI, 100),
		.faults = GUEST_FAULTS,
	},
	{
		.id = "fpsimd/page-fault",
		.title = "registers are kept across a fault that the host resolves",
		.guest = GUEST(fpsimd_rounds),
		.args = ROUNDS(FPSIMD_PAGE_FAULT, 200),
		.faults = GUEST_FAULTS,
	},
	{
		.id = "fpsimd/trap",
		.title = "registers are kept across a trap by CPACR_EL1.FPEN and back",
		.guest = GUEST(fpsimd_rounds),
		.args = ROUNDS(FPSIMD_FPEN, 300),
		.faults = GUEST_FAULTS,
	},
	{
		.id = "fpsimd/trap-of-el0",
		.title = "registers are kept across a trap of EL0 by CPACR_EL1.FPEN and back",
		.guest = GUEST(fpsimd_rounds),
		.args = ROUNDS(FPSIMD_FPEN_EL0, 200),
		.faults = GUEST_FAULTS,
	},
	{
		.id = "fpsimd/mixed",
		.title = "registers are kept across all of these in random order, on two vCPUs",
		.guest = GUEST(fpsimd_mixed),
		.cpus = 2,
		.args = ROUNDS(0, 150),
		.faults = GUEST_FAULTS,
	},
	{
		.id = "fpsimd/many-vcpus",
		.title = "registers are kept across all of these, four vCPUs on one host CPU",
		.guest = GUEST(fpsimd_mixed),
		.cpus = 4,
		.args = ROUNDS(0, 60),
		.script = &fpsimd_on_one_cpu,
		.faults = GUEST_FAULTS,
	},
	{
		.id = "fpsimd/mixed-long",
		.title = "registers are kept across all of these in random order, many times",
		.guest = GUEST(fpsimd_mixed),
		.cpus = 2,
		.tier = TEST_TIER_FULL,
		.args = ROUNDS(0, 5000),
		.faults = GUEST_FAULTS,
	},
	{
		.id = "fpsimd/el0",
		.title = "EL0's registers are kept while timer interrupts use FP at EL1",
		.guest = GUEST(fpsimd_el0),
		.args = { FP_OWNER_VM, 0, 100, 150, 0, 0, FP_LIVE_FP },
		.faults = GUEST_FAULTS,
	},
	{
		.id = "fpsimd/reset-values",
		.title = "registers read as zero at the first use, also of a CPU that was off",
		.guest = GUEST(fpsimd_reset_values),
		.cpus = 2,
		.args = ROUNDS(0, 10),
		.faults = FAULT_SET(FAULT_GUEST_FP_FOREIGN),
	},
	{
		.id = "fpsimd/reset-values-beside-a-vm",
		.title = "registers read as zero at the first use on a host CPU where another VM "
			 "has its own live",
		.guest = GUEST(fpsimd_reset_values),
		.cpus = 2,
		.args = ROUNDS(FPSIMD_USER_EXIT, 10),
		.script = &fpsimd_full_beside,
		.faults = FAULT_SET(FAULT_GUEST_FP_FOREIGN),
	},
	{
		.id = "fpsimd/machine-reset",
		.title = "registers read as zero at the first use after SYSTEM_RESET",
		.guest = GUEST(fpsimd_machine_reset),
		.args = ROUNDS(0, 5),
		.script = &life_reset,
		.faults = FAULT_SET(FAULT_GUEST_FP_FOREIGN),
	},
	{
		.id = "fpsimd/signals",
		.title = "registers are kept while signals fetch the vCPUs out of the guest",
		.guest = GUEST(fpsimd_until_told),
		.cpus = 2,
		.args = UNTIL_TOLD(FPSIMD_SPIN, 200),
		.script = &fpsimd_signals,
		.faults = GUEST_FAULTS,
	},
	{
		.id = "fpsimd/moves",
		.title = "registers are kept while the vCPUs move between host CPUs",
		.guest = GUEST(fpsimd_until_told),
		.cpus = 2,
		.needs = TEST_NEEDS_TWO_HOST_CPUS,
		.args = UNTIL_TOLD(FPSIMD_SPIN, 60),
		.script = &fpsimd_moves,
		.faults = GUEST_FAULTS,
	},
	{
		.id = "fpsimd/shared-cpu",
		.title = "a host task that uses FP and SVE on the vCPU's host CPU, and the guest, "
			 "keep their own",
		.guest = GUEST(fpsimd_until_told),
		.args = UNTIL_TOLD(FPSIMD_SPIN, 150),
		.script = &fpsimd_shares_cpu,
		.faults = GUEST_FAULTS | FAULT_SET(FAULT_FP_HOST_LOST),
	},
	{
		.id = "fpsimd/two-vms",
		.title = "two VMs on one host CPU keep their own",
		.guest = GUEST(fpsimd_until_told),
		.args = UNTIL_TOLD(FPSIMD_SPIN, 150),
		.script = &fpsimd_two_vms,
		.faults = GUEST_FAULTS,
	},
	{
		.id = "fpsimd/shared-cpu-exits",
		.title = "the same while the guest exits all the time",
		.guest = GUEST(fpsimd_until_told),
		.args = UNTIL_TOLD(FPSIMD_USER_EXIT, 150),
		.script = &fpsimd_shares_cpu,
		.faults = GUEST_FAULTS | FAULT_SET(FAULT_FP_HOST_LOST),
	},
	{
		.id = "fpsimd/kernel-mode-neon",
		.title = "registers are kept while the host's kernel uses NEON for itself, on the "
			 "vCPU's thread and beside it",
		.guest = GUEST(fpsimd_rounds),
		.args = ROUNDS(FPSIMD_CALL, 100),
		.script = &fpsimd_kernel_neon,
		.faults = GUEST_FAULTS,
	},
	{
		.id = "fpsimd/softirq-neon",
		.title = "registers are kept while soft interrupts on the vCPU's host CPU use NEON",
		.guest = GUEST(fpsimd_until_told),
		.needs = TEST_NEEDS_TWO_HOST_CPUS,
		.args = UNTIL_TOLD(FPSIMD_SPIN, 200),
		.script = &fpsimd_softirq_neon,
		.faults = GUEST_FAULTS,
	},
	/* The timer suite's own tests, with registers live. args of sweep.c and moving.c. */
	{
		.id = "fpsimd/timer-swept-by-exits",
		.title = "registers are kept across an expiry with an exit in steps around it",
		.guest = GUEST(sweep_own_event),
		.args = { 0, 40, SWEEP_EXIT, [FP_LIVE_ARG] = FP_LIVE_FP },
		.faults = GUEST_FAULTS,
	},
	{
		.id = "fpsimd/timer-swept-by-hops",
		.title = "registers are kept across an expiry with a move in steps around it",
		.guest = GUEST(sweep_host_event),
		.needs = TEST_NEEDS_TWO_HOST_CPUS,
		.args = { 0, 30, 0, [FP_LIVE_ARG] = FP_LIVE_FP },
		.script = &sweep_hop,
		.faults = GUEST_FAULTS,
	},
	{
		.id = "fpsimd/timer-swept-by-signals",
		.title = "registers are kept across an expiry with a signal in steps around it",
		.guest = GUEST(sweep_host_event),
		.args = { 0, 30, 0, [FP_LIVE_ARG] = FP_LIVE_FP },
		.script = &sweep_signal,
		.faults = GUEST_FAULTS,
	},
	{
		.id = "fpsimd/timers-while-moving",
		.title = "registers are kept across timers and SGIs while vCPUs move at random",
		.guest = GUEST(moving_shots),
		.cpus = 2,
		.needs = TEST_NEEDS_TWO_HOST_CPUS,
		.args = { MOVING_VIRTUAL, 30, 50, 2500, MOVING_SGIS | MOVING_SLEEPS, 0, FP_LIVE_FP,
			  MOVING_RANDOM },
		.script = &moving_by_policy,
		.faults = GUEST_FAULTS,
	},
	{
		.id = "fpsimd/swap-in-steps",
		.title = "registers are kept while two vCPUs change places in steps around an "
			 "expiry",
		.guest = GUEST(moving_steps),
		.cpus = 2,
		.needs = TEST_NEEDS_TWO_HOST_CPUS,
		.args = { MOVING_VIRTUAL, 30, 0, [FP_LIVE_ARG] = FP_LIVE_FP },
		.script = &moving_swap,
		.faults = GUEST_FAULTS,
	},
	{
		.id = "fpsimd/preempted-in-steps",
		.title = "registers are kept while a thread preempts the vCPU in steps around an "
			 "expiry",
		.guest = GUEST(moving_steps),
		.needs = TEST_NEEDS_REALTIME,
		.args = { MOVING_VIRTUAL, 30, 0, [FP_LIVE_ARG] = FP_LIVE_FP },
		.script = &moving_preempt,
		.faults = GUEST_FAULTS,
	},
	{
		.id = "fpsimd/timers-while-moving-long",
		.title = "registers are kept across both timers while four vCPUs move, long",
		.guest = GUEST(moving_shots),
		.cpus = 4,
		.needs = TEST_NEEDS_TWO_HOST_CPUS,
		.tier = TEST_TIER_FULL,
		.expires_ptimer = true,
		.args = { MOVING_BOTH, 150, 50, 2500, MOVING_SGIS | MOVING_SLEEPS, 0, FP_LIVE_FP,
			  MOVING_RANDOM },
		.script = &moving_by_policy,
		.faults = GUEST_FAULTS,
	},
	{
		.id = "fpsimd/registers-by-ioctl",
		.title = "a stopped guest's live registers are read, written and read again, and "
			 "the guest sees what was written",
		.guest = GUEST(fpsimd_changed_by_monitor),
		.args = ROUNDS(0, 0),
		.script = &fpsimd_changed,
		.faults = FAULT_SET(FAULT_FP_LOAD_FPCR, FAULT_FP_LOAD_SWAP),
	},
	{
		.id = "fpsimd/carried-to-another-vm",
		.title = "registers saved from one VM and loaded into another are whole",
		.guest = GUEST(fpsimd_loaded_from_other_vm),
		.args = ROUNDS(0, 0),
		.script = &fpsimd_carried,
		.faults = FAULT_SET(FAULT_FP_LOAD_FPCR, FAULT_FP_LOAD_SWAP),
	},
	{
		.id = "fpsimd/monitor-keeps-its-own",
		.title = "the monitor's registers are kept across KVM_RUN, whatever it returns for",
		.guest = GUEST_NONE,
		.args = ROUNDS(0, 150),
		.script = &fpsimd_monitor_keeps,
		.faults = FAULT_SET(FAULT_FP_HOST_LOST),
	},
	{
		.id = "fpsimd/ptrace",
		.title = "ptrace reads and writes the registers of a thread that is in KVM_RUN",
		.guest = GUEST_NONE,
		.args = ROUNDS(FPSIMD_SPIN, 20),
		.script = &fpsimd_traced,
		.faults = FAULT_SET(FAULT_FP_HOST_LOST),
	},
	/* A measurement: it fails only when it cannot be made, so no fault is played. */
	{
		.id = "fpsimd/irq-blackout",
		.title = "how late a host timer is on a CPU whose guest exits all the time, with "
			 "FP and without",
		.guest = GUEST(fpsimd_storm),
		.tier = TEST_TIER_FULL,
		.needs = TEST_NEEDS_REALTIME,
		.args = UNTIL_TOLD(FPSIMD_HYPERCALL, 150),
		.script = &fpsimd_blackout,
	},
};
const size_t fpsimd_tests_count = sizeof(fpsimd_tests) / sizeof(fpsimd_tests[0]);
