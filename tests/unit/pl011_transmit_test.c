// SPDX-License-Identifier: GPL-2.0-only
/* The PL011 on the way out: the ring, its trigger, waking the host. */
#include "tests/unit/pl011_fixture.h"

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
	ck_assert(uart_irqchip.level[UART_SPI]);
	put(PL011_ICR, PL011_INT_TX);
	ck_assert_uint_eq(get(PL011_RIS), 0);
	ck_assert(!uart_irqchip.level[UART_SPI]);
	take(1);
	ck_assert_uint_eq(get(PL011_RIS), 0);
	put(PL011_DR, 'x');
	ck_assert(uart_irqchip.level[UART_SPI]);
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
	ck_assert(uart_irqchip.level[UART_SPI]);
	transmit_many(1);
	ck_assert_uint_eq(get(PL011_RIS), 0);
	ck_assert(!uart_irqchip.level[UART_SPI]);
	transmit_many(PL011_TX_SIZE);
	ck_assert(!uart_irqchip.level[UART_SPI]);
	/* What is not there cannot be cleared: it still comes on the way down. */
	put(PL011_ICR, PL011_INT_TX);
	take(PL011_TX_SIZE - trigger - 1);
	ck_assert(!uart_irqchip.level[UART_SPI]);
	take(1);
	ck_assert(uart_irqchip.level[UART_SPI]);
	ck_assert_uint_eq(get(PL011_RIS), PL011_INT_TX);
	put(PL011_ICR, PL011_INT_TX);
	take(PL011_TX_SIZE);
	ck_assert_uint_eq(get(PL011_RIS), 0);
}
END_TEST

START_TEST(host_is_woken_once_for_bytes)
{
	transmit_many(2);
	ck_assert_uint_eq(uart_wakes, 0);
	ck_assert(!pl011_wait_for_bytes(&uart));
	take(2);
	ck_assert(pl011_wait_for_bytes(&uart));
	ck_assert_uint_eq(uart_wakes, 0);
	transmit_many(2);
	ck_assert_uint_eq(uart_wakes, 1);
	/* One that is awake is told when it is high time. */
	transmit_many(PL011_TX_SIZE / 4 - 3);
	ck_assert_uint_eq(uart_wakes, 1);
	transmit_many(PL011_TX_SIZE / 2);
	ck_assert_uint_eq(uart_wakes, 2);
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
	ck_assert(!uart_irqchip.level[UART_SPI]);

	give(20);
	ck_assert(uart_irqchip.level[UART_SPI]);
	ck_assert_uint_ne(get(PL011_MIS) & (PL011_INT_RT | PL011_INT_RX), 0);
	for (unsigned i = 0; !(get(PL011_FR) & PL011_FR_RXFE); i++)
		ck_assert_uint_eq(get(PL011_DR), 'A' + i);
	ck_assert(!uart_irqchip.level[UART_SPI]);

	/* start_tx: as much as fits, looking at TXFF; nobody reads. */
	while (!(get(PL011_FR) & PL011_FR_TXFF)) {
		put(PL011_DR, sent++);
		ck_assert_uint_le(sent, PL011_TX_SIZE);
	}
	put(PL011_IMSC, PL011_INT_RT | PL011_INT_RX | PL011_INT_TX);
	ck_assert(!uart_irqchip.level[UART_SPI]);
	/* From the interrupt: 16 bytes, not looking at TXFF, as long as it stays. */
	for (int round = 0; round < 50; round++) {
		take(100);
		while (uart_irqchip.level[UART_SPI])
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
		transmits_even_when_disabled, not_busy_while_the_wire_has_room,
		full_ring_loses_and_counts,   accepted_byte_raises_tx,
		host_is_woken_once_for_bytes, linux_driver_sequence,
	};
	Suite *suite = suite_create("pl011_transmit");
	TCase *tcase = tcase_create("pl011_transmit");

	tcase_add_checked_fixture(tcase, pl011_fixture_begin, NULL);
	tcase_set_timeout(tcase, 240);
	tcase_add_loop_test(tcase, tx_follows_the_trigger, 0,
			    sizeof(tx_triggers) / sizeof(tx_triggers[0]));
	for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	return suite;
}
