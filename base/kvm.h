/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System calls on KVM's file descriptors (Documentation/virt/kvm/api.rst).
 *
 * base/kvm.c is the boundary: unit tests, compiled with KVM_PLAYED, link another definition of its
 * three functions and so play a KVM of their own. Everything else is written on top of these. Any
 * thread may call anything here.
 */
#ifndef BASE_KVM_H
#define BASE_KVM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "base/kvm_uapi.h"

/* The boundary. */

/* Opens /dev/kvm and checks the API version. Returns the descriptor, or -errno, described with its
 * cure. */
int kvm_open(void);
/* Returns what ioctl(2) returns, with -errno instead of -1. Describes nothing. */
#if defined(__aarch64__) && !defined(KVM_PLAYED)
/* On the path of each exit: the kernel returns what we do, and the C library turns it round twice.
 */
static inline int kvm_ioctl(int fd, unsigned long request, uintptr_t argument)
{
	register long x8 asm("x8") = SYS_ioctl;
	register long x0 asm("x0") = fd;
	register unsigned long x1 asm("x1") = request;
	register uintptr_t x2 asm("x2") = argument;

	asm volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory", "cc");
	return x0;
}
#else
int kvm_ioctl(int fd, unsigned long request, uintptr_t argument);
#endif
/* Maps the run structure of a vCPU; NULL on failure with errno set. */
struct kvm_run *kvm_map_run(int vcpu_fd, size_t size);

/* On top of it; none of these describes a failure. */

/* The value of a capability, 0 when it is absent. `fd` is /dev/kvm or, better, a VM. */
int kvm_check_extension(int fd, int capability);

/* One register; `value` is as wide as `id` says. */
int kvm_get_one_reg(int vcpu_fd, uint64_t id, void *value);
int kvm_set_one_reg(int vcpu_fd, uint64_t id, const void *value);

/* Device attributes, of a device, a VM or a vCPU. kvm_has_device_attr returns 0 when it exists. */
int kvm_has_device_attr(int fd, uint32_t group, uint64_t attr);
int kvm_get_device_attr(int fd, uint32_t group, uint64_t attr, void *value);
int kvm_set_device_attr(int fd, uint32_t group, uint64_t attr, const void *value);

/* Makes an in-kernel device of KVM_DEV_TYPE_*; its descriptor or -errno. */
int kvm_create_device(int vm_fd, uint32_t type);
/* 0 when kvm_create_device could make one; makes nothing. */
int kvm_test_device(int vm_fd, uint32_t type);

/* Ids of KVM_GET_ONE_REG for the core registers, which KVM names by their place in struct kvm_regs.
 */
#define KVM_CORE_REG_U64(field) \
	(KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(field))

#endif
