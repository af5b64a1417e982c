// SPDX-License-Identifier: GPL-2.0-only
#include "devices/virtio/virtio_blk_request.h"

#include <endian.h>
#include <errno.h>

#include "devices/virtio/spans.h"
#include "devices/virtio/virtio_blk_layout.h"

bool blk_request_parse(struct blk_request *request, struct virtqueue_chain *chain)
{
	struct blk_header header;
	const struct iovec *last;

	*request = (struct blk_request){ 0 };
	if (spans_copy_out(chain->readable, chain->readable_count, 0, &header, sizeof(header)) !=
		    sizeof(header) ||
	    !chain->writable_count)
		return false;
	request->type = le32toh(header.type);
	request->sector = le64toh(header.sector);

	last = &chain->writable[chain->writable_count - 1];
	request->status = (uint8_t *)last->iov_base + last->iov_len - 1;
	request->writable = chain->writable;
	request->writable_size = chain->writable_size - 1;
	request->writable_count =
		spans_truncate(chain->writable, chain->writable_count, request->writable_size);

	request->readable = chain->readable;
	request->readable_count = chain->readable_count;
	request->readable_size = chain->readable_size - sizeof(header);
	spans_skip(&request->readable, &request->readable_count, sizeof(header));
	return true;
}

static int status_of(int ret)
{
	return ret ? BLK_S_IOERR : BLK_S_OK;
}

/* Whether the disk has all of these sectors. */
static bool range_of(const struct disk_image *image, uint64_t sector, uint64_t length,
		     uint64_t *offset)
{
	uint64_t end;

	return !__builtin_mul_overflow(sector, (uint64_t)BLK_SECTOR, offset) &&
	       !__builtin_add_overflow(*offset, length, &end) && end <= image->size;
}

static bool prepare_transfer(struct blk_request *request, const struct blk_target *target)
{
	bool write = request->type == BLK_T_OUT;
	uint32_t unit = target->image->direct ? target->image->block_size : BLK_SECTOR;
	uint64_t offset;

	request->transfer = (struct disk_transfer){
		.write = write,
		.durable = write && target->durable,
		.spans = write ? request->readable : request->writable,
		.count = write ? request->readable_count : request->writable_count,
		.left = write ? request->readable_size : request->writable_size,
	};
	if (!range_of(target->image, request->sector, request->transfer.left, &offset) ||
	    (write && target->image->readonly))
		return false;
	request->transfer.offset = offset;
	/* O_DIRECT has the last word on what it takes. */
	return request->transfer.left % unit == 0 && offset % unit == 0;
}

static int change_range(const struct blk_request *request, const struct blk_target *target,
			const struct blk_range *range)
{
	struct disk_image *image = target->image;
	uint32_t flags = le32toh(range->flags), sectors = le32toh(range->sectors);
	bool discard = request->type == BLK_T_DISCARD;
	uint64_t offset, length = sectors * (uint64_t)BLK_SECTOR;

	/* 5.2.6.2: what a discard says of unmapping is to be refused like this. */
	if (flags & ~(discard ? 0u : (uint32_t)BLK_RANGE_UNMAP))
		return BLK_S_UNSUPP;
	if (sectors > BLK_RANGE_SECTORS_MAX ||
	    !range_of(image, le64toh(range->sector), length, &offset))
		return BLK_S_IOERR;
	return status_of(discard ? disk_image_discard(image, offset, length)
				 : disk_image_write_zeroes(image, offset, length, flags));
}

static int change_ranges(const struct blk_request *request, const struct blk_target *target)
{
	struct blk_range ranges[BLK_RANGES_MAX];
	size_t size = request->readable_size;
	int status = BLK_S_OK;

	if (target->image->readonly || !size || size > sizeof(ranges) || size % sizeof(ranges[0]))
		return BLK_S_IOERR;
	spans_copy_out(request->readable, request->readable_count, 0, ranges, size);
	for (size_t i = 0; i < size / sizeof(ranges[0]) && !status; i++)
		status = change_range(request, target, &ranges[i]);
	if (!status && target->durable)
		status = status_of(disk_image_flush(target->image));
	return status;
}

int blk_request_try(struct blk_request *request, const struct blk_target *target)
{
	int ret;

	switch (request->type) {
	case BLK_T_IN:
	case BLK_T_OUT:
		if (!prepare_transfer(request, target))
			return BLK_S_IOERR;
		ret = disk_image_try_transfer(target->image, &request->transfer);
		return ret == -EAGAIN ? ret : status_of(ret);
	case BLK_T_GET_ID:
		spans_copy_in(request->writable, request->writable_count, 0, target->serial,
			      sizeof(target->serial));
		return BLK_S_OK;
	case BLK_T_FLUSH:
	case BLK_T_DISCARD:
	case BLK_T_WRITE_ZEROES:
		return -EAGAIN;
	default:
		return BLK_S_UNSUPP;
	}
}

int blk_request_finish(struct blk_request *request, const struct blk_target *target,
		       const struct disk_bounce *bounce)
{
	switch (request->type) {
	case BLK_T_FLUSH:
		return status_of(disk_image_flush(target->image));
	case BLK_T_DISCARD:
	case BLK_T_WRITE_ZEROES:
		return change_ranges(request, target);
	default:
		return status_of(disk_image_transfer(target->image, &request->transfer, bounce));
	}
}
