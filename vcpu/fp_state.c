// SPDX-License-Identifier: GPL-2.0-only
#include "vcpu/fp_state.h"

#include <stdbool.h>
#include <string.h>

#include "base/kvm.h"
#include "vcpu/vcpu.h"

#define CORE_REG(size, field) \
	(KVM_REG_ARM64 | (size) | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(field))
#define ID_V(n) (CORE_REG(KVM_REG_SIZE_U128, fp_regs.vregs[0]) + (n)*4)
#define ID_FPSR CORE_REG(KVM_REG_SIZE_U32, fp_regs.fpsr)
#define ID_FPCR CORE_REG(KVM_REG_SIZE_U32, fp_regs.fpcr)

_Static_assert(sizeof(((struct user_fpsimd_state *)0)->vregs[0]) == 16,
	       "ids count words of 32 bits");

static bool has_sve(const struct vcpu *vcpu)
{
	return vcpu->group->features & 1u << VCPU_FEATURE_SVE;
}

static int get_v(struct vcpu *vcpu, unsigned n, uint64_t value[2])
{
	uint8_t z[VCPU_SVE_MAX_BYTES];
	int ret;

	if (!has_sve(vcpu))
		return kvm_get_one_reg(vcpu->fd, ID_V(n), value);
	ret = kvm_get_one_reg(vcpu->fd, KVM_REG_ARM64_SVE_ZREG(n, 0), z);
	if (ret == 0)
		memcpy(value, z, 16);
	return ret;
}

static int set_v(struct vcpu *vcpu, unsigned n, const uint64_t value[2])
{
	uint8_t z[VCPU_SVE_MAX_BYTES];
	int ret;

	if (!has_sve(vcpu))
		return kvm_set_one_reg(vcpu->fd, ID_V(n), value);
	ret = kvm_get_one_reg(vcpu->fd, KVM_REG_ARM64_SVE_ZREG(n, 0), z);
	memcpy(z, value, 16);
	return ret ? ret : kvm_set_one_reg(vcpu->fd, KVM_REG_ARM64_SVE_ZREG(n, 0), z);
}

int vcpu_get_fp_state(struct vcpu *vcpu, struct vcpu_fp_state *state)
{
	uint32_t fpcr = 0, fpsr = 0;
	int ret = 0;

	for (unsigned n = 0; n < 32 && !ret; n++)
		ret = get_v(vcpu, n, state->v[n]);
	ret = ret ? ret : kvm_get_one_reg(vcpu->fd, ID_FPCR, &fpcr);
	ret = ret ? ret : kvm_get_one_reg(vcpu->fd, ID_FPSR, &fpsr);
	state->fpcr = fpcr;
	state->fpsr = fpsr;
	return ret;
}

int vcpu_set_fp_state(struct vcpu *vcpu, const struct vcpu_fp_state *state)
{
	uint32_t fpcr = state->fpcr, fpsr = state->fpsr;
	int ret = 0;

	for (unsigned n = 0; n < 32 && !ret; n++)
		ret = set_v(vcpu, n, state->v[n]);
	ret = ret ? ret : kvm_set_one_reg(vcpu->fd, ID_FPCR, &fpcr);
	return ret ? ret : kvm_set_one_reg(vcpu->fd, ID_FPSR, &fpsr);
}

int vcpu_get_sve_state(struct vcpu *vcpu, struct vcpu_sve_state *state)
{
	int ret = 0;

	for (unsigned n = 0; n < 32 && !ret; n++)
		ret = kvm_get_one_reg(vcpu->fd, KVM_REG_ARM64_SVE_ZREG(n, 0), state->z[n]);
	for (unsigned n = 0; n < 16 && !ret; n++)
		ret = kvm_get_one_reg(vcpu->fd, KVM_REG_ARM64_SVE_PREG(n, 0), state->p[n]);
	return ret ? ret : kvm_get_one_reg(vcpu->fd, KVM_REG_ARM64_SVE_FFR(0), state->ffr);
}

int vcpu_set_sve_state(struct vcpu *vcpu, const struct vcpu_sve_state *state)
{
	int ret = 0;

	for (unsigned n = 0; n < 32 && !ret; n++)
		ret = kvm_set_one_reg(vcpu->fd, KVM_REG_ARM64_SVE_ZREG(n, 0), state->z[n]);
	for (unsigned n = 0; n < 16 && !ret; n++)
		ret = kvm_set_one_reg(vcpu->fd, KVM_REG_ARM64_SVE_PREG(n, 0), state->p[n]);
	return ret ? ret : kvm_set_one_reg(vcpu->fd, KVM_REG_ARM64_SVE_FFR(0), state->ffr);
}

unsigned vcpu_sve_bytes(struct vcpu *vcpu)
{
	uint64_t lengths[KVM_ARM64_SVE_VLS_WORDS] = { 0 };

	if (!has_sve(vcpu) || kvm_get_one_reg(vcpu->fd, KVM_REG_ARM64_SVE_VLS, lengths) < 0)
		return 0;
	/* Bit n: vectors of n + 1 quadwords. */
	for (unsigned word = KVM_ARM64_SVE_VLS_WORDS; word-- > 0;)
		if (lengths[word])
			return (word * 64 + 64 - __builtin_clzll(lengths[word])) * 16;
	return 0;
}
