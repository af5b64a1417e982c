/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * FP/SIMD and SVE registers of a vCPU that does not run, by KVM_GET_ONE_REG and KVM_SET_ONE_REG
 * (Documentation/virt/kvm/api.rst, 4.68).
 *
 * Of a vCPU with SVE, KVM gives V registers only as the low 128 bits of Z registers. All functions
 * are for the thread that has the vCPU parked, or for its own thread outside KVM_RUN; they return 0
 * or -errno and describe nothing.
 */
#ifndef VCPU_FP_STATE_H
#define VCPU_FP_STATE_H

#include <stdint.h>

struct vcpu;

struct vcpu_fp_state {
	uint64_t v[32][2]; /* low half first */
	uint64_t fpcr, fpsr;
};

/* Of a vCPU with SVE, setting leaves what lies beyond 128 bits as it is. */
int vcpu_get_fp_state(struct vcpu *vcpu, struct vcpu_fp_state *state);
int vcpu_set_fp_state(struct vcpu *vcpu, const struct vcpu_fp_state *state);

/* KVM's registers are as wide as the largest vector of the architecture, whatever the vCPU has. */
#define VCPU_SVE_MAX_BYTES 256

/* Bytes beyond the vCPU's longest vector read as zero, and are ignored. */
struct vcpu_sve_state {
	uint8_t z[32][VCPU_SVE_MAX_BYTES];
	uint8_t p[16][VCPU_SVE_MAX_BYTES / 8];
	uint8_t ffr[VCPU_SVE_MAX_BYTES / 8];
};

int vcpu_get_sve_state(struct vcpu *vcpu, struct vcpu_sve_state *state);
int vcpu_set_sve_state(struct vcpu *vcpu, const struct vcpu_sve_state *state);

/* Bytes of the longest vector that a vCPU with SVE has; 0: it has no SVE, or KVM does not say. */
unsigned vcpu_sve_bytes(struct vcpu *vcpu);

#endif
