// SPDX-License-Identifier: GPL-2.0-only
#include "devices/console_host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "base/log.h"
#include "devices/serial_console.h"

static int open_file(struct console_host *host, const char *path)
{
	host->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY | O_CLOEXEC, 0666);
	if (host->fd < 0)
		return log_error(-errno, "cannot write the console to %s: %s", path,
				 strerror(errno));
	return 0;
}

/*
 * The terminal itself stays open, so that the master does not hang up whenever nobody else has it
 * open.
 */
static int open_pty(struct console_host *host)
{
	struct termios modes;
	char name[64];

	host->fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (host->fd < 0 || grantpt(host->fd) < 0 || unlockpt(host->fd) < 0 ||
	    ptsname_r(host->fd, name, sizeof(name)))
		return log_error(-errno, "cannot make a pseudo terminal for the console: %s",
				 strerror(errno));
	host->other_fd = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	host->in_fd = fcntl(host->fd, F_DUPFD_CLOEXEC, 0);
	if (host->other_fd < 0 || host->in_fd < 0 || tcgetattr(host->other_fd, &modes) < 0)
		return log_error(-errno, "cannot open the console's pseudo terminal %s: %s", name,
				 strerror(errno));
	cfmakeraw(&modes);
	tcsetattr(host->other_fd, TCSANOW, &modes);
	fprintf(stderr, "armlet: the guest's console is on %s\n", name);
	return 0;
}

/* A socket that an earlier run left behind: nobody listens. */
static bool is_stale(const struct sockaddr_un *address)
{
	struct stat status;
	int fd;
	bool stale;

	if (lstat(address->sun_path, &status) < 0 || !S_ISSOCK(status.st_mode))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	stale = connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 &&
		errno == ECONNREFUSED;
	close(fd);
	return stale;
}

static int open_socket(struct console_host *host, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int ret;

	if (strlen(path) >= sizeof(address.sun_path))
		return log_error(-ENAMETOOLONG,
				 "cannot make the console's socket %s: its name has more than %zu "
				 "characters",
				 path, sizeof(address.sun_path) - 1);
	strcpy(address.sun_path, path);
	host->other_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (host->other_fd < 0)
		return log_error(-errno, "cannot make the console's socket: %s", strerror(errno));
	if (is_stale(&address))
		unlink(path);
	ret = bind(host->other_fd, (const struct sockaddr *)&address, sizeof(address));
	if (ret < 0 || listen(host->other_fd, 1) < 0)
		return log_error(-errno, "cannot make the console's socket %s: %s", path,
				 errno == EADDRINUSE ? "there is something of that name"
						     : strerror(errno));
	return 0;
}

int console_host_open(struct console_host *host, enum console_place place, const char *path)
{
	int ret = 0;

	*host = (struct console_host){ .place = place, .fd = -1, .in_fd = -1, .other_fd = -1 };
	switch (place) {
	case CONSOLE_STDIO:
		break;
	case CONSOLE_FILE:
		ret = open_file(host, path);
		break;
	case CONSOLE_PTY:
		ret = open_pty(host);
		break;
	case CONSOLE_UNIX:
		ret = open_socket(host, path);
		break;
	}
	if (ret < 0)
		console_host_close(host);
	return ret;
}

int console_host_in_fd(const struct console_host *host)
{
	return host->place == CONSOLE_STDIO ? STDIN_FILENO : -1;
}

int console_host_out_fd(const struct console_host *host)
{
	return host->place == CONSOLE_STDIO  ? STDOUT_FILENO
	       : host->place == CONSOLE_FILE ? host->fd
					     : -1;
}

static void on_gone(void *context)
{
	struct console_host *host = context;

	close(host->fd);
	close(host->in_fd);
	host->fd = host->in_fd = -1;
}

static void on_client(struct event_source *source, uint32_t events)
{
	struct console_host *host = source->context;
	int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd < 0)
		return;
	if (host->fd >= 0) {
		close(fd); /* one at a time */
		return;
	}
	host->in_fd = dup(fd);
	if (host->in_fd < 0) {
		close(fd);
		return;
	}
	host->fd = fd;
	serial_console_attach(host->console, host->in_fd, fd, false);
}

int console_host_connect(struct console_host *host, struct event_loop *loop,
			 struct serial_console *console)
{
	host->loop = loop;
	host->console = console;
	if (host->place == CONSOLE_PTY)
		serial_console_attach(console, host->in_fd, host->fd, true);
	if (host->place != CONSOLE_UNIX)
		return 0;
	serial_console_expect(console, on_gone, host);
	return event_loop_add(loop, &host->listening, host->other_fd, EPOLLIN, on_client, host);
}

void console_host_close(struct console_host *host)
{
	if (host->loop)
		event_loop_remove(host->loop, &host->listening);
	if (host->fd >= 0)
		close(host->fd);
	if (host->in_fd >= 0)
		close(host->in_fd);
	if (host->other_fd >= 0)
		close(host->other_fd);
	host->fd = host->in_fd = host->other_fd = -1;
}
