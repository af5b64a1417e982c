// SPDX-License-Identifier: GPL-2.0-only
#include "base/event_loop.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"

#define BATCH 16

int event_loop_init(struct event_loop *loop)
{
	memset(loop, 0, sizeof(*loop));
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0)
		return log_error(-errno, "cannot make an event loop: %s", strerror(errno));
	return 0;
}

void event_loop_destroy(struct event_loop *loop)
{
	close(loop->epoll_fd);
	loop->epoll_fd = -1;
}

static int loop_control(struct event_loop *loop, int operation, struct event_source *source)
{
	struct epoll_event event = { .events = source->wanted, .data.ptr = source };

	return epoll_ctl(loop->epoll_fd, operation, source->fd, &event) < 0 ? -errno : 0;
}

int event_loop_add(struct event_loop *loop, struct event_source *source, int fd, uint32_t events,
		   event_callback_fn *callback, void *context)
{
	int ret;

	*source = (struct event_source){
		.fd = fd, .callback = callback, .context = context, .wanted = events
	};
	ret = loop_control(loop, EPOLL_CTL_ADD, source);
	if (ret == -EPERM) {
		source->always_ready = true;
		source->round = loop->round; /* not in a round that is under way */
		source->next = loop->always_ready;
		loop->always_ready = source;
	} else if (ret < 0) {
		return log_error(ret, "cannot watch file descriptor %d: %s", fd, strerror(-ret));
	}
	source->registered = true;
	return 0;
}

int event_loop_modify(struct event_loop *loop, struct event_source *source, uint32_t events)
{
	int ret = 0;

	if (source->wanted == events)
		return 0;
	source->wanted = events;
	if (!source->always_ready)
		ret = loop_control(loop, EPOLL_CTL_MOD, source);
	if (ret < 0)
		return log_error(ret, "cannot watch file descriptor %d: %s", source->fd,
				 strerror(-ret));
	return 0;
}

void event_loop_remove(struct event_loop *loop, struct event_source *source)
{
	if (!source->registered)
		return;
	source->registered = false;
	if (source->always_ready) {
		struct event_source **link = &loop->always_ready;

		while (*link != source)
			link = &(*link)->next;
		*link = source->next;
		return;
	}
	loop_control(loop, EPOLL_CTL_DEL, source);
	for (int i = 0; i < loop->batch_size; i++)
		if (loop->batch[i].data.ptr == source)
			loop->batch[i].data.ptr = NULL;
}

/* The callbacks may change the list, so each step starts from its head again. */
static int run_always_ready(struct event_loop *loop)
{
	struct event_source *source = loop->always_ready;
	int ran = 0;

	loop->round++;
	while (source) {
		if (!source->wanted || source->round == loop->round) {
			source = source->next;
			continue;
		}
		source->round = loop->round;
		source->callback(source, source->wanted);
		ran++;
		source = loop->always_ready;
	}
	return ran;
}

static bool any_always_ready(const struct event_loop *loop)
{
	for (const struct event_source *source = loop->always_ready; source; source = source->next)
		if (source->wanted)
			return true;
	return false;
}

int event_loop_once(struct event_loop *loop, int timeout_ms)
{
	struct epoll_event batch[BATCH];
	int count, ran = 0;

	count = epoll_wait(loop->epoll_fd, batch, BATCH, any_always_ready(loop) ? 0 : timeout_ms);
	if (count < 0 && errno != EINTR)
		return log_error(-errno, "cannot wait for events: %s", strerror(errno));

	loop->batch = batch;
	loop->batch_size = count < 0 ? 0 : count;
	for (int i = 0; i < loop->batch_size; i++) {
		struct event_source *source = batch[i].data.ptr;
		uint32_t events;

		if (!source)
			continue;
		/* A callback of this batch may have changed what is wanted. */
		events = batch[i].events & (source->wanted | EPOLLERR | EPOLLHUP);
		if (!events)
			continue;
		source->callback(source, events);
		ran++;
	}
	loop->batch_size = 0;
	loop->batch = NULL;
	return ran + run_always_ready(loop);
}

int event_loop_run(struct event_loop *loop)
{
	while (!loop->stopped) {
		int ret = event_loop_once(loop, -1);

		if (ret < 0)
			return ret;
	}
	loop->stopped = false;
	return 0;
}

void event_loop_stop(struct event_loop *loop)
{
	loop->stopped = true;
}

static void notifier_ready(struct event_source *source, uint32_t events)
{
	struct event_notifier *notifier =
		(struct event_notifier *)((char *)source - offsetof(struct event_notifier, source));
	uint64_t count;

	/* Emptied before the callback: a signal during it makes it run again. */
	if (read(notifier->fd, &count, sizeof(count)) == sizeof(count))
		notifier->callback(source, events);
}

int event_notifier_init(struct event_notifier *notifier, struct event_loop *loop,
			event_callback_fn *callback, void *context)
{
	int ret;

	notifier->callback = callback;
	notifier->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (notifier->fd < 0)
		return log_error(-errno, "cannot make an eventfd: %s", strerror(errno));
	ret = event_loop_add(loop, &notifier->source, notifier->fd, EPOLLIN, notifier_ready,
			     context);
	if (ret < 0) {
		close(notifier->fd);
		notifier->fd = -1;
	}
	return ret;
}

void event_notifier_destroy(struct event_notifier *notifier, struct event_loop *loop)
{
	event_loop_remove(loop, &notifier->source);
	close(notifier->fd);
	notifier->fd = -1;
}

void event_notifier_signal(struct event_notifier *notifier)
{
	uint64_t one = 1;
	int saved = errno;

	/* EAGAIN means that the counter is full: the callback is due anyway. */
	if (write(notifier->fd, &one, sizeof(one)) < 0)
		errno = saved;
}
