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
	bool level;

	if (!line->chip)
		return;
	/* Whoever makes the first request carries the updates of all. Requests that came in after
	 * the level was asked need another round: by us, or by a thread that was quicker. */
	do {
		if (atomic_fetch_add(&line->requests, 1))
			return;
		level = line->level(line->device);
		if (level != line->told) {
			line->told = level;
			irqchip_set_spi(line->chip, line->spi, level);
		}
	} while (atomic_exchange(&line->requests, 0) != 1);
}

void irq_line_reset(struct irq_line *line)
{
	line->told = false;
	irq_line_update(line);
}
