// SPDX-License-Identifier: GPL-2.0-only
#include "devices/virtio/virtio_net_pair.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/thread.h"
#include "devices/net_tap.h"
#include "devices/virtio/virtio_device.h"

/* With the lock held: what the driver wants of the TAP is what the kernel knows. */
static void settle_tap(struct net_pair *pair)
{
	bool attached = pair->active && pair->enabled;

	if (pair->port.is_stream || pair->port.is_broken)
		return;
	if (pair->active && !pair->config.index && pair->offloads != pair->offloads_set) {
		net_tap_set_offloads(pair->port.fd, pair->offloads);
		pair->offloads_set = pair->offloads;
	}
	/* The first is the only one that there may be, and stays. */
	if (pair->config.index && attached != pair->attached) {
		net_tap_attach(pair->port.fd, attached);
		pair->attached = attached;
	}
}

/* With the lock held: what to wait for. */
static void watch_port(struct net_pair *pair)
{
	uint32_t events = 0;

	if (pair->active && pair->enabled && !pair->no_buffers)
		events |= EPOLLIN;
	if (pair->is_full)
		events |= EPOLLOUT;
	/* One that hung up is reported for ever, watched or not: forget it. */
	if (pair->port.is_broken)
		event_loop_remove(&pair->loop, &pair->port_ready);
	else
		event_loop_modify(&pair->loop, &pair->port_ready, events);
}

static void note_end(struct net_pair *pair, enum net_port_end end)
{
	if (end == NET_PORT_BROKEN)
		pair->config.on_broken(pair);
}

/* With the lock held, while active. */
static void receive_packets(struct net_pair *pair)
{
	struct virtqueue *queue = pair->config.receive;
	enum net_port_end end;

	if (!pair->enabled)
		return;
	virtqueue_disable_notify(queue);
	do {
		end = net_port_receive(&pair->port, &pair->receive);
		pair->no_buffers = end == NET_PORT_BLOCKED;
	} while (pair->no_buffers && !virtqueue_enable_notify(queue));
	/* passt's may wait in our own memory, where no event tells of them. */
	if (end == NET_PORT_MORE)
		virtqueue_notify_self(queue);
	note_end(pair, end);
	virtqueue_signal(queue);
}

/* Likewise. */
static void send_packets(struct net_pair *pair)
{
	struct virtqueue *queue = pair->config.send;
	enum net_port_end end;

	do {
		virtqueue_disable_notify(queue);
		end = net_port_send(&pair->port, queue);
		pair->is_full = end == NET_PORT_BLOCKED;
		note_end(pair, end);
	} while (end == NET_PORT_IDLE && !virtqueue_enable_notify(queue));
	if (end == NET_PORT_MORE || end == NET_PORT_BROKEN)
		virtqueue_notify_self(queue);
	virtqueue_signal(queue);
}

/* What an event leads to, on the pair's thread. */
static void serve(struct net_pair *pair, bool receives, bool sends)
{
	pthread_mutex_lock(&pair->lock);
	settle_tap(pair);
	if (pair->active && receives && virtqueue_is_ready(pair->config.receive))
		receive_packets(pair);
	if (pair->active && sends && virtqueue_is_ready(pair->config.send))
		send_packets(pair);
	watch_port(pair);
	pthread_mutex_unlock(&pair->lock);
}

static void on_port_ready(struct event_source *source, uint32_t events)
{
	serve(source->context, events & (EPOLLIN | EPOLLERR | EPOLLHUP), events & EPOLLOUT);
}

static void on_receive_kick(struct event_source *source, uint32_t events)
{
	struct net_pair *pair = source->context;

	(void)events;
	virtqueue_wait(pair->config.receive);
	serve(pair, true, false);
}

static void on_send_kick(struct event_source *source, uint32_t events)
{
	struct net_pair *pair = source->context;

	(void)events;
	virtqueue_wait(pair->config.send);
	serve(pair, false, true);
}

static void on_control_kick(struct event_source *source, uint32_t events)
{
	struct net_pair *pair = source->context;

	(void)events;
	virtqueue_wait(pair->config.control);
	pthread_mutex_lock(&pair->lock);
	if (pair->active && virtqueue_is_ready(pair->config.control))
		pair->config.on_control(pair);
	pthread_mutex_unlock(&pair->lock);
}

static void on_wake(struct event_source *source, uint32_t events)
{
	struct net_pair *pair = source->context;
	bool ending;

	(void)events;
	pthread_mutex_lock(&pair->lock);
	ending = pair->ending;
	pthread_mutex_unlock(&pair->lock);
	if (ending)
		event_loop_stop(&pair->loop);
	else
		serve(pair, true, false);
}

static void *pair_thread(void *argument)
{
	struct net_pair *pair = argument;
	int ret = pair->config.thread_begin(pair->config.context);

	pthread_mutex_lock(&pair->lock);
	pair->begun = true;
	pair->failed = ret < 0;
	pthread_cond_broadcast(&pair->begun_changed);
	pthread_mutex_unlock(&pair->lock);
	if (!ret)
		event_loop_run(&pair->loop);
	return NULL;
}

int net_pair_start(struct net_pair *pair)
{
	char name[16];
	int ret;

	snprintf(name, sizeof(name), "net%u.%u", pair->config.device % 1000,
		 pair->config.index % 100);
	ret = thread_start(&pair->thread, name, 0, pair_thread, pair);
	if (ret < 0)
		return ret;
	pair->has_thread = true;
	pthread_mutex_lock(&pair->lock);
	while (!pair->begun)
		pthread_cond_wait(&pair->begun_changed, &pair->lock);
	ret = pair->failed ? -ECANCELED : 0; /* the thread has said why */
	pthread_mutex_unlock(&pair->lock);
	return ret;
}

void net_pair_end(struct net_pair *pair)
{
	if (!pair->has_thread)
		return;
	pthread_mutex_lock(&pair->lock);
	pair->ending = true;
	pthread_mutex_unlock(&pair->lock);
	event_notifier_signal(&pair->wake);
	pthread_join(pair->thread, NULL);
	pair->has_thread = false;
}

void net_pair_activate(struct net_pair *pair, bool enabled, bool mergeable, unsigned offloads)
{
	pthread_mutex_lock(&pair->lock);
	pair->active = true;
	pair->enabled = enabled;
	pair->offloads = offloads;
	pair->no_buffers = false;
	net_receive_init(&pair->receive, pair->config.receive, mergeable);
	pthread_mutex_unlock(&pair->lock);
	event_notifier_signal(&pair->wake);
}

void net_pair_stop(struct net_pair *pair)
{
	pthread_mutex_lock(&pair->lock);
	pair->active = false;
	pthread_mutex_unlock(&pair->lock);
	event_notifier_signal(&pair->wake);
}

void net_pair_enable(struct net_pair *pair, bool enabled)
{
	pthread_mutex_lock(&pair->lock);
	pair->enabled = enabled;
	pthread_mutex_unlock(&pair->lock);
	event_notifier_signal(&pair->wake);
}

static int watch(struct net_pair *pair)
{
	struct virtqueue *control = pair->config.control;
	int ret = event_notifier_init(&pair->wake, &pair->loop, on_wake, pair);

	ret = ret ? ret
		  : event_loop_add(&pair->loop, &pair->port_ready, pair->port.fd, 0, on_port_ready,
				   pair);
	ret = ret ? ret
		  : event_loop_add(&pair->loop, &pair->receive_kick,
				   pair->config.receive->notify_fd, EPOLLIN, on_receive_kick, pair);
	ret = ret ? ret
		  : event_loop_add(&pair->loop, &pair->send_kick, pair->config.send->notify_fd,
				   EPOLLIN, on_send_kick, pair);
	if (control && !ret)
		ret = event_loop_add(&pair->loop, &pair->control_kick, control->notify_fd, EPOLLIN,
				     on_control_kick, pair);
	return ret;
}

int net_pair_init(struct net_pair *pair, int fd, bool is_stream,
		  const struct net_pair_config *config)
{
	int ret;

	memset(pair, 0, sizeof(*pair));
	pair->config = *config;
	pair->attached = true;
	pair->wake.fd = -1;
	pthread_mutex_init(&pair->lock, NULL);
	pthread_cond_init(&pair->begun_changed, NULL);
	ret = net_port_init(&pair->port, fd, is_stream);
	if (ret < 0)
		return ret;
	ret = event_loop_init(&pair->loop);
	pair->has_loop = !ret;
	return ret ? ret : watch(pair);
}

void net_pair_destroy(struct net_pair *pair)
{
	if (pair->has_loop) {
		event_loop_remove(&pair->loop, &pair->port_ready);
		event_loop_remove(&pair->loop, &pair->receive_kick);
		event_loop_remove(&pair->loop, &pair->send_kick);
		event_loop_remove(&pair->loop, &pair->control_kick);
		if (pair->wake.fd >= 0)
			event_notifier_destroy(&pair->wake, &pair->loop);
		event_loop_destroy(&pair->loop);
	}
	net_port_destroy(&pair->port);
	pthread_cond_destroy(&pair->begun_changed);
	pthread_mutex_destroy(&pair->lock);
}
