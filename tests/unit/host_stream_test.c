// SPDX-License-Identifier: GPL-2.0-only
#include "base/host_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static struct host_stream stream;
static char bytes[4096];

static void setup(void)
{
	signal(SIGPIPE, SIG_IGN);
	memset(bytes, 'x', sizeof(bytes));
}

static void teardown(void)
{
	host_stream_close(&stream);
}

/* Writes until it would block; bounded, so that a stream that swallows all fails. */
static size_t write_until_full(void)
{
	size_t total = 0;
	ssize_t written;

	while ((written = host_stream_write(&stream, bytes, sizeof(bytes))) > 0) {
		total += written;
		ck_assert_uint_lt(total, 64 << 20);
	}
	ck_assert_int_eq(written, -EAGAIN);
	return total;
}

static bool is_blocking(int fd)
{
	return !(fcntl(fd, F_GETFL) & O_NONBLOCK);
}

START_TEST(pipe_blocks_nobody)
{
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	host_stream_open(&stream, ends[1], HOST_STREAM_WRITE);
	ck_assert_int_eq(stream.kind, HOST_STREAM_REOPENED);
	ck_assert_uint_gt(write_until_full(), 0);
	/* The description that others share is as it was. */
	ck_assert(is_blocking(ends[1]));
	ck_assert_int_gt(read(ends[0], bytes, sizeof(bytes)), 0);
	ck_assert_int_gt(host_stream_write(&stream, bytes, sizeof(bytes)), 0);
	close(ends[0]);
	ck_assert_int_eq(host_stream_write(&stream, bytes, 1), -EPIPE);
}
END_TEST

START_TEST(pipe_is_read_to_its_end)
{
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	host_stream_open(&stream, ends[0], HOST_STREAM_READ);
	ck_assert(is_blocking(ends[0]));
	ck_assert_int_eq(host_stream_read(&stream, bytes, sizeof(bytes)), -EAGAIN);
	ck_assert_int_eq(write(ends[1], "abc", 3), 3);
	close(ends[1]);
	ck_assert_int_eq(host_stream_read(&stream, bytes, sizeof(bytes)), 3);
	ck_assert_int_eq(host_stream_read(&stream, bytes, sizeof(bytes)), 0);
}
END_TEST

START_TEST(socket_blocks_nobody)
{
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	host_stream_open(&stream, ends[1], HOST_STREAM_WRITE);
	ck_assert_int_eq(stream.kind, HOST_STREAM_SOCKET);
	ck_assert_uint_gt(write_until_full(), 0);
	ck_assert(is_blocking(ends[1]));
	ck_assert_int_eq(host_stream_read(&stream, bytes, 1), -EAGAIN);
	close(ends[0]);
	ck_assert_int_eq(host_stream_write(&stream, bytes, 1), -EPIPE);
}
END_TEST

START_TEST(terminal_blocks_nobody)
{
	int master, slave;
	char byte;

	ck_assert_int_eq(openpty(&master, &slave, NULL, NULL, NULL), 0);
	host_stream_open(&stream, slave, HOST_STREAM_WRITE);
	ck_assert_int_eq(stream.kind, HOST_STREAM_REOPENED);
	ck_assert(stream.terminal);
	ck_assert_uint_gt(write_until_full(), 0);
	ck_assert(is_blocking(slave));
	host_stream_close(&stream);

	host_stream_open(&stream, slave, HOST_STREAM_READ);
	ck_assert_int_eq(host_stream_read(&stream, &byte, 1), -EAGAIN);
	close(master);
	ck_assert_int_eq(host_stream_read(&stream, &byte, 1), 0);
}
END_TEST

/* Opened again it would be another one. */
START_TEST(master_is_polled)
{
	int master, slave;

	ck_assert_int_eq(openpty(&master, &slave, NULL, NULL, NULL), 0);
	host_stream_open(&stream, master, HOST_STREAM_READ);
	ck_assert_int_eq(stream.kind, HOST_STREAM_POLLED);
	ck_assert_int_eq(host_stream_read(&stream, bytes, sizeof(bytes)), -EAGAIN);
	ck_assert_int_eq(write(slave, "abc", 3), 3);
	while (host_stream_read(&stream, bytes, sizeof(bytes)) == -EAGAIN)
		;
	ck_assert_mem_eq(bytes, "abc", 3);
	/* Then reading fails with EIO, which is the end. */
	close(slave);
	ck_assert_int_eq(host_stream_read(&stream, bytes, sizeof(bytes)), 0);
}
END_TEST

START_TEST(hung_up_terminal_is_broken)
{
	int master, slave;

	ck_assert_int_eq(openpty(&master, &slave, NULL, NULL, NULL), 0);
	host_stream_open(&stream, slave, HOST_STREAM_WRITE);
	close(master);
	ck_assert_int_eq(host_stream_write(&stream, bytes, 1), -EPIPE);
}
END_TEST

/* `armlet >> log`, and `{ armlet; echo done; } > log`. */
START_TEST(file_keeps_its_offset)
{
	const char *path = unit_make_file("0123456789", 10);
	int fd = open(path, _i ? O_RDWR | O_APPEND : O_RDWR);

	if (!_i)
		ck_assert_int_eq(lseek(fd, 4, SEEK_SET), 4);
	host_stream_open(&stream, fd, HOST_STREAM_WRITE);
	ck_assert_int_eq(host_stream_write(&stream, "ab", 2), 2);
	ck_assert_int_eq(write(fd, "c", 1), 1);
	ck_assert_int_eq(pread(fd, bytes, sizeof(bytes), 0), _i ? 13 : 10);
	ck_assert_mem_eq(bytes, _i ? "0123456789abc" : "0123abc789", _i ? 13 : 10);
}
END_TEST

START_TEST(descriptor_that_is_not_open)
{
	host_stream_open(&stream, 999, HOST_STREAM_WRITE);
	ck_assert_int_eq(stream.kind, HOST_STREAM_CLOSED);
	ck_assert_int_eq(host_stream_write(&stream, "a", 1), -EPIPE);
	ck_assert_int_eq(host_stream_read(&stream, bytes, 1), 0);
}
END_TEST

/* What cannot be opened again, here for want of descriptors, is polled and fed in small pieces. */
START_TEST(polled_when_it_cannot_be_opened)
{
	struct rlimit before, none = { 0 };
	int ends[2], slave, master;

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(openpty(&master, &slave, NULL, NULL, NULL), 0);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	none.rlim_max = before.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	host_stream_open(&stream, _i ? slave : ends[1], HOST_STREAM_WRITE);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	ck_assert_int_eq(stream.kind, HOST_STREAM_POLLED);
	if (_i) {
		ck_assert_int_eq(host_stream_write(&stream, bytes, sizeof(bytes)), 64);
		return;
	}
	ck_assert_uint_gt(write_until_full(), 0);
	ck_assert_int_gt(read(ends[0], bytes, sizeof(bytes)), 0);
	ck_assert_int_gt(host_stream_write(&stream, bytes, sizeof(bytes)), 0);
	close(ends[0]);
	ck_assert_int_eq(host_stream_write(&stream, bytes, 1), -EPIPE);
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("host_stream");
	TCase *tcase = tcase_create("host_stream");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, pipe_blocks_nobody);
	tcase_add_test(tcase, pipe_is_read_to_its_end);
	tcase_add_test(tcase, socket_blocks_nobody);
	tcase_add_test(tcase, terminal_blocks_nobody);
	tcase_add_test(tcase, master_is_polled);
	tcase_add_test(tcase, hung_up_terminal_is_broken);
	tcase_add_loop_test(tcase, file_keeps_its_offset, 0, 2);
	tcase_add_test(tcase, descriptor_that_is_not_open);
	tcase_add_loop_test(tcase, polled_when_it_cannot_be_opened, 0, 2);
	suite_add_tcase(suite, tcase);
	return suite;
}
