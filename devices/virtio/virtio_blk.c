// SPDX-License-Identifier: GPL-2.0-only
#include "devices/virtio/virtio_blk.h"

#include <endian.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "devices/virtio/virtio_blk_layout.h"
#include "devices/virtio/virtio_blk_queue.h"
#include "devices/virtio/virtio_device.h"

#define SEGMENTS_MAX (BLK_QUEUE_SIZE - 2) /* besides the header and the status */

struct virtio_blk {
	struct virtio_device device;
	struct disk_image image;
	struct blk_target target;
	bool write_cache; /* as the driver set it; protected by the device's lock */
	unsigned queue_count;
	struct blk_queue queues[DISK_QUEUES_MAX];
};

static struct virtio_blk *blk_of(struct virtio_device *device)
{
	return (struct virtio_blk *)((char *)device - offsetof(struct virtio_blk, device));
}

static int blk_start(struct virtio_device *device)
{
	struct virtio_blk *blk = blk_of(device);
	int ret = 0;

	for (unsigned i = 0; i < blk->queue_count && !ret; i++)
		ret = blk_queue_start(&blk->queues[i]);
	return ret;
}

static void blk_end(struct virtio_device *device)
{
	struct virtio_blk *blk = blk_of(device);

	for (unsigned i = 0; i < blk->queue_count; i++)
		blk_queue_end(&blk->queues[i]);
}

/* With the device's lock held, while it is active. */
static void choose_cache(struct virtio_blk *blk)
{
	bool can_flush = virtio_device_has(&blk->device, BLK_F_FLUSH);
	bool can_choose = virtio_device_has(&blk->device, BLK_F_CONFIG_WCE);

	/* 5.2.6.2: who does not know of flushes relies on each write. */
	atomic_store(&blk->target.durable, !can_flush || (can_choose && !blk->write_cache));
}

static void blk_activate(struct virtio_device *device)
{
	struct virtio_blk *blk = blk_of(device);

	choose_cache(blk);
	for (unsigned i = 0; i < blk->queue_count; i++)
		blk_queue_activate(&blk->queues[i]);
}

static void set_write_cache(struct virtio_blk *blk, bool on)
{
	uint8_t byte = on;

	blk->write_cache = on;
	virtio_device_set_config(&blk->device, offsetof(struct blk_config_space, writeback), &byte,
				 1);
}

static void blk_stop(struct virtio_device *device)
{
	struct virtio_blk *blk = blk_of(device);

	for (unsigned i = 0; i < blk->queue_count; i++)
		blk_queue_stop(&blk->queues[i]);
	set_write_cache(blk, true);
}

static void blk_config_written(struct virtio_device *device, size_t offset, const uint8_t *bytes,
			       size_t size)
{
	struct virtio_blk *blk = blk_of(device);

	if (offset != offsetof(struct blk_config_space, writeback) || size != 1)
		return;
	set_write_cache(blk, bytes[0] & 1);
	if (virtio_device_is_active(device))
		choose_cache(blk);
}

static void blk_destroy(struct virtio_device *device)
{
	struct virtio_blk *blk = blk_of(device);

	for (unsigned i = 0; i < blk->queue_count; i++)
		blk_queue_destroy(&blk->queues[i]);
	virtio_device_destroy(device);
	disk_image_close(&blk->image);
	free(blk);
}

static const struct virtio_device_ops blk_ops = {
	.name = "virtio-blk",
	.id = VIRTIO_ID_BLOCK,
	.start = blk_start,
	.end = blk_end,
	.activate = blk_activate,
	.stop = blk_stop,
	.config_written = blk_config_written,
	.destroy = blk_destroy,
};

static struct blk_config_space describe(const struct disk_image *image, unsigned queues)
{
	uint32_t block = image->block_size;

	return (struct blk_config_space){
		.capacity = htole64(image->size / BLK_SECTOR),
		.seg_max = htole32(SEGMENTS_MAX),
		.blk_size = htole32(block),
		.physical_block_exp = __builtin_ctz(image->physical_block_size / block),
		.alignment_offset = image->alignment_offset / block,
		.min_io_size = htole16(image->min_io_size / block),
		.opt_io_size = htole32(image->optimal_io_size / block),
		.writeback = 1,
		.num_queues = htole16(queues),
		.max_discard_sectors = htole32(BLK_RANGE_SECTORS_MAX),
		.max_discard_seg = htole32(BLK_RANGES_MAX),
		.discard_sector_alignment = htole32(image->physical_block_size / BLK_SECTOR),
		.max_write_zeroes_sectors = htole32(BLK_RANGE_SECTORS_MAX),
		.max_write_zeroes_seg = htole32(BLK_RANGES_MAX),
		.write_zeroes_may_unmap = 1,
	};
}

static int init_device(struct virtio_blk *blk, const struct virtio_blk_setup *setup)
{
	struct blk_config_space space = describe(&blk->image, setup->disk->queues);
	uint16_t sizes[DISK_QUEUES_MAX];
	struct virtio_device_config config = {
		.ops = &blk_ops,
		.memory = setup->memory,
		.own_threads = true,
		.features = BLK_F_SEG_MAX | BLK_F_BLK_SIZE | BLK_F_FLUSH | BLK_F_TOPOLOGY |
			    BLK_F_CONFIG_WCE,
		.queues = setup->disk->queues,
		.queue_sizes = sizes,
		.config = &space,
		.config_size = sizeof(space),
	};

	config.features |= blk->image.readonly ? BLK_F_RO : BLK_F_DISCARD | BLK_F_WRITE_ZEROES;
	if (config.queues > 1)
		config.features |= BLK_F_MQ;
	for (unsigned i = 0; i < DISK_QUEUES_MAX; i++)
		sizes[i] = BLK_QUEUE_SIZE;
	return virtio_device_init(&blk->device, &config);
}

static int init_queues(struct virtio_blk *blk, const struct virtio_blk_setup *setup)
{
	const struct blk_queue_config config = {
		.target = &blk->target,
		.disk = setup->number,
		.thread_begin = setup->thread_begin,
		.context = setup->context,
	};
	int ret = 0;

	while (blk->queue_count < setup->disk->queues && !ret) {
		unsigned i = blk->queue_count++;

		ret = blk_queue_init(&blk->queues[i], &blk->device.queues[i], &config);
	}
	return ret;
}

/* Padded with zeroes; none at the end when it is as long as can be. */
static void choose_serial(struct blk_target *target, const struct virtio_blk_setup *setup)
{
	char name[DISK_SERIAL_SIZE + 1] = "";

	snprintf(name, sizeof(name), "disk%u", setup->number);
	memcpy(target->serial, *setup->disk->serial ? setup->disk->serial : name, DISK_SERIAL_SIZE);
}

int virtio_blk_create(const struct virtio_blk_setup *setup, struct virtio_device **device)
{
	struct virtio_blk *blk = calloc(1, sizeof(*blk));
	int ret;

	if (!blk)
		return log_error(-ENOMEM, "cannot make a disk: no memory");
	blk->write_cache = true;
	blk->target.image = &blk->image;
	choose_serial(&blk->target, setup);
	ret = disk_image_open(&blk->image, setup->disk);
	if (ret < 0)
		goto free_blk;
	ret = init_device(blk, setup);
	if (ret < 0)
		goto close_image;
	ret = init_queues(blk, setup);
	if (ret < 0) {
		blk_destroy(&blk->device);
		return ret;
	}
	*device = &blk->device;
	return 0;

close_image:
	disk_image_close(&blk->image);
free_blk:
	free(blk);
	return ret;
}
