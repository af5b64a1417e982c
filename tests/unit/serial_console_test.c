// SPDX-License-Identifier: GPL-2.0-only
#include "devices/serial_console.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <pty.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "devices/pl011_registers.h"
#include "tests/unit/unit.h"

#define ENABLED (PL011_CR_UARTEN | PL011_CR_TXE | PL011_CR_RXE)

static struct event_loop loop;
static struct pl011 uart;
static struct serial_console console;
static unsigned quits;
static int in[2], out[2]; /* pipes: the console reads in[0] and writes out[1] */

static void on_quit(void *context)
{
	(*(unsigned *)context)++;
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
	unit_reset_log();
	ck_assert_int_eq(event_loop_init(&loop), 0);
	pl011_init(&uart, NULL, 0);
	ck_assert_int_eq(pipe(in), 0);
	ck_assert_int_eq(pipe(out), 0);
	fcntl(out[0], F_SETFL, O_NONBLOCK);
}

static void connect_to(int in_fd, int out_fd)
{
	ck_assert_int_eq(
		serial_console_init(&console, &loop, &uart, in_fd, out_fd, on_quit, &quits), 0);
}

static void teardown(void)
{
	serial_console_destroy(&console);
	event_loop_destroy(&loop);
}

static void enable(void)
{
	put(PL011_LCR_H, PL011_LCR_H_FEN);
	put(PL011_CR, ENABLED);
}

static void run_once(void)
{
	ck_assert_int_ge(event_loop_once(&loop, 1000), 0);
}

/* Until nothing is left to do: the console sleeps. */
static void run_until_idle(void)
{
	do {
		while (event_loop_once(&loop, 0) > 0)
			;
		if (console.ticking)
			run_once();
	} while (console.ticking || event_loop_once(&loop, 0) > 0);
}

static void send_text(const char *text)
{
	while (*text)
		put(PL011_DR, *text++);
}

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

static void expect_written(int fd, const char *text)
{
	size_t length = strlen(text), got = 0;
	char bytes[256];

	while (got < length) {
		ssize_t count = read(fd, bytes + got, length - got);

		if (count > 0)
			got += count;
		else
			run_once();
	}
	ck_assert_mem_eq(bytes, text, length);
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

START_TEST(output_reaches_a_pipe)
{
	connect_to(in[0], out[1]);
	send_text("hello\r\n");
	expect_written(out[0], "hello\r\n");
	run_until_idle();
	send_text("again");
	expect_written(out[0], "again");
	ck_assert_uint_eq(serial_console_drain(&console, 0), 0);
	ck_assert_uint_eq(unit_log_count(), 0);
}
END_TEST

START_TEST(output_before_the_console_is_not_lost)
{
	send_text("early");
	connect_to(in[0], out[1]);
	expect_written(out[0], "early");
}
END_TEST

/* While the guest writes on and on, its vCPU is not asked to signal again. */
START_TEST(a_burst_signals_once)
{
	uint64_t signals;

	connect_to(in[0], out[1]);
	run_until_idle();
	send_text("a burst");
	ck_assert_int_eq(read(console.wake.fd, &signals, sizeof(signals)), sizeof(signals));
	ck_assert_uint_eq(signals, 1);
	event_notifier_signal(&console.wake);
	run_once();
	ck_assert(console.ticking);
	send_text("more");
	ck_assert_int_eq(read(console.wake.fd, &signals, sizeof(signals)), -1);
	expect_written(out[0], "a burstmore");
}
END_TEST

START_TEST(output_reaches_a_file)
{
	const char *path = unit_make_file("log:", 4);
	int fd = open(path, O_RDWR | O_APPEND);
	char bytes[16];

	connect_to(in[0], fd);
	send_text("hello");
	run_until_idle();
	ck_assert_int_eq(pread(fd, bytes, sizeof(bytes), 0), 9);
	ck_assert_mem_eq(bytes, "log:hello", 9);
}
END_TEST

START_TEST(output_to_null_and_nowhere)
{
	connect_to(in[0], _i ? open("/dev/null", O_WRONLY) : 999);
	send_text("hello");
	run_until_idle();
	ck_assert_uint_eq(get(PL011_FR) & PL011_FR_BUSY, 0);
	ck_assert_uint_eq(serial_console_drain(&console, 1000), _i ? 0 : 5);
}
END_TEST

START_TEST(full_disk_is_told_once)
{
	connect_to(in[0], open("/dev/full", O_WRONLY));
	send_text("hello");
	run_until_idle();
	unit_assert_logged("No space left");
	send_text("hello");
	run_until_idle();
	ck_assert_uint_eq(unit_log_count(), 1);
	ck_assert_uint_eq(serial_console_drain(&console, 0), 10);
	unit_assert_logged("10 bytes");
}
END_TEST

static unsigned long long fill_until_full(void)
{
	unsigned long long sent = 0;

	/* Not in whole pages, so that a write is cut short where that can be. */
	while (sent < 7)
		put(PL011_DR, 'a' + sent++ % 26);
	run_until_idle();
	do {
		while (!(get(PL011_FR) & PL011_FR_TXFF)) {
			put(PL011_DR, 'a' + sent++ % 26);
			ck_assert_uint_lt(sent, 8 << 20);
		}
		run_until_idle();
	} while (!(get(PL011_FR) & PL011_FR_TXFF));
	return sent;
}

/* Reads all that comes, running the console; it must be the alphabet again and again. */
static unsigned long long read_alphabet(int fd, unsigned long long wanted)
{
	static char bytes[8192];
	unsigned long long got = 0;

	while (got < wanted) {
		ssize_t count = read(fd, bytes, sizeof(bytes));

		if (count <= 0) {
			ck_assert_int_eq(errno, EAGAIN);
			run_once();
			continue;
		}
		for (ssize_t i = 0; i < count; i++)
			ck_assert_int_eq(bytes[i], (int)('a' + got++ % 26));
	}
	return got;
}

/* As into a full disk: the guest goes on, and we with it. */
START_TEST(output_beyond_the_limit_on_files_is_dropped)
{
	/* Check has a file of its own, which is much shorter. */
	struct rlimit limit = { .rlim_cur = 1 << 20, .rlim_max = RLIM_INFINITY };
	int fd = open(unit_make_file("", 0), O_WRONLY);

	ck_assert_int_eq(lseek(fd, (1 << 20) - 2, SEEK_SET), (1 << 20) - 2);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	connect_to(in[0], fd);
	for (int i = 0; i < 5; i++)
		put(PL011_DR, 'a' + i);
	run_until_idle();
	unit_assert_logged(strerror(EFBIG));
	ck_assert_uint_eq(serial_console_drain(&console, 0), 3);
}
END_TEST

/* Pipe, socket, terminal: the UART fills, the loop sleeps; a reader that comes back gets it all. */
START_TEST(slow_reader_is_back_pressure)
{
	unsigned long long sent;
	int fds[2];

	if (_i == 0) {
		memcpy(fds, out, sizeof(fds));
	} else if (_i == 1) {
		ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	} else {
		ck_assert_int_eq(openpty(&fds[0], &fds[1], NULL, NULL, NULL), 0);
	}
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	connect_to(in[0], fds[1]);
	sent = fill_until_full();
	ck_assert_uint_eq(get(PL011_RIS) & PL011_INT_TX, 0);
	/* Nothing to do until there is room: no tick, no spinning. */
	ck_assert(!console.ticking);
	ck_assert_int_eq(event_loop_once(&loop, 0), 0);
	ck_assert_uint_eq(uart.dropped, 0);

	read_alphabet(fds[0], sent);
	ck_assert_uint_eq(get(PL011_RIS) & PL011_INT_TX, PL011_INT_TX);
	ck_assert_uint_eq(serial_console_drain(&console, 0), 0);
	ck_assert_uint_eq(unit_log_count(), 0);
	run_until_idle();
	put(PL011_DR, 'a');
	read_alphabet(fds[0], 1);
}
END_TEST

START_TEST(reader_that_leaves_is_forgotten)
{
	connect_to(in[0], out[1]);
	if (_i)
		fill_until_full();
	close(out[0]);
	send_text("hello");
	run_until_idle();
	/* The guest goes on, and the loop sleeps. */
	ck_assert_uint_eq(get(PL011_FR) & PL011_FR_BUSY, 0);
	ck_assert_int_eq(event_loop_once(&loop, 0), 0);
	ck_assert_uint_ge(serial_console_drain(&console, 10000), 5);
	ck_assert_uint_eq(unit_log_count(), 1);
	unit_assert_logged("nobody read");
}
END_TEST

START_TEST(drain_gives_up_and_counts)
{
	unsigned long long sent, dropped, got = 0;
	char bytes[4096];
	ssize_t count;

	connect_to(in[0], out[1]);
	sent = fill_until_full();
	send_text("xyz"); /* blind */
	dropped = serial_console_drain(&console, 50);
	while ((count = read(out[0], bytes, sizeof(bytes))) > 0)
		got += count;
	ck_assert_uint_eq(got + dropped, sent + 3);
	ck_assert_uint_gt(dropped, PL011_TX_SIZE);
	unit_assert_logged("3 because the guest wrote while the UART was full");
	ck_assert_uint_eq(unit_log_count(), 1);
}
END_TEST

static void *read_slowly(void *argument)
{
	char bytes[4096];
	ssize_t count;
	uintptr_t total = 0;

	(void)argument;
	fcntl(out[0], F_SETFL, 0);
	/* The pace is what is tested: each page in time, all of them not. */
	for (int i = 0; i < 4; i++) {
		usleep(400000);
		total += read(out[0], bytes, sizeof(bytes));
	}
	while ((count = read(out[0], bytes, sizeof(bytes))) > 0)
		total += count;
	return (void *)total;
}

/* A reader that is slow but reads is waited for. */
START_TEST(drain_waits_for_progress)
{
	unsigned long long sent;
	pthread_t reader;
	void *total;

	connect_to(in[0], out[1]);
	sent = fill_until_full();
	ck_assert_int_eq(pthread_create(&reader, NULL, read_slowly, NULL), 0);
	ck_assert_uint_eq(serial_console_drain(&console, 1200), 0);
	serial_output_destroy(&console.output);
	close(out[1]);
	pthread_join(reader, &total);
	ck_assert_uint_eq((uintptr_t)total, sent);
}
END_TEST

#define FLOOD 300000

static void *flood(void *argument)
{
	(void)argument;
	for (unsigned i = 0; i < FLOOD; i++) {
		while (get(PL011_FR) & PL011_FR_TXFF)
			sched_yield();
		put(PL011_DR, 'a' + i % 26);
	}
	return NULL;
}

/* A vCPU against the loop's thread: no byte lost, no wake lost. */
START_TEST(nothing_is_lost_between_threads)
{
	pthread_t vcpu;

	connect_to(in[0], out[1]);
	ck_assert_int_eq(pthread_create(&vcpu, NULL, flood, NULL), 0);
	ck_assert_uint_eq(read_alphabet(out[0], FLOOD), FLOOD);
	pthread_join(vcpu, NULL);
	ck_assert_uint_eq(uart.dropped, 0);
}
END_TEST

START_TEST(input_from_a_pipe_passes_unchanged)
{
	connect_to(in[0], out[1]);
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

	connect_to(in[0], out[1]);
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
	connect_to(fd, out[1]);
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
	connect_to(in[0], out[1]);
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
	connect_to(fds[0], out[1]);
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
	connect_to(in[0], out[1]);
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

	connect_to(open_terminal(&master), out[1]);
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

	connect_to(open_terminal(&master), out[1]);
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

	connect_to(open_terminal(&master), out[1]);
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
	connect_to(open_terminal(&master), out[1]);
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

	connect_to(open_terminal(&master), out[1]);
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

	connect_to(open_terminal(&master), out[1]);
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

	connect_to(open_terminal(&master), out[1]);
	enable();
	close(master);
	expect_nothing_for_guest();
	ck_assert_int_eq(event_loop_once(&loop, 0), 0);
}
END_TEST

Suite *unit_suite(void)
{
	const TTest *tests[] = {
		output_reaches_a_pipe,
		output_before_the_console_is_not_lost,
		a_burst_signals_once,
		output_reaches_a_file,
		full_disk_is_told_once,
		drain_gives_up_and_counts,
		drain_waits_for_progress,
		nothing_is_lost_between_threads,
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
	Suite *suite = suite_create("serial_console");
	TCase *tcase = tcase_create("serial_console");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 120);
	for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(tcase, tests[i]);
	tcase_add_loop_test(tcase, output_to_null_and_nowhere, 0, 2);
	tcase_add_test(tcase, output_beyond_the_limit_on_files_is_dropped);
	tcase_add_loop_test(tcase, slow_reader_is_back_pressure, 0, 3);
	tcase_add_loop_test(tcase, reader_that_leaves_is_forgotten, 0, 2);
	tcase_add_loop_test(tcase, end_of_input_is_quiet, 0, 4);
	tcase_add_loop_test(tcase, keys_of_a_terminal, 0, 6);
	tcase_add_loop_test(tcase, quit_works_while_the_guest_does_not_read, 0, 2);
	suite_add_tcase(suite, tcase);
	return suite;
}
