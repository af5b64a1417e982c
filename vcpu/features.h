/* SPDX-License-Identifier: GPL-2.0-only */
/* The optional features of a vCPU: which the host's KVM offers, and which the user wants. */
#ifndef VCPU_FEATURES_H
#define VCPU_FEATURES_H

#include <stdint.h>

enum vcpu_feature {
	VCPU_FEATURE_PAUTH, /* FEAT_PAuth, address and generic: KVM wants both or none */
	VCPU_FEATURE_PMU,   /* FEAT_PMUv3 */
	VCPU_FEATURE_SVE,   /* FEAT_SVE */
	VCPU_FEATURES
};

/* A set of features: bit n is enum vcpu_feature n. */
typedef uint32_t vcpu_feature_set;

/* As --cpu-features takes it. */
const char *vcpu_feature_name(enum vcpu_feature feature);

/* What KVM offers on this VM (or, less exactly, on /dev/kvm). */
vcpu_feature_set vcpu_features_offered(int vm_fd);

/*
 * What the user asked for with a list such as "-sve,+pmu,pauth" (NULL: nothing said), starting from
 * all that are offered. A name that is not known, or is asked for and not offered, is -EINVAL or
 * -ENOTSUP, described with a list of what the host offers.
 */
int vcpu_features_choose(const char *list, vcpu_feature_set offered, vcpu_feature_set *chosen);

struct kvm_vcpu_init;

/* Asks for these features in the argument of KVM_ARM_VCPU_INIT. */
void vcpu_features_request(vcpu_feature_set features, struct kvm_vcpu_init *init);

#endif
