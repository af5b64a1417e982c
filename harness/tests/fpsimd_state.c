// SPDX-License-Identifier: GPL-2.0-only
/* FP/SIMD and SVE registers that the monitor reads, writes, and carries to another VM. */
#include <string.h>

#include "guest-images/fp/fp_live.h"
#include "guest-images/tests/fpsimd.h"
#include "harness/guest_tests.h"
#include "harness/tests/fpsimd.h"
#include "harness/tests/fpsimd_state.h"
#include "harness/tests/sve_state.h"
#include "vcpu/fp_state.h"

_Static_assert(sizeof(struct vcpu_fp_state) == sizeof(struct fp_registers),
	       "the guest's patterns and KVM's registers have one layout");

static bool get_registers(struct test_run *run, struct test_vm *vm, struct fp_registers *registers)
{
	int ret = vcpu_get_fp_state(&vm->machine.vcpus[0], (struct vcpu_fp_state *)registers);

	return RUN_CHECK(run, ret == 0, "cannot read the FP registers: %s", strerror(-ret));
}

static bool set_registers(struct test_run *run, struct test_vm *vm,
			  const struct fp_registers *registers)
{
	struct vcpu_fp_state state;
	int ret;

	memcpy(&state, registers, sizeof(state));
	if (run->fault == FAULT_FP_LOAD_FPCR)
		state.fpcr = 0;
	if (run->fault == FAULT_FP_LOAD_SWAP)
		memcpy(state.v[31], registers->v[30], sizeof(state.v[31]));
	ret = vcpu_set_fp_state(&vm->machine.vcpus[0], &state);
	return RUN_CHECK(run, ret == 0, "cannot write the FP registers: %s", strerror(-ret));
}

static bool is_sve(const struct test_run *run)
{
	return run->test->args[FP_LIVE_ARG] == FP_LIVE_SVE;
}

static void expect_registers(struct test_run *run, struct test_vm *vm, struct fp_who who,
			     const char *when)
{
	struct fp_registers expected, seen;
	struct fp_difference first;

	if (is_sve(run)) {
		sve_state_expect(run, vm, who, when);
		return;
	}
	fp_fill(&expected, who);
	if (get_registers(run, vm, &seen) && fp_compare(&expected, &seen, &first))
		fpsimd_fail(run, "a stopped vCPU's", when, who.round, &first);
}

static struct fp_who guest_of(const struct test_run *run)
{
	return (struct fp_who){ run->test->args[FPSIMD_ARG_OWNER], 0, 1 };
}

static void write_registers(struct test_run *run, struct test_vm *vm, struct fp_who who)
{
	struct fp_registers registers;

	if (is_sve(run)) {
		sve_state_write(run, vm, who);
		return;
	}
	fp_fill(&registers, who);
	set_registers(run, vm, &registers);
}

static void carry_registers(struct test_run *run, struct test_vm *from, struct test_vm *to)
{
	struct fp_registers registers;

	if (is_sve(run))
		sve_state_carry(run, from, to);
	else if (get_registers(run, from, &registers))
		set_registers(run, to, &registers);
}

/* Reads what the guest has live, writes it back, reads it again, and puts the monitor's in its
 * place. */
static void changed_beside(struct test_run *run)
{
	struct fp_who monitor = { FP_OWNER_MONITOR, 0, 2 };

	if (!test_vm_wait_word(&run->vm, FPSIMD_WORD_LIVE, 1))
		return;
	for (unsigned n = 0; n < 3; n++) {
		test_vm_park(&run->vm, 0);
		expect_registers(run, &run->vm, guest_of(run), "read from a live guest");
		write_registers(run, &run->vm, guest_of(run));
		expect_registers(run, &run->vm, guest_of(run), "read after they were written");
		test_vm_unpark(&run->vm, 0);
	}
	test_vm_park(&run->vm, 0);
	write_registers(run, &run->vm, monitor);
	expect_registers(run, &run->vm, monitor, "read after the monitor's were written");
	test_vm_unpark(&run->vm, 0);
	test_vm_set_word(&run->vm, FPSIMD_WORD_STOP, 1);
}

const struct test_script fpsimd_changed = { .beside = changed_beside };

/* From a second VM, whose guest has them live, into the test's. */
static void carried_beside(struct test_run *run)
{
	struct test_vm_config config = {
		.name = "source",
		.guest = GUEST(fpsimd_changed_by_monitor),
		.cpus = 1,
		.irqchip = run->irqchip,
	};
	struct fp_who other = { FP_OWNER_OTHER_VM, 0, 1 };
	struct test_vm source;

	memcpy(config.args, run->test->args, sizeof(config.args));
	config.args[FPSIMD_ARG_OWNER] = FP_OWNER_OTHER_VM;
	if (test_vm_create(&source, run, &config) == 0 && test_vm_start(&source) == 0 &&
	    test_vm_wait_word(&source, FPSIMD_WORD_LIVE, 1) &&
	    test_vm_wait_word(&run->vm, FPSIMD_WORD_LIVE, 1)) {
		test_vm_park(&source, 0);
		test_vm_park(&run->vm, 0);
		expect_registers(run, &source, other, "saved");
		carry_registers(run, &source, &run->vm);
		test_vm_unpark(&run->vm, 0);
	}
	test_vm_set_word(&run->vm, FPSIMD_WORD_STOP, 1);
	test_vm_destroy(&source);
}

const struct test_script fpsimd_carried = { .beside = carried_beside };
