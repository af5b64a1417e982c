// SPDX-License-Identifier: GPL-2.0-only
#include "irqchip/gicv2_vcpu.h"

void gicv2_drive_each(struct gicv2_output *output, gicv2_drive_fn *drive, void *context,
		      unsigned cpu)
{
	unsigned wanted = atomic_load(&output->wanted), told = output->told;

	for (unsigned left = ((wanted ^ told) | told >> GICV2_PINS) & GICV2_ALL_PINS; left;
	     left &= left - 1) {
		unsigned pin = __builtin_ctz(left), bit = 1u << pin, unknown = bit << GICV2_PINS;

		gicv2_output_count(&output->issued, 1);
		if (drive(context, cpu, pin, wanted & bit) < 0)
			told |= unknown;
		else
			told = (told & ~(unknown | bit)) | (wanted & bit);
	}
	output->told = told;
	/* One that failed comes again. */
	if (!(told & GICV2_ALL_UNKNOWN))
		gicv2_output_count(&output->changes, 1);
}
