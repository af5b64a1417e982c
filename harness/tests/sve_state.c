// SPDX-License-Identifier: GPL-2.0-only
/* SVE registers that the monitor reads, writes, and carries to another VM. */
#include <string.h>

#include "guest-images/tests/fpsimd.h"
#include "harness/guest_tests.h"
#include "harness/tests/fpsimd.h"
#include "harness/tests/fpsimd_state.h"
#include "vcpu/fp_state.h"

/* KVM's registers are as wide as can be; a guest's pattern is as wide as its vectors. Both ways. */
static void narrow(struct sve_registers *registers, const struct vcpu_sve_state *state, uint64_t vl)
{
	registers->vl = vl;
	for (unsigned n = 0; n < 32; n++)
		memcpy((uint8_t *)registers->z + n * vl, state->z[n], vl);
	for (unsigned n = 0; n < 16; n++)
		memcpy((uint8_t *)registers->p + n * vl / 8, state->p[n], vl / 8);
	memcpy(registers->ffr, state->ffr, vl / 8);
}

static void widen(struct vcpu_sve_state *state, const struct sve_registers *registers)
{
	uint64_t vl = registers->vl;

	memset(state, 0, sizeof(*state));
	for (unsigned n = 0; n < 32; n++)
		memcpy(state->z[n], (const uint8_t *)registers->z + n * vl, vl);
	for (unsigned n = 0; n < 16; n++)
		memcpy(state->p[n], (const uint8_t *)registers->p + n * vl / 8, vl / 8);
	memcpy(state->ffr, registers->ffr, vl / 8);
}

static bool get_registers(struct test_run *run, struct test_vm *vm, struct sve_registers *registers)
{
	struct vcpu *vcpu = &vm->machine.vcpus[0];
	struct vcpu_sve_state state;
	struct vcpu_fp_state fp;
	int ret = vcpu_get_sve_state(vcpu, &state);

	ret = ret ? ret : vcpu_get_fp_state(vcpu, &fp);
	if (!RUN_CHECK(run, ret == 0, "cannot read the SVE registers: %s", strerror(-ret)))
		return false;
	narrow(registers, &state, vcpu_sve_bytes(vcpu));
	registers->fpcr = fp.fpcr;
	registers->fpsr = fp.fpsr;
	return true;
}

static void play_faults(const struct test_run *run, struct vcpu_sve_state *state,
			struct vcpu_fp_state *fp)
{
	if (run->fault == FAULT_FP_LOAD_FPCR)
		fp->fpcr = 0;
	if (run->fault == FAULT_FP_LOAD_SWAP)
		memcpy(state->z[31], state->z[30], sizeof(state->z[31]));
	if (run->fault == FAULT_SVE_LOAD_P) {
		memset(state->p[15], 0, sizeof(state->p[15]));
		memset(state->ffr, 0, sizeof(state->ffr));
	}
}

static void set_registers(struct test_run *run, struct test_vm *vm,
			  const struct sve_registers *registers)
{
	struct vcpu *vcpu = &vm->machine.vcpus[0];
	struct vcpu_sve_state state;
	struct vcpu_fp_state fp;
	int ret;

	widen(&state, registers);
	fp.fpcr = registers->fpcr;
	fp.fpsr = registers->fpsr;
	play_faults(run, &state, &fp);
	for (unsigned n = 0; n < 32; n++)
		memcpy(fp.v[n], state.z[n], sizeof(fp.v[n]));
	/* The first sets V as the low part of Z, and FPCR and FPSR; the second all of Z. */
	ret = vcpu_set_fp_state(vcpu, &fp);
	ret = ret ? ret : vcpu_set_sve_state(vcpu, &state);
	RUN_CHECK(run, ret == 0, "cannot write the SVE registers: %s", strerror(-ret));
}

static void expect_registers(struct test_run *run, struct test_vm *vm, struct fp_who who,
			     const char *when)
{
	struct sve_registers expected, seen;
	struct fp_difference first;

	sve_fill(&expected, who, vcpu_sve_bytes(&vm->machine.vcpus[0]));
	if (get_registers(run, vm, &seen) && sve_compare(&expected, &seen, expected.vl, &first))
		fpsimd_fail(run, "a stopped vCPU's SVE", when, who.round, &first);
}

static void write_registers(struct test_run *run, struct test_vm *vm, struct fp_who who)
{
	struct sve_registers registers;

	sve_fill(&registers, who, vcpu_sve_bytes(&vm->machine.vcpus[0]));
	set_registers(run, vm, &registers);
}

/* Reads what the guest has live, writes it back, reads it again, and puts the monitor's in its
 * place. */
static void changed_beside(struct test_run *run)
{
	struct fp_who guest = { run->test->args[FPSIMD_ARG_OWNER], 0, 1 };
	struct fp_who monitor = { FP_OWNER_MONITOR, 0, 2 };

	if (!test_vm_wait_word(&run->vm, FPSIMD_WORD_LIVE, 1))
		return;
	for (unsigned n = 0; n < 3; n++) {
		test_vm_park(&run->vm, 0);
		expect_registers(run, &run->vm, guest, "read from a live guest");
		write_registers(run, &run->vm, guest);
		expect_registers(run, &run->vm, guest, "read after they were written");
		test_vm_unpark(&run->vm, 0);
	}
	test_vm_park(&run->vm, 0);
	write_registers(run, &run->vm, monitor);
	expect_registers(run, &run->vm, monitor, "read after the monitor's were written");
	test_vm_unpark(&run->vm, 0);
	test_vm_set_word(&run->vm, FPSIMD_WORD_STOP, 1);
}

const struct test_script sve_changed = { .beside = changed_beside };

/* From a second VM, whose guest has them live, into the test's. */
static void carried_beside(struct test_run *run)
{
	struct fp_who other = { FP_OWNER_OTHER_VM, 0, 1 };
	struct test_vm_config config = {
		.name = "source",
		.guest = GUEST(fpsimd_changed_by_monitor),
		.cpus = 1,
		.irqchip = run->irqchip,
	};
	struct sve_registers registers;
	struct test_vm source;

	memcpy(config.args, run->test->args, sizeof(config.args));
	config.args[FPSIMD_ARG_OWNER] = FP_OWNER_OTHER_VM;
	if (test_vm_create(&source, run, &config) == 0 && test_vm_start(&source) == 0 &&
	    test_vm_wait_word(&source, FPSIMD_WORD_LIVE, 1) &&
	    test_vm_wait_word(&run->vm, FPSIMD_WORD_LIVE, 1)) {
		test_vm_park(&source, 0);
		test_vm_park(&run->vm, 0);
		expect_registers(run, &source, other, "saved");
		if (get_registers(run, &source, &registers))
			set_registers(run, &run->vm, &registers);
		test_vm_unpark(&run->vm, 0);
	}
	test_vm_set_word(&run->vm, FPSIMD_WORD_STOP, 1);
	test_vm_destroy(&source);
}

const struct test_script sve_carried = { .beside = carried_beside };
