// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "harness/tests/fpsimd.h"
#include "harness/tests/sve_state.h"
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

void sve_state_expect(struct test_run *run, struct test_vm *vm, struct fp_who who, const char *when)
{
	struct sve_registers expected, seen;
	struct fp_difference first;

	sve_fill(&expected, who, vcpu_sve_bytes(&vm->machine.vcpus[0]));
	if (get_registers(run, vm, &seen) && sve_compare(&expected, &seen, expected.vl, &first))
		fpsimd_fail(run, "a stopped vCPU's SVE", when, who.round, &first);
}

void sve_state_write(struct test_run *run, struct test_vm *vm, struct fp_who who)
{
	struct sve_registers registers;

	sve_fill(&registers, who, vcpu_sve_bytes(&vm->machine.vcpus[0]));
	set_registers(run, vm, &registers);
}

void sve_state_carry(struct test_run *run, struct test_vm *from, struct test_vm *to)
{
	struct sve_registers registers;

	if (get_registers(run, from, &registers))
		set_registers(run, to, &registers);
}
