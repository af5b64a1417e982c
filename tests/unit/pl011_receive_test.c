// SPDX-License-Identifier: GPL-2.0-only
/* The PL011 on the way in: FIFO, trigger, timeout, overrun, break, waking the host. */
#include "tests/unit/pl011_fixture.h"

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
	ck_assert(uart_irqchip.level[UART_SPI]);
	ck_assert_uint_eq(get(PL011_DR), 'A');
	ck_assert(!uart_irqchip.level[UART_SPI]);
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
	ck_assert(!uart_irqchip.level[UART_SPI]);
	give(1);
	ck_assert_uint_eq(get(PL011_RIS), PL011_INT_RX);
	ck_assert(uart_irqchip.level[UART_SPI]);
	get(PL011_DR);
	ck_assert_uint_eq(get(PL011_RIS), PL011_INT_RT);
	ck_assert(!uart_irqchip.level[UART_SPI]);
	give(1);
	ck_assert(uart_irqchip.level[UART_SPI]);
}
END_TEST

START_TEST(timeout_stays_until_the_fifo_is_empty)
{
	enable();
	put(PL011_IMSC, PL011_INT_RT);
	ck_assert_uint_eq(give(2), 2);
	ck_assert(uart_irqchip.level[UART_SPI]);
	get(PL011_DR);
	ck_assert(uart_irqchip.level[UART_SPI]);
	get(PL011_DR);
	ck_assert(!uart_irqchip.level[UART_SPI]);
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
	ck_assert(!uart_irqchip.level[UART_SPI]);
	give(1);
	ck_assert_uint_eq(get(PL011_MIS), PL011_INT_RT);
	ck_assert(uart_irqchip.level[UART_SPI]);
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
	ck_assert(uart_irqchip.level[UART_SPI]);
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
	ck_assert(!uart_irqchip.level[UART_SPI]);
	put(PL011_DR, '!');
	ck_assert_uint_eq(get(PL011_RSR), PL011_RSR_OE);
	ck_assert_uint_eq(get(PL011_MIS), PL011_INT_OE);
	ck_assert(uart_irqchip.level[UART_SPI]);
	put(PL011_ICR, PL011_INT_OE);
	ck_assert(!uart_irqchip.level[UART_SPI]);
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
	ck_assert(uart_irqchip.level[UART_SPI]);
	ck_assert_uint_eq(get(PL011_RIS), PL011_INT_BE | PL011_INT_RT);
	give(1);
	ck_assert_uint_eq(get(PL011_DR), PL011_DR_BE);
	ck_assert_uint_eq(get(PL011_RSR), PL011_DR_BE >> 8);
	ck_assert_uint_eq(get(PL011_DR), 'A');
	ck_assert_uint_eq(get(PL011_RSR), 0);
	ck_assert(uart_irqchip.level[UART_SPI]);
	put(PL011_ICR, PL011_INT_BE);
	ck_assert(!uart_irqchip.level[UART_SPI]);
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

START_TEST(host_is_woken_once_for_room)
{
	enable();
	ck_assert(!pl011_wait_for_room(&uart));
	give(32);
	get(PL011_DR);
	ck_assert(pl011_wait_for_room(&uart));
	for (int i = 0; i < 14; i++)
		get(PL011_DR);
	ck_assert_uint_eq(uart_wakes, 0);
	get(PL011_DR);
	ck_assert_uint_eq(uart_wakes, 1);
	get(PL011_DR);
	ck_assert_uint_eq(uart_wakes, 1);
}
END_TEST

START_TEST(host_is_woken_by_the_receiver)
{
	ck_assert(pl011_wait_for_room(&uart));
	put(PL011_CR, PL011_CR_RXE);
	ck_assert_uint_eq(uart_wakes, 0);
	put(PL011_CR, ENABLED);
	ck_assert_uint_eq(uart_wakes, 1);
	give(1);
	ck_assert(pl011_wait_for_room(&uart));
	put(PL011_LCR_H, PL011_LCR_H_FEN);
	ck_assert_uint_eq(uart_wakes, 2);
}
END_TEST

Suite *unit_suite(void)
{
	const TTest *tests[] = {
		receives_only_when_enabled,
		epoch_changes_when_switched_on,
		fifo_holds_thirty_two,
		without_fifos_one_character,
		timeout_stays_until_the_fifo_is_empty,
		cleared_rx_comes_back_with_the_next_byte,
		overrun,
		overrun_is_told_once_there_is_room,
		emptied_receiver_forgets_an_overrun,
		host_never_overruns,
		break_is_received,
		switching_fifos_empties_the_receiver,
		host_is_woken_once_for_room,
		host_is_woken_by_the_receiver,
	};
	Suite *suite = suite_create("pl011_receive");
	TCase *tcase = tcase_create("pl011_receive");

	tcase_add_checked_fixture(tcase, pl011_fixture_begin, NULL);
	tcase_set_timeout(tcase, 240);
	tcase_add_loop_test(tcase, rx_follows_the_trigger, 0, 8);
	for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	return suite;
}
