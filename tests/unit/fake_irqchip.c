// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/fake_irqchip.h"

#include <string.h>

static int set_spi(struct irqchip *chip, unsigned spi, bool level)
{
	struct fake_irqchip *fake = (struct fake_irqchip *)chip;

	if (atomic_fetch_add(&fake->inside, 1))
		atomic_fetch_add(&fake->overlaps, 1);
	if (atomic_exchange(&fake->level[spi], level) == level)
		atomic_fetch_add(&fake->repeats, 1);
	atomic_fetch_add(&fake->changes, 1);
	atomic_fetch_sub(&fake->inside, 1);
	return 0;
}

static const struct irqchip_ops ops = { .name = "fake", .set_spi = set_spi };

void fake_irqchip_init(struct fake_irqchip *fake)
{
	memset(fake, 0, sizeof(*fake));
	fake->chip.ops = &ops;
}
