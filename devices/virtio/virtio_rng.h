/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The entropy device (virtio 1.2, 5.4): what the driver asks for comes from the host's random
 * source, getrandom(2). On the event loop.
 */
#ifndef DEVICES_VIRTIO_VIRTIO_RNG_H
#define DEVICES_VIRTIO_VIRTIO_RNG_H

struct event_loop;
struct guest_memory;
struct virtio_device;

/* Returns 0 or -errno, described. */
int virtio_rng_create(const struct guest_memory *memory, struct event_loop *loop,
		      struct virtio_device **device);

#endif
