// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/kvm.h"
#include "base/log.h"
#include "irqchip/gic_node.h"
#include "irqchip/vgic.h"

#define GICD_SIZE 0x10000
#define GICR_SIZE 0x20000
#define GITS_SIZE 0x20000

/* Offsets in a redistributor; Arm IHI 0069H 12.10 and 12.11. */
#define GICR_CTLR     0x0000
#define GICR_SGI_BASE 0x10000
#define GICR_IGROUPR0 0x10080
#define GICD_IGROUPR  0x0080
#define GICD_IROUTER  0x6000

#define MPIDR_AFFINITY UINT64_C(0xff00ffffff)

struct vgic_v3 {
	struct irqchip chip;
	int fd, its_fd; /* its_fd is -1 when the host has none */
	uint64_t mpidrs[VGIC_V3_MAX_CPUS];
};

static struct vgic_v3 *to_vgic_v3(const struct irqchip *chip)
{
	return (struct vgic_v3 *)((char *)chip - offsetof(struct vgic_v3, chip));
}

static int vgic_v3_finalize(struct irqchip *chip, const uint64_t *mpidrs)
{
	struct vgic_v3 *vgic = to_vgic_v3(chip);
	int ret = vgic_init(vgic->fd);

	memcpy(vgic->mpidrs, mpidrs, chip->cpus * sizeof(*mpidrs));
	if (ret < 0 || vgic->its_fd < 0)
		return ret;
	ret = kvm_set_device_attr(vgic->its_fd, KVM_DEV_ARM_VGIC_GRP_CTRL,
				  KVM_DEV_ARM_VGIC_CTRL_INIT, NULL);
	if (ret < 0)
		return log_error(ret, "cannot initialise the vGIC's ITS: %s", strerror(-ret));
	return 0;
}

static unsigned vgic_v3_ppi_flags(const struct irqchip *chip)
{
	(void)chip;
	return 0;
}

/* The high half of an attribute that concerns one CPU: Aff3.Aff2.Aff1.Aff0. */
static uint64_t cpu_attr(uint64_t mpidr)
{
	uint64_t affinity = mpidr & MPIDR_AFFINITY;

	return (affinity >> 32 << 56) | ((affinity & 0xffffff) << 32);
}

/* The CPU interface of a fresh vCPU: nothing enabled, nothing active, all priorities masked. */
static int vgic_v3_reset_cpu_interface(int fd, uint64_t attr)
{
	static const struct {
		uint16_t instruction; /* op0, op1, CRn, CRm, op2 as in ARM64_SYS_REG() */
		bool optional;	      /* present only with more priority bits */
	} registers[] = {
#define ICC(crm, op2) (3 << 14 | 0 << 11 | 12 << 7 | (crm) << 3 | (op2))
		{ 3 << 14 | 0 << 11 | 4 << 7 | 6 << 3 | 0, false }, /* ICC_PMR_EL1 */
		{ ICC(8, 3), false },				    /* ICC_BPR0_EL1 */
		{ ICC(12, 3), false },				    /* ICC_BPR1_EL1 */
		{ ICC(12, 6), false },				    /* ICC_IGRPEN0_EL1 */
		{ ICC(12, 7), false },				    /* ICC_IGRPEN1_EL1 */
		{ ICC(8, 4), false },				    /* ICC_AP0R0_EL1 */
		{ ICC(8, 5), true },
		{ ICC(8, 6), true },
		{ ICC(8, 7), true },
		{ ICC(9, 0), false }, /* ICC_AP1R0_EL1 */
		{ ICC(9, 1), true },
		{ ICC(9, 2), true },
		{ ICC(9, 3), true },
	};
	static const uint64_t control_bits = 3; /* CBPR and EOImode; the rest are the hardware's */
	uint64_t zero = 0, control;
	int ret;

	for (size_t i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
		ret = kvm_set_device_attr(fd, KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS,
					  attr | registers[i].instruction, &zero);
		if (ret < 0 && !registers[i].optional)
			return log_error(ret,
					 "cannot reset the vGIC's CPU interface register 0x%x: %s",
					 registers[i].instruction, strerror(-ret));
	}
	ret = kvm_get_device_attr(fd, KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS, attr | ICC(12, 4),
				  &control);
	control &= ~control_bits;
	ret = ret ? ret
		  : kvm_set_device_attr(fd, KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS, attr | ICC(12, 4),
					&control);
	if (ret < 0)
		return log_error(ret, "cannot reset the vGIC's ICC_CTLR_EL1: %s", strerror(-ret));
	return 0;
#undef ICC
}

static int vgic_v3_reset_redistributor(int fd, uint64_t attr)
{
	int ret = vgic_write_register(fd, KVM_DEV_ARM_VGIC_GRP_REDIST_REGS, attr | GICR_CTLR, 0);

	ret = ret ? ret
		  : vgic_reset_private(fd, KVM_DEV_ARM_VGIC_GRP_REDIST_REGS, attr | GICR_SGI_BASE);
	return ret ? ret
		   : vgic_write_register(fd, KVM_DEV_ARM_VGIC_GRP_REDIST_REGS, attr | GICR_IGROUPR0,
					 UINT32_MAX);
}

static int vgic_v3_reset(struct irqchip *chip)
{
	struct vgic_v3 *vgic = to_vgic_v3(chip);
	int ret = 0;

	/* The ITS first: its tables and the LPIs' lie in RAM that is cleared. */
	if (vgic->its_fd >= 0)
		ret = kvm_set_device_attr(vgic->its_fd, KVM_DEV_ARM_VGIC_GRP_CTRL,
					  KVM_DEV_ARM_ITS_CTRL_RESET, NULL);
	if (ret < 0)
		return log_error(ret, "cannot reset the vGIC's ITS: %s", strerror(-ret));

	ret = vgic_reset_spis(chip, vgic->fd);
	for (unsigned spi = 0; spi < IRQCHIP_SPIS && !ret; spi += 32)
		ret = vgic_write_register(vgic->fd, KVM_DEV_ARM_VGIC_GRP_DIST_REGS,
					  GICD_IGROUPR + irqchip_spi_to_intid(spi) / 8, UINT32_MAX);
	for (unsigned word = 0; word < IRQCHIP_SPIS * 2 && !ret; word++)
		ret = vgic_write_register(vgic->fd, KVM_DEV_ARM_VGIC_GRP_DIST_REGS,
					  GICD_IROUTER + irqchip_spi_to_intid(0) * 8 + word * 4, 0);
	for (unsigned cpu = 0; cpu < chip->cpus && !ret; cpu++) {
		uint64_t attr = cpu_attr(vgic->mpidrs[cpu]);

		ret = vgic_v3_reset_redistributor(vgic->fd, attr);
		ret = ret ? ret : vgic_v3_reset_cpu_interface(vgic->fd, attr);
	}
	return ret;
}

static int describe_its(const struct irqchip *chip, void *fdt)
{
	fdt64_t reg[2];
	char name[32];
	int ret;

	gic_node_reg(reg, chip->map.its, GITS_SIZE);
	snprintf(name, sizeof(name), "its@%" PRIx64, chip->map.its);
	ret = fdt_begin_node(fdt, name);
	ret = ret ? ret : fdt_property_string(fdt, "compatible", "arm,gic-v3-its");
	ret = ret ? ret : fdt_property_u32(fdt, "phandle", IRQCHIP_ITS_PHANDLE);
	ret = ret ? ret : fdt_property(fdt, "msi-controller", NULL, 0);
	ret = ret ? ret : fdt_property_u32(fdt, "#msi-cells", 1);
	ret = ret ? ret : fdt_property(fdt, "reg", reg, sizeof(reg));
	return ret ? ret : fdt_end_node(fdt);
}

static int vgic_v3_describe(const struct irqchip *chip, void *fdt)
{
	/* KVM's default for guests with EL2: PPI 9, level. */
	const fdt32_t maintenance[] = { cpu_to_fdt32(1), cpu_to_fdt32(9), cpu_to_fdt32(4) };
	fdt64_t reg[4];
	int ret;

	gic_node_reg(gic_node_reg(reg, chip->map.dist, GICD_SIZE), chip->map.redist,
		     (uint64_t)GICR_SIZE * chip->cpus);
	ret = gic_node_begin(fdt, chip->map.dist, "arm,gic-v3");
	ret = ret ? ret : fdt_property(fdt, "reg", reg, sizeof(reg));
	if (chip->has_el2)
		ret = ret ? ret : fdt_property(fdt, "interrupts", maintenance, sizeof(maintenance));
	if (to_vgic_v3(chip)->its_fd < 0) {
		ret = ret ? ret : fdt_property_u32(fdt, "#address-cells", 0);
	} else {
		ret = ret ? ret : fdt_property_u32(fdt, "#address-cells", 2);
		ret = ret ? ret : fdt_property_u32(fdt, "#size-cells", 2);
		ret = ret ? ret : fdt_property(fdt, "ranges", NULL, 0);
		ret = ret ? ret : describe_its(chip, fdt);
	}
	return ret ? ret : fdt_end_node(fdt);
}

static void vgic_v3_destroy(struct irqchip *chip)
{
	struct vgic_v3 *vgic = to_vgic_v3(chip);

	if (vgic->its_fd >= 0)
		close(vgic->its_fd);
	close(vgic->fd);
	free(vgic);
}

static const struct irqchip_ops vgic_v3_ops = {
	.name = "gicv3",
	.ppi_flags = vgic_v3_ppi_flags,
	.finalize = vgic_v3_finalize,
	.set_spi = vgic_set_spi,
	.reset = vgic_v3_reset,
	.describe = vgic_v3_describe,
	.destroy = vgic_v3_destroy,
};

/* One region for all redistributors: count, base and index 0 in one word. Since 4.18. */
static uint64_t redist_region(uint64_t base, unsigned cpus)
{
	return (uint64_t)cpus << 52 | base;
}

static int create_its(int vm_fd, uint64_t address)
{
	int fd = kvm_create_device(vm_fd, KVM_DEV_TYPE_ARM_VGIC_ITS), ret;

	if (fd == -ENODEV) {
		log_info("interrupt controller: no ITS: this host's KVM has none");
		return -1;
	}
	if (fd < 0)
		return log_error(fd, "cannot create an ITS: %s", strerror(-fd));
	ret = vgic_set_address(fd, KVM_VGIC_ITS_ADDR_TYPE, address, "ITS");
	if (ret < 0) {
		close(fd);
		return ret;
	}
	return fd;
}

int vgic_v3_create(int vm_fd, unsigned cpus, const struct irqchip_map *map, struct irqchip **chip)
{
	struct vgic_v3 *vgic;
	int fd = kvm_create_device(vm_fd, KVM_DEV_TYPE_ARM_VGIC_V3), its_fd = -1, ret;

	if (fd < 0)
		return log_error(fd, "cannot create a GICv3: %s", strerror(-fd));
	ret = vgic_set_address(fd, KVM_VGIC_V3_ADDR_TYPE_DIST, map->dist, "distributor");
	ret = ret ? ret
		  : vgic_set_address(fd, KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION,
				     redist_region(map->redist, cpus), "redistributors");
	ret = ret ? ret : vgic_set_spis(fd);
	if (!ret) {
		its_fd = create_its(vm_fd, map->its);
		ret = its_fd < -1 ? its_fd : 0;
	}
	vgic = ret ? NULL : calloc(1, sizeof(*vgic));
	if (!vgic) {
		if (its_fd >= 0)
			close(its_fd);
		close(fd);
		return ret ? ret : log_error(-ENOMEM, "cannot create a GICv3: out of memory");
	}
	vgic->chip.ops = &vgic_v3_ops;
	vgic->fd = fd;
	vgic->chip.device_fd = vgic->fd;
	vgic->its_fd = its_fd;
	*chip = &vgic->chip;
	return 0;
}
