/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KVM's in-kernel GICs (Documentation/virt/kvm/devices/arm-vgic.rst, arm-vgic-v3.rst,
 * arm-vgic-its.rst). Private to irqchip/.
 */
#ifndef IRQCHIP_VGIC_H
#define IRQCHIP_VGIC_H

#include "irqchip/irqchip.h"

#define VGIC_V2_MAX_CPUS 8
#define VGIC_V3_MAX_CPUS 123

int vgic_v2_create(int vm_fd, unsigned cpus, const struct irqchip_map *map, struct irqchip **chip);
int vgic_v3_create(int vm_fd, unsigned cpus, const struct irqchip_map *map, struct irqchip **chip);

/* What both kinds share. `fd` is the KVM device's; functions return 0 or -errno, described. */

int vgic_set_spis(int fd);
int vgic_init(int fd);
int vgic_set_spi(struct irqchip *chip, unsigned spi, bool level);

/* Places a part of the GIC; `what` names it in messages. */
int vgic_set_address(int fd, uint64_t type, uint64_t address, const char *what);

/* One 32-bit register; `attr` holds its offset and, above it, the CPU. */
int vgic_write_register(int fd, uint32_t group, uint64_t attr, uint32_t value);

/* All SPI lines low, and the reset values of the registers of SPIs and of GICD_CTLR. */
int vgic_reset_spis(struct irqchip *chip, int fd);

/*
 * The registers of one CPU's SGIs and PPIs, in a block laid out as a distributor's
 * (GICv2: the distributor itself; GICv3: the redistributor's SGI frame) that begins at `attr`.
 */
int vgic_reset_private(int fd, uint32_t group, uint64_t attr);

#endif
