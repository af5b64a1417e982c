// SPDX-License-Identifier: GPL-2.0-only
/* What userspace sees between two runs, and what it does there. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "harness/raw_guest.h"
#include "harness/raw_vm.h"
#include "harness/tests/lifetime.h"

#define SYSREG_ID(crm, op2) ARM64_SYS_REG(3, 0, 0, crm, op2)

static bool expect_pc(struct raw_vm *vm, uint64_t expected, const char *when)
{
	uint64_t pc;

	return raw_get_reg(vm, 0, RAW_PC, &pc) &&
	       RUN_CHECK(vm->test, pc == expected, "%s: PC is 0x%" PRIx64 ", expected 0x%" PRIx64,
			 when, pc, expected);
}

static bool abort_access(struct raw_vm *vm)
{
	struct kvm_vcpu_events events = { .exception.ext_dabt_pending = 1 };

	return raw_expect(vm, kvm_ioctl(vm->vcpus[0].fd, KVM_SET_VCPU_EVENTS, (uintptr_t)&events),
			  0, "KVM_SET_VCPU_EVENTS with an external abort");
}

/*
 * A load that waits for its value has not been executed; when it is aborted instead, it never is
 * (commits 26e0aabb38a6, 15a00709a23d).
 */
void lifetime_aborted_access(struct test_run *run)
{
	uint64_t load = raw_guest_entry(RAW_GUEST_LOAD), value, x0;
	struct raw_vm vm;

	if (!raw_vm_open(&vm, run) || !raw_make_ready(&vm, 1))
		goto out;
	for (uint64_t i = 0; i < run->test->args[0]; i++) {
		bool aborts = i % 2;

		if (!raw_set_guest(&vm, 0, RAW_GUEST_LOAD) || !raw_set_reg(&vm, 0, RAW_X0, 42) ||
		    !RUN_CHECK(run, raw_run(&vm, 0, 10000, &value) == RAW_LOAD,
			       "a load of a device does not come to userspace") ||
		    !expect_pc(&vm, load, "a load waits for its value"))
			break;
		value = 0x1234567890 + i;
		memcpy(vm.vcpus[0].run->mmio.data, &value, sizeof(value));
		if (aborts && !abort_access(&vm))
			break;
		if (!aborts) {
			raw_complete(&vm, 0);
			if (!expect_pc(&vm, load + 4, "a load has its value") ||
			    !raw_get_reg(&vm, 0, RAW_X0, &x0) ||
			    !RUN_CHECK(run, x0 == value, "a load gives 0x%" PRIx64, x0))
				break;
			continue;
		}
		if (!RUN_CHECK(run, raw_run(&vm, 0, 10000, &value) == RAW_EXCEPTION,
			       "a load that is aborted is no exception") ||
		    !RUN_CHECK(run, value == load,
			       "a load at 0x%" PRIx64 " is aborted, ELR_EL1 is 0x%" PRIx64, load,
			       value) ||
		    !raw_get_reg(&vm, 0, RAW_X0, &x0) ||
		    !RUN_CHECK(run, x0 == 42, "a load that is aborted gives 0x%" PRIx64, x0))
			break;
	}
out:
	raw_vm_close(&vm);
}

/*
 * When KVM_RUN returns, PC is what the guest would see, and nothing is owed to the instruction that
 * was executed last: wherever userspace then lets the vCPU begin, it begins (commit 26e0aabb38a6).
 */
void lifetime_pc_is_final(struct test_run *run)
{
	uint64_t wfi = raw_guest_entry(RAW_GUEST_WFI), pc, value;
	struct raw_vm vm;

	if (!raw_vm_open(&vm, run) || !raw_make_ready(&vm, 1))
		goto out;
	for (uint64_t i = 0; i < run->test->args[0]; i++) {
		if (!raw_set_guest(&vm, 0, RAW_GUEST_WFI) ||
		    raw_run(&vm, 0, 1 + i % 3, &value) != RAW_SIGNAL ||
		    !raw_get_reg(&vm, 0, RAW_PC, &pc) ||
		    !RUN_CHECK(run, pc >= wfi && pc <= wfi + 8,
			       "PC is 0x%" PRIx64 " in a loop of 3 instructions at 0x%" PRIx64, pc,
			       wfi))
			break;
		if (i % 2 &&
		    !raw_expect(&vm, raw_init_vcpu(&vm, 0, 0), 0, "KVM_ARM_VCPU_INIT after a WFI"))
			break;
		/* Its first instruction is the load. */
		if (!raw_set_guest(&vm, 0, RAW_GUEST_LOAD) ||
		    !RUN_CHECK(run, raw_run(&vm, 0, 10000, &value) == RAW_LOAD,
			       "a vCPU that was asleep does not begin where it is told to"))
			break;
		raw_complete(&vm, 0);
	}
out:
	raw_vm_close(&vm);
}

static bool compare_id_registers(struct raw_vm *vm, const char *when)
{
	for (unsigned cpu = 1; cpu < vm->cpus; cpu++)
		for (unsigned i = 0; i < 7 * 8; i++) {
			uint64_t id = SYSREG_ID(1 + i / 8, i % 8), first, other;

			/* Hosts know different ones. */
			if (kvm_get_one_reg(vm->vcpus[0].fd, id, &first) < 0)
				continue;
			if (!raw_get_reg(vm, cpu, id, &other) ||
			    !RUN_CHECK(vm->test, first == other,
				       "%s: the ID register s3_0_c0_c%u_%u of vCPU 0 is "
				       "0x%" PRIx64 ", of vCPU %u 0x%" PRIx64,
				       when, 1 + i / 8, i % 8, first, cpu, other) ||
			    !raw_expect(vm, kvm_set_one_reg(vm->vcpus[cpu].fd, id, &other), 0,
					"an ID register set to what it is"))
				return false;
		}
	return true;
}

/* Without an interrupt controller in KVM: what is hidden from one vCPU is from all (b82ebaf29864).
 */
void lifetime_same_id_registers(struct test_run *run)
{
	struct raw_vm vm;
	uint64_t value;

	if (!raw_vm_open(&vm, run) || !raw_make_ready(&vm, 4) ||
	    !compare_id_registers(&vm, "before any run"))
		goto out;
	for (unsigned i = 0; i < 4; i++) {
		/* Not in their order. */
		unsigned cpu = (i + 2) % 4;

		if (!raw_set_guest(&vm, cpu, RAW_GUEST_STORE) ||
		    raw_run(&vm, cpu, 10000, &value) != RAW_STORE ||
		    !compare_id_registers(&vm, "after first runs") ||
		    !raw_timer_works(&vm, cpu, RAW_GUEST_SPIN, "one of several first runs"))
			break;
	}
out:
	raw_vm_close(&vm);
}
