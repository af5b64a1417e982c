// SPDX-License-Identifier: GPL-2.0-only
/* What is typed for the guest, and what is typed for the console itself. */
#include "devices/serial_console.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "tests/unit/serial_console_fixture.h"
#include "tests/unit/unit.h"

/* Runs the console until the guest has received `text`. */
static void expect_guest_gets(const char *text)
{
	for (; *text; text++) {
		while (get(PL011_FR) & PL011_FR_RXFE)
			run_once();
		ck_assert_int_eq((char)get(PL011_DR), *text);
	}
}

static void expect_nothing_for_guest(void)
{
	run_until_idle();
	ck_assert_uint_ne(get(PL011_FR) & PL011_FR_RXFE, 0);
}

/* Into a pipe, or a terminal that passes keys on at its own pace. */
static void type_bytes(int fd, const char *bytes, size_t size)
{
	while (size) {
		ssize_t count = write(fd, bytes, size);

		if (count < 0) {
			ck_assert_int_eq(errno, EAGAIN);
			run_once();
			continue;
		}
		bytes += count;
		size -= count;
	}
}

static void type_in(int fd, const char *keys)
{
	type_bytes(fd, keys, strlen(keys));
}

static void type_alphabet(int fd, size_t size)
{
	for (size_t i = 0; i < size; i++)
		type_bytes(fd, &"abcdefghijklmnopqrstuvwxyz"[i % 26], 1);
}

START_TEST(input_from_a_pipe_passes_unchanged)
{
	connect_console(in[0], out[1]);
	enable();
	type_in(in[1], "a\001x\001\001\003\r\n");
	expect_guest_gets("a\001x\001\001\003\r\n");
	ck_assert_uint_eq(quits, 0);
}
END_TEST

static void expect_guest_gets_alphabet(size_t size)
{
	for (size_t i = 0; i < size; i++) {
		while (get(PL011_FR) & PL011_FR_RXFE)
			run_once();
		ck_assert_uint_eq(get(PL011_DR), 'a' + i % 26);
	}
}

/* What the guest does not read stays in the pipe, and nothing spins. */
START_TEST(input_waits_for_the_guest)
{
	char byte;

	connect_console(in[0], out[1]);
	enable();
	type_alphabet(in[1], 1000);
	run_until_idle();
	ck_assert_uint_ne(get(PL011_FR) & PL011_FR_RXFF, 0);
	ck_assert_int_eq(event_loop_once(&loop, 0), 0);
	expect_guest_gets_alphabet(500);
	run_until_idle();
	/* Of the second half, two FIFOs' worth are on their way at most. */
	fcntl(in[0], F_SETFL, O_NONBLOCK);
	for (size_t rest = 0;; rest++) {
		if (read(in[0], &byte, 1) == 1)
			continue;
		ck_assert_uint_ge(rest, 500 - 2 * PL011_RX_DEPTH);
		break;
	}
	ck_assert_uint_eq(get(PL011_RIS) & PL011_INT_OE, 0);
}
END_TEST

START_TEST(end_of_input_is_quiet)
{
	static const char *const names[] = { "closed pipe", "file", "/dev/null", "not open" };
	int fd = in[0];

	if (_i == 1)
		fd = open(unit_make_file("text", 4), O_RDONLY);
	else if (_i == 2)
		fd = open("/dev/null", O_RDONLY);
	else if (_i == 3)
		fd = 999;
	else
		type_in(in[1], "text");
	close(in[1]);
	connect_console(fd, out[1]);
	enable();
	if (_i < 2)
		expect_guest_gets("text");
	expect_nothing_for_guest();
	ck_assert_msg(event_loop_once(&loop, 0) == 0, "%s spins", names[_i]);
	ck_assert_uint_eq(unit_log_count(), 0);
	/* Output works on. */
	send_text("still here");
	expect_written(out[0], "still here");
}
END_TEST

/* The sender is gone, its bytes are not: the guest has not switched its receiver on yet. */
START_TEST(input_of_a_sender_that_left)
{
	connect_console(in[0], out[1]);
	type_alphabet(in[1], 100);
	close(in[1]);
	run_until_idle();
	ck_assert_int_eq(event_loop_once(&loop, 0), 0);
	enable();
	expect_guest_gets_alphabet(100);
	expect_nothing_for_guest();
	ck_assert_int_eq(event_loop_once(&loop, 0), 0);
}
END_TEST

START_TEST(input_from_a_socket)
{
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	connect_console(fds[0], out[1]);
	enable();
	type_in(fds[1], "hello");
	expect_guest_gets("hello");
	close(fds[1]);
	expect_nothing_for_guest();
	ck_assert_int_eq(event_loop_once(&loop, 0), 0);
}
END_TEST

/*
 * Linux's console switches the receiver on for the time of each message, and its driver empties the
 * FIFO after it has switched it on for good: what was piped in is still complete then.
 */
START_TEST(input_waits_until_the_driver_is_ready)
{
	connect_console(in[0], out[1]);
	type_in(in[1], "hello");
	put(PL011_LCR_H, PL011_LCR_H_FEN);
	for (int i = 0; i < 3 * SERIAL_INPUT_SETTLE_TICKS; i++) {
		put(PL011_CR, ENABLED);
		run_once(); /* the wake */
		run_once(); /* a tick */
		ck_assert_uint_ne(get(PL011_FR) & PL011_FR_RXFE, 0);
		put(PL011_CR, PL011_CR_RESET);
		run_until_idle();
	}
	put(PL011_CR, ENABLED);
	run_once();
	ck_assert_uint_ne(get(PL011_FR) & PL011_FR_RXFE, 0);
	expect_guest_gets("hello");
	expect_nothing_for_guest();
	/* From then on there is no delay: one wake-up, no tick. */
	type_in(in[1], "x");
	run_once();
	ck_assert_uint_eq(get(PL011_FR) & PL011_FR_RXFE, 0);
}
END_TEST

static int open_terminal(int *master)
{
	struct termios modes;
	int slave;

	ck_assert_int_eq(openpty(master, &slave, NULL, NULL, NULL), 0);
	fcntl(*master, F_SETFL, O_NONBLOCK);
	ck_assert_int_eq(tcgetattr(slave, &modes), 0);
	cfmakeraw(&modes);
	ck_assert_int_eq(tcsetattr(slave, TCSANOW, &modes), 0);
	return slave;
}

START_TEST(keys_of_a_terminal)
{
	static const struct {
		const char *typed, *received;
		unsigned quits;
	} rows[] = {
		{ "ls\r\003\004", "ls\r\003\004", 0 },
		{ "a\001\001b", "a\001b", 0 },
		{ "a\001ab", "a\001b", 0 },
		{ "a\001xb", "ab", 1 },
		{ "a\001zb", "ab", 0 },
		{ "ax\001\001x", "ax\001x", 0 },
	};
	int master;

	connect_console(open_terminal(&master), out[1]);
	enable();
	type_in(master, rows[_i].typed);
	expect_guest_gets(rows[_i].received);
	expect_nothing_for_guest();
	ck_assert_uint_eq(quits, rows[_i].quits);
}
END_TEST

START_TEST(prefix_and_key_apart)
{
	int master;

	connect_console(open_terminal(&master), out[1]);
	type_in(master, "\001");
	run_once();
	ck_assert_uint_eq(quits, 0);
	type_in(master, "x");
	while (!quits)
		run_once();
}
END_TEST

START_TEST(break_from_the_keyboard)
{
	int master;

	connect_console(open_terminal(&master), out[1]);
	enable();
	type_in(master, "\001b");
	while (get(PL011_FR) & PL011_FR_RXFE)
		run_once();
	ck_assert_uint_eq(get(PL011_DR), PL011_DR_BE);
}
END_TEST

START_TEST(help_goes_to_stderr)
{
	int master, saved = dup(STDERR_FILENO), help[2];
	char text[1024] = "";

	ck_assert_int_eq(pipe(help), 0);
	connect_console(open_terminal(&master), out[1]);
	type_in(master, "\001h");
	dup2(help[1], STDERR_FILENO);
	fcntl(help[0], F_SETFL, O_NONBLOCK);
	while (read(help[0], text, sizeof(text) - 1) <= 0)
		run_once();
	dup2(saved, STDERR_FILENO);
	ck_assert_ptr_nonnull(strstr(text, "Ctrl-A x"));
	ck_assert_ptr_nonnull(strstr(text, "Ctrl-A h"));
	ck_assert_int_eq(read(out[0], text, 1), -1);
}
END_TEST

/* A guest that hangs does not keep the user from ending it. */
START_TEST(quit_works_while_the_guest_does_not_read)
{
	static char keys[1000];
	int master;

	connect_console(open_terminal(&master), out[1]);
	if (_i)
		enable();
	memset(keys, 'k', sizeof(keys) - 1);
	for (unsigned i = 0; i < 2 * SERIAL_INPUT_TYPE_AHEAD / sizeof(keys); i++) {
		type_in(master, keys);
		run_until_idle();
	}
	type_in(master, "\001x");
	while (!quits)
		run_once();
	ck_assert_uint_eq(console.input.count, SERIAL_INPUT_TYPE_AHEAD);
	serial_console_drain(&console, 0);
	unit_assert_logged("typed keys were dropped");
}
END_TEST

START_TEST(type_ahead_arrives_in_order)
{
	int master;

	connect_console(open_terminal(&master), out[1]);
	/* More than the buffer, in turns, so that it wraps. */
	enable();
	for (int round = 0; round < 12; round++) {
		type_alphabet(master, 26 * 60);
		run_until_idle();
		expect_guest_gets_alphabet(26 * 60);
	}
	ck_assert_uint_eq(console.input.dropped, 0);
}
END_TEST

START_TEST(hung_up_terminal_is_quiet)
{
	int master;

	connect_console(open_terminal(&master), out[1]);
	enable();
	close(master);
	expect_nothing_for_guest();
	ck_assert_int_eq(event_loop_once(&loop, 0), 0);
}
END_TEST

Suite *unit_suite(void)
{
	const TTest *tests[] = {
		input_from_a_pipe_passes_unchanged,
		input_waits_for_the_guest,
		input_of_a_sender_that_left,
		input_from_a_socket,
		input_waits_until_the_driver_is_ready,
		prefix_and_key_apart,
		break_from_the_keyboard,
		help_goes_to_stderr,
		type_ahead_arrives_in_order,
		hung_up_terminal_is_quiet,
	};
	Suite *suite = suite_create("serial_console_input");
	TCase *tcase = tcase_create("serial_console_input");

	tcase_add_checked_fixture(tcase, serial_setup, serial_teardown);
	tcase_set_timeout(tcase, 120);
	for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(tcase, tests[i]);
	tcase_add_loop_test(tcase, end_of_input_is_quiet, 0, 4);
	tcase_add_loop_test(tcase, keys_of_a_terminal, 0, 6);
	tcase_add_loop_test(tcase, quit_works_while_the_guest_does_not_read, 0, 2);
	suite_add_tcase(suite, tcase);
	return suite;
}
