// SPDX-License-Identifier: GPL-2.0-only
#include "devices/pl011.h"

#include <stdbool.h>

#include "devices/pl011_registers.h"
#include "tests/unit/fake_irqchip.h"
#include "tests/unit/unit.h"

#define SPI	1
#define ENABLED (PL011_CR_UARTEN | PL011_CR_TXE | PL011_CR_RXE)

static struct fake_irqchip fake;
static struct pl011 uart;
static atomic_uint wakes;

static void count_wake(void *context)
{
	atomic_fetch_add((atomic_uint *)context, 1);
}

static uint32_t get(uint64_t offset)
{
	return pl011_ops.read(&uart, offset, 4, 0);
}

static void put(uint64_t offset, uint32_t value)
{
	pl011_ops.write(&uart, offset, value, 4, 0);
}

static void setup(void)
{
	fake_irqchip_init(&fake);
	pl011_init(&uart, &fake.chip, SPI);
	atomic_store(&wakes, 0);
	pl011_connect(&uart, count_wake, &wakes);
}

/* As a driver would use it: FIFOs on, both triggers at one half. */
static void enable(void)
{
	put(PL011_LCR_H, PL011_LCR_H_FEN | 0x60);
	put(PL011_CR, ENABLED);
}

static size_t give(size_t count)
{
	uint8_t bytes[64];

	for (size_t i = 0; i < count; i++)
		bytes[i] = 'A' + i;
	return pl011_give(&uart, bytes, count);
}

static void transmit_many(unsigned count)
{
	while (count--)
		put(PL011_DR, 'x');
}

static size_t take(size_t count)
{
	static uint8_t bytes[PL011_TX_SIZE];

	return pl011_take(&uart, bytes, count);
}

static const struct {
	enum pl011_register offset;
	uint32_t reset, writable;
} registers[] = {
	{ PL011_ILPR, 0, 0xff },
	{ PL011_IBRD, 0, 0xffff },
	{ PL011_FBRD, 0, 0x3f },
	{ PL011_LCR_H, 0, 0xff },
	{ PL011_CR, 0x300, 0xff87 },
	{ PL011_IFLS, 0x12, 0x3f },
	{ PL011_IMSC, 0, 0x7ff },
	{ PL011_DMACR, 0, 0x7 },
	{ PL011_DR, 0, 0 },
	{ PL011_RSR, 0, 0 },
	{ PL011_FR, PL011_FR_TXFE | PL011_FR_RXFE | 7, 0 },
	{ PL011_RIS, 0, 0 },
	{ PL011_MIS, 0, 0 },
	{ PL011_ICR, 0, 0 },
	{ 0xfe0, 0x11, 0 },
	{ 0xfe4, 0x10, 0 },
	{ 0xfe8, 0x34, 0 },
	{ 0xfec, 0x00, 0 },
	{ 0xff0, 0x0d, 0 },
	{ 0xff4, 0xf0, 0 },
	{ 0xff8, 0x05, 0 },
	{ 0xffc, 0xb1, 0 },
	{ 0x008, 0, 0 },
	{ 0x014, 0, 0 },
	{ 0x01c, 0, 0 },
	{ 0x04c, 0, 0 },
	{ 0xfdc, 0, 0 },
};

START_TEST(register_keeps_its_bits)
{
	uint64_t offset = registers[_i].offset;
	uint32_t reset = registers[_i].reset;

	ck_assert_uint_eq(get(offset), reset);
	if (registers[_i].writable) {
		put(offset, UINT32_MAX);
		ck_assert_uint_eq(get(offset), registers[_i].writable);
		put(offset, 0);
		ck_assert_uint_eq(get(offset), 0);
		put(offset, UINT32_MAX);
	} else if (offset >= PL011_PERIPH_ID0) {
		put(offset, ~reset);
		ck_assert_uint_eq(get(offset), reset);
	}
	pl011_reset(&uart);
	ck_assert_uint_eq(get(offset), reset);
}
END_TEST

START_TEST(narrow_access_works)
{
	ck_assert_uint_eq(pl011_ops.read(&uart, PL011_CR, 2, 0) & 0xffff, 0x300);
	pl011_ops.write(&uart, PL011_IBRD, 0x1234, 2, 0);
	ck_assert_uint_eq(get(PL011_IBRD), 0x1234);
	pl011_ops.write(&uart, PL011_DR, 'x', 1, 0);
	ck_assert_uint_eq(take(8), 1);
}
END_TEST

START_TEST(odd_access_does_nothing)
{
	enable();
	give(1);
	for (unsigned offset = 0; offset < 0x1000; offset++) {
		if (!(offset & 3))
			continue;
		pl011_ops.write(&uart, offset, UINT32_MAX, 1, 0);
		ck_assert_uint_eq(pl011_ops.read(&uart, offset, 1, 0), 0);
	}
	pl011_ops.write(&uart, PL011_DR, 'x', 8, 0);
	ck_assert_uint_eq(pl011_ops.read(&uart, PL011_DR, 8, 0), 0);
	pl011_ops.write(&uart, PL011_IBRD, 1, 8, 0);
	ck_assert_uint_eq(get(PL011_IBRD), 0);
	ck_assert_uint_eq(take(8), 0);
	ck_assert_uint_eq(get(PL011_DR), 'A');
}
END_TEST

/* earlycon enables nothing. */
START_TEST(transmits_even_when_disabled)
{
	uint8_t bytes[4];

	put(PL011_CR, 0);
	put(PL011_DR, 0x1ff & 'a');
	put(PL011_DR, 0xffffff00 | 'b');
	ck_assert_uint_eq(pl011_take(&uart, bytes, sizeof(bytes)), 2);
	ck_assert_mem_eq(bytes, "ab", 2);
}
END_TEST

/* A byte is on the wire at once: a driver that waits for BUSY does not wait for the host. */
START_TEST(not_busy_while_the_wire_has_room)
{
	transmit_many(PL011_TX_WIRE);
	ck_assert_uint_eq(get(PL011_FR), PL011_FR_TXFE | PL011_FR_RXFE | 7);
	transmit_many(1);
	ck_assert_uint_eq(get(PL011_FR), PL011_FR_BUSY | PL011_FR_RXFE | 7);
	take(1);
	ck_assert_uint_eq(get(PL011_FR), PL011_FR_TXFE | PL011_FR_RXFE | 7);
}
END_TEST

START_TEST(full_ring_loses_and_counts)
{
	transmit_many(PL011_TX_SIZE - 1);
	ck_assert(!(get(PL011_FR) & PL011_FR_TXFF));
	transmit_many(1);
	ck_assert_uint_eq(get(PL011_FR), PL011_FR_TXFF | PL011_FR_BUSY | PL011_FR_RXFE | 7);
	ck_assert_uint_eq(uart.dropped, 0);
	transmit_many(3);
	ck_assert_uint_eq(uart.dropped, 3);
	ck_assert_uint_eq(take(PL011_TX_SIZE), PL011_TX_SIZE);
	ck_assert_uint_eq(take(1), 0);
	transmit_many(1);
	ck_assert_uint_eq(take(2), 1);
	ck_assert_uint_eq(uart.dropped, 3);
}
END_TEST

START_TEST(accepted_byte_raises_tx)
{
	put(PL011_IMSC, PL011_INT_TX);
	ck_assert_uint_eq(get(PL011_RIS), 0);
	put(PL011_DR, 'x');
	ck_assert_uint_eq(get(PL011_RIS), PL011_INT_TX);
	ck_assert_uint_eq(get(PL011_MIS), PL011_INT_TX);
	ck_assert(fake.level[SPI]);
	put(PL011_ICR, PL011_INT_TX);
	ck_assert_uint_eq(get(PL011_RIS), 0);
	ck_assert(!fake.level[SPI]);
	take(1);
	ck_assert_uint_eq(get(PL011_RIS), 0);
	put(PL011_DR, 'x');
	ck_assert(fake.level[SPI]);
}
END_TEST

/* IFLS in eighths of the FIFO; with the FIFOs off, when it is empty. */
static const struct {
	unsigned ifls, eighths;
	bool fen;
} tx_triggers[] = {
	{ 0, 1, true }, { 1, 2, true }, { 2, 4, true },	 { 3, 6, true },  { 4, 7, true },
	{ 5, 7, true }, { 7, 7, true }, { 2, 0, false }, { 4, 0, false },
};

START_TEST(tx_follows_the_trigger)
{
	unsigned fifo = PL011_TX_SIZE - PL011_TX_WIRE;
	unsigned trigger = PL011_TX_WIRE + fifo * tx_triggers[_i].eighths / 8;

	put(PL011_LCR_H, tx_triggers[_i].fen ? PL011_LCR_H_FEN : 0);
	put(PL011_IFLS, tx_triggers[_i].ifls);
	put(PL011_IMSC, PL011_INT_TX);
	transmit_many(trigger);
	ck_assert(fake.level[SPI]);
	transmit_many(1);
	ck_assert_uint_eq(get(PL011_RIS), 0);
	ck_assert(!fake.level[SPI]);
	transmit_many(PL011_TX_SIZE);
	ck_assert(!fake.level[SPI]);
	/* What is not there cannot be cleared: it still comes on the way down. */
	put(PL011_ICR, PL011_INT_TX);
	take(PL011_TX_SIZE - trigger - 1);
	ck_assert(!fake.level[SPI]);
	take(1);
	ck_assert(fake.level[SPI]);
	ck_assert_uint_eq(get(PL011_RIS), PL011_INT_TX);
	put(PL011_ICR, PL011_INT_TX);
	take(PL011_TX_SIZE);
	ck_assert_uint_eq(get(PL011_RIS), 0);
}
END_TEST

START_TEST(receives_only_when_enabled)
{
	static const unsigned off[] = { 0,
					PL011_CR_UARTEN,
					PL011_CR_RXE,
					PL011_CR_RESET,
					PL011_CR_UARTEN | PL011_CR_TXE,
					ENABLED | PL011_CR_LBE };

	for (unsigned i = 0; i < sizeof(off) / sizeof(off[0]); i++) {
		put(PL011_CR, off[i]);
		ck_assert_uint_eq(give(1), 0);
		ck_assert_uint_eq(pl011_receiver_epoch(&uart), 0);
		pl011_give_break(&uart);
		ck_assert_uint_eq(get(PL011_RIS) & ~0xf, 0);
	}
	put(PL011_CR, PL011_CR_UARTEN | PL011_CR_RXE);
	ck_assert_uint_eq(give(1), 1);
}
END_TEST

START_TEST(epoch_changes_when_switched_on)
{
	unsigned first, second;

	put(PL011_CR, ENABLED);
	first = pl011_receiver_epoch(&uart);
	put(PL011_CR, ENABLED | PL011_CR_RTS);
	ck_assert_uint_ne(first, 0);
	ck_assert_uint_eq(pl011_receiver_epoch(&uart), first);
	put(PL011_CR, 0);
	ck_assert_uint_eq(pl011_receiver_epoch(&uart), 0);
	put(PL011_CR, ENABLED);
	second = pl011_receiver_epoch(&uart);
	ck_assert_uint_ne(second, 0);
	ck_assert_uint_ne(second, first);
	pl011_reset(&uart);
	put(PL011_CR, ENABLED);
	ck_assert_uint_ne(pl011_receiver_epoch(&uart), second);
}
END_TEST

START_TEST(fifo_holds_thirty_two)
{
	enable();
	ck_assert_uint_eq(give(31), 31);
	ck_assert_uint_eq(get(PL011_FR) & (PL011_FR_RXFE | PL011_FR_RXFF), 0);
	ck_assert_uint_eq(give(2), 1);
	ck_assert_uint_eq(get(PL011_FR) & (PL011_FR_RXFE | PL011_FR_RXFF), PL011_FR_RXFF);
	for (unsigned i = 0; i < 31; i++)
		ck_assert_uint_eq(get(PL011_DR), 'A' + i);
	ck_assert_uint_eq(get(PL011_DR), 'A');
	ck_assert_uint_eq(get(PL011_FR) & (PL011_FR_RXFE | PL011_FR_RXFF), PL011_FR_RXFE);
	ck_assert_uint_eq(get(PL011_DR), 0);
	ck_assert_uint_eq(get(PL011_RSR), 0);
}
END_TEST

START_TEST(without_fifos_one_character)
{
	put(PL011_CR, ENABLED);
	put(PL011_IMSC, PL011_INT_RX);
	ck_assert_uint_eq(give(2), 1);
	ck_assert_uint_eq(get(PL011_FR) & (PL011_FR_RXFE | PL011_FR_RXFF), PL011_FR_RXFF);
	ck_assert_uint_eq(get(PL011_RIS), PL011_INT_RX);
	ck_assert(fake.level[SPI]);
	ck_assert_uint_eq(get(PL011_DR), 'A');
	ck_assert(!fake.level[SPI]);
	ck_assert_uint_eq(get(PL011_FR) & (PL011_FR_RXFE | PL011_FR_RXFF), PL011_FR_RXFE);
}
END_TEST

static const unsigned rx_triggers[8] = { 4, 8, 16, 24, 28, 28, 28, 28 };

START_TEST(rx_follows_the_trigger)
{
	unsigned trigger = rx_triggers[_i];

	enable();
	put(PL011_IFLS, _i << 3);
	put(PL011_IMSC, PL011_INT_RX);
	give(trigger - 1);
	ck_assert_uint_eq(get(PL011_RIS), PL011_INT_RT);
	ck_assert(!fake.level[SPI]);
	give(1);
	ck_assert_uint_eq(get(PL011_RIS), PL011_INT_RX);
	ck_assert(fake.level[SPI]);
	get(PL011_DR);
	ck_assert_uint_eq(get(PL011_RIS), PL011_INT_RT);
	ck_assert(!fake.level[SPI]);
	give(1);
	ck_assert(fake.level[SPI]);
}
END_TEST

START_TEST(timeout_stays_until_the_fifo_is_empty)
{
	enable();
	put(PL011_IMSC, PL011_INT_RT);
	ck_assert_uint_eq(give(2), 2);
	ck_assert(fake.level[SPI]);
	get(PL011_DR);
	ck_assert(fake.level[SPI]);
	get(PL011_DR);
	ck_assert(!fake.level[SPI]);
	ck_assert_uint_eq(get(PL011_RIS), 0);
}
END_TEST

START_TEST(cleared_rx_comes_back_with_the_next_byte)
{
	enable();
	put(PL011_IMSC, PL011_INT_RX | PL011_INT_RT);
	give(1);
	put(PL011_ICR, PL011_INT_RT | PL011_INT_RX);
	ck_assert_uint_eq(get(PL011_RIS), 0);
	ck_assert(!fake.level[SPI]);
	give(1);
	ck_assert_uint_eq(get(PL011_MIS), PL011_INT_RT);
	ck_assert(fake.level[SPI]);
	give(20);
	put(PL011_ICR, PL011_INT_RX);
	ck_assert_uint_eq(get(PL011_RIS), 0);
	give(1);
	ck_assert_uint_eq(get(PL011_RIS), PL011_INT_RX);
	/* A driver that clears, reads some and leaves is told of the rest. */
	put(PL011_ICR, PL011_INT_RT | PL011_INT_RX);
	for (int i = 0; i < 20; i++)
		get(PL011_DR);
	ck_assert_uint_eq(get(PL011_RIS), PL011_INT_RT);
	ck_assert(fake.level[SPI]);
}
END_TEST

START_TEST(mask_decides_the_line)
{
	enable();
	give(1);
	for (unsigned bit = 0; bit < 11; bit++) {
		put(PL011_IMSC, 1u << bit);
		ck_assert_uint_eq(get(PL011_RIS), PL011_INT_RT);
		ck_assert_uint_eq(get(PL011_MIS), 1u << bit == PL011_INT_RT ? PL011_INT_RT : 0);
		ck_assert_uint_eq(fake.level[SPI], 1u << bit == PL011_INT_RT);
	}
}
END_TEST

START_TEST(ifls_moves_the_trigger_at_once)
{
	enable();
	put(PL011_IMSC, PL011_INT_RX);
	give(8);
	ck_assert(!fake.level[SPI]);
	put(PL011_IFLS, 1 << 3);
	ck_assert(fake.level[SPI]);
}
END_TEST

/* DDI 0183: an overrun keeps what is in the FIFO, and is told with the next character. */
START_TEST(overrun)
{
	enable();
	put(PL011_CR, ENABLED | PL011_CR_LBE);
	put(PL011_ICR, PL011_INT_MASK);
	put(PL011_IMSC, PL011_INT_OE);
	for (unsigned i = 0; i < 32; i++)
		put(PL011_DR, 'a' + i);
	ck_assert_uint_eq(get(PL011_RSR), 0);
	ck_assert(!fake.level[SPI]);
	put(PL011_DR, '!');
	ck_assert_uint_eq(get(PL011_RSR), PL011_RSR_OE);
	ck_assert_uint_eq(get(PL011_MIS), PL011_INT_OE);
	ck_assert(fake.level[SPI]);
	put(PL011_ICR, PL011_INT_OE);
	ck_assert(!fake.level[SPI]);
	ck_assert_uint_eq(get(PL011_DR), 'a');
	ck_assert_uint_eq(get(PL011_RSR), PL011_RSR_OE);
	put(PL011_RSR, 0);
	ck_assert_uint_eq(get(PL011_RSR), 0);
	put(PL011_DR, '+');
	for (unsigned i = 1; i < 32; i++)
		ck_assert_uint_eq(get(PL011_DR), 'a' + i);
	ck_assert_uint_eq(get(PL011_DR), '+' | PL011_DR_OE);
	ck_assert_uint_eq(get(PL011_RSR), PL011_RSR_OE);
	put(PL011_DR, '-');
	ck_assert_uint_eq(get(PL011_DR), '-');
	ck_assert_uint_eq(take(1), 0);
}
END_TEST

START_TEST(overrun_is_told_once_there_is_room)
{
	enable();
	put(PL011_CR, ENABLED | PL011_CR_LBE);
	for (unsigned i = 0; i < 33; i++)
		put(PL011_DR, 'a');
	put(PL011_CR, ENABLED);
	ck_assert_uint_eq(give(1), 0);
	for (unsigned i = 0; i < 32; i++)
		ck_assert_uint_eq(get(PL011_DR), 'a');
	ck_assert_uint_eq(give(2), 2);
	ck_assert_uint_eq(get(PL011_DR), 'A' | PL011_DR_OE);
	ck_assert_uint_eq(get(PL011_DR), 'B');
}
END_TEST

START_TEST(emptied_receiver_forgets_an_overrun)
{
	enable();
	put(PL011_CR, ENABLED | PL011_CR_LBE);
	for (unsigned i = 0; i < 33; i++)
		put(PL011_DR, 'a');
	put(PL011_LCR_H, 0);
	put(PL011_DR, 'b');
	ck_assert_uint_eq(get(PL011_DR), 'b');
}
END_TEST

/* The host's side stops instead. */
START_TEST(host_never_overruns)
{
	enable();
	give(40);
	ck_assert_uint_eq(get(PL011_RIS) & PL011_INT_OE, 0);
	ck_assert_uint_eq(get(PL011_RSR), 0);
}
END_TEST

START_TEST(break_is_received)
{
	enable();
	put(PL011_IMSC, PL011_INT_BE);
	pl011_give_break(&uart);
	ck_assert(fake.level[SPI]);
	ck_assert_uint_eq(get(PL011_RIS), PL011_INT_BE | PL011_INT_RT);
	give(1);
	ck_assert_uint_eq(get(PL011_DR), PL011_DR_BE);
	ck_assert_uint_eq(get(PL011_RSR), PL011_DR_BE >> 8);
	ck_assert_uint_eq(get(PL011_DR), 'A');
	ck_assert_uint_eq(get(PL011_RSR), 0);
	ck_assert(fake.level[SPI]);
	put(PL011_ICR, PL011_INT_BE);
	ck_assert(!fake.level[SPI]);
}
END_TEST

START_TEST(break_in_loopback)
{
	enable();
	put(PL011_LCR_H, PL011_LCR_H_FEN | PL011_LCR_H_BRK);
	ck_assert_uint_ne(get(PL011_FR) & PL011_FR_RXFE, 0);
	put(PL011_LCR_H, PL011_LCR_H_FEN);
	put(PL011_CR, ENABLED | PL011_CR_LBE);
	put(PL011_LCR_H, PL011_LCR_H_FEN | PL011_LCR_H_BRK);
	/* It lasts until BRK is cleared. */
	put(PL011_LCR_H, PL011_LCR_H_FEN | PL011_LCR_H_BRK);
	ck_assert_uint_eq(get(PL011_DR), PL011_DR_BE);
	ck_assert_uint_ne(get(PL011_FR) & PL011_FR_RXFE, 0);
}
END_TEST

START_TEST(loopback_needs_both_ends)
{
	static const unsigned missing[] = { PL011_CR_UARTEN, PL011_CR_TXE, PL011_CR_RXE };

	for (unsigned i = 0; i < 3; i++) {
		put(PL011_CR, (ENABLED | PL011_CR_LBE) & ~missing[i]);
		put(PL011_DR, 'x');
		ck_assert_uint_ne(get(PL011_FR) & PL011_FR_RXFE, 0);
	}
	put(PL011_CR, ENABLED | PL011_CR_LBE);
	put(PL011_DR, 'x');
	ck_assert_uint_eq(get(PL011_DR), 'x');
	ck_assert_uint_eq(get(PL011_RIS) & PL011_INT_TX, PL011_INT_TX);
	ck_assert_uint_eq(take(4), 0);
}
END_TEST

START_TEST(loopback_turns_modem_lines)
{
	static const struct {
		unsigned out, flag, interrupt;
	} lines[] = {
		{ PL011_CR_RTS, PL011_FR_CTS, PL011_INT_CTS },
		{ PL011_CR_DTR, PL011_FR_DSR, PL011_INT_DSR },
		{ PL011_CR_OUT1, PL011_FR_DCD, PL011_INT_DCD },
		{ PL011_CR_OUT2, PL011_FR_RI, PL011_INT_RI },
	};

	put(PL011_CR, PL011_CR_LBE);
	ck_assert_uint_eq(get(PL011_RIS), PL011_INT_CTS | PL011_INT_DSR | PL011_INT_DCD);
	for (unsigned i = 0; i < 4; i++) {
		put(PL011_CR, PL011_CR_LBE);
		put(PL011_ICR, PL011_INT_MASK);
		put(PL011_IMSC, lines[i].interrupt);
		put(PL011_CR, PL011_CR_LBE | lines[i].out);
		ck_assert_uint_eq(get(PL011_FR) & 0x107, lines[i].flag);
		ck_assert_uint_eq(get(PL011_RIS), lines[i].interrupt);
		ck_assert(fake.level[SPI]);
		put(PL011_ICR, lines[i].interrupt);
		ck_assert_uint_eq(get(PL011_RIS), 0);
		put(PL011_CR, PL011_CR_LBE);
		ck_assert_uint_eq(get(PL011_RIS), lines[i].interrupt);
	}
}
END_TEST

START_TEST(switching_fifos_empties_the_receiver)
{
	enable();
	give(5);
	put(PL011_LCR_H, PL011_LCR_H_FEN);
	ck_assert_uint_eq(get(PL011_FR) & PL011_FR_RXFE, 0);
	put(PL011_LCR_H, 0);
	ck_assert_uint_ne(get(PL011_FR) & PL011_FR_RXFE, 0);
	ck_assert_uint_eq(get(PL011_RIS), 0);
}
END_TEST

START_TEST(reset_is_power_on)
{
	enable();
	put(PL011_IMSC, PL011_INT_MASK);
	put(PL011_DR, 'x');
	give(32);
	ck_assert(fake.level[SPI]);
	fake_irqchip_init(&fake);
	pl011_reset(&uart);
	ck_assert(!fake.level[SPI]);
	ck_assert_uint_eq(get(PL011_FR), PL011_FR_TXFE | PL011_FR_RXFE | 7);
	ck_assert_uint_eq(get(PL011_RIS), 0);
	enable();
	ck_assert_uint_eq(get(PL011_DR), 0);
	/* What was sent is on its way. */
	ck_assert_uint_eq(take(8), 1);
}
END_TEST

START_TEST(host_is_woken_once_for_bytes)
{
	transmit_many(2);
	ck_assert_uint_eq(wakes, 0);
	ck_assert(!pl011_wait_for_bytes(&uart));
	take(2);
	ck_assert(pl011_wait_for_bytes(&uart));
	ck_assert_uint_eq(wakes, 0);
	transmit_many(2);
	ck_assert_uint_eq(wakes, 1);
	/* One that is awake is told when it is high time. */
	transmit_many(PL011_TX_SIZE / 4 - 3);
	ck_assert_uint_eq(wakes, 1);
	transmit_many(PL011_TX_SIZE / 2);
	ck_assert_uint_eq(wakes, 2);
}
END_TEST

START_TEST(host_is_woken_once_for_room)
{
	enable();
	ck_assert(!pl011_wait_for_room(&uart));
	give(32);
	get(PL011_DR);
	ck_assert(pl011_wait_for_room(&uart));
	for (int i = 0; i < 14; i++)
		get(PL011_DR);
	ck_assert_uint_eq(wakes, 0);
	get(PL011_DR);
	ck_assert_uint_eq(wakes, 1);
	get(PL011_DR);
	ck_assert_uint_eq(wakes, 1);
}
END_TEST

START_TEST(host_is_woken_by_the_receiver)
{
	ck_assert(pl011_wait_for_room(&uart));
	put(PL011_CR, PL011_CR_RXE);
	ck_assert_uint_eq(wakes, 0);
	put(PL011_CR, ENABLED);
	ck_assert_uint_eq(wakes, 1);
	give(1);
	ck_assert(pl011_wait_for_room(&uart));
	put(PL011_LCR_H, PL011_LCR_H_FEN);
	ck_assert_uint_eq(wakes, 2);
}
END_TEST

/* drivers/tty/serial/amba-pl011.c: probe, startup, transmission and reception by interrupts. */
START_TEST(linux_driver_sequence)
{
	uint32_t id = 0, sent = 0;

	for (unsigned i = 0; i < 4; i++)
		id |= get(0xfe0 + 4 * i) << (8 * i);
	ck_assert_uint_eq(id & 0xfffff, 0x41011);
	ck_assert_uint_ge(id >> 20 & 0xf, 3); /* then it believes in 32 entries */

	put(PL011_ICR, 0x7d0 & ~PL011_INT_TX);
	put(PL011_IMSC, PL011_INT_RT | PL011_INT_RX);
	put(PL011_IMSC, 0);
	put(PL011_IFLS, 0x12);
	put(PL011_LCR_H, 0x70);
	put(PL011_CR, ENABLED);
	put(PL011_ICR, PL011_INT_RT | PL011_INT_RX);
	for (int i = 0; i < 64 && !(get(PL011_FR) & PL011_FR_RXFE); i++)
		get(PL011_DR);
	put(PL011_IMSC, PL011_INT_RT | PL011_INT_RX);
	ck_assert(!fake.level[SPI]);

	give(20);
	ck_assert(fake.level[SPI]);
	ck_assert_uint_ne(get(PL011_MIS) & (PL011_INT_RT | PL011_INT_RX), 0);
	for (unsigned i = 0; !(get(PL011_FR) & PL011_FR_RXFE); i++)
		ck_assert_uint_eq(get(PL011_DR), 'A' + i);
	ck_assert(!fake.level[SPI]);

	/* start_tx: as much as fits, looking at TXFF; nobody reads. */
	while (!(get(PL011_FR) & PL011_FR_TXFF)) {
		put(PL011_DR, sent++);
		ck_assert_uint_le(sent, PL011_TX_SIZE);
	}
	put(PL011_IMSC, PL011_INT_RT | PL011_INT_RX | PL011_INT_TX);
	ck_assert(!fake.level[SPI]);
	/* From the interrupt: 16 bytes, not looking at TXFF, as long as it stays. */
	for (int round = 0; round < 50; round++) {
		take(100);
		while (fake.level[SPI])
			for (int i = 0; i < 16; i++)
				put(PL011_DR, sent++);
	}
	ck_assert_uint_gt(sent, PL011_TX_SIZE + 1000);
	ck_assert_uint_eq(uart.dropped, 0);
}
END_TEST

Suite *unit_suite(void)
{
	const TTest *tests[] = {
		narrow_access_works,
		odd_access_does_nothing,
		transmits_even_when_disabled,
		not_busy_while_the_wire_has_room,
		full_ring_loses_and_counts,
		accepted_byte_raises_tx,
		receives_only_when_enabled,
		epoch_changes_when_switched_on,
		fifo_holds_thirty_two,
		without_fifos_one_character,
		timeout_stays_until_the_fifo_is_empty,
		cleared_rx_comes_back_with_the_next_byte,
		mask_decides_the_line,
		ifls_moves_the_trigger_at_once,
		overrun,
		overrun_is_told_once_there_is_room,
		emptied_receiver_forgets_an_overrun,
		host_never_overruns,
		break_is_received,
		break_in_loopback,
		loopback_needs_both_ends,
		loopback_turns_modem_lines,
		switching_fifos_empties_the_receiver,
		reset_is_power_on,
		host_is_woken_once_for_bytes,
		host_is_woken_once_for_room,
		host_is_woken_by_the_receiver,
		linux_driver_sequence,
	};
	Suite *suite = suite_create("pl011");
	TCase *tcase = tcase_create("pl011");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_set_timeout(tcase, 240);
	tcase_add_loop_test(tcase, register_keeps_its_bits, 0,
			    sizeof(registers) / sizeof(registers[0]));
	tcase_add_loop_test(tcase, tx_follows_the_trigger, 0,
			    sizeof(tx_triggers) / sizeof(tx_triggers[0]));
	tcase_add_loop_test(tcase, rx_follows_the_trigger, 0, 8);
	for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	return suite;
}
