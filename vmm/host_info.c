// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/host_info.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/klog.h>

#include "base/log.h"
#include "vmm/host_info_private.h"

/* syslog(2) */
#define SYSLOG_ACTION_READ_ALL	  3
#define SYSLOG_ACTION_SIZE_BUFFER 10

/* All that the kernel still has of its log, on the heap; NULL if we may not see it. */
static char *read_kernel_log(void)
{
	int size = klogctl(SYSLOG_ACTION_SIZE_BUFFER, NULL, 0), length;
	char *log = size > 0 ? malloc(size + 1) : NULL;

	if (!log)
		return NULL;
	length = klogctl(SYSLOG_ACTION_READ_ALL, log, size);
	if (length < 0) {
		free(log);
		return NULL;
	}
	log[length] = '\0';
	return log;
}

void host_info_collect_processor(struct host_info *info)
{
	info->counter_frequency = 0;
	info->ecv = -1;
#ifdef __aarch64__
	asm("mrs %0, cntfrq_el0" : "=r"(info->counter_frequency));
	/* The kernel shows user space the ID registers, this field untouched. */
	if (getauxval(AT_HWCAP) & 1 << 11 /* HWCAP_CPUID */) {
		uint64_t mmfr0;

		asm("mrs %0, s3_0_c0_c7_0" : "=r"(mmfr0));
		info->ecv = mmfr0 >> 60;
	}
#endif
}

static void collect_mode(struct host_info *info, const char *root)
{
	char interrupts[32768], command_line[4096], *log = read_kernel_log();

	host_info_read(root, "/proc/interrupts", interrupts, sizeof(interrupts));
	host_info_read(root, "/proc/cmdline", command_line, sizeof(command_line));
	host_info_decide_mode(info, log, interrupts, command_line);
	free(log);
}

enum host_kvm_mode host_info_kvm_mode(void)
{
	struct host_info info = { 0 };

	collect_mode(&info, "");
	return info.mode;
}

int host_info_collect(struct host_info *info, const char *root)
{
	int ret;

	memset(info, 0, sizeof(*info));
	uname(&info->kernel);
	host_info_collect_system(info, root);
	host_info_collect_processor(info);
	ret = host_info_collect_kvm(info);
	if (ret < 0)
		return ret;
	collect_mode(info, root);
	/* KVM_IRQ_LINE on a CPU's input does not reach a guest of pKVM. */
	if (info->mode == HOST_KVM_MODE_PROTECTED)
		info->user_irq = false;
	return 0;
}

int host_info_gather(struct host_info *info)
{
	struct utsname machine;

	uname(&machine);
	if (strcmp(machine.machine, "aarch64"))
		return log_error(-ENOTSUP,
				 "cannot use KVM: this machine is %s: armlet needs a 64-bit Arm "
				 "host (arm64)",
				 machine.machine);
	return host_info_collect(info, "");
}
