// SPDX-License-Identifier: GPL-2.0-only
#include "timer/arch_timer.h"

#include <libfdt.h>
#include <stdint.h>

/* Interrupt specifier: type 1 (PPI), the PPI's number from 0, and level, active high. */
#define FDT_PPI		    1
#define FDT_LEVEL_HIGH	    4
#define INTID_FIRST_PPI	    16
#define INTERRUPTS	    5
#define CELLS_PER_SPECIFIER 3

int arch_timer_describe(void *fdt, unsigned ppi_flags)
{
	/* The binding's order. */
	static const unsigned intids[INTERRUPTS] = {
		TIMER_INTID_SECURE,	  TIMER_INTID_PHYSICAL,	   TIMER_INTID_VIRTUAL,
		TIMER_INTID_HYP_PHYSICAL, TIMER_INTID_HYP_VIRTUAL,
	};
	fdt32_t interrupts[INTERRUPTS * CELLS_PER_SPECIFIER], *cell = interrupts;
	int ret;

	for (int i = 0; i < INTERRUPTS; i++) {
		*cell++ = cpu_to_fdt32(FDT_PPI);
		*cell++ = cpu_to_fdt32(intids[i] - INTID_FIRST_PPI);
		*cell++ = cpu_to_fdt32(FDT_LEVEL_HIGH | ppi_flags);
	}
	ret = fdt_begin_node(fdt, "timer");
	ret = ret ? ret : fdt_property_string(fdt, "compatible", "arm,armv8-timer");
	ret = ret ? ret : fdt_property(fdt, "interrupts", interrupts, sizeof(interrupts));
	/* KVM's timers go on counting while a vCPU is in WFI, and wake it. */
	ret = ret ? ret : fdt_property(fdt, "always-on", NULL, 0);
	return ret ? ret : fdt_end_node(fdt);
}
