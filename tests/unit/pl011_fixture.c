// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/pl011_fixture.h"

struct fake_irqchip uart_irqchip;
struct pl011 uart;
atomic_uint uart_wakes;

static void count_wake(void *context)
{
	atomic_fetch_add((atomic_uint *)context, 1);
}

void pl011_fixture_begin(void)
{
	fake_irqchip_init(&uart_irqchip);
	pl011_init(&uart, &uart_irqchip.chip, UART_SPI);
	atomic_store(&uart_wakes, 0);
	pl011_connect(&uart, count_wake, &uart_wakes);
}

void enable(void)
{
	put(PL011_LCR_H, PL011_LCR_H_FEN | 0x60);
	put(PL011_CR, ENABLED);
}

size_t give(size_t count)
{
	uint8_t bytes[64];

	for (size_t i = 0; i < count; i++)
		bytes[i] = 'A' + i;
	return pl011_give(&uart, bytes, count);
}

size_t take(size_t count)
{
	static uint8_t bytes[PL011_TX_SIZE];

	return pl011_take(&uart, bytes, count);
}

void transmit_many(unsigned count)
{
	while (count--)
		put(PL011_DR, 'x');
}
