// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/kvm.h"
#include "base/log.h"
#include "irqchip/vgic.h"

/* Offsets in a distributor; Arm IHI 0048B 4.1.2, IHI 0069H 12.8. */
#define GICD_CTLR	0x000
#define GICD_ISENABLER	0x100
#define GICD_ICENABLER	0x180
#define GICD_ISPENDR	0x200
#define GICD_ICPENDR	0x280
#define GICD_ICACTIVER	0x380
#define GICD_IPRIORITYR 0x400
#define GICD_ICFGR	0xc00

#define PRIVATE_INTERRUPTS 32
#define SGIS		   0xffffu
#define ALL_EDGE_TRIGGERED 0xaaaaaaaau

int vgic_set_spis(int fd)
{
	uint32_t interrupts = PRIVATE_INTERRUPTS + IRQCHIP_SPIS;
	int ret = kvm_set_device_attr(fd, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &interrupts);

	if (ret < 0)
		return log_error(ret, "cannot give the vGIC %u interrupts: %s", interrupts,
				 strerror(-ret));
	return 0;
}

int vgic_init(int fd)
{
	int ret = kvm_set_device_attr(fd, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT,
				      NULL);

	if (ret < 0)
		return log_error(ret, "cannot initialise the vGIC: %s", strerror(-ret));
	return 0;
}

int vgic_set_address(int fd, uint64_t type, uint64_t address, const char *what)
{
	int ret = kvm_set_device_attr(fd, KVM_DEV_ARM_VGIC_GRP_ADDR, type, &address);

	if (ret < 0)
		return log_error(ret, "cannot place the vGIC's %s at 0x%" PRIx64 ": %s", what,
				 address, strerror(-ret));
	return 0;
}

int vgic_set_spi(struct irqchip *chip, unsigned spi, bool level)
{
	struct kvm_irq_level line = {
		.irq = KVM_ARM_IRQ_TYPE_SPI << KVM_ARM_IRQ_TYPE_SHIFT | irqchip_spi_to_intid(spi),
		.level = level,
	};
	int ret = kvm_ioctl(chip->vm_fd, KVM_IRQ_LINE, (uintptr_t)&line);

	if (ret < 0)
		return log_error(ret, "cannot set the line of SPI %u: %s", spi, strerror(-ret));
	return 0;
}

int vgic_write_register(int fd, uint32_t group, uint64_t attr, uint32_t value)
{
	int ret = kvm_set_device_attr(fd, group, attr, &value);

	if (ret < 0)
		return log_error(ret, "cannot reset the vGIC's register 0x%" PRIx64 ": %s", attr,
				 strerror(-ret));
	return 0;
}

/* `bits` per interrupt from `first` up to, not including, `last`, all registers to `value`. */
static int reset_range(int fd, uint32_t group, uint64_t attr, unsigned bits, unsigned first,
		       unsigned last, uint32_t value)
{
	for (unsigned intid = first; intid < last; intid += 32 / bits) {
		int ret = vgic_write_register(fd, group, attr + intid * bits / 8, value);

		if (ret < 0)
			return ret;
	}
	return 0;
}

/*
 * KVM takes a write of the pending state by userspace as an assignment to ISPENDR (and ignores
 * ICPENDR) in a GICv3, as set and clear in a GICv2: to write both is right in either.
 */
static int reset_interrupts(int fd, uint32_t group, uint64_t attr, unsigned first, unsigned last)
{
	static const struct {
		uint16_t offset;
		uint8_t bits;
		uint32_t value;
	} reset_values[] = {
		{ GICD_ICENABLER, 1, UINT32_MAX }, { GICD_ISPENDR, 1, 0 },
		{ GICD_ICPENDR, 1, UINT32_MAX },   { GICD_ICACTIVER, 1, UINT32_MAX },
		{ GICD_IPRIORITYR, 8, 0 },
	};
	int ret = 0;

	for (size_t i = 0; i < sizeof(reset_values) / sizeof(reset_values[0]) && !ret; i++)
		ret = reset_range(fd, group, attr + reset_values[i].offset, reset_values[i].bits,
				  first, last, reset_values[i].value);
	return ret;
}

int vgic_reset_private(int fd, uint32_t group, uint64_t attr)
{
	int ret = reset_interrupts(fd, group, attr, 0, PRIVATE_INTERRUPTS);

	/* Here and below, as KVM has them from the start: SGIs enabled, PPIs level, SPIs edge
	 * triggered. */
	ret = ret ? ret : vgic_write_register(fd, group, attr + GICD_ICFGR + 4, 0);
	return ret ? ret : vgic_write_register(fd, group, attr + GICD_ISENABLER, SGIS);
}

int vgic_reset_spis(struct irqchip *chip, int fd)
{
	unsigned interrupts = PRIVATE_INTERRUPTS + IRQCHIP_SPIS;
	int ret = vgic_write_register(fd, KVM_DEV_ARM_VGIC_GRP_DIST_REGS, GICD_CTLR, 0);

	for (unsigned spi = 0; spi < IRQCHIP_SPIS && !ret; spi++)
		ret = vgic_set_spi(chip, spi, false);
	if (!ret)
		ret = reset_interrupts(fd, KVM_DEV_ARM_VGIC_GRP_DIST_REGS, 0, PRIVATE_INTERRUPTS,
				       interrupts);
	if (!ret)
		ret = reset_range(fd, KVM_DEV_ARM_VGIC_GRP_DIST_REGS, GICD_ICFGR, 2,
				  PRIVATE_INTERRUPTS, interrupts, ALL_EDGE_TRIGGERED);
	return ret;
}
