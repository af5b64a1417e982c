// SPDX-License-Identifier: GPL-2.0-only
#include "irqchip/gicv2_output.h"

void gicv2_output_settle(struct gicv2_output *output, gicv2_drive_fn *drive, void *context,
			 unsigned cpu)
{
	uint8_t wanted = atomic_load(&output->wanted), told = output->told;
	unsigned issued = 0;

	for (unsigned pin = 0; pin < GICV2_PINS; pin++) {
		uint8_t level = wanted & 1u << pin, unknown = 1u << pin << GICV2_PINS;

		if (!(told & unknown) && !((told ^ level) & 1u << pin))
			continue;
		issued++;
		told &= ~(unknown | 1u << pin);
		told |= drive(context, cpu, pin, level) < 0 ? unknown : level;
	}
	output->told = told;
	gicv2_output_count(&output->issued, issued);
	/* One that failed comes again. */
	if (!(told & GICV2_ALL_UNKNOWN))
		gicv2_output_count(&output->changes, 1);
}
