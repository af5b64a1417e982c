// SPDX-License-Identifier: GPL-2.0-only
/* What --cpu-features can have on this host; `armlet run --cpu-features help`. */
#include <inttypes.h>

#include "vmm/host_info_private.h"

static const char *const explanations[VCPU_FEATURES] = {
	[VCPU_FEATURE_PAUTH] = "pointer authentication",
	[VCPU_FEATURE_PMU] = "performance counters (PMUv3)",
	[VCPU_FEATURE_SVE] = "scalable vectors",
	[VCPU_FEATURE_NESTED] = "EL2 for the guest, which can be a hypervisor itself (vGICv3 only)",
};

static const char *state_of(const struct host_info *info, int feature)
{
	if (!(info->features & 1u << feature))
		return "not here";
	return VCPU_FEATURES_ON_REQUEST & 1u << feature ? "off" : "on";
}

void host_info_print_features(const struct host_info *info, FILE *stream)
{
	fputs("--cpu-features takes a list of these, with '-' before what is to be off:\n\n",
	      stream);
	for (int i = 0; i < VCPU_FEATURES; i++)
		fprintf(stream, "  %-16s %-9s %s\n", vcpu_feature_name(i), state_of(info, i),
			explanations[i]);
	fprintf(stream, "  %-16s %-9s no longer vectors than of BITS bits", "sve-max-vl=BITS",
		info->features & 1u << VCPU_FEATURE_SVE ? "" : "not here");
	if (info->features & 1u << VCPU_FEATURE_SVE) {
		fputs("; there are:", stream);
		for (unsigned bytes = 16; bytes <= HOST_INFO_MAX_SVE_BYTES; bytes += 16)
			if (host_info_sve_length(info, bytes))
				fprintf(stream, " %u", bytes * 8);
	}
	fputs("\n\n\"on\" and \"off\" are what a vCPU has when nothing is said.\n", stream);
}
