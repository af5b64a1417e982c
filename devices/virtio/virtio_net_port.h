/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's side of a pair of queues: one queue of a TAP interface (devices/net_tap.h), or the
 * socket of passt (devices/net_passt.h). Carries packets between it and virtqueues; never waits.
 * For the thread that has the queues.
 *
 * TAP: a packet is one system call, from and to the driver's buffers. passt: one system call is
 * many packets.
 */
#ifndef DEVICES_VIRTIO_VIRTIO_NET_PORT_H
#define DEVICES_VIRTIO_VIRTIO_NET_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "devices/virtio/virtio_net_receive.h"

#define NET_PORT_BUFFER (2 * (NET_PACKET_MAX + 64))

struct net_port {
	int fd; /* owned; non-blocking */
	bool is_stream;
	bool is_broken; /* the other side has ended: nothing comes, what is sent vanishes */
	/* TAP: how much room the last packet needed. */
	size_t last_size;
	/* TAP: the end of a packet that was larger than what had been gathered; passt: what was
	 * received, from `in_start` to `in_end`. */
	uint8_t *in;
	size_t in_start, in_end;
	/* passt: what the socket did not take yet, likewise. */
	uint8_t *out;
	size_t out_start, out_end;
	struct iovec spans[NET_RECEIVE_SPANS];
};

enum net_port_end {
	NET_PORT_IDLE,	  /* there is nothing more to carry now */
	NET_PORT_MORE,	  /* there may be: come again soon */
	NET_PORT_BLOCKED, /* receiving: the driver has no buffers; sending: the socket is full */
	NET_PORT_BROKEN,  /* `is_broken` is new */
};

/* Takes over `fd`, in any case. Returns 0 or -ENOMEM, described. */
int net_port_init(struct net_port *port, int fd, bool is_stream);
void net_port_destroy(struct net_port *port);

/* The driver receives. After NET_PORT_BLOCKED buffers may be left gathered. */
enum net_port_end net_port_receive(struct net_port *port, struct net_receive *receive);

/* The driver sends. Nothing is left popped. */
enum net_port_end net_port_send(struct net_port *port, struct virtqueue *queue);

#endif
