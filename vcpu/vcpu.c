// SPDX-License-Identifier: GPL-2.0-only
#include "vcpu/vcpu.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/kvm.h"
#include "base/log.h"
#include "irqchip/irqchip.h"

#define SYSREG_MPIDR_EL1 ARM64_SYS_REG(3, 0, 0, 0, 5)

/* INTID of the PMU's overflow interrupt; Arm BSA. */
static const int pmu_intid = 23;

/* irqchip_kick_fn */
static bool kick(void *context)
{
	struct vcpu *vcpu = context;

	return vcpu_entry_kick(&vcpu->entry);
}

static int vcpu_init(struct vcpu *vcpu)
{
	struct kvm_vcpu_init init;
	int ret = kvm_ioctl(vcpu->group->vm_fd, KVM_ARM_PREFERRED_TARGET, (uintptr_t)&init);

	if (ret < 0)
		return log_error(ret,
				 "cannot initialise vCPU %u: KVM names no preferred target: %s",
				 vcpu->index, strerror(-ret));
	init.features[0] |= 1u << KVM_ARM_VCPU_PSCI_0_2;
	if (vcpu->index)
		init.features[0] |= 1u << KVM_ARM_VCPU_POWER_OFF;
	vcpu_features_request(vcpu->group->features, &init);
	ret = kvm_ioctl(vcpu->fd, KVM_ARM_VCPU_INIT, (uintptr_t)&init);
	if (ret < 0)
		return log_error(ret,
				 "cannot initialise vCPU %u: %s: try to switch features off with "
				 "--cpu-features",
				 vcpu->index, strerror(-ret));
	irqchip_vcpu_initialised(vcpu->group->irqchip, vcpu->index, kick, vcpu);
	return 0;
}

/* Takes away the lengths beyond the limit, which only a vCPU can that is not final. */
static int limit_sve(struct vcpu *vcpu)
{
	unsigned limit = vcpu->group->sve_max_bits / VCPU_SVE_VL_STEP;
	uint64_t lengths[KVM_ARM64_SVE_VLS_WORDS];
	int ret;

	if (!limit)
		return 0;
	ret = kvm_get_one_reg(vcpu->fd, KVM_REG_ARM64_SVE_VLS, lengths);
	/* Bit n: vectors of n + 1 times 128 bits. */
	for (unsigned bit = limit; bit < KVM_ARM64_SVE_VLS_WORDS * 64; bit++)
		lengths[bit / 64] &= ~(UINT64_C(1) << bit % 64);
	ret = ret ? ret : kvm_set_one_reg(vcpu->fd, KVM_REG_ARM64_SVE_VLS, lengths);
	if (ret < 0)
		return log_error(ret,
				 "cannot limit the SVE vectors of vCPU %u to %u bits: %s: try "
				 "--cpu-features without sve-max-vl",
				 vcpu->index, vcpu->group->sve_max_bits, strerror(-ret));
	return 0;
}

/* Once in the life of a vCPU, also where it is initialised several times. */
static int finalize_sve(struct vcpu *vcpu)
{
	int feature = KVM_ARM_VCPU_SVE, ret;

	if (!(vcpu->group->features & 1u << VCPU_FEATURE_SVE))
		return 0;
	ret = limit_sve(vcpu);
	if (ret < 0)
		return ret;
	ret = kvm_ioctl(vcpu->fd, KVM_ARM_VCPU_FINALIZE, (uintptr_t)&feature);
	if (ret < 0)
		return log_error(ret, "cannot finalise SVE of vCPU %u: %s: try --cpu-features -sve",
				 vcpu->index, strerror(-ret));
	return 0;
}

static int map_run(struct vcpu *vcpu, int kvm_vcpu_map_size)
{
	vcpu->run_size = kvm_vcpu_map_size;
	vcpu->run = kvm_map_run(vcpu->fd, vcpu->run_size);
	vcpu->entry.run = vcpu->run;
	if (!vcpu->run)
		return log_error(-errno, "cannot map the run structure of vCPU %u: %s", vcpu->index,
				 strerror(errno));
	return 0;
}

int vcpu_create(struct vcpu *vcpu, struct vcpu_group *group, unsigned index)
{
	int ret;

	memset(vcpu, 0, sizeof(*vcpu));
	vcpu->group = group;
	vcpu->index = index;
	vcpu->parked = true;
	pthread_mutex_init(&vcpu->lock, NULL);
	pthread_cond_init(&vcpu->changed, NULL);

	vcpu->fd = kvm_ioctl(group->vm_fd, KVM_CREATE_VCPU, index);
	if (vcpu->fd < 0)
		return log_error(vcpu->fd, "cannot create vCPU %u: %s%s", index,
				 strerror(-vcpu->fd),
				 vcpu->fd == -EMFILE ? ": raise the limit on open files (ulimit -n)"
				 : vcpu->fd == -ENOMEM ? ": the host has not enough memory"
						       : "");
	ret = map_run(vcpu, group->run_size);
	ret = ret ? ret : vcpu_init(vcpu);
	ret = ret ? ret : finalize_sve(vcpu);
	if (!ret) {
		ret = kvm_get_one_reg(vcpu->fd, SYSREG_MPIDR_EL1, &vcpu->mpidr);
		if (ret < 0)
			log_error(ret, "cannot read the MPIDR of vCPU %u: %s", index,
				  strerror(-ret));
	}
	if (ret < 0)
		vcpu_destroy(vcpu);
	return ret;
}

int vcpu_finish(struct vcpu *vcpu)
{
	int ret;

	if (!(vcpu->group->features & 1u << VCPU_FEATURE_PMU))
		return 0;
	/* Without an interrupt controller in KVM the overflow comes in device_irq_level. */
	ret = vcpu->group->irqchip->kind == IRQCHIP_USER
		      ? 0
		      : kvm_set_device_attr(vcpu->fd, KVM_ARM_VCPU_PMU_V3_CTRL,
					    KVM_ARM_VCPU_PMU_V3_IRQ, &pmu_intid);
	ret = ret ? ret
		  : kvm_set_device_attr(vcpu->fd, KVM_ARM_VCPU_PMU_V3_CTRL,
					KVM_ARM_VCPU_PMU_V3_INIT, NULL);
	if (ret < 0)
		return log_error(ret,
				 "cannot set up the PMU of vCPU %u: %s: try --cpu-features -pmu",
				 vcpu->index, strerror(-ret));
	return 0;
}

void vcpu_destroy(struct vcpu *vcpu)
{
	if (vcpu->run)
		munmap(vcpu->run, vcpu->run_size);
	if (vcpu->fd >= 0)
		close(vcpu->fd);
	pthread_cond_destroy(&vcpu->changed);
	pthread_mutex_destroy(&vcpu->lock);
	vcpu->run = NULL;
	vcpu->fd = -1;
}

int vcpu_reset(struct vcpu *vcpu)
{
	/* As the interrupt controller's reset leaves its lines; KVM compares with what it wrote
	 * there last. */
	vcpu->device_irq_level = 0;
	vcpu->run->s.regs.device_irq_level = 0;
	return vcpu_init(vcpu);
}

int vcpu_set_entry(struct vcpu *vcpu, uint64_t pc, uint64_t x0)
{
	int ret = kvm_set_one_reg(vcpu->fd, KVM_CORE_REG_U64(regs.pc), &pc);

	ret = ret ? ret : kvm_set_one_reg(vcpu->fd, KVM_CORE_REG_U64(regs.regs[0]), &x0);
	if (ret < 0)
		return log_error(ret, "cannot set the entry point of vCPU %u: %s", vcpu->index,
				 strerror(-ret));
	return 0;
}
