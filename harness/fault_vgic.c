// SPDX-License-Identifier: GPL-2.0-only
#include "harness/fault_vgic.h"

#include <errno.h>

#include "base/kvm.h"
#include "timer/arch_timer.h"

/* Offsets in a distributor, or in a redistributor's SGI frame; Arm IHI 0069H 12.9 and 12.11. */
#define GIC_ICENABLER0 0x180
#define GIC_ISPENDR0   0x200
#define GICR_SGI_FRAME 0x10000

#define VIRTUAL_PPI  (1u << TIMER_INTID_VIRTUAL)
#define PHYSICAL_PPI (1u << TIMER_INTID_PHYSICAL)

/* The attribute of a register of one CPU's SGIs and PPIs. */
static uint64_t private_attr(const struct machine *machine, unsigned cpu, uint64_t offset)
{
	uint64_t mpidr = machine->vcpus[cpu].mpidr;

	if (machine->irqchip->kind == IRQCHIP_GICV2)
		return (uint64_t)cpu << KVM_DEV_ARM_VGIC_CPUID_SHIFT | offset;
	/* Aff3.Aff2.Aff1.Aff0 above the offset; arm-vgic-v3.rst. */
	return (mpidr >> 32 & 0xff) << 56 | (mpidr & 0xffffff) << 32 | GICR_SGI_FRAME | offset;
}

int fault_vgic_play(const struct machine *machine, unsigned cpu, enum fault fault)
{
	int fd = machine->irqchip->device_fd, ret = 0;
	uint32_t group = machine->irqchip->kind == IRQCHIP_GICV2 ? KVM_DEV_ARM_VGIC_GRP_DIST_REGS
								 : KVM_DEV_ARM_VGIC_GRP_REDIST_REGS;
	uint32_t value = VIRTUAL_PPI | PHYSICAL_PPI;
	uint64_t attr;

	if (fd < 0)
		return -ENODEV;
	switch (fault) {
	case FAULT_ENABLE_LOST:
		attr = private_attr(machine, cpu, GIC_ICENABLER0);
		break;
	case FAULT_PENDING_EXTRA:
		attr = private_attr(machine, cpu, GIC_ISPENDR0);
		/* In a GICv3, userspace assigns the whole register. */
		ret = kvm_get_device_attr(fd, group, attr, &value);
		value |= VIRTUAL_PPI;
		break;
	default:
		return -EINVAL;
	}
	return ret ? ret : kvm_set_device_attr(fd, group, attr, &value);
}
