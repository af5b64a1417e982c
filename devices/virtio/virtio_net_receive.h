/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The driver's receive buffers (virtio 1.2, 5.1.6.3 and 5.1.6.4): gathers as many as a packet
 * needs, and gives them to the driver as one packet, or back to the queue. For the thread that has
 * the queue.
 */
#ifndef DEVICES_VIRTIO_VIRTIO_NET_RECEIVE_H
#define DEVICES_VIRTIO_VIRTIO_NET_RECEIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "devices/virtio/virtqueue.h"

#define NET_QUEUE_SIZE 256

/* The largest packet: 64 KiB of IP, and what is around it. */
#define NET_PACKET_MAX (65536 + 256)

/* Of all buffers of a packet; with one more, as many as readv(2) takes. */
#define NET_RECEIVE_SPANS 1023

struct net_receive {
	struct virtqueue *queue;
	bool mergeable; /* a packet may lie in several buffers (MRG_RXBUF) */
	/* What was popped: in each chain only the part that can be written counts. */
	unsigned count;
	struct virtqueue_chain chains[NET_QUEUE_SIZE];
	unsigned span_count;
	struct iovec spans[NET_RECEIVE_SPANS + 1]; /* one for the caller, behind the others */
	size_t size;				   /* bytes of all */
};

void net_receive_init(struct net_receive *receive, struct virtqueue *queue, bool mergeable);

/*
 * Gathers buffers until there is room for `size` bytes. Returns whether there is; otherwise it has
 * what there is. There is nothing to do when there is room already.
 */
bool net_receive_gather(struct net_receive *receive, size_t size);
/* No packet can have more than what is gathered: it is useless to wait for more buffers. */
bool net_receive_is_full(const struct net_receive *receive);

/* Copies bytes to byte `offset` of what was gathered. */
void net_receive_copy(struct net_receive *receive, size_t offset, const void *bytes, size_t size);

/*
 * The first `size` bytes of what was gathered are a packet with its header, of which this writes
 * num_buffers: gives it to the driver, and the buffers that it did not need back. The driver sees
 * it as a whole after this; the interrupt is the caller's.
 */
void net_receive_deliver(struct net_receive *receive, size_t size);

/* Gives all buffers back. */
void net_receive_release(struct net_receive *receive);

#endif
