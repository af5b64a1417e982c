// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>

#include "irqchip/vgic.h"
#include "vmm/host_info_private.h"

bool host_info_sve_length(const struct host_info *info, unsigned bytes)
{
	unsigned bit = bytes / 16 - 1;

	return info->sve_lengths[bit / 64] >> bit % 64 & 1;
}

/* The label of a line; what follows brings its own space. */
static void label(FILE *stream, const char *name)
{
	fprintf(stream, "  %-21s", name);
}

static void print_host(const struct host_info *info, FILE *stream)
{
	char list[1024];

	fputs("Host\n", stream);
	label(stream, "kernel");
	fprintf(stream, " %s (%s, %u KiB pages)\n", info->kernel.release, info->kernel.machine,
		info->page_size >> 10);
	label(stream, "board");
	fprintf(stream, " %s\n", info->board[0] ? info->board : "unknown");
	for (unsigned i = 0; i < info->cpu_kind_count; i++) {
		host_info_cpu_list(&info->cpu_kinds[i].cpus, list, sizeof(list));
		label(stream, "CPUs");
		fprintf(stream, " %s: MIDR 0x%08" PRIx64 "\n", list, info->cpu_kinds[i].midr);
	}
	label(stream, "memory");
	if (info->memory)
		fprintf(stream, " %" PRIu64 " MiB\n", info->memory >> 20);
	else
		fputs(" unknown\n", stream);
}

static void print_irqchips(const struct host_info *info, FILE *stream)
{
	label(stream, "interrupt controllers");
	if (!info->gicv3 && !info->gicv2 && !info->user_irq)
		fputs(" none", stream);
	if (info->gicv3)
		fprintf(stream, " gicv3%s", info->its ? " (ITS)" : "");
	if (info->gicv2)
		fputs(" gicv2", stream);
	if (info->user_irq)
		fputs(" user", stream);
	fputc('\n', stream);
}

static void print_features(const struct host_info *info, FILE *stream)
{
	label(stream, "CPU features");
	if (!info->features)
		fputs(" none", stream);
	for (int i = 0; i < VCPU_FEATURES; i++)
		if (info->features & 1u << i)
			fprintf(stream, " %s", vcpu_feature_name(i));
	fputc('\n', stream);
	if (info->features & 1u << VCPU_FEATURE_SVE) {
		label(stream, "SVE vectors");
		for (unsigned bytes = 16; bytes <= HOST_INFO_MAX_SVE_BYTES; bytes += 16)
			if (host_info_sve_length(info, bytes))
				fprintf(stream, " %u", bytes);
		fputs(" bytes\n", stream);
	}
	if (info->pmu_version >= 0) {
		label(stream, "PMU");
		fprintf(stream, " version %d", info->pmu_version);
		if (info->pmu_counters >= 0)
			fprintf(stream, ", %d counters", info->pmu_counters);
		fputc('\n', stream);
	}
}

static void print_limits(const struct host_info *info, FILE *stream)
{
	label(stream, "CPUs of a VM");
	fprintf(stream, " %u", info->vcpus);
	if (info->gicv3)
		fprintf(stream, ", %u with gicv3", VGIC_V3_MAX_CPUS);
	if (info->gicv2)
		fprintf(stream, ", %u with gicv2", VGIC_V2_MAX_CPUS);
	fprintf(stream, " (%u recommended)\n", info->recommended_vcpus);
	label(stream, "guest addresses");
	fprintf(stream, " %u bits\n", info->ipa_bits);
}

static void print_kvm(const struct host_info *info, FILE *stream)
{
	const char *mode = host_info_mode_name(info->mode);
	const char *source = host_info_source_name(info->mode_source);

	fputs("\nKVM\n", stream);
	label(stream, "mode");
	if (mode)
		fprintf(stream, " %s (by %s)\n", mode, source);
	else
		fputs(" unknown (the kernel log may tell root)\n", stream);
	print_irqchips(info, stream);
	print_features(info, stream);
	print_limits(info, stream);
}

static const char *ecv_name(int ecv)
{
	switch (ecv) {
	case -1:
		return "unknown";
	case 0:
		return "no";
	case 1:
		return "yes";
	default:
		return "yes, with CNTPOFF";
	}
}

static void print_timer(const struct host_info *info, FILE *stream)
{
	fputs("\nTimer\n", stream);
	label(stream, "counter");
	if (info->counter_frequency)
		fprintf(stream, " %.3f MHz\n", info->counter_frequency / 1e6);
	else
		fputs(" unknown\n", stream);
	label(stream, "expired interrupt");
	fputs(info->timer_active_state ? " held by its active state\n"
				       : " masked on the host CPU (the host's GIC is not KVM's)\n",
	      stream);
	label(stream, "FEAT_ECV");
	fprintf(stream, " host: %s; guest: %s\n", ecv_name(info->ecv), ecv_name(info->vcpu_ecv));
}

static void print_tables(const struct host_info *info, FILE *stream)
{
	fputs("\nCapabilities\n", stream);
	for (size_t i = 0; host_info_caps[i].name; i++)
		fprintf(stream, "  %-29s %d\n", host_info_caps[i].name, info->caps[i]);
	fputs("\nID registers of a virtual CPU\n", stream);
	for (size_t i = 0; host_info_id_regs[i].name; i++)
		if (info->has_id_reg[i])
			fprintf(stream, "  %-20s 0x%016" PRIx64 "\n", host_info_id_regs[i].name,
				info->id_regs[i]);
}

void host_info_print(const struct host_info *info, FILE *stream)
{
	print_host(info, stream);
	print_kvm(info, stream);
	print_timer(info, stream);
	print_tables(info, stream);
}
