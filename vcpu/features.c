// SPDX-License-Identifier: GPL-2.0-only
#include "vcpu/features.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/kvm.h"
#include "base/log.h"

static const char *const feature_names[VCPU_FEATURES] = {
	[VCPU_FEATURE_PAUTH] = "pauth",
	[VCPU_FEATURE_PMU] = "pmu",
	[VCPU_FEATURE_SVE] = "sve",
	[VCPU_FEATURE_NESTED] = "nested",
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
	if (kvm_check_extension(vm_fd, KVM_CAP_ARM_EL2))
		offered |= 1u << VCPU_FEATURE_NESTED;
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

#define SVE_MAX_VL "sve-max-vl="

/* The number behind "sve-max-vl="; `length` of what is up to the next comma. */
static int take_max_vl(const char *word, size_t length, unsigned *bits)
{
	const char *digits = word + strlen(SVE_MAX_VL);
	char *end;
	unsigned long value = strtoul(digits, &end, 10);

	if (*digits < '0' || *digits > '9' || end != word + length || value < VCPU_SVE_VL_STEP ||
	    value > VCPU_SVE_VL_MAX || value % VCPU_SVE_VL_STEP)
		return log_error(-EINVAL,
				 "cannot use --cpu-features %.*s: the longest vector must be a "
				 "multiple of %u bits, up to %u",
				 (int)length, word, VCPU_SVE_VL_STEP, VCPU_SVE_VL_MAX);
	*bits = value;
	return 0;
}

/* "sve", "+sve" or "-sve"; `names` is what the host offers. */
static int take_feature(const char *word, size_t length, vcpu_feature_set offered,
			const char *names, vcpu_feature_set *set)
{
	bool off = *word == '-';
	const char *name = word + (off || *word == '+');
	int name_length = (int)(word + length - name);
	int feature = find_feature(name, name_length);

	if (feature < 0)
		return log_error(-EINVAL,
				 "cannot use --cpu-features: there is no feature \"%.*s\": "
				 "use some of %s",
				 name_length, name, names);
	if (off)
		*set &= ~(1u << feature);
	else if (offered & (1u << feature))
		*set |= 1u << feature;
	else
		return log_error(-ENOTSUP,
				 "cannot use --cpu-features: this host's KVM has no %s: "
				 "it offers: %s",
				 feature_names[feature], names);
	return 0;
}

int vcpu_features_choose(const char *list, vcpu_feature_set offered,
			 struct vcpu_feature_choice *chosen)
{
	char names[64];
	int ret = 0;

	*chosen = (struct vcpu_feature_choice){ .set = offered & ~VCPU_FEATURES_ON_REQUEST };
	list_features(offered, names, sizeof(names));
	for (bool more = list && *list; more && !ret;) {
		size_t length = strcspn(list, ",");

		if (!strncmp(list, SVE_MAX_VL, strlen(SVE_MAX_VL)))
			ret = take_max_vl(list, length, &chosen->sve_max_bits);
		else
			ret = take_feature(list, length, offered, names, &chosen->set);
		list += length;
		more = *list++ == ',';
	}
	if (ret || !chosen->sve_max_bits || chosen->set & 1u << VCPU_FEATURE_SVE)
		return ret;
	if (offered & 1u << VCPU_FEATURE_SVE)
		return log_error(-EINVAL, "cannot use --cpu-features sve-max-vl: the vCPUs have no "
					  "sve: -sve is in the list, too");
	return log_error(-ENOTSUP,
			 "cannot use --cpu-features sve-max-vl: the vCPUs have no sve: this host "
			 "offers: %s",
			 names);
}

int vcpu_features_check(const char *list)
{
	struct vcpu_feature_choice chosen;

	return vcpu_features_choose(list, (1u << VCPU_FEATURES) - 1, &chosen);
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
	if (features & 1u << VCPU_FEATURE_NESTED)
		init->features[0] |= 1u << KVM_ARM_VCPU_HAS_EL2;
}
