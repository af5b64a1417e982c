/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's user interface to KVM, and what kernel headers older than the running kernel lack of
 * it. Values are the kernel's ABI; each names the release that brought it.
 */
#ifndef BASE_KVM_UAPI_H
#define BASE_KVM_UAPI_H

#include <linux/kvm.h>

#ifndef KVM_CAP_COUNTER_OFFSET /* 6.4 */
#define KVM_CAP_COUNTER_OFFSET 227
#endif
#ifndef KVM_ARM_SET_COUNTER_OFFSET /* 6.4 */
struct kvm_arm_counter_offset {
	__u64 counter_offset;
	__u64 reserved;
};
#define KVM_ARM_SET_COUNTER_OFFSET _IOW(KVMIO, 0xb5, struct kvm_arm_counter_offset)
#endif
#ifndef KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE /* 6.6 */
#define KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE 228
#endif
#ifndef KVM_CAP_ARM_SUPPORTED_REG_MASK_RANGES /* 6.8 */
#define KVM_CAP_ARM_SUPPORTED_REG_MASK_RANGES 230
#endif
#ifndef KVM_CAP_ARM_WRITABLE_IMP_ID_REGS /* 6.15 */
#define KVM_CAP_ARM_WRITABLE_IMP_ID_REGS 239
#endif
#ifndef KVM_CAP_ARM_EL2 /* 6.16 */
#define KVM_CAP_ARM_EL2	     240
#define KVM_CAP_ARM_EL2_E2H0 241
#endif
#ifndef KVM_ARM_VCPU_HAS_EL2 /* 6.4 (bit reserved) */
#define KVM_ARM_VCPU_HAS_EL2 7
#endif
#ifndef KVM_EXIT_MEMORY_FAULT /* 6.8 */
#define KVM_EXIT_MEMORY_FAULT 39
#endif
#ifndef KVM_EXIT_ARM_SEA /* 6.18 */
#define KVM_EXIT_ARM_SEA 41
#endif
#ifndef KVM_EXIT_ARM_LDST64B /* 6.19 */
#define KVM_EXIT_ARM_LDST64B 42
#endif

#endif
