// SPDX-License-Identifier: GPL-2.0-only
/* The PL011: its registers, interrupt line, modem lines and loopback. */
#include "tests/unit/pl011_fixture.h"

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

START_TEST(mask_decides_the_line)
{
	enable();
	give(1);
	for (unsigned bit = 0; bit < 11; bit++) {
		put(PL011_IMSC, 1u << bit);
		ck_assert_uint_eq(get(PL011_RIS), PL011_INT_RT);
		ck_assert_uint_eq(get(PL011_MIS), 1u << bit == PL011_INT_RT ? PL011_INT_RT : 0);
		ck_assert_uint_eq(uart_irqchip.level[UART_SPI], 1u << bit == PL011_INT_RT);
	}
}
END_TEST

START_TEST(ifls_moves_the_trigger_at_once)
{
	enable();
	put(PL011_IMSC, PL011_INT_RX);
	give(8);
	ck_assert(!uart_irqchip.level[UART_SPI]);
	put(PL011_IFLS, 1 << 3);
	ck_assert(uart_irqchip.level[UART_SPI]);
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
		ck_assert(uart_irqchip.level[UART_SPI]);
		put(PL011_ICR, lines[i].interrupt);
		ck_assert_uint_eq(get(PL011_RIS), 0);
		put(PL011_CR, PL011_CR_LBE);
		ck_assert_uint_eq(get(PL011_RIS), lines[i].interrupt);
	}
}
END_TEST

START_TEST(reset_is_power_on)
{
	enable();
	put(PL011_IMSC, PL011_INT_MASK);
	put(PL011_DR, 'x');
	give(32);
	ck_assert(uart_irqchip.level[UART_SPI]);
	fake_irqchip_init(&uart_irqchip);
	pl011_reset(&uart);
	ck_assert(!uart_irqchip.level[UART_SPI]);
	ck_assert_uint_eq(get(PL011_FR), PL011_FR_TXFE | PL011_FR_RXFE | 7);
	ck_assert_uint_eq(get(PL011_RIS), 0);
	enable();
	ck_assert_uint_eq(get(PL011_DR), 0);
	/* What was sent is on its way. */
	ck_assert_uint_eq(take(8), 1);
}
END_TEST

Suite *unit_suite(void)
{
	const TTest *tests[] = {
		narrow_access_works,	    odd_access_does_nothing,
		mask_decides_the_line,	    ifls_moves_the_trigger_at_once,
		break_in_loopback,	    loopback_needs_both_ends,
		loopback_turns_modem_lines, reset_is_power_on,
	};
	Suite *suite = suite_create("pl011");
	TCase *tcase = tcase_create("pl011");

	tcase_add_checked_fixture(tcase, pl011_fixture_begin, NULL);
	tcase_set_timeout(tcase, 240);
	tcase_add_loop_test(tcase, register_keeps_its_bits, 0,
			    sizeof(registers) / sizeof(registers[0]));
	for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	return suite;
}
