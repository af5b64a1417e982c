// SPDX-License-Identifier: GPL-2.0-only
#include "devices/virtio/virtio_rng.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/log.h"
#include "devices/virtio/virtio_device.h"

#define QUEUE_SIZE 8

/* A request may be for less than was asked (5.4.6.2); then it is the turn of other sources. */
#define BYTES_PER_CHAIN	  4096
#define CHAINS_PER_NOTIFY 8

/* Fills the first of the chain's buffers. Returns how many bytes. */
static size_t fill(const struct virtqueue_chain *chain)
{
	size_t done = 0;

	for (unsigned i = 0; i < chain->writable_count && done < BYTES_PER_CHAIN; i++) {
		const struct iovec *span = &chain->writable[i];
		size_t left = BYTES_PER_CHAIN - done;
		ssize_t got =
			getrandom(span->iov_base, left < span->iov_len ? left : span->iov_len, 0);

		if (got < 0)
			break;
		done += got;
		if ((size_t)got < span->iov_len)
			break;
	}
	return done;
}

static void rng_notify(struct virtio_device *device, struct virtqueue *queue)
{
	struct iovec spans[QUEUE_SIZE];
	struct virtqueue_chain chain = { .spans = spans, .span_capacity = QUEUE_SIZE };
	unsigned chains = 0;

	(void)device;
	do {
		virtqueue_disable_notify(queue);
		while (chains < CHAINS_PER_NOTIFY && virtqueue_pop(queue, &chain) > 0) {
			virtqueue_push(queue, &chain, fill(&chain));
			chains++;
		}
		if (chains == CHAINS_PER_NOTIFY) {
			virtqueue_notify_self(queue);
			break;
		}
	} while (!virtqueue_enable_notify(queue));
	virtqueue_signal(queue);
}

static void rng_destroy(struct virtio_device *device)
{
	virtio_device_destroy(device);
	free(device);
}

static const struct virtio_device_ops rng_ops = {
	.name = "virtio-rng",
	.id = VIRTIO_ID_ENTROPY,
	.notify = rng_notify,
	.destroy = rng_destroy,
};

int virtio_rng_create(const struct guest_memory *memory, struct event_loop *loop,
		      struct virtio_device **device)
{
	static const uint16_t queue_size = QUEUE_SIZE;
	const struct virtio_device_config config = {
		.ops = &rng_ops,
		.memory = memory,
		.loop = loop,
		.queues = 1,
		.queue_sizes = &queue_size,
	};
	struct virtio_device *rng = malloc(sizeof(*rng));
	int ret;

	if (!rng)
		return log_error(-ENOMEM, "cannot make a virtio-rng: out of memory");
	ret = virtio_device_init(rng, &config);
	if (ret < 0) {
		free(rng);
		return ret;
	}
	*device = rng;
	return 0;
}
