/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A second GICv2, for tests alone: written from Arm IHI 0048B with no thought of speed or threads,
 * one struct per interrupt, one loop per question, everything computed again each time. It shares
 * neither code nor representation with irqchip/gicv2_*.c; where the architecture leaves a choice it
 * follows docs/userspace-irqchip.md.
 */
#ifndef TESTS_UNIT_GICV2_REFERENCE_H
#define TESTS_UNIT_GICV2_REFERENCE_H

#include <stdbool.h>
#include <stdint.h>

/* There is one reference, in static memory. */
void reference_reset(unsigned cpus);

void reference_set_spi(unsigned spi, bool level);
void reference_set_ppi(unsigned cpu, unsigned intid, bool level);

uint32_t reference_distributor_read(uint64_t offset, unsigned size, unsigned cpu);
void reference_distributor_write(uint64_t offset, uint32_t value, unsigned size, unsigned cpu);
uint32_t reference_cpu_interface_read(uint64_t offset, unsigned size, unsigned cpu);
void reference_cpu_interface_write(uint64_t offset, uint32_t value, unsigned size, unsigned cpu);

/* What the vCPU's inputs should be: bit 0 is IRQ, bit 1 is FIQ. */
unsigned reference_pins(unsigned cpu);

#endif
