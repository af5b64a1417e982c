// SPDX-License-Identifier: GPL-2.0-only
/* What the guest writes. */
#include "devices/serial_console.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <pty.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/serial_console_fixture.h"
#include "tests/unit/unit.h"

START_TEST(output_reaches_a_pipe)
{
	connect_console(in[0], out[1]);
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
	connect_console(in[0], out[1]);
	expect_written(out[0], "early");
}
END_TEST

/* While the guest writes on and on, its vCPU is not asked to signal again. */
START_TEST(a_burst_signals_once)
{
	uint64_t signals;

	connect_console(in[0], out[1]);
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

	connect_console(in[0], fd);
	send_text("hello");
	run_until_idle();
	ck_assert_int_eq(pread(fd, bytes, sizeof(bytes), 0), 9);
	ck_assert_mem_eq(bytes, "log:hello", 9);
}
END_TEST

START_TEST(output_to_null_and_nowhere)
{
	connect_console(in[0], _i ? open("/dev/null", O_WRONLY) : 999);
	send_text("hello");
	run_until_idle();
	ck_assert_uint_eq(get(PL011_FR) & PL011_FR_BUSY, 0);
	ck_assert_uint_eq(serial_console_drain(&console, 1000), _i ? 0 : 5);
}
END_TEST

START_TEST(full_disk_is_told_once)
{
	connect_console(in[0], open("/dev/full", O_WRONLY));
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
	connect_console(in[0], fd);
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
	connect_console(in[0], fds[1]);
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
	connect_console(in[0], out[1]);
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

	connect_console(in[0], out[1]);
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

	connect_console(in[0], out[1]);
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

	connect_console(in[0], out[1]);
	ck_assert_int_eq(pthread_create(&vcpu, NULL, flood, NULL), 0);
	ck_assert_uint_eq(read_alphabet(out[0], FLOOD), FLOOD);
	pthread_join(vcpu, NULL);
	ck_assert_uint_eq(uart.dropped, 0);
}
END_TEST

Suite *unit_suite(void)
{
	const TTest *tests[] = {
		output_reaches_a_pipe,	  output_before_the_console_is_not_lost,
		a_burst_signals_once,	  output_reaches_a_file,
		full_disk_is_told_once,	  drain_gives_up_and_counts,
		drain_waits_for_progress, nothing_is_lost_between_threads,
	};
	Suite *suite = suite_create("serial_console");
	TCase *tcase = tcase_create("serial_console");

	tcase_add_checked_fixture(tcase, serial_setup, serial_teardown);
	tcase_set_timeout(tcase, 120);
	for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(tcase, tests[i]);
	tcase_add_loop_test(tcase, output_to_null_and_nowhere, 0, 2);
	tcase_add_test(tcase, output_beyond_the_limit_on_files_is_dropped);
	tcase_add_loop_test(tcase, slow_reader_is_back_pressure, 0, 3);
	tcase_add_loop_test(tcase, reader_that_leaves_is_forgotten, 0, 2);
	suite_add_tcase(suite, tcase);
	return suite;
}
