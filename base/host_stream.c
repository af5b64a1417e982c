// SPDX-License-Identifier: GPL-2.0-only
#include "base/host_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* A terminal is writable as soon as there is room for one byte; this much always finds it soon. */
#define POLLED_TERMINAL_WRITE 64

void host_stream_open(struct host_stream *stream, int fd, enum host_stream_direction direction)
{
	int access = direction == HOST_STREAM_READ ? O_RDONLY : O_WRONLY;
	char path[32];
	struct stat status;
	unsigned pty;
	int again;

	*stream = (struct host_stream){ .kind = HOST_STREAM_CLOSED, .fd = -1 };
	if (fstat(fd, &status) < 0)
		return;
	stream->fd = fd;
	stream->terminal = isatty(fd);
	if (S_ISSOCK(status.st_mode)) {
		stream->kind = HOST_STREAM_SOCKET;
		return;
	}
	/* Opening a pseudo terminal's master again would make another pseudo terminal. */
	if (stream->terminal && ioctl(fd, TIOCGPTN, &pty) == 0) {
		stream->kind = HOST_STREAM_POLLED;
		return;
	}
	if (!S_ISFIFO(status.st_mode) && !stream->terminal) {
		stream->kind = HOST_STREAM_PLAIN;
		return;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, access | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	stream->kind = again < 0 ? HOST_STREAM_POLLED : HOST_STREAM_REOPENED;
	if (again >= 0)
		stream->fd = again;
}

void host_stream_wrap(struct host_stream *stream, int fd)
{
	*stream = (struct host_stream){ .kind = HOST_STREAM_PLAIN, .fd = fd };
}

void host_stream_close(struct host_stream *stream)
{
	if (stream->kind == HOST_STREAM_REOPENED)
		close(stream->fd);
	*stream = (struct host_stream){ .kind = HOST_STREAM_CLOSED, .fd = -1 };
}

static bool is_ready(struct host_stream *stream, short events)
{
	struct pollfd poll_fd = { .fd = stream->fd, .events = events };

	return poll(&poll_fd, 1, 0) > 0;
}

ssize_t host_stream_read(struct host_stream *stream, void *bytes, size_t size)
{
	ssize_t ret;

	if (stream->kind == HOST_STREAM_CLOSED)
		return 0;
	if (stream->kind == HOST_STREAM_POLLED && !is_ready(stream, POLLIN))
		return -EAGAIN;
	ret = stream->kind == HOST_STREAM_SOCKET ? recv(stream->fd, bytes, size, MSG_DONTWAIT)
						 : read(stream->fd, bytes, size);
	if (ret >= 0)
		return ret;
	if (errno == EINTR)
		return -EAGAIN;
	/* The terminal's other end is gone. */
	return errno == EIO ? 0 : -errno;
}

ssize_t host_stream_write(struct host_stream *stream, const void *bytes, size_t size)
{
	ssize_t ret;

	if (stream->kind == HOST_STREAM_CLOSED)
		return -EPIPE;
	if (stream->kind == HOST_STREAM_POLLED) {
		size_t most = stream->terminal ? POLLED_TERMINAL_WRITE : PIPE_BUF;

		if (!is_ready(stream, POLLOUT))
			return -EAGAIN;
		if (size > most)
			size = most;
	}
	ret = stream->kind == HOST_STREAM_SOCKET
		      ? send(stream->fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL)
		      : write(stream->fd, bytes, size);
	if (ret >= 0)
		return ret;
	if (errno == EINTR)
		return -EAGAIN;
	return stream->terminal && errno == EIO ? -EPIPE : -errno;
}
