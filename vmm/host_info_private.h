/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of host_info share, and its tests look at. */
#ifndef VMM_HOST_INFO_PRIVATE_H
#define VMM_HOST_INFO_PRIVATE_H

#include <stddef.h>

#include "vmm/host_info.h"

/* As host_info_gather() on arm64, with /proc and /sys below `root` ("" for the real ones). */
int host_info_collect(struct host_info *info, const char *root);

/* The parts of it. */
void host_info_collect_system(struct host_info *info, const char *root);
void host_info_collect_processor(struct host_info *info);
int host_info_collect_kvm(struct host_info *info);
/* After KVM. `log` is the kernel's, or NULL where it may not be read. */
void host_info_decide_mode(struct host_info *info, const char *log, const char *interrupts,
			   const char *command_line);

/* Reads a file of at most `size` - 1 bytes into `text`, ended by a NUL; "" if it cannot be read. */
void host_info_read(const char *root, const char *path, char *text, size_t size);

/* Capabilities worth telling, ended by a NULL name. */
extern const struct host_cap {
	int number;
	const char *name;
} host_info_caps[];

/* ID registers, ended by a NULL name. */
extern const struct host_id_reg {
	uint64_t id; /* of KVM_GET_ONE_REG */
	const char *name;
} host_info_id_regs[];

/* For both outputs. A NULL name ends host_info_irqchip_name(). */
const char *host_info_mode_name(enum host_kvm_mode mode);
const char *host_info_source_name(enum host_mode_source source);
/* "0-3,6" */
void host_info_cpu_list(const cpu_set_t *cpus, char *text, size_t size);
bool host_info_sve_length(const struct host_info *info, unsigned bytes);

#define HOST_INFO_MAX_SVE_BYTES (HOST_INFO_MAX_SVE_WORDS * 64 * 16)

#endif
