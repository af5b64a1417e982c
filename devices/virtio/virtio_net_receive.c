// SPDX-License-Identifier: GPL-2.0-only
#include "devices/virtio/virtio_net_receive.h"

#include <endian.h>
#include <string.h>

#include "devices/virtio/spans.h"
#include "devices/virtio/virtio_net_layout.h"

void net_receive_init(struct net_receive *receive, struct virtqueue *queue, bool mergeable)
{
	receive->queue = queue;
	receive->mergeable = mergeable;
	receive->count = receive->span_count = 0;
	receive->size = 0;
}

/* The spans that can be written move to the others; Linux has no other ones in its buffers. */
static void keep(struct net_receive *receive, struct virtqueue_chain *chain)
{
	if (chain->readable_count)
		memmove(chain->spans, chain->writable,
			chain->writable_count * sizeof(*chain->spans));
	receive->span_count += chain->writable_count;
	receive->size += chain->writable_size;
	receive->count++;
}

bool net_receive_is_full(const struct net_receive *receive)
{
	return (receive->count && !receive->mergeable) || receive->count == receive->queue->size ||
	       receive->count == NET_QUEUE_SIZE ||
	       receive->span_count + NET_QUEUE_SIZE > NET_RECEIVE_SPANS;
}

bool net_receive_gather(struct net_receive *receive, size_t size)
{
	while (receive->size < size || !receive->count) {
		struct virtqueue_chain *chain = &receive->chains[receive->count];

		if (net_receive_is_full(receive))
			return false;
		chain->spans = &receive->spans[receive->span_count];
		chain->span_capacity = NET_QUEUE_SIZE;
		if (virtqueue_pop(receive->queue, chain) <= 0)
			return false;
		keep(receive, chain);
	}
	return true;
}

void net_receive_copy(struct net_receive *receive, size_t offset, const void *bytes, size_t size)
{
	spans_copy_in(receive->spans, receive->span_count, offset, bytes, size);
}

void net_receive_deliver(struct net_receive *receive, size_t size)
{
	unsigned used = 0;
	uint16_t buffers;
	size_t room = 0;

	while (used < receive->count && (room < size || !used))
		room += receive->chains[used++].writable_size;
	buffers = htole16(used);
	net_receive_copy(receive, offsetof(struct net_header, num_buffers), &buffers,
			 sizeof(buffers));
	if (receive->count > used)
		virtqueue_unpop(receive->queue, receive->count - used);
	for (unsigned i = 0; i < used; i++) {
		const struct virtqueue_chain *chain = &receive->chains[i];
		size_t part = size < chain->writable_size ? size : chain->writable_size;

		virtqueue_put(receive->queue, chain, part);
		size -= part;
	}
	virtqueue_publish(receive->queue);
	net_receive_init(receive, receive->queue, receive->mergeable);
}

void net_receive_release(struct net_receive *receive)
{
	if (receive->count)
		virtqueue_unpop(receive->queue, receive->count);
	net_receive_init(receive, receive->queue, receive->mergeable);
}
