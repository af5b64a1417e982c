/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a guest's console is on the host, if not on stdin and stdout: a file for the output alone,
 * a pseudo terminal, or a unix socket that takes one client after the other. All bytes pass
 * unchanged. For the event loop's thread.
 */
#ifndef DEVICES_CONSOLE_HOST_H
#define DEVICES_CONSOLE_HOST_H

#include "base/event_loop.h"

struct serial_console;

enum console_place {
	CONSOLE_STDIO,
	CONSOLE_FILE,
	CONSOLE_PTY,
	CONSOLE_UNIX,
};

struct console_host {
	enum console_place place;
	int fd;	      /* file, pseudo terminal's master, client; -1: none */
	int in_fd;    /* the same once more, to be watched apart; -1: none */
	int other_fd; /* the pseudo terminal itself, kept open; the listening socket; -1: none */
	struct event_loop *loop;
	struct event_source listening;
	struct serial_console *console;
};

/*
 * Opens or makes it. `path` is the file's or the socket's: the file is emptied; a socket that
 * nobody listens on any more is replaced. The pseudo terminal's name goes to stderr. Before a
 * sandbox. Returns 0 or -errno, described.
 */
int console_host_open(struct console_host *host, enum console_place place, const char *path);
/* Which file descriptors a console has to begin with; -1: none. */
int console_host_in_fd(const struct console_host *host);
int console_host_out_fd(const struct console_host *host);
/* Connects a console that was made with these. Returns 0 or -errno, described. */
int console_host_connect(struct console_host *host, struct event_loop *loop,
			 struct serial_console *console);
/* Before the console is destroyed, or without one. The socket stays in the file system. */
void console_host_close(struct console_host *host);

#endif
