/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One request of a block driver (virtio 1.2, 5.2.6): a chain taken apart, and carried out on a
 * disk. What the driver asks for is checked here, and only here. No threads, no queues.
 */
#ifndef DEVICES_VIRTIO_VIRTIO_BLK_REQUEST_H
#define DEVICES_VIRTIO_VIRTIO_BLK_REQUEST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "devices/disk_image.h"
#include "devices/virtio/virtqueue.h"

#define BLK_SECTOR 512 /* the unit of virtio-blk, whatever the disk's blocks are */

/* Of one discard or write-zeroes request; told to the driver. */
#define BLK_RANGES_MAX	      16
#define BLK_RANGE_SECTORS_MAX (1u << 21) /* 1 GiB */

/* What the request is for; belongs to the device. */
struct blk_target {
	struct disk_image *image;
	char serial[DISK_SERIAL_SIZE]; /* no 0 at the end when it is full */
	atomic_bool durable;	       /* the driver wants no write cache */
};

struct blk_request {
	uint32_t type;
	uint64_t sector;
	/* Behind the header, and before the status: spans of the chain. */
	struct iovec *readable, *writable;
	unsigned readable_count, writable_count;
	size_t readable_size, writable_size;
	uint8_t *status; /* in guest memory */
	struct disk_transfer transfer;
};

/*
 * Takes the chain apart; its spans are used up, its sizes stay. False: there is no whole header or
 * no room for a status, so the driver cannot even be told.
 */
bool blk_request_parse(struct blk_request *request, struct virtqueue_chain *chain);

/*
 * Does what need not wait for the medium. Returns the status (BLK_S_*) when the request is
 * done, or -EAGAIN when blk_request_finish() is to do the rest, which returns the status.
 */
int blk_request_try(struct blk_request *request, const struct blk_target *target);
int blk_request_finish(struct blk_request *request, const struct blk_target *target,
		       const struct disk_bounce *bounce);

#endif
