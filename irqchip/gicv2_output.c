// SPDX-License-Identifier: GPL-2.0-only
#include "irqchip/gicv2_output.h"

/* Every pin. */
#define ALL_PINS ((1u << GICV2_PINS) - 1)

static void drive_pins(struct gicv2_output *output, gicv2_drive_fn *drive, void *context,
		       unsigned cpu, bool own)
{
	uint8_t wanted;
	unsigned issued = 0;

	output->known &= ~atomic_exchange(&output->unknown, 0);
	if (own)
		output->known &= ~atomic_exchange(&output->suspect, 0);
	wanted = atomic_load(&output->wanted);
	for (unsigned pin = 0; pin < GICV2_PINS; pin++) {
		uint8_t bit = 1u << pin;
		int ret;

		if (output->known & bit && !((output->told ^ wanted) & bit))
			continue;
		if (!own)
			atomic_fetch_or(&output->suspect, bit);
		issued++;
		ret = drive(context, cpu, pin, wanted & bit);
		if (ret == 0 && !own && wanted & bit) {
			issued++;
			ret = drive(context, cpu, pin, true);
		}
		if (ret < 0) {
			atomic_store(&output->unknown, ALL_PINS);
			continue;
		}
		output->known |= bit;
		output->told = (output->told & ~bit) | (wanted & bit);
	}
	if (!issued)
		return;
	atomic_fetch_add_explicit(&output->issued, issued, memory_order_relaxed);
	atomic_fetch_add_explicit(&output->rounds, 1, memory_order_relaxed);
}

void gicv2_output_carry(struct gicv2_output *output, gicv2_drive_fn *drive, void *context,
			unsigned cpu, bool own)
{
	unsigned seen = 1;

	if (atomic_fetch_add(&output->requests, 1))
		return;
	/* Until no request came in after the levels that we drove. */
	do
		drive_pins(output, drive, context, cpu, own);
	while (!atomic_compare_exchange_strong(&output->requests, &seen, 0));
}
