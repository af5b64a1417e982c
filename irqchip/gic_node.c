// SPDX-License-Identifier: GPL-2.0-only
#include "irqchip/gic_node.h"

#include <inttypes.h>
#include <libfdt.h>
#include <stdio.h>

#define GICV2_FRAME_SIZE 0x10000

void *gic_node_reg(void *cells, uint64_t address, uint64_t size)
{
	fdt64_t *cell = cells;

	*cell++ = cpu_to_fdt64(address);
	*cell++ = cpu_to_fdt64(size);
	return cell;
}

int gic_node_begin(void *fdt, uint64_t dist, const char *compatible)
{
	char name[32];
	int ret;

	snprintf(name, sizeof(name), "intc@%" PRIx64, dist);
	ret = fdt_begin_node(fdt, name);
	ret = ret ? ret : fdt_property_string(fdt, "compatible", compatible);
	ret = ret ? ret : fdt_property_u32(fdt, "phandle", IRQCHIP_PHANDLE);
	ret = ret ? ret : fdt_property(fdt, "interrupt-controller", NULL, 0);
	return ret ? ret : fdt_property_u32(fdt, "#interrupt-cells", 3);
}

int gicv2_describe(const struct irqchip *chip, void *fdt)
{
	fdt64_t reg[4];
	int ret;

	gic_node_reg(gic_node_reg(reg, chip->map.dist, GICV2_FRAME_SIZE), chip->map.gicv2_cpu,
		     GICV2_FRAME_SIZE);
	ret = gic_node_begin(fdt, chip->map.dist, "arm,cortex-a15-gic");
	ret = ret ? ret : fdt_property_u32(fdt, "#address-cells", 0);
	ret = ret ? ret : fdt_property(fdt, "reg", reg, sizeof(reg));
	return ret ? ret : fdt_end_node(fdt);
}

unsigned gicv2_ppi_flags(const struct irqchip *chip)
{
	return ((1u << chip->cpus) - 1) << 8;
}
