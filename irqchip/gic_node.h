/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device tree node of a GIC (Linux, bindings/interrupt-controller/arm,gic.yaml and
 * arm,gic-v3.yaml). Private to irqchip/. Functions write sequentially with libfdt and return 0 or a
 * negative FDT_ERR.
 */
#ifndef IRQCHIP_GIC_NODE_H
#define IRQCHIP_GIC_NODE_H

#include "irqchip/irqchip.h"

/* One "reg" entry of two address and two size cells. Returns the next cell. */
void *gic_node_reg(void *cells, uint64_t address, uint64_t size);

/* Opens the node with what all kinds have in it. */
int gic_node_begin(void *fdt, uint64_t dist, const char *compatible);

/* A GICv2 is described the same whoever plays it: as struct irqchip_ops' describe and ppi_flags. */
int gicv2_describe(const struct irqchip *chip, void *fdt);
unsigned gicv2_ppi_flags(const struct irqchip *chip);

#endif
