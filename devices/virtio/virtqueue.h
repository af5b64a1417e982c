/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Split virtqueues (virtio 1.2, 2.7), with indirect descriptors and event indexes.
 *
 * This is the only code that reads descriptors. A device pops a chain and gets spans of host memory
 * that were checked: what it may read, and what it may write. Nothing of a descriptor is read
 * twice, so the guest cannot change it between check and use. It can change the *contents* of its
 * buffers at any time: copy a header before looking at it (devices/virtio/spans.h).
 *
 *	while (virtqueue_pop(queue, &chain) > 0) {
 *		... chain.readable, chain.writable ...
 *		virtqueue_push(queue, &chain, bytes_written);
 *	}
 *	virtqueue_signal(queue);
 *
 * and, so that a busy driver need not notify, around it:
 *
 *	do {
 *		virtqueue_disable_notify(queue);
 *		... the above ...
 *	} while (!virtqueue_enable_notify(queue));
 *
 * What no driver may do makes the device DEVICE_NEEDS_RESET, with one line in the log, and the
 * queue looks empty from then on.
 *
 * A queue belongs to one thread at a time, between activate and stop of its device; a device whose
 * threads share a queue has a lock for it. virtqueue_notify_self(), and what is for the transport,
 * may be called by any thread.
 */
#ifndef DEVICES_VIRTIO_VIRTQUEUE_H
#define DEVICES_VIRTIO_VIRTQUEUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/event_loop.h"

#define VIRTQUEUE_SIZE_MAX 1024

struct virtio_device;

/*
 * A request: one descriptor chain. The device provides room for the spans: `spans` with
 * `span_capacity` elements, as many as the queue has entries at most (a chain that is longer is the
 * driver's fault, as 2.7.5.2 has it). The rest is filled by virtqueue_pop().
 */
struct virtqueue_chain {
	struct iovec *spans;
	unsigned span_capacity;

	uint16_t head;
	/* The first part of `spans`: what the driver gave to the device. No span is empty. */
	struct iovec *readable;
	unsigned readable_count;
	size_t readable_size; /* bytes in all of them; less than 4 GiB */
	/* The second part: where the device puts its answer. */
	struct iovec *writable;
	unsigned writable_count;
	size_t writable_size;
};

struct virtqueue_stats {
	_Atomic uint64_t notifications; /* by the driver, or virtqueue_notify_self() */
	_Atomic uint64_t chains;	/* popped */
	_Atomic uint64_t interrupts;	/* that the driver was sent */
};

struct virtqueue {
	struct virtio_device *device;
	unsigned index;
	uint16_t size_max;
	int notify_fd; /* an eventfd: written to by KVM when the driver notifies */
	struct virtqueue_stats stats;

	/* As the driver set it up. Private to virtqueue.c and the transport. */
	uint16_t size; /* entries; a power of two */
	bool ready;
	uint64_t descriptors_ipa, available_ipa, used_ipa;

	/* Private to virtqueue.c from here on: valid while the device is active. */
	struct event_source source;
	void *descriptors, *available, *used; /* in guest memory */
	bool event_index, indirect;
	uint16_t next_available; /* the next entry of the available ring to be popped */
	uint16_t next_used;	 /* where the next push goes */
	uint16_t published;	 /* the used ring's index as the driver sees it */
	uint16_t signalled;	 /* the same when the driver was last interrupted or spared it */
};

/*
 * For devices.
 */

static inline bool virtqueue_is_ready(const struct virtqueue *queue)
{
	return queue->ready;
}

/*
 * Takes the next chain. Returns 1; 0 when there is none; -EPROTO when the driver wrote nonsense
 * (virtio_device_fail() has been called). Every chain is to be pushed, unless stop() comes first.
 */
int virtqueue_pop(struct virtqueue *queue, struct virtqueue_chain *chain);

/* Gives the `count` chains that were popped last back, as if they had not been. None of them may
 * have been put. */
void virtqueue_unpop(struct virtqueue *queue, unsigned count);

/* How many chains the driver has made available and nobody has popped. */
unsigned virtqueue_available(struct virtqueue *queue);

/*
 * Marks a chain as used: the device has written `written` bytes to the beginning of its writable
 * part (not more than that has). The driver sees it after virtqueue_publish(), together with all
 * that was put before: that is how several buffers become one packet.
 */
void virtqueue_put(struct virtqueue *queue, const struct virtqueue_chain *chain, size_t written);
void virtqueue_publish(struct virtqueue *queue);

/* Both at once. */
void virtqueue_push(struct virtqueue *queue, const struct virtqueue_chain *chain, size_t written);

/* Interrupts the driver if it wants to know of what was published since the last time. Once per
 * batch. */
void virtqueue_signal(struct virtqueue *queue);

/*
 * Notifications. They are on after activate(). While they are off, the driver spares itself most
 * exits; a notification is still possible. virtqueue_enable_notify() returns false when there are
 * chains already, for which no notification may come: pop them.
 */
void virtqueue_disable_notify(struct virtqueue *queue);
bool virtqueue_enable_notify(struct virtqueue *queue);

/*
 * For devices with own threads: waits until the driver notifies, or virtqueue_notify_self(), and
 * takes the notification. May return for no reason. A thread with an event loop of its own has that
 * wait for EPOLLIN on `notify_fd` instead, and calls this then.
 */
void virtqueue_wait(struct virtqueue *queue);

/* As if the driver notified: has ops->notify() called, or wakes virtqueue_wait(). Any thread. */
void virtqueue_notify_self(struct virtqueue *queue);

/*
 * For the device's core and the transport.
 */

/* `blocking`: virtqueue_wait() waits, for a device with own threads. Returns 0 or -errno,
 * described. */
int virtqueue_init(struct virtqueue *queue, struct virtio_device *device, unsigned index,
		   uint16_t size_max, bool blocking);
void virtqueue_destroy(struct virtqueue *queue);

/* Takes the notification, without waiting unless `blocking`. Returns how many there were. */
uint64_t virtqueue_take_notification(struct virtqueue *queue);

/* As after a reset. Not active. */
void virtqueue_reset(struct virtqueue *queue);

/*
 * The driver says that the queue is set up (`size` and the three addresses). Nothing is read from
 * guest memory. Returns 0; -EPROTO when size or an address is nonsense: virtio_device_fail() has
 * been called, the queue is not ready. Not active.
 */
int virtqueue_set_ready(struct virtqueue *queue);

/* The features are settled; the queue starts at its first entry. */
void virtqueue_activate(struct virtqueue *queue);

#endif
