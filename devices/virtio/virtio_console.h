/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The console device (virtio 1.2, 5.3) with one port, Linux's hvc0. It is a port of the console
 * (devices/console_port.h) that has the host's streams. On the event loop.
 *
 * Output is taken out of the guest's buffers at once, since Linux's driver spins until that is
 * done, and written by the console in large pieces.
 */
#ifndef DEVICES_VIRTIO_VIRTIO_CONSOLE_H
#define DEVICES_VIRTIO_VIRTIO_CONSOLE_H

#include <stdint.h>

#include "devices/console_port.h"

struct event_loop;
struct guest_memory;
struct virtio_device;

/* As a terminal has it; no columns: this is none, and the guest is told of no size. */
struct virtio_console_size {
	uint16_t columns, rows;
};

/*
 * Makes the device; `port`, which is a part of it, is to be added to a console before the guest
 * runs. Returns 0 or -errno, described.
 */
int virtio_console_create(const struct guest_memory *memory, struct event_loop *loop,
			  struct virtio_console_size size, struct virtio_device **device,
			  struct console_port **port);

/* The terminal has another size. Ignored if it was made without one. */
void virtio_console_resize(struct virtio_device *device, struct virtio_console_size size);

#endif
