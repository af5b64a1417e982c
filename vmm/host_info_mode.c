// SPDX-License-Identifier: GPL-2.0-only
/*
 * In which mode KVM runs. No interface says it outright, so three things are looked at:
 *
 *  - that guests can have EL2 is a capability, and only nested mode has it;
 *  - KVM says its mode in the kernel log, as long as that is kept, to those who may read it;
 *  - in /proc/interrupts, the timer that the host's kernel itself uses is EL2's (INTID 26, or 28
 *    for the virtual one) exactly if that kernel runs at EL2: VHE. Otherwise the command line tells
 *    protected mode from nVHE.
 */
#include <stdio.h>
#include <string.h>

#include "base/kvm.h"
#include "vmm/host_info_private.h"

const char *host_info_mode_name(enum host_kvm_mode mode)
{
	static const char *const names[] = {
		[HOST_KVM_MODE_UNKNOWN] = NULL,	   [HOST_KVM_MODE_VHE] = "vhe",
		[HOST_KVM_MODE_NVHE] = "nvhe",	   [HOST_KVM_MODE_PROTECTED] = "protected",
		[HOST_KVM_MODE_NESTED] = "nested",
	};

	return names[mode];
}

const char *host_info_source_name(enum host_mode_source source)
{
	static const char *const names[] = {
		[HOST_MODE_SOURCE_NONE] = NULL,
		[HOST_MODE_SOURCE_CAPABILITY] = "capability",
		[HOST_MODE_SOURCE_LOG] = "kernel log",
		[HOST_MODE_SOURCE_INTERRUPTS] = "interrupts",
	};

	return names[source];
}

/* "kvm [1]: Hyp nVHE mode initialized successfully", and its relatives since Linux 3.9. */
static enum host_kvm_mode mode_of_line(const char *line, size_t length)
{
	char text[256];

	snprintf(text, sizeof(text), "%.*s", (int)length, line);
	if (!strstr(text, "kvm [") || !strstr(text, "mode initialized successfully"))
		return HOST_KVM_MODE_UNKNOWN;
	if (strstr(text, "]: Protected"))
		return HOST_KVM_MODE_PROTECTED;
	if (strstr(text, "]: Hyp"))
		return HOST_KVM_MODE_NVHE;
	if (strstr(text, "]: VHE+NV"))
		return HOST_KVM_MODE_NESTED;
	return strstr(text, "]: VHE") ? HOST_KVM_MODE_VHE : HOST_KVM_MODE_UNKNOWN;
}

static enum host_kvm_mode mode_of_log(const char *log)
{
	enum host_kvm_mode mode = HOST_KVM_MODE_UNKNOWN;

	while (log && *log && mode == HOST_KVM_MODE_UNKNOWN) {
		size_t length = strcspn(log, "\n");

		mode = mode_of_line(log, length);
		log += length + (log[length] != '\0');
	}
	return mode;
}

/* The INTID in " 11:  123  456  GICv3  26 Level  arch_timer"; -1 if there is no such line. */
static int host_timer_intid(const char *interrupts)
{
	const char *name = strstr(interrupts, " arch_timer\n"), *word;
	char line[16384];
	const char *begin = name;
	int intid;

	if (!name)
		return -1;
	while (begin > interrupts && begin[-1] != '\n')
		begin--;
	snprintf(line, sizeof(line), "%.*s", (int)(name - begin), begin);
	word = strstr(line, "GIC");
	return word && sscanf(word, "%*s %d", &intid) == 1 ? intid : -1;
}

static enum host_kvm_mode mode_of_interrupts(const char *interrupts, const char *command_line)
{
	switch (host_timer_intid(interrupts)) {
	case 26:
	case 28:
		return HOST_KVM_MODE_VHE;
	case 27:
	case 29:
	case 30:
		return strstr(command_line, "kvm-arm.mode=protected") ? HOST_KVM_MODE_PROTECTED
								      : HOST_KVM_MODE_NVHE;
	default:
		return HOST_KVM_MODE_UNKNOWN;
	}
}

static bool guests_can_have_el2(const struct host_info *info)
{
	for (size_t i = 0; host_info_caps[i].name; i++)
		if (host_info_caps[i].number == KVM_CAP_ARM_EL2)
			return info->caps[i] > 0;
	return false;
}

void host_info_decide_mode(struct host_info *info, const char *log, const char *interrupts,
			   const char *command_line)
{
	if (guests_can_have_el2(info)) {
		info->mode = HOST_KVM_MODE_NESTED;
		info->mode_source = HOST_MODE_SOURCE_CAPABILITY;
		return;
	}
	info->mode = mode_of_log(log);
	if (info->mode != HOST_KVM_MODE_UNKNOWN) {
		info->mode_source = HOST_MODE_SOURCE_LOG;
		return;
	}
	info->mode = mode_of_interrupts(interrupts, command_line);
	info->mode_source = info->mode == HOST_KVM_MODE_UNKNOWN ? HOST_MODE_SOURCE_NONE
								: HOST_MODE_SOURCE_INTERRUPTS;
}
