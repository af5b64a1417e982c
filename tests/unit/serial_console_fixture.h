/* SPDX-License-Identifier: GPL-2.0-only */
/* A serial console between a UART and pipes, for its tests. One at a time. */
#ifndef TESTS_UNIT_SERIAL_CONSOLE_FIXTURE_H
#define TESTS_UNIT_SERIAL_CONSOLE_FIXTURE_H

#include "devices/serial_console.h"
#include "tests/unit/pl011_fixture.h"

extern struct event_loop loop;
extern struct serial_console console;
extern unsigned quits;
extern int in[2], out[2]; /* pipes: the console reads in[0] and writes out[1] */

/* For tcase_add_checked_fixture(). */
void serial_setup(void);
void serial_teardown(void);

void connect_console(int in_fd, int out_fd);

/* By the guest. */
void send_text(const char *text);

void run_once(void);

/* Until nothing is left to do: the console sleeps. */
void run_until_idle(void);

/* Runs the console until `fd` has given `text`. */
void expect_written(int fd, const char *text);

#endif
