// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/kvm.h"
#include "base/log.h"
#include "irqchip/gic_node.h"
#include "irqchip/vgic.h"

/* Offsets in the distributor and the CPU interface; Arm IHI 0048B, 4.1.2 and 4.1.3. */
#define GICD_ITARGETSR	   0x800
#define GICD_CPENDSGIR	   0xf10
#define GICD_CPENDSGIR_END 0xf20
#define GICC_CTLR	   0x00
#define GICC_PMR	   0x04
#define GICC_BPR	   0x08
#define GICC_ABPR	   0x1c
#define GICC_APR	   0xd0

struct vgic_v2 {
	struct irqchip chip;
	int fd;
};

static struct vgic_v2 *to_vgic_v2(const struct irqchip *chip)
{
	return (struct vgic_v2 *)((char *)chip - offsetof(struct vgic_v2, chip));
}

static int vgic_v2_finalize(struct irqchip *chip, const uint64_t *mpidrs)
{
	(void)mpidrs;
	return vgic_init(to_vgic_v2(chip)->fd);
}

static int vgic_v2_reset_cpu(int fd, uint64_t cpu_attr)
{
	static const uint8_t cpu_registers[] = { GICC_CTLR, GICC_PMR, GICC_BPR, GICC_ABPR,
						 GICC_APR };
	int ret = vgic_reset_private(fd, KVM_DEV_ARM_VGIC_GRP_DIST_REGS, cpu_attr);

	for (unsigned offset = GICD_CPENDSGIR; offset < GICD_CPENDSGIR_END && !ret; offset += 4)
		ret = vgic_write_register(fd, KVM_DEV_ARM_VGIC_GRP_DIST_REGS, cpu_attr + offset,
					  UINT32_MAX);
	for (size_t i = 0; i < sizeof(cpu_registers) && !ret; i++)
		ret = vgic_write_register(fd, KVM_DEV_ARM_VGIC_GRP_CPU_REGS,
					  cpu_attr + cpu_registers[i], 0);
	return ret;
}

static int vgic_v2_reset(struct irqchip *chip)
{
	struct vgic_v2 *vgic = to_vgic_v2(chip);
	int ret = vgic_reset_spis(chip, vgic->fd);

	for (unsigned spi = 0; spi < IRQCHIP_SPIS && !ret; spi += 4)
		ret = vgic_write_register(vgic->fd, KVM_DEV_ARM_VGIC_GRP_DIST_REGS,
					  GICD_ITARGETSR + irqchip_spi_to_intid(spi), 0);
	for (unsigned cpu = 0; cpu < chip->cpus && !ret; cpu++)
		ret = vgic_v2_reset_cpu(vgic->fd, (uint64_t)cpu << KVM_DEV_ARM_VGIC_CPUID_SHIFT);
	return ret;
}

static void vgic_v2_destroy(struct irqchip *chip)
{
	struct vgic_v2 *vgic = to_vgic_v2(chip);

	close(vgic->fd);
	free(vgic);
}

static const struct irqchip_ops vgic_v2_ops = {
	.name = "gicv2",
	.ppi_flags = gicv2_ppi_flags,
	.finalize = vgic_v2_finalize,
	.set_spi = vgic_set_spi,
	.reset = vgic_v2_reset,
	.describe = gicv2_describe,
	.destroy = vgic_v2_destroy,
};

int vgic_v2_create(int vm_fd, unsigned cpus, const struct irqchip_map *map, struct irqchip **chip)
{
	struct vgic_v2 *vgic;
	int fd = kvm_create_device(vm_fd, KVM_DEV_TYPE_ARM_VGIC_V2), ret;

	(void)cpus;
	if (fd < 0)
		return log_error(fd, "cannot create a GICv2: %s", strerror(-fd));
	ret = vgic_set_address(fd, KVM_VGIC_V2_ADDR_TYPE_DIST, map->dist, "distributor");
	ret = ret ? ret
		  : vgic_set_address(fd, KVM_VGIC_V2_ADDR_TYPE_CPU, map->gicv2_cpu,
				     "CPU interface");
	ret = ret ? ret : vgic_set_spis(fd);
	vgic = ret ? NULL : malloc(sizeof(*vgic));
	if (!vgic) {
		close(fd);
		return ret ? ret : log_error(-ENOMEM, "cannot create a GICv2: out of memory");
	}
	*vgic = (struct vgic_v2){ .chip = { .ops = &vgic_v2_ops, .device_fd = fd }, .fd = fd };
	*chip = &vgic->chip;
	return 0;
}
