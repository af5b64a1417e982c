/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads or writes an inherited file descriptor, such as stdin, without ever blocking.
 *
 * O_NONBLOCK belongs to the file description, which the shell and other processes share: setting it
 * there would break them. So a terminal or pipe is opened again as a description of our own; a
 * socket takes MSG_DONTWAIT; a regular file keeps its own descriptor (its offset and O_APPEND are
 * part of what is inherited) and does not block. What cannot be opened again (another user's
 * terminal, a pseudo terminal's master) is polled first and then written a little at a time.
 *
 * For one thread at a time. Opening is for the time before a sandbox.
 */
#ifndef BASE_HOST_STREAM_H
#define BASE_HOST_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum host_stream_kind {
	HOST_STREAM_CLOSED,
	HOST_STREAM_PLAIN,    /* never blocks */
	HOST_STREAM_REOPENED, /* O_NONBLOCK */
	HOST_STREAM_SOCKET,
	HOST_STREAM_POLLED, /* might block */
};

enum host_stream_direction {
	HOST_STREAM_READ,
	HOST_STREAM_WRITE,
};

struct host_stream {
	enum host_stream_kind kind;
	int fd; /* to be polled; owned when reopened */
	bool terminal;
};

/* A descriptor that is not open (as after `armlet <&-`) makes a stream that is closed. */
void host_stream_open(struct host_stream *stream, int fd, enum host_stream_direction direction);
/* A descriptor of our own with O_NONBLOCK, which stays the caller's; it is not treated as a
 * terminal. */
void host_stream_wrap(struct host_stream *stream, int fd);
void host_stream_close(struct host_stream *stream);

/*
 * Return how many bytes were read or written; -EAGAIN when nothing can be now (wait for EPOLLIN or
 * EPOLLOUT on `fd`), or another -errno. Reading returns 0 at the end, also on a closed stream and
 * when the terminal hung up; writing to a closed stream, or a pipe without readers, gives -EPIPE
 * (SIGPIPE must be ignored).
 */
ssize_t host_stream_read(struct host_stream *stream, void *bytes, size_t size);
ssize_t host_stream_write(struct host_stream *stream, const void *bytes, size_t size);

#endif
