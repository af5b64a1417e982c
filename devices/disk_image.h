/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's side of a disk: a raw file or a block device, locked against a second user.
 *
 * Opening and closing belong to the thread that makes the VM. Everything else may be called by any
 * threads at once. Offsets and lengths are bytes, and the caller has checked that they lie within
 * the disk and are whole logical blocks. These functions return 0 or -errno; that the host failed
 * is logged once per disk and kind of operation, the guest is told each time.
 */
#ifndef DEVICES_DISK_IMAGE_H
#define DEVICES_DISK_IMAGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "devices/disk_request.h"

enum disk_operation {
	DISK_READ,
	DISK_WRITE,
	DISK_FLUSH,
	DISK_DISCARD,
	DISK_WRITE_ZEROES,
	DISK_OPERATIONS
};

struct disk_image {
	char *path;
	int fd;
	bool readonly, direct, is_device;
	uint64_t size; /* bytes; a multiple of block_size */

	/* Topology; bytes, powers of two where not said otherwise. */
	uint32_t block_size;	      /* logical block: 512 to 4096 */
	uint32_t physical_block_size; /* a multiple of block_size */
	uint32_t min_io_size;	      /* a multiple of block_size, not always a power of two */
	uint32_t optimal_io_size;     /* 0: not known; otherwise likewise */
	uint32_t alignment_offset;    /* of the first physical block */
	uint32_t memory_alignment;    /* of buffers; 1 unless direct */

	atomic_bool never_waits; /* kept in memory (tmpfs): try to do all at once */
	atomic_bool no_nowait_read, no_nowait_write; /* the file system cannot say "would wait" */
	atomic_bool no_zero_range, no_discard;	     /* nor do these */
	atomic_uint told; /* operations of which a failure was logged: bit per kind */
};

/* Room for buffers whose addresses O_DIRECT does not take; of one thread. */
struct disk_bounce {
	uint8_t *buffer; /* NULL: this disk needs none */
	size_t size;
};

/*
 * Opens and locks the disk. Refused, with what to do instead: what is no file or block device, what
 * another program has locked, images that are not raw (devices/disk_format.h). Returns 0 or -errno,
 * described.
 */
int disk_image_open(struct disk_image *image, const struct disk_request *request);
/* Gives up the lock; harmless on one that is not open and all zeroes but fd = -1. */
void disk_image_close(struct disk_image *image);

int disk_bounce_init(struct disk_bounce *bounce, const struct disk_image *image);
void disk_bounce_destroy(struct disk_bounce *bounce);

/* A transfer between spans of memory and the disk. The spans are used up on the way. */
struct disk_transfer {
	bool write;
	bool durable; /* a write that has to be on the medium when it is done */
	struct iovec *spans;
	unsigned count;
	size_t left; /* bytes in all spans */
	uint64_t offset;
};

/*
 * Does what can be done without waiting for the medium. Returns 0 when that was all, -EAGAIN when
 * disk_image_transfer() has to do the rest, or -errno when the transfer failed.
 */
int disk_image_try_transfer(struct disk_image *image, struct disk_transfer *transfer);
/* Does all that is left, however long it takes. */
int disk_image_transfer(struct disk_image *image, struct disk_transfer *transfer,
			const struct disk_bounce *bounce);

/* When it returns, all writes that were done before have reached the medium. */
int disk_image_flush(struct disk_image *image);

/* The guest does not need the contents any more. It is advice: fails only when the host does. */
int disk_image_discard(struct disk_image *image, uint64_t offset, uint64_t length);
/* The range reads as zeroes then; with `unmap`, space may be given back to the host. */
int disk_image_write_zeroes(struct disk_image *image, uint64_t offset, uint64_t length, bool unmap);

#endif
