// SPDX-License-Identifier: GPL-2.0-only
#include "devices/virtio/virtio_net_port.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "devices/virtio/spans.h"
#include "devices/virtio/virtio_net_layout.h"

/* In one go; others have their turn then. */
#define PACKETS_PER_TURN 64

/* Of what is sent to passt at once. */
#define FRAMES_PER_CALL 32
#define BYTES_PER_CALL	65536

#define FRAME_MIN 14 /* an Ethernet header */

/* What a TAP's first packet is expected to need. */
#define FIRST_SIZE (sizeof(struct net_header) + 1514)

int net_port_init(struct net_port *port, int fd, bool is_stream)
{
	*port = (struct net_port){ .fd = fd, .is_stream = is_stream, .last_size = FIRST_SIZE };
	port->in = malloc(NET_PORT_BUFFER);
	port->out = is_stream ? malloc(NET_PORT_BUFFER) : NULL;
	if (port->in && (port->out || !is_stream))
		return 0;
	net_port_destroy(port);
	return log_error(-ENOMEM, "cannot make a network device: no memory");
}

void net_port_destroy(struct net_port *port)
{
	if (port->fd >= 0)
		close(port->fd);
	port->fd = -1;
	free(port->in);
	free(port->out);
	port->in = port->out = NULL;
}

static enum net_port_end break_port(struct net_port *port)
{
	port->is_broken = true;
	port->in_start = port->in_end = port->out_start = port->out_end = 0;
	return NET_PORT_BROKEN;
}

static bool would_block(void)
{
	return errno == EAGAIN || errno == EINTR;
}

/* A packet of `size` bytes came, of which those that did not fit are in `in`. */
static void deliver_tap(struct net_port *port, struct net_receive *receive, size_t size)
{
	size_t room = receive->size;

	port->last_size = size;
	if (size < sizeof(struct net_header) || !net_receive_gather(receive, size)) {
		/* As a network does: it is lost. */
		net_receive_release(receive);
		return;
	}
	if (size > room)
		net_receive_copy(receive, room, port->in, size - room);
	net_receive_deliver(receive, size);
}

static enum net_port_end receive_tap(struct net_port *port, struct net_receive *receive)
{
	for (unsigned i = 0; i < PACKETS_PER_TURN; i++) {
		ssize_t size;

		net_receive_gather(receive, port->last_size);
		if (!receive->count)
			return NET_PORT_BLOCKED;
		receive->spans[receive->span_count] = (struct iovec){ port->in, NET_PACKET_MAX };
		size = readv(port->fd, receive->spans, receive->span_count + 1);
		if (size <= 0) {
			net_receive_release(receive);
			return size < 0 && would_block() ? NET_PORT_IDLE : break_port(port);
		}
		deliver_tap(port, receive, size);
	}
	return NET_PORT_MORE;
}

/* The next whole frame in `in`, or NULL; a length that cannot be is an end of all. */
static const uint8_t *next_frame(const struct net_port *port, size_t *size, bool *nonsense)
{
	size_t left = port->in_end - port->in_start;
	uint32_t length;

	if (left < sizeof(length))
		return NULL;
	memcpy(&length, port->in + port->in_start, sizeof(length));
	*size = be32toh(length);
	*nonsense = *size > NET_PACKET_MAX;
	if (*nonsense || left < sizeof(length) + *size)
		return NULL;
	return port->in + port->in_start + sizeof(length);
}

static enum net_port_end read_stream(struct net_port *port)
{
	ssize_t got;

	memmove(port->in, port->in + port->in_start, port->in_end - port->in_start);
	port->in_end -= port->in_start;
	port->in_start = 0;
	got = read(port->fd, port->in + port->in_end, NET_PORT_BUFFER - port->in_end);
	if (got <= 0)
		return got < 0 && would_block() ? NET_PORT_IDLE : break_port(port);
	port->in_end += got;
	return NET_PORT_MORE;
}

/* False: there are not enough buffers for it now. Those that there are stay gathered, so that the
 * driver's notification tells of more. */
static bool deliver_frame(struct net_receive *receive, const uint8_t *frame, size_t size)
{
	static const struct net_header header;
	bool fits = net_receive_gather(receive, sizeof(header) + size);

	if (!fits && !net_receive_is_full(receive))
		return false;
	if (!fits) {
		/* As a network does: it is lost. */
		net_receive_release(receive);
		return true;
	}
	net_receive_copy(receive, 0, &header, sizeof(header));
	net_receive_copy(receive, sizeof(header), frame, size);
	net_receive_deliver(receive, sizeof(header) + size);
	return true;
}

static enum net_port_end receive_stream(struct net_port *port, struct net_receive *receive)
{
	enum net_port_end end;
	const uint8_t *frame;
	bool nonsense = false;
	size_t size;

	for (unsigned i = 0; i < PACKETS_PER_TURN; i++) {
		while (!(frame = next_frame(port, &size, &nonsense))) {
			end = nonsense ? break_port(port) : read_stream(port);
			if (end != NET_PORT_MORE)
				return end;
		}
		if (!deliver_frame(receive, frame, size))
			return NET_PORT_BLOCKED;
		port->in_start += sizeof(uint32_t) + size;
	}
	return NET_PORT_MORE;
}

enum net_port_end net_port_receive(struct net_port *port, struct net_receive *receive)
{
	if (port->is_broken)
		return NET_PORT_IDLE;
	return port->is_stream ? receive_stream(port, receive) : receive_tap(port, receive);
}

static enum net_port_end send_tap(struct net_port *port, struct virtqueue *queue)
{
	struct virtqueue_chain chain = {
		.spans = port->spans,
		.span_capacity = NET_QUEUE_SIZE,
	};

	for (unsigned i = 0; i < PACKETS_PER_TURN; i++) {
		if (virtqueue_pop(queue, &chain) <= 0)
			return NET_PORT_IDLE;
		/* What the kernel does not take is lost, as in a network. */
		if (!port->is_broken &&
		    chain.readable_size >= sizeof(struct net_header) + FRAME_MIN &&
		    writev(port->fd, chain.readable, chain.readable_count) < 0 && errno == EBADFD) {
			virtqueue_push(queue, &chain, 0);
			return break_port(port);
		}
		virtqueue_push(queue, &chain, 0);
	}
	return NET_PORT_MORE;
}

/* What is to be sent at once: chains, and spans of lengths and frames. */
struct batch {
	unsigned chains, spans;
	size_t bytes;
	uint32_t lengths[FRAMES_PER_CALL];
};

/* Puts the frame of a chain behind the others; one that cannot be is left out. */
static void add_frame(struct net_port *port, struct batch *batch, struct virtqueue_chain *chain)
{
	struct iovec *length = &port->spans[batch->spans], *spans = chain->readable;
	unsigned count = chain->readable_count;
	size_t size = chain->readable_size - sizeof(struct net_header);

	if (chain->readable_size < sizeof(struct net_header) + FRAME_MIN || size > NET_PACKET_MAX)
		return;
	batch->lengths[batch->chains] = htobe32(size);
	*length = (struct iovec){ &batch->lengths[batch->chains], sizeof(uint32_t) };
	spans_skip(&spans, &count, sizeof(struct net_header));
	memmove(length + 1, spans, count * sizeof(*spans));
	batch->spans += count + 1;
	batch->bytes += size + sizeof(uint32_t);
}

/* Pops as much as fits into one call. */
static void pop_batch(struct net_port *port, struct virtqueue *queue, struct batch *batch,
		      struct virtqueue_chain *chains)
{
	batch->chains = batch->spans = 0;
	batch->bytes = 0;
	while (batch->chains < FRAMES_PER_CALL && batch->bytes < BYTES_PER_CALL &&
	       batch->spans + 1 + NET_QUEUE_SIZE <= NET_RECEIVE_SPANS) {
		struct virtqueue_chain *chain = &chains[batch->chains];

		chain->spans = &port->spans[batch->spans + 1];
		chain->span_capacity = NET_QUEUE_SIZE;
		if (virtqueue_pop(queue, chain) <= 0)
			return;
		add_frame(port, batch, chain);
		batch->chains++;
	}
}

/* The part of the batch that the socket did not take. */
static void keep_rest(struct net_port *port, const struct batch *batch, size_t sent)
{
	port->out_start = 0;
	port->out_end = spans_copy_out(port->spans, batch->spans, sent, port->out, NET_PORT_BUFFER);
}

static enum net_port_end write_rest(struct net_port *port)
{
	ssize_t sent;

	while (port->out_start < port->out_end) {
		sent = write(port->fd, port->out + port->out_start,
			     port->out_end - port->out_start);
		if (sent < 0)
			return would_block() ? NET_PORT_BLOCKED : break_port(port);
		port->out_start += sent;
	}
	return NET_PORT_IDLE;
}

static enum net_port_end write_batch(struct net_port *port, const struct batch *batch)
{
	ssize_t sent;

	if (port->is_broken || !batch->bytes)
		return NET_PORT_MORE;
	sent = writev(port->fd, port->spans, batch->spans);
	if (sent < 0 && !would_block())
		return break_port(port);
	if (sent == (ssize_t)batch->bytes)
		return NET_PORT_MORE;
	keep_rest(port, batch, sent < 0 ? 0 : sent);
	return NET_PORT_BLOCKED;
}

static enum net_port_end send_stream(struct net_port *port, struct virtqueue *queue)
{
	struct virtqueue_chain chains[FRAMES_PER_CALL];
	enum net_port_end end = write_rest(port), sent;
	struct batch batch;

	for (unsigned i = 0; i < PACKETS_PER_TURN && end != NET_PORT_BLOCKED;
	     i += FRAMES_PER_CALL) {
		pop_batch(port, queue, &batch, chains);
		if (!batch.chains)
			return end == NET_PORT_BROKEN ? end : NET_PORT_IDLE;
		sent = write_batch(port, &batch);
		if (end != NET_PORT_BROKEN)
			end = sent;
		for (unsigned n = 0; n < batch.chains; n++)
			virtqueue_push(queue, &chains[n], 0);
	}
	return end;
}

enum net_port_end net_port_send(struct net_port *port, struct virtqueue *queue)
{
	return port->is_stream ? send_stream(port, queue) : send_tap(port, queue);
}
