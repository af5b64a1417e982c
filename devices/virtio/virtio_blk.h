/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The block device (virtio 1.2, 5.2): read, write, flush, discard, write zeroes, identification,
 * topology, a write cache that can be switched off, several queues.
 *
 * It has threads of its own, a few for each queue: virtio_blk_queue.h.
 */
#ifndef DEVICES_VIRTIO_VIRTIO_BLK_H
#define DEVICES_VIRTIO_VIRTIO_BLK_H

#include "devices/disk_request.h"

struct guest_memory;
struct virtio_device;

struct virtio_blk_setup {
	const struct disk_request *disk; /* not needed afterwards */
	const struct guest_memory *memory;
	unsigned number; /* of this disk among the VM's, from 0: for names */
	/* On each thread before anything else: its sandbox. Returns 0 or -errno, described. */
	int (*thread_begin)(void *context);
	void *context;
};

/* Opens and locks the disk. Returns 0 or -errno, described. */
int virtio_blk_create(const struct virtio_blk_setup *setup, struct virtio_device **device);

#endif
