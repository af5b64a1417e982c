// SPDX-License-Identifier: GPL-2.0-only
/* What KVM itself says, by a scratch VM. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/kvm.h"
#include "base/log.h"
#include "vmm/host_info_private.h"

/* Capabilities that the headers of Linux 6.1 lack, besides those of base/kvm_uapi.h. */
#ifndef KVM_CAP_MEMORY_FAULT_INFO /* 6.8 */
#define KVM_CAP_MEMORY_FAULT_INFO 232
#endif
#ifndef KVM_CAP_GUEST_MEMFD /* 6.8 */
#define KVM_CAP_GUEST_MEMFD 234
#endif
#ifndef KVM_CAP_ARM_SEA_TO_USER /* 6.19 */
#define KVM_CAP_ARM_SEA_TO_USER 245
#endif

/* Used for the default of the IPA size; Linux, Documentation/virt/kvm/api.rst, KVM_CREATE_VM. */
#define DEFAULT_IPA_BITS 40

#define CAP(name)                     \
	{                             \
		KVM_CAP_##name, #name \
	}

const struct host_cap host_info_caps[] = {
	CAP(IRQCHIP),
	CAP(IRQFD),
	CAP(IRQFD_RESAMPLE),
	CAP(IRQ_ROUTING),
	CAP(MSI_DEVID),
	CAP(IOEVENTFD),
	CAP(ARM_USER_IRQ),
	CAP(ARM_IRQ_LINE_LAYOUT_2),
	CAP(ARM_NISV_TO_USER),
	CAP(ARM_INJECT_SERROR_ESR),
	CAP(ARM_INJECT_EXT_DABT),
	CAP(ARM_SEA_TO_USER),
	CAP(VCPU_EVENTS),
	CAP(IMMEDIATE_EXIT),
	CAP(MP_STATE),
	CAP(ARM_PSCI_0_2),
	CAP(ARM_SYSTEM_SUSPEND),
	CAP(SYSTEM_EVENT_DATA),
	CAP(COUNTER_OFFSET),
	CAP(PTP_KVM),
	CAP(STEAL_TIME),
	CAP(ARM_SVE),
	CAP(ARM_PTRAUTH_ADDRESS),
	CAP(ARM_PTRAUTH_GENERIC),
	CAP(ARM_PMU_V3),
	CAP(ARM_MTE),
	CAP(ARM_EL1_32BIT),
	CAP(ARM_EL2),
	CAP(ARM_EL2_E2H0),
	CAP(ARM_SUPPORTED_REG_MASK_RANGES),
	CAP(ARM_WRITABLE_IMP_ID_REGS),
	CAP(ARM_VM_IPA_SIZE),
	CAP(ARM_EAGER_SPLIT_CHUNK_SIZE),
	CAP(MANUAL_DIRTY_LOG_PROTECT2),
	CAP(DIRTY_LOG_RING_ACQ_REL),
	CAP(READONLY_MEM),
	CAP(NR_MEMSLOTS),
	CAP(MEMORY_FAULT_INFO),
	CAP(GUEST_MEMFD),
	CAP(GUEST_DEBUG_HW_BPS),
	CAP(GUEST_DEBUG_HW_WPS),
	{ 0, NULL },
};

#define ID_REG(name, crm, op2)                                           \
	{                                                                \
		ARM64_SYS_REG(3, 0, 0, crm, op2), "ID_AA64" #name "_EL1" \
	}
#define ID_AA64DFR0  ARM64_SYS_REG(3, 0, 0, 5, 0)
#define ID_AA64MMFR0 ARM64_SYS_REG(3, 0, 0, 7, 0)
#define PMCR_EL0     ARM64_SYS_REG(3, 3, 9, 12, 0)

const struct host_id_reg host_info_id_regs[] = {
	{ ARM64_SYS_REG(3, 0, 0, 0, 0), "MIDR_EL1" },
	ID_REG(PFR0, 4, 0),
	ID_REG(PFR1, 4, 1),
	ID_REG(PFR2, 4, 2),
	ID_REG(ZFR0, 4, 4),
	ID_REG(SMFR0, 4, 5),
	ID_REG(FPFR0, 4, 7),
	ID_REG(DFR0, 5, 0),
	ID_REG(DFR1, 5, 1),
	ID_REG(DFR2, 5, 2),
	ID_REG(AFR0, 5, 4),
	ID_REG(AFR1, 5, 5),
	ID_REG(ISAR0, 6, 0),
	ID_REG(ISAR1, 6, 1),
	ID_REG(ISAR2, 6, 2),
	ID_REG(ISAR3, 6, 3),
	ID_REG(MMFR0, 7, 0),
	ID_REG(MMFR1, 7, 1),
	ID_REG(MMFR2, 7, 2),
	ID_REG(MMFR3, 7, 3),
	ID_REG(MMFR4, 7, 4),
	{ 0, NULL },
};

_Static_assert(sizeof(host_info_caps) / sizeof(host_info_caps[0]) <= HOST_INFO_MAX_CAPS + 1,
	       "struct host_info has room for all capabilities");
_Static_assert(sizeof(host_info_id_regs) / sizeof(host_info_id_regs[0]) <=
		       HOST_INFO_MAX_ID_REGS + 1,
	       "struct host_info has room for all ID registers");

/* `fd` is the scratch VM, or /dev/kvm if there is none. */
static void collect_offers(struct host_info *info, int fd)
{
	for (size_t i = 0; host_info_caps[i].name; i++)
		info->caps[i] = kvm_check_extension(fd, host_info_caps[i].number);
	info->features = vcpu_features_offered(fd);
	info->user_irq = kvm_check_extension(fd, KVM_CAP_ARM_USER_IRQ) > 0;
	/* KVM has its irqchip exactly if the host's GIC is usable; then the timer uses it, too. */
	info->timer_active_state = kvm_check_extension(fd, KVM_CAP_IRQCHIP) > 0;
	info->vcpus = kvm_check_extension(fd, KVM_CAP_MAX_VCPUS);
	info->recommended_vcpus = kvm_check_extension(fd, KVM_CAP_NR_VCPUS);
	info->vcpu_ids = kvm_check_extension(fd, KVM_CAP_MAX_VCPU_ID);
	info->ipa_bits = kvm_check_extension(fd, KVM_CAP_ARM_VM_IPA_SIZE);
	if (!info->ipa_bits)
		info->ipa_bits = DEFAULT_IPA_BITS;
}

static void collect_irqchips(struct host_info *info, int vm_fd)
{
	info->gicv3 = kvm_test_device(vm_fd, KVM_DEV_TYPE_ARM_VGIC_V3) == 0;
	info->gicv2 = kvm_test_device(vm_fd, KVM_DEV_TYPE_ARM_VGIC_V2) == 0;
	info->its = info->gicv3 && kvm_test_device(vm_fd, KVM_DEV_TYPE_ARM_VGIC_ITS) == 0;
}

static int init_vcpu(int vm_fd, int vcpu_fd, vcpu_feature_set features)
{
	struct kvm_vcpu_init init;
	int ret = kvm_ioctl(vm_fd, KVM_ARM_PREFERRED_TARGET, (uintptr_t)&init);

	if (ret < 0)
		return ret;
	init.features[0] |= 1u << KVM_ARM_VCPU_PSCI_0_2;
	vcpu_features_request(features, &init);
	return kvm_ioctl(vcpu_fd, KVM_ARM_VCPU_INIT, (uintptr_t)&init);
}

/* A field of four bits, or -1 when the register is not there. */
static int id_field(int vcpu_fd, uint64_t id, unsigned shift)
{
	uint64_t value;

	return kvm_get_one_reg(vcpu_fd, id, &value) < 0 ? -1 : (int)(value >> shift & 0xf);
}

static void collect_sve(struct host_info *info, int vcpu_fd)
{
	int feature = KVM_ARM_VCPU_SVE;

	_Static_assert(sizeof(info->sve_lengths) == KVM_ARM64_SVE_VLS_WORDS * sizeof(uint64_t),
		       "the register is as KVM defines it");
	/* Readable at any time; the other registers only once SVE is final. */
	if (kvm_get_one_reg(vcpu_fd, KVM_REG_ARM64_SVE_VLS, info->sve_lengths) < 0)
		memset(info->sve_lengths, 0, sizeof(info->sve_lengths));
	kvm_ioctl(vcpu_fd, KVM_ARM_VCPU_FINALIZE, (uintptr_t)&feature);
}

static void collect_pmu(struct host_info *info, int vcpu_fd)
{
	uint64_t pmcr;

	/* 15: a PMU that is not the architecture's. */
	info->pmu_version = id_field(vcpu_fd, ID_AA64DFR0, 8);
	if (info->pmu_version == 0 || info->pmu_version == 15)
		info->pmu_version = -1;
	if (info->pmu_version > 0 && kvm_get_one_reg(vcpu_fd, PMCR_EL0, &pmcr) == 0)
		info->pmu_counters = pmcr >> 11 & 0x1f;
}

static void collect_vcpu(struct host_info *info, int vm_fd, int vcpu_fd)
{
	/* A vCPU as --cpu-features makes it when nothing is said. */
	vcpu_feature_set features = info->features & ~VCPU_FEATURES_ON_REQUEST;

	if (init_vcpu(vm_fd, vcpu_fd, features) < 0) {
		features = 0;
		if (init_vcpu(vm_fd, vcpu_fd, features) < 0)
			return;
	}
	if (features & 1u << VCPU_FEATURE_SVE)
		collect_sve(info, vcpu_fd);
	if (features & 1u << VCPU_FEATURE_PMU)
		collect_pmu(info, vcpu_fd);
	info->vcpu_ecv = id_field(vcpu_fd, ID_AA64MMFR0, 60);
	for (size_t i = 0; host_info_id_regs[i].name; i++)
		info->has_id_reg[i] =
			kvm_get_one_reg(vcpu_fd, host_info_id_regs[i].id, &info->id_regs[i]) == 0;
}

/* The default IPA size where the host has it, else its largest. */
static int create_vm(int kvm_fd)
{
	int bits = kvm_check_extension(kvm_fd, KVM_CAP_ARM_VM_IPA_SIZE);

	return kvm_ioctl(kvm_fd, KVM_CREATE_VM, bits && bits < DEFAULT_IPA_BITS ? bits : 0);
}

static void collect_scratch(struct host_info *info, int vm_fd)
{
	int vcpu_fd;

	collect_offers(info, vm_fd);
	collect_irqchips(info, vm_fd);
	vcpu_fd = kvm_ioctl(vm_fd, KVM_CREATE_VCPU, 0);
	if (vcpu_fd < 0)
		return;
	collect_vcpu(info, vm_fd, vcpu_fd);
	close(vcpu_fd);
}

int host_info_collect_kvm(struct host_info *info)
{
	int kvm_fd = kvm_open(), vm_fd;

	info->vcpu_ecv = -1;
	info->pmu_version = -1;
	info->pmu_counters = -1;
	if (kvm_fd < 0)
		return kvm_fd;
	vm_fd = create_vm(kvm_fd);
	if (vm_fd < 0) {
		log_warn("cannot create a VM: %s: what only a VM can tell is missing",
			 strerror(-vm_fd));
		collect_offers(info, kvm_fd);
	} else {
		collect_scratch(info, vm_fd);
		close(vm_fd);
	}
	close(kvm_fd);
	return 0;
}
