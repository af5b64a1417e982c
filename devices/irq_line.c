// SPDX-License-Identifier: GPL-2.0-only
#include "devices/irq_line.h"

#include "irqchip/irqchip.h"

void irq_line_init(struct irq_line *line, struct irqchip *chip, unsigned spi,
		   bool (*level)(const void *device), const void *device)
{
	*line = (struct irq_line){ .chip = chip, .spi = spi, .level = level, .device = device };
}

void irq_line_update(struct irq_line *line)
{
	unsigned seen;

	if (!line->chip || atomic_fetch_add(&line->requests, 1))
		return;
	/* We carry the updates until no request came in after the level that we told. */
	seen = 1;
	do {
		bool level = line->level(line->device);

		if (level != line->told) {
			line->told = level;
			irqchip_set_spi(line->chip, line->spi, level);
		}
	} while (!atomic_compare_exchange_strong(&line->requests, &seen, 0));
}

void irq_line_reset(struct irq_line *line)
{
	line->told = false;
	irq_line_update(line);
}
