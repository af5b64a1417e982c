// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/serial_console_fixture.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/unit.h"

struct event_loop loop;
struct serial_console console;
unsigned quits;
int in[2], out[2];

static void on_quit(void *context)
{
	(*(unsigned *)context)++;
}

void serial_setup(void)
{
	unit_reset_log();
	ck_assert_int_eq(event_loop_init(&loop), 0);
	pl011_init(&uart, NULL, 0);
	ck_assert_int_eq(pipe(in), 0);
	ck_assert_int_eq(pipe(out), 0);
	fcntl(out[0], F_SETFL, O_NONBLOCK);
}

void connect_console(int in_fd, int out_fd)
{
	ck_assert_int_eq(
		serial_console_init(&console, &loop, &uart, in_fd, out_fd, on_quit, &quits), 0);
}

void serial_teardown(void)
{
	serial_console_destroy(&console);
	event_loop_destroy(&loop);
}

void run_once(void)
{
	ck_assert_int_ge(event_loop_once(&loop, 1000), 0);
}

void run_until_idle(void)
{
	do {
		while (event_loop_once(&loop, 0) > 0)
			;
		if (console.ticking)
			run_once();
	} while (console.ticking || event_loop_once(&loop, 0) > 0);
}

void send_text(const char *text)
{
	while (*text)
		put(PL011_DR, *text++);
}

void expect_written(int fd, const char *text)
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
