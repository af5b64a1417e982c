/* SPDX-License-Identifier: GPL-2.0-only */
/* An interrupt controller that remembers what devices told it. */
#ifndef TESTS_UNIT_FAKE_IRQCHIP_H
#define TESTS_UNIT_FAKE_IRQCHIP_H

#include <stdatomic.h>

#include "irqchip/irqchip.h"

struct fake_irqchip {
	struct irqchip chip;
	atomic_bool level[IRQCHIP_SPIS];
	atomic_uint changes; /* calls of set_spi */
	atomic_uint repeats; /* calls that did not change the level */
	atomic_uint inside; /* threads in set_spi; more than one at once is counted in `overlaps` */
	atomic_uint overlaps;
};

void fake_irqchip_init(struct fake_irqchip *fake);

#endif
