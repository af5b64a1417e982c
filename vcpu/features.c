// SPDX-License-Identifier: GPL-2.0-only
#include "vcpu/features.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/kvm.h"
#include "base/log.h"

static const char *const feature_names[VCPU_FEATURES] = {
	[VCPU_FEATURE_PAUTH] = "pauth",
	[VCPU_FEATURE_PMU] = "pmu",
	[VCPU_FEATURE_SVE] = "sve",
};

const char *vcpu_feature_name(enum vcpu_feature feature)
{
	return feature_names[feature];
}

vcpu_feature_set vcpu_features_offered(int vm_fd)
{
	vcpu_feature_set offered = 0;

	if (kvm_check_extension(vm_fd, KVM_CAP_ARM_PTRAUTH_ADDRESS) &&
	    kvm_check_extension(vm_fd, KVM_CAP_ARM_PTRAUTH_GENERIC))
		offered |= 1u << VCPU_FEATURE_PAUTH;
	if (kvm_check_extension(vm_fd, KVM_CAP_ARM_PMU_V3))
		offered |= 1u << VCPU_FEATURE_PMU;
	if (kvm_check_extension(vm_fd, KVM_CAP_ARM_SVE))
		offered |= 1u << VCPU_FEATURE_SVE;
	return offered;
}

static void list_features(vcpu_feature_set set, char *text, size_t size)
{
	size_t length = 0;

	snprintf(text, size, "none");
	for (int i = 0; i < VCPU_FEATURES; i++)
		if (set & (1u << i))
			length += snprintf(text + length, size - length, "%s%s", length ? ", " : "",
					   feature_names[i]);
}

static int find_feature(const char *name, size_t length)
{
	for (int i = 0; i < VCPU_FEATURES; i++)
		if (strlen(feature_names[i]) == length && !memcmp(feature_names[i], name, length))
			return i;
	return -1;
}

int vcpu_features_choose(const char *list, vcpu_feature_set offered, vcpu_feature_set *chosen)
{
	char names[64];

	*chosen = offered;
	list_features(offered, names, sizeof(names));
	while (list && *list) {
		size_t length = strcspn(list, ",");
		bool off = *list == '-';
		const char *name = list + (off || *list == '+');
		int name_length = (int)(list + length - name);
		int feature = find_feature(name, name_length);

		if (feature < 0)
			return log_error(-EINVAL,
					 "cannot use --cpu-features: there is no feature \"%.*s\": "
					 "this host offers: %s",
					 name_length, name, names);
		if (off)
			*chosen &= ~(1u << feature);
		else if (offered & (1u << feature))
			*chosen |= 1u << feature;
		else
			return log_error(-ENOTSUP,
					 "cannot use --cpu-features: this host's KVM has no %s: "
					 "it offers: %s",
					 feature_names[feature], names);
		list += length;
		list += *list == ',';
	}
	return 0;
}

void vcpu_features_request(vcpu_feature_set features, struct kvm_vcpu_init *init)
{
	if (features & 1u << VCPU_FEATURE_SVE)
		init->features[0] |= 1u << KVM_ARM_VCPU_SVE;
	if (features & 1u << VCPU_FEATURE_PMU)
		init->features[0] |= 1u << KVM_ARM_VCPU_PMU_V3;
	if (features & 1u << VCPU_FEATURE_PAUTH)
		init->features[0] |= 1u << KVM_ARM_VCPU_PTRAUTH_ADDRESS |
				     1u << KVM_ARM_VCPU_PTRAUTH_GENERIC;
}
