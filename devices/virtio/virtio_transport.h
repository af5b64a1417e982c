/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a guest reaches a virtio device (virtio 1.2, 4). A transport has registers of its own on
 * the guest's bus, with which the driver sets the device up through the functions of
 * virtio_device.h; and it carries interrupts the other way, by the functions below. Devices know
 * no more of it than this header; virtio-mmio (virtio_mmio.h) is one.
 *
 * Notifications of queues do not pass through the transport's code: it has KVM write to the
 * eventfd of the queue (virtqueue.notify_fd) where KVM can, and does so itself where not.
 */
#ifndef DEVICES_VIRTIO_VIRTIO_TRANSPORT_H
#define DEVICES_VIRTIO_VIRTIO_TRANSPORT_H

#include <stdint.h>

struct virtio_device;
struct virtqueue;
struct virtio_transport;

struct virtio_transport_ops {
	const char *name; /* "virtio-mmio" */
	/* Interrupts the driver because of used buffers in `queue`, or because the configuration
	 * or the status changed. Any thread; never waits. */
	void (*signal_queue)(struct virtio_transport *transport, const struct virtqueue *queue);
	void (*signal_config)(struct virtio_transport *transport);
	/*
	 * The status or the configuration space may have changed, other than by set_status(): where
	 * the driver reads them without asking anybody, it is to read the new ones. Any thread;
	 * never waits. NULL: nothing to do.
	 */
	void (*update)(struct virtio_transport *transport);
	/*
	 * A reset of the whole machine: resets the device as well, as if the driver had written 0
	 * to its status. While no vCPU runs. To be called before guest memory is cleared.
	 */
	void (*reset)(struct virtio_transport *transport);
	/*
	 * Adds the node under the one that is open in `fdt` (libfdt's sequential writing), unless
	 * the guest finds such devices otherwise. Returns 0 or a negative FDT_ERR.
	 */
	int (*describe)(const struct virtio_transport *transport, void *fdt);
	/* Destroys the device, too. No vCPU runs, the device has ended. */
	void (*destroy)(struct virtio_transport *transport);
};

/* Base of each kind's own struct. */
struct virtio_transport {
	const struct virtio_transport_ops *ops;
	struct virtio_device *device; /* owned */
};

static inline void virtio_transport_signal_queue(struct virtio_transport *transport,
						 const struct virtqueue *queue)
{
	transport->ops->signal_queue(transport, queue);
}

static inline void virtio_transport_update(struct virtio_transport *transport)
{
	if (transport->ops->update)
		transport->ops->update(transport);
}

static inline void virtio_transport_signal_config(struct virtio_transport *transport)
{
	transport->ops->signal_config(transport);
}

#endif
