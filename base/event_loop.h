/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One thread's event loop over epoll.
 *
 * A source is embedded in its owner and must outlive its registration. Callbacks run on the thread
 * that runs the loop; they may add, change and remove any source, their own included. Except for
 * event_notifier_signal(), nothing here may be called from another thread while the
 * loop runs. Nothing allocates.
 */
#ifndef BASE_EVENT_LOOP_H
#define BASE_EVENT_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

struct event_source;

/* `events` is a mask of EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP. */
typedef void event_callback_fn(struct event_source *source, uint32_t events);

struct event_source {
	int fd; /* not owned */
	event_callback_fn *callback;
	void *context;
	/* Private to the loop. */
	uint32_t wanted;
	bool registered;
	bool always_ready; /* a kind of file that epoll refuses, e.g. a regular one: never blocks */
	unsigned round;	   /* the last in which it ran, when always ready */
	struct event_source *next;
};

struct event_loop {
	int epoll_fd;
	bool stopped;
	struct event_source *always_ready;
	unsigned round;
	struct epoll_event *batch; /* those being dispatched; removal blanks its entries */
	int batch_size;
};

int event_loop_init(struct event_loop *loop);
void event_loop_destroy(struct event_loop *loop);

/*
 * Watches `fd` for `events` (EPOLLIN, EPOLLOUT or both; 0: only errors and hang-ups), level
 * triggered. A file that cannot be polled counts as always ready for what is wanted. Returns 0 or
 * -errno, described.
 */
int event_loop_add(struct event_loop *loop, struct event_source *source, int fd, uint32_t events,
		   event_callback_fn *callback, void *context);
/* Changes what is watched for. No system call when it is the same. A source that hung up is
 * reported whatever is watched for: remove it then. */
int event_loop_modify(struct event_loop *loop, struct event_source *source, uint32_t events);
/* Forgets the source (nothing happens when it is not registered); its callback will not run any
 * more. */
void event_loop_remove(struct event_loop *loop, struct event_source *source);

/*
 * Waits at most `timeout_ms` (-1: without end) and runs the callbacks of what is ready.
 * Returns how many ran (0: timeout or a signal), or -errno, described.
 */
int event_loop_once(struct event_loop *loop, int timeout_ms);

/* Runs until a callback calls event_loop_stop(). Returns 0 or -errno, described. */
int event_loop_run(struct event_loop *loop);
void event_loop_stop(struct event_loop *loop);

/* Lets any thread, or a signal handler, make a callback run on the loop's thread. */
struct event_notifier {
	struct event_source source;
	int fd; /* eventfd; owned */
	event_callback_fn *callback;
};

int event_notifier_init(struct event_notifier *notifier, struct event_loop *loop,
			event_callback_fn *callback, void *context);
void event_notifier_destroy(struct event_notifier *notifier, struct event_loop *loop);
/* Any thread; async-signal-safe. Signals that come before the callback runs are one. */
void event_notifier_signal(struct event_notifier *notifier);

#endif
