/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A pair of queues of a network device, one to receive and one to send, the port that they lead to,
 * and the thread that carries packets between them.
 */
#ifndef DEVICES_VIRTIO_VIRTIO_NET_PAIR_H
#define DEVICES_VIRTIO_VIRTIO_NET_PAIR_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/event_loop.h"
#include "devices/virtio/virtio_net_port.h"
#include "devices/virtio/virtio_net_receive.h"

struct net_pair;

struct net_pair_config {
	struct virtqueue *receive, *send;
	struct virtqueue *control; /* NULL: it is not with this pair */
	unsigned device, index;	   /* for the thread's name */
	/* As in struct virtio_net_setup. */
	int (*thread_begin)(void *context);
	void *context;
	/* On the pair's thread, with the pair's lock held: the driver notified of `control`; the
	 * port is broken. */
	void (*on_control)(struct net_pair *pair);
	void (*on_broken)(struct net_pair *pair);
	void *device_context; /* for these two */
};

struct net_pair {
	struct net_pair_config config;
	struct event_loop loop; /* of the pair's thread */
	pthread_t thread;
	bool has_loop, has_thread;
	struct event_notifier wake;
	struct event_source port_ready, receive_kick, send_kick, control_kick;

	pthread_mutex_t lock; /* protects the queues and all below */
	pthread_cond_t begun_changed;
	bool begun, failed; /* the thread has entered its sandbox, or could not */
	bool active, ending;
	bool enabled;		  /* the driver wants packets from this pair */
	unsigned offloads;	  /* NET_TAP_*; the first pair sets them for all */
	bool no_buffers, is_full; /* waits for the driver's buffers; for room in the socket */
	/* What the kernel was told about the TAP last. */
	bool attached;
	unsigned offloads_set;
	struct net_receive receive;
	struct net_port port;
};

/* Takes over `fd`, in any case. Returns 0 or -errno, described; net_pair_destroy() is due in any
 * case. */
int net_pair_init(struct net_pair *pair, int fd, bool is_stream,
		  const struct net_pair_config *config);
void net_pair_destroy(struct net_pair *pair);

/* As blk_queue_start() and blk_queue_end(). */
int net_pair_start(struct net_pair *pair);
void net_pair_end(struct net_pair *pair);

/* From now on the queues may be used; or not any more. */
void net_pair_activate(struct net_pair *pair, bool enabled, bool mergeable, unsigned offloads);
void net_pair_stop(struct net_pair *pair);

/* The driver wants packets from this pair, or does not. The caller does not hold its lock. */
void net_pair_enable(struct net_pair *pair, bool enabled);

#endif
