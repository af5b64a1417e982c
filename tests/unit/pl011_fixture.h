/* SPDX-License-Identifier: GPL-2.0-only */
/* A PL011 on a fake interrupt controller, for the tests of it. */
#ifndef TESTS_UNIT_PL011_FIXTURE_H
#define TESTS_UNIT_PL011_FIXTURE_H

#include <stdbool.h>

#include "devices/pl011.h"
#include "devices/pl011_registers.h"
#include "tests/unit/fake_irqchip.h"
#include "tests/unit/unit.h"

#define UART_SPI 1
#define ENABLED	 (PL011_CR_UARTEN | PL011_CR_TXE | PL011_CR_RXE)

extern struct fake_irqchip uart_irqchip;
extern struct pl011 uart;
extern atomic_uint uart_wakes; /* how often it woke the host */

/* As after power-on, and connected to the host. */
void pl011_fixture_begin(void);

/* As a driver would use it: FIFOs on, both triggers at one half. */
void enable(void);

/* Bytes 'A', 'B', ... from the host, 64 at most; returns how many were accepted. */
size_t give(size_t count);
/* Up to `count` bytes to the host; returns how many there were. */
size_t take(size_t count);
void transmit_many(unsigned count);

static inline uint32_t get(uint64_t offset)
{
	return pl011_ops.read(&uart, offset, 4, 0);
}

static inline void put(uint64_t offset, uint32_t value)
{
	pl011_ops.write(&uart, offset, value, 4, 0);
}

#endif
