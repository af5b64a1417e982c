/* SPDX-License-Identifier: GPL-2.0-only */
/* The optional features of a vCPU: which the host's KVM offers, and which the user wants. */
#ifndef VCPU_FEATURES_H
#define VCPU_FEATURES_H

#include <stdbool.h>
#include <stdint.h>

enum vcpu_feature {
	VCPU_FEATURE_PAUTH,  /* FEAT_PAuth, address and generic: KVM wants both or none */
	VCPU_FEATURE_PMU,    /* FEAT_PMUv3 */
	VCPU_FEATURE_SVE,    /* FEAT_SVE */
	VCPU_FEATURE_NESTED, /* EL2 for the guest (with VHE), which begins there; PSCI by SMC */
	VCPU_FEATURES
};

/* A set of features: bit n is enum vcpu_feature n. */
typedef uint32_t vcpu_feature_set;

/* What a vCPU does not get unless the user asks for it. */
#define VCPU_FEATURES_ON_REQUEST (1u << VCPU_FEATURE_NESTED)

/* Lengths of SVE vectors in bits, as sve-max-vl takes them: multiples of the first. */
#define VCPU_SVE_VL_STEP 128
#define VCPU_SVE_VL_MAX	 2048

struct vcpu_feature_choice {
	vcpu_feature_set set;
	unsigned sve_max_bits; /* no longer vectors than these; 0: all that the host has */
};

/* As --cpu-features takes it. */
const char *vcpu_feature_name(enum vcpu_feature feature);

/* What KVM offers on this VM (or, less exactly, on /dev/kvm). */
vcpu_feature_set vcpu_features_offered(int vm_fd);

/*
 * What the user asked for with a list such as "-sve,+pmu,pauth" or "sve-max-vl=512" (NULL: nothing
 * said), starting from all that are offered but VCPU_FEATURES_ON_REQUEST. A name that is not known,
 * or is asked for and not offered, is -EINVAL or -ENOTSUP, described with a list of what the host
 * offers.
 */
int vcpu_features_choose(const char *list, vcpu_feature_set offered,
			 struct vcpu_feature_choice *chosen);

/* Whether there can be a host for which the list has a meaning: 0, or -EINVAL, described. */
int vcpu_features_check(const char *list);

struct kvm_vcpu_init;

/* Asks for these features in the argument of KVM_ARM_VCPU_INIT. */
void vcpu_features_request(vcpu_feature_set features, struct kvm_vcpu_init *init);

#endif
