/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the driver of a block device and the device know of each other (virtio 1.2, 5.2). Integers
 * are little-endian. Linux's header of the same does not go together with virtio_device.h.
 */
#ifndef DEVICES_VIRTIO_VIRTIO_BLK_LAYOUT_H
#define DEVICES_VIRTIO_VIRTIO_BLK_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

/* Features (5.2.3). */
#define BLK_F_SEG_MAX	   (UINT64_C(1) << 2)
#define BLK_F_RO	   (UINT64_C(1) << 5)
#define BLK_F_BLK_SIZE	   (UINT64_C(1) << 6)
#define BLK_F_FLUSH	   (UINT64_C(1) << 9)
#define BLK_F_TOPOLOGY	   (UINT64_C(1) << 10)
#define BLK_F_CONFIG_WCE   (UINT64_C(1) << 11)
#define BLK_F_MQ	   (UINT64_C(1) << 12)
#define BLK_F_DISCARD	   (UINT64_C(1) << 13)
#define BLK_F_WRITE_ZEROES (UINT64_C(1) << 14)

/* The configuration space (5.2.4). */
struct blk_config_space {
	uint64_t capacity; /* sectors */
	uint32_t size_max, seg_max;
	uint16_t cylinders;
	uint8_t heads, sectors;
	uint32_t blk_size;
	uint8_t physical_block_exp; /* logical blocks in a physical one, as a power of 2 */
	uint8_t alignment_offset;   /* logical blocks; so are the next two */
	uint16_t min_io_size;
	uint32_t opt_io_size;
	uint8_t writeback;
	uint8_t unused0;
	uint16_t num_queues;
	uint32_t max_discard_sectors, max_discard_seg, discard_sector_alignment;
	uint32_t max_write_zeroes_sectors, max_write_zeroes_seg;
	uint8_t write_zeroes_may_unmap, unused1[3];
};
_Static_assert(offsetof(struct blk_config_space, blk_size) == 20, "as in 5.2.4");
_Static_assert(offsetof(struct blk_config_space, writeback) == 32, "as in 5.2.4");
_Static_assert(sizeof(struct blk_config_space) == 60 + 4, "as in 5.2.4, and padded");

/* A request (5.2.6): this, then data in either direction, then a byte of status. */
struct blk_header {
	uint32_t type, reserved;
	uint64_t sector;
};
_Static_assert(sizeof(struct blk_header) == 16, "as in 5.2.6");

#define BLK_T_IN	   0
#define BLK_T_OUT	   1
#define BLK_T_FLUSH	   4
#define BLK_T_GET_ID	   8
#define BLK_T_DISCARD	   11
#define BLK_T_WRITE_ZEROES 13

/* The data of the last two, several of them. */
struct blk_range {
	uint64_t sector;
	uint32_t sectors, flags;
};
_Static_assert(sizeof(struct blk_range) == 16, "as in 5.2.6");
#define BLK_RANGE_UNMAP 1

#define BLK_S_OK     0
#define BLK_S_IOERR  1
#define BLK_S_UNSUPP 2

#endif
