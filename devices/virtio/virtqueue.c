// SPDX-License-Identifier: GPL-2.0-only
#include "devices/virtio/virtqueue.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/guest_memory.h"
#include "base/log.h"
#include "devices/virtio/virtio_device.h"
#include "devices/virtio/virtio_transport.h"

/* Descriptor table: 2.7.5. */
#define DESCRIPTOR_SIZE	 16
#define DESCRIPTOR_ALIGN 16
#define F_NEXT		 1
#define F_WRITE		 2
#define F_INDIRECT	 4

/* Available ring (2.7.6): flags, index, `size` heads, used_event. */
#define AVAILABLE_ALIGN	       2
#define AVAILABLE_INDEX	       2
#define AVAILABLE_RING	       4
#define AVAILABLE_SIZE(size)   (6 + 2 * (uint64_t)(size))
#define AVAILABLE_NO_INTERRUPT 1

/* Used ring (2.7.8): flags, index, `size` pairs of head and length, avail_event. */
#define USED_ALIGN	4
#define USED_INDEX	2
#define USED_RING	4
#define USED_ELEMENT	8
#define USED_SIZE(size) (6 + 8 * (uint64_t)(size))
#define USED_NO_NOTIFY	1

struct descriptor {
	uint64_t ipa;
	uint32_t length;
	uint16_t flags, next;
};

/* An indirect table may lie anywhere, hence unaligned; volatile: read once. */
struct unaligned_u64 {
	uint64_t value;
} __attribute__((packed));

static uint64_t load_le64(const void *at)
{
	return le64toh(((const volatile struct unaligned_u64 *)at)->value);
}

static uint16_t load_le16(const void *ring, size_t offset)
{
	return le16toh(
		__atomic_load_n((const uint16_t *)((const char *)ring + offset), __ATOMIC_RELAXED));
}

static void store_le16(void *ring, size_t offset, uint16_t value)
{
	__atomic_store_n((uint16_t *)((char *)ring + offset), htole16(value), __ATOMIC_RELAXED);
}

static size_t used_event(const struct virtqueue *queue)
{
	return AVAILABLE_RING + 2 * (size_t)queue->size;
}

static size_t available_event(const struct virtqueue *queue)
{
	return USED_RING + USED_ELEMENT * (size_t)queue->size;
}

static bool is_dead(const struct virtqueue *queue)
{
	return atomic_load_explicit(&queue->device->failed, memory_order_relaxed);
}

int virtqueue_init(struct virtqueue *queue, struct virtio_device *device, unsigned index,
		   uint16_t size_max, bool blocking)
{
	memset(queue, 0, sizeof(*queue));
	queue->device = device;
	queue->index = index;
	queue->size_max = size_max;
	queue->notify_fd = eventfd(0, EFD_CLOEXEC | (blocking ? 0 : EFD_NONBLOCK));
	if (queue->notify_fd < 0)
		return log_error(-errno, "cannot make a queue of a %s: eventfd: %s",
				 device->ops->name, strerror(errno));
	virtqueue_reset(queue);
	return 0;
}

void virtqueue_destroy(struct virtqueue *queue)
{
	close(queue->notify_fd);
}

void virtqueue_reset(struct virtqueue *queue)
{
	queue->size = queue->size_max;
	queue->ready = false;
	queue->descriptors_ipa = queue->available_ipa = queue->used_ipa = 0;
	queue->descriptors = queue->available = queue->used = NULL;
}

/* A ring's place in our memory, or NULL; all three are aligned powers of two. */
static void *ring_at(const struct virtqueue *queue, uint64_t ipa, uint64_t size, uint64_t align)
{
	return ipa & (align - 1) ? NULL : guest_memory_at(queue->device->memory, ipa, size);
}

int virtqueue_set_ready(struct virtqueue *queue)
{
	unsigned size = queue->size;

	if (!size || size > queue->size_max || size & (size - 1))
		return virtio_device_fail(queue->device, "queue %u has %u entries", queue->index,
					  size);
	queue->descriptors = ring_at(queue, queue->descriptors_ipa,
				     DESCRIPTOR_SIZE * (uint64_t)size, DESCRIPTOR_ALIGN);
	queue->available =
		ring_at(queue, queue->available_ipa, AVAILABLE_SIZE(size), AVAILABLE_ALIGN);
	queue->used = ring_at(queue, queue->used_ipa, USED_SIZE(size), USED_ALIGN);
	if (!queue->descriptors || !queue->available || !queue->used)
		return virtio_device_fail(queue->device,
					  "queue %u is not aligned, or not in guest RAM",
					  queue->index);
	queue->ready = true;
	return 0;
}

void virtqueue_activate(struct virtqueue *queue)
{
	queue->event_index = virtio_device_has(queue->device, VIRTIO_F_EVENT_IDX);
	queue->indirect = virtio_device_has(queue->device, VIRTIO_F_INDIRECT_DESC);
	queue->next_available = queue->next_used = queue->published = queue->signalled = 0;
	virtqueue_enable_notify(queue);
}

static struct descriptor read_descriptor(const void *table, unsigned index)
{
	const char *at = (const char *)table + DESCRIPTOR_SIZE * (size_t)index;
	uint64_t rest = load_le64(at + 8);

	return (struct descriptor){
		.ipa = load_le64(at),
		.length = (uint32_t)rest,
		.flags = (uint16_t)(rest >> 32),
		.next = (uint16_t)(rest >> 48),
	};
}

static int chain_fails(struct virtqueue *queue, const char *why)
{
	return virtio_device_fail(queue->device, "queue %u has a descriptor chain that %s",
				  queue->index, why);
}

/* Adds a buffer to the chain. */
static int add_span(struct virtqueue *queue, struct virtqueue_chain *chain,
		    const struct descriptor *descriptor)
{
	bool writable = descriptor->flags & F_WRITE;
	unsigned count = chain->readable_count + chain->writable_count;
	void *host;

	if (!writable && chain->writable_count)
		return chain_fails(queue, "goes on with readable buffers after writable ones");
	if (!descriptor->length)
		return 0;
	if (count == chain->span_capacity)
		return chain_fails(queue, "is longer than the queue");
	host = guest_memory_at(queue->device->memory, descriptor->ipa, descriptor->length);
	if (!host)
		return chain_fails(queue, "leads out of guest RAM");
	if (chain->readable_size + chain->writable_size + descriptor->length > UINT32_MAX)
		return chain_fails(queue, "has 4 GiB or more");
	chain->spans[count] = (struct iovec){ host, descriptor->length };
	if (writable) {
		chain->writable_count++;
		chain->writable_size += descriptor->length;
	} else {
		chain->readable_count++;
		chain->readable_size += descriptor->length;
	}
	return 0;
}

/* The table behind an indirect descriptor, and how many descriptors there are in it. */
static int enter_indirect(struct virtqueue *queue, const struct descriptor *descriptor,
			  const void **table, unsigned *entries)
{
	if (!queue->indirect)
		return chain_fails(queue, "is indirect, although that was not agreed upon");
	if (*table != queue->descriptors)
		return chain_fails(queue, "has an indirect table in an indirect table");
	if (descriptor->flags & F_NEXT)
		return chain_fails(queue, "goes on behind an indirect table");
	if (!descriptor->length || descriptor->length % DESCRIPTOR_SIZE)
		return chain_fails(queue, "has an indirect table that is cut off");
	*table = guest_memory_at(queue->device->memory, descriptor->ipa, descriptor->length);
	if (!*table)
		return chain_fails(queue, "has an indirect table outside guest RAM");
	*entries = descriptor->length / DESCRIPTOR_SIZE;
	return 0;
}

/* The only walk. It is bounded by VIRTQUEUE_SIZE_MAX descriptors, whatever they contain. */
static int read_chain(struct virtqueue *queue, struct virtqueue_chain *chain)
{
	const void *table = queue->descriptors;
	unsigned entries = queue->size, index = chain->head;

	for (unsigned walked = 0; walked < VIRTQUEUE_SIZE_MAX; walked++) {
		struct descriptor descriptor;
		int ret;

		if (index >= entries)
			return chain_fails(queue, "leads out of the descriptor table");
		descriptor = read_descriptor(table, index);
		if (descriptor.flags & F_INDIRECT) {
			ret = enter_indirect(queue, &descriptor, &table, &entries);
			index = 0;
			if (ret < 0)
				return ret;
			continue;
		}
		ret = add_span(queue, chain, &descriptor);
		if (ret < 0 || !(descriptor.flags & F_NEXT))
			return ret;
		index = descriptor.next;
	}
	return chain_fails(queue, "does not end");
}

unsigned virtqueue_available(struct virtqueue *queue)
{
	/* Only after the index has been read may the entries be. */
	uint16_t index = le16toh(__atomic_load_n(
		(const uint16_t *)((const char *)queue->available + AVAILABLE_INDEX),
		__ATOMIC_ACQUIRE));
	unsigned count = (uint16_t)(index - queue->next_available);

	if (is_dead(queue))
		return 0;
	if (count <= queue->size)
		return count;
	virtio_device_fail(queue->device, "queue %u has %u chains available in %u entries",
			   queue->index, count, queue->size);
	return 0;
}

int virtqueue_pop(struct virtqueue *queue, struct virtqueue_chain *chain)
{
	unsigned entry = queue->next_available & (queue->size - 1u);
	int ret;

	if (!virtqueue_available(queue))
		return is_dead(queue) ? -EPROTO : 0;
	chain->head = load_le16(queue->available, AVAILABLE_RING + 2 * (size_t)entry);
	chain->readable_count = chain->writable_count = 0;
	chain->readable_size = chain->writable_size = 0;
	ret = read_chain(queue, chain);
	if (ret < 0)
		return ret;
	chain->readable = chain->spans;
	chain->writable = chain->spans + chain->readable_count;
	queue->next_available++;
	atomic_fetch_add_explicit(&queue->stats.chains, 1, memory_order_relaxed);
	return 1;
}

void virtqueue_unpop(struct virtqueue *queue, unsigned count)
{
	queue->next_available -= count;
	atomic_fetch_sub_explicit(&queue->stats.chains, count, memory_order_relaxed);
}

void virtqueue_put(struct virtqueue *queue, const struct virtqueue_chain *chain, size_t written)
{
	size_t entry = queue->next_used++ & (queue->size - 1u);
	uint32_t *element = (uint32_t *)((char *)queue->used + USED_RING + USED_ELEMENT * entry);

	if (written > chain->writable_size)
		written = chain->writable_size;
	__atomic_store_n(&element[0], htole32(chain->head), __ATOMIC_RELAXED);
	__atomic_store_n(&element[1], htole32((uint32_t)written), __ATOMIC_RELAXED);
}

void virtqueue_publish(struct virtqueue *queue)
{
	if (queue->published == queue->next_used || is_dead(queue))
		return;
	queue->published = queue->next_used;
	/* After the elements, and after all that the device wrote into the buffers. */
	__atomic_store_n((uint16_t *)((char *)queue->used + USED_INDEX), htole16(queue->published),
			 __ATOMIC_RELEASE);
}

void virtqueue_push(struct virtqueue *queue, const struct virtqueue_chain *chain, size_t written)
{
	virtqueue_put(queue, chain, written);
	virtqueue_publish(queue);
}

/* Whether the driver wants to know that the used index went from `signalled` to `published`. */
static bool driver_wants_interrupt(const struct virtqueue *queue)
{
	uint16_t event;

	if (!queue->event_index)
		return !(load_le16(queue->available, 0) & AVAILABLE_NO_INTERRUPT);
	/* 2.7.10.1: when it passes the event's index. */
	event = load_le16(queue->available, used_event(queue));
	return (uint16_t)(queue->published - event - 1) <
	       (uint16_t)(queue->published - queue->signalled);
}

void virtqueue_signal(struct virtqueue *queue)
{
	bool wanted;

	if (queue->published == queue->signalled || is_dead(queue))
		return;
	/* The driver writes what it wants and looks at the used index then; we the other way round:
	 * one of us sees the other. */
	atomic_thread_fence(memory_order_seq_cst);
	wanted = driver_wants_interrupt(queue);
	queue->signalled = queue->published;
	if (!wanted)
		return;
	atomic_fetch_add_explicit(&queue->stats.interrupts, 1, memory_order_relaxed);
	virtio_transport_signal_queue(queue->device->transport, queue);
}

void virtqueue_disable_notify(struct virtqueue *queue)
{
	/* With event indexes the driver notifies at the one that we named last, and that is past.
	 */
	if (!queue->event_index)
		store_le16(queue->used, 0, USED_NO_NOTIFY);
}

bool virtqueue_enable_notify(struct virtqueue *queue)
{
	if (queue->event_index)
		store_le16(queue->used, available_event(queue), queue->next_available);
	else
		store_le16(queue->used, 0, 0);
	/* As in virtqueue_signal(), with the sides changed. */
	atomic_thread_fence(memory_order_seq_cst);
	return !virtqueue_available(queue);
}

uint64_t virtqueue_take_notification(struct virtqueue *queue)
{
	uint64_t count;

	if (read(queue->notify_fd, &count, sizeof(count)) != sizeof(count))
		return 0;
	atomic_fetch_add_explicit(&queue->stats.notifications, count, memory_order_relaxed);
	return count;
}

void virtqueue_wait(struct virtqueue *queue)
{
	virtqueue_take_notification(queue);
}

void virtqueue_notify_self(struct virtqueue *queue)
{
	uint64_t one = 1;

	/* It fails only when there are 2^64 - 1 notifications already. */
	if (write(queue->notify_fd, &one, sizeof(one)) < 0)
		return;
}
