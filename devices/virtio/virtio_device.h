/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all virtio devices have in common (virtio 1.2, chapters 2 and 3): status, features, queues,
 * configuration space, reset. A device is a struct of its own that has a struct virtio_device in
 * it, a table of functions, and nothing to do with the transport (virtio_transport.h), which is how
 * the guest reaches it.
 *
 * The life of a device, in the order of calls:
 *
 *	virtio_NAME_create()	makes it: opens files, calls virtio_device_init()
 *	ops->start()		makes its threads, if it has any; before the sandbox closes
 *	ops->activate()		the driver set DRIVER_OK: the queues may be used from now on
 *	ops->notify()		the driver has put something into a queue; again and again
 *	ops->stop()		no queue may be used any more: a reset by the driver, by a
 *				reboot of the guest, or the end. May be followed by activate()
 *	ops->end()		ends its threads; no vCPU runs any more
 *	ops->destroy()		frees it
 *
 * Threads. A device works in one of two ways:
 *
 * - On the event loop (virtio_device_config.own_threads is false). Notifications call ops->notify()
 *   on the loop's thread. `lock` is held during activate, stop, notify and config_written, so
 *   these never meet. A device's own event sources take virtio_device_lock() themselves, and look
 *at virtio_device_is_active() behind it.
 * - With threads of its own. Nobody calls ops->notify(); the device's threads wait for
 *   notifications by virtqueue_wait(). They must use a queue between activate() and stop() only.
 *   What makes stop() wait for them is the device's own business. `lock` is held during activate,
 *   stop and config_written here, too, so a thread for which stop() waits must not take it.
 *
 * activate, stop and config_written run on the thread that caused them, often a vCPU's. A vCPU
 * cannot go on meanwhile, since a driver may reuse its memory when a reset has been done. So stop()
 * may wait for the device's own threads to finish or give up what they are at (bounded by the time
 *of a host I/O), but neither it nor anybody who holds `lock` may wait for the event loop's thread:
 * that may be waiting for this vCPU.
 */
#ifndef DEVICES_VIRTIO_VIRTIO_DEVICE_H
#define DEVICES_VIRTIO_VIRTIO_DEVICE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/event_loop.h"
#include "devices/virtio/virtqueue.h"

struct guest_memory;
struct virtio_device;
struct virtio_transport;

/* Device ids (virtio 1.2, 5). */
#define VIRTIO_ID_NET	  1
#define VIRTIO_ID_BLOCK	  2
#define VIRTIO_ID_CONSOLE 3
#define VIRTIO_ID_ENTROPY 4

/* Features that are not a device's own (6). The core offers the first three for every device. */
#define VIRTIO_F_INDIRECT_DESC (UINT64_C(1) << 28)
#define VIRTIO_F_EVENT_IDX     (UINT64_C(1) << 29)
#define VIRTIO_F_VERSION_1     (UINT64_C(1) << 32)

/* Device status (2.1). */
#define VIRTIO_STATUS_ACKNOWLEDGE 0x01
#define VIRTIO_STATUS_DRIVER	  0x02
#define VIRTIO_STATUS_DRIVER_OK	  0x04
#define VIRTIO_STATUS_FEATURES_OK 0x08
#define VIRTIO_STATUS_NEEDS_RESET 0x40
#define VIRTIO_STATUS_FAILED	  0x80

#define VIRTIO_QUEUES_MAX 32
/* Every transport has room for this much configuration space (virtio-mmio: up to the next slot). */
#define VIRTIO_CONFIG_MAX 256

/* All but `name` and `id` may be NULL. Threads and locks: see above. */
struct virtio_device_ops {
	const char *name; /* "virtio-rng" */
	uint32_t id;	  /* VIRTIO_ID_* */
	/* Returns 0 or -errno, described; end() is due in any case. */
	int (*start)(struct virtio_device *device);
	void (*end)(struct virtio_device *device);
	/*
	 * Whether the device can work with these features, of which each was offered; false makes
	 * the driver give up (FEATURES_OK is not set). NULL: with any. Holds no lock.
	 */
	bool (*accepts)(struct virtio_device *device, uint64_t features);
	/*
	 * device->features is settled; each queue that the driver wants is ready
	 * (virtqueue_is_ready()), others may not be. Afterwards each ready queue is notified once,
	 * so that nothing needs to be looked at here.
	 */
	void (*activate)(struct virtio_device *device);
	/*
	 * When it returns, no thread of the device uses a queue, a chain, or guest memory any more;
	 * nothing more will be pushed; chains that were popped are forgotten. Called only after
	 * activate().
	 */
	void (*stop)(struct virtio_device *device);
	/* Something is in `queue` perhaps. Only on the event loop, only while active. A long queue
	 * must not starve others: after some chains, virtqueue_notify_self() and return. */
	void (*notify)(struct virtio_device *device, struct virtqueue *queue);
	/* The driver wrote `size` bytes at `offset` of the configuration space: within
	 * config_size, but otherwise anything, in any state. The core changes nothing of it. */
	void (*config_written)(struct virtio_device *device, size_t offset, const uint8_t *bytes,
			       size_t size);
	/* After end() or instead of start(). Calls virtio_device_destroy() and frees. */
	void (*destroy)(struct virtio_device *device);
};

struct virtio_device_config {
	const struct virtio_device_ops *ops;
	const struct guest_memory *memory; /* of the guest; must outlive the device */
	struct event_loop *loop;	   /* unless own_threads */
	bool own_threads;
	uint64_t features; /* the device's own, and of those above what it wants more */
	unsigned queues;   /* at most VIRTIO_QUEUES_MAX */
	/* The most entries of each queue, powers of two up to VIRTQUEUE_SIZE_MAX. */
	const uint16_t *queue_sizes;
	const void *config; /* the configuration space at first (copied), little-endian */
	size_t config_size; /* at most VIRTIO_CONFIG_MAX */
};

struct virtio_device {
	const struct virtio_device_ops *ops;
	const struct guest_memory *memory;
	struct event_loop *loop;
	struct virtio_transport *transport; /* set by it; interrupts go there */
	pthread_mutex_t lock;		    /* see above */
	uint64_t features_offered;
	uint64_t features; /* that driver and device agreed upon; fixed while active */
	unsigned queue_count;
	struct virtqueue *queues;
	bool own_threads;

	/* Private to virtio_device.c. */
	bool active; /* between activate and stop; protected by `lock` */
	atomic_uint status;
	atomic_bool failed, failure_told;
	uint64_t features_wanted;
	pthread_mutex_t config_lock; /* config, for a memcpy */
	atomic_uint config_generation;
	size_t config_size;
	uint8_t config[VIRTIO_CONFIG_MAX];
};

/*
 * For devices.
 */

/*
 * Makes the queues and, on the event loop, watches them. Returns 0 or -errno, described; after a
 * failure there is nothing to destroy.
 */
int virtio_device_init(struct virtio_device *device, const struct virtio_device_config *config);
void virtio_device_destroy(struct virtio_device *device);

void virtio_device_lock(struct virtio_device *device);
void virtio_device_unlock(struct virtio_device *device);
/* With the lock held: whether queues may be used. */
bool virtio_device_is_active(const struct virtio_device *device);

/* Whether driver and device agreed upon the feature, which is a mask. While active. */
static inline bool virtio_device_has(const struct virtio_device *device, uint64_t feature)
{
	return device->features & feature;
}

/*
 * The driver did what no driver may: sets DEVICE_NEEDS_RESET, tells the driver, and stops all
 * queues: virtqueue_pop() finds nothing and virtqueue_publish() does nothing until the driver
 * resets the device. Any thread, also with the lock. Logged once per device. Returns -EPROTO.
 */
int virtio_device_fail(struct virtio_device *device, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Changes bytes of the configuration space, which the driver is told of, unless they are the same.
 * Any thread. */
void virtio_device_set_config(struct virtio_device *device, size_t offset, const void *bytes,
			      size_t size);

/*
 * For the VM's thread.
 */

/* 0 or -errno, described. */
int virtio_device_start(struct virtio_device *device);
void virtio_device_end(struct virtio_device *device);

/*
 * For transports. One thread at a time (the transport's own lock), except for the configuration
 * space, which any may read and write.
 */

unsigned virtio_device_status(const struct virtio_device *device);
/* The driver writes the status; 0 resets the device, which is done on return. */
void virtio_device_set_status(struct virtio_device *device, unsigned status);
/*
 * The driver takes a queue out of use. Where the device is active that stops it as a whole, as
 * after nonsense: virtio 1.2 knows no other way to stop a single queue than VIRTIO_F_RING_RESET,
 * which is not offered.
 */
void virtio_device_disable_queue(struct virtio_device *device, struct virtqueue *queue);
/* What the driver wants of the offered features; looked at when it sets FEATURES_OK. */
void virtio_device_want_features(struct virtio_device *device, uint64_t features);

/* Bytes beyond the configuration space read as zero, and writes there are ignored. */
void virtio_device_read_config(struct virtio_device *device, size_t offset, void *bytes,
			       size_t size);
void virtio_device_write_config(struct virtio_device *device, size_t offset, const void *bytes,
				size_t size);

#endif
