// SPDX-License-Identifier: GPL-2.0-only
/* Reading and writing a disk, flush, discard and zeroes; on the threads of devices. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/log.h"
#include "devices/disk_image.h"

/* Fits Linux's limit on one call, and keeps offsets within off_t. */
#define SPANS_PER_CALL 1024
_Static_assert(SPANS_PER_CALL <= IOV_MAX, "as many as preadv(2) takes");

#define ZEROES_SIZE  65536
#define ZEROES_SPANS 16

static int fail(struct disk_image *image, enum disk_operation operation, int error)
{
	static const char *const names[DISK_OPERATIONS] = {
		[DISK_READ] = "read from",
		[DISK_WRITE] = "write to",
		[DISK_FLUSH] = "flush",
		[DISK_DISCARD] = "discard parts of",
		[DISK_WRITE_ZEROES] = "write zeroes to",
	};
	unsigned bit = 1u << operation;

	if (!(atomic_fetch_or(&image->told, bit) & bit))
		log_warn("cannot %s disk '%s': %s: the guest sees I/O errors (said once)",
			 names[operation], image->path, strerror(-error));
	return error;
}

static void advance(struct disk_transfer *transfer, size_t done)
{
	transfer->left -= done;
	transfer->offset += done;
	while (done && done >= transfer->spans->iov_len) {
		done -= transfer->spans->iov_len;
		transfer->spans++;
		transfer->count--;
	}
	if (done) {
		transfer->spans->iov_base = (char *)transfer->spans->iov_base + done;
		transfer->spans->iov_len -= done;
	}
}

/* One system call. Returns how many bytes it transferred, or -errno. */
static ssize_t transfer_some(const struct disk_image *image, bool write, const struct iovec *spans,
			     unsigned count, uint64_t offset, int flags)
{
	ssize_t done;

	if (count > SPANS_PER_CALL)
		count = SPANS_PER_CALL;
	do
		done = write ? pwritev2(image->fd, spans, count, offset, flags)
			     : preadv2(image->fd, spans, count, offset, flags);
	while (done < 0 && errno == EINTR);
	if (done < 0)
		return -errno;
	/* A file that became shorter, or a device that is full. */
	return done ? done : -EIO;
}

/* The host's page cache, if it can, has it at once. */
int disk_image_try_transfer(struct disk_image *image, struct disk_transfer *transfer)
{
	atomic_bool *no_nowait = transfer->write ? &image->no_nowait_write : &image->no_nowait_read;
	int flags = 0;
	ssize_t done;

	if (!transfer->left)
		return 0;
	if (image->direct || transfer->durable)
		return -EAGAIN;
	if (!atomic_load_explicit(&image->never_waits, memory_order_relaxed)) {
		if (atomic_load_explicit(no_nowait, memory_order_relaxed))
			return -EAGAIN;
		flags = RWF_NOWAIT;
	}
	while (transfer->left) {
		done = transfer_some(image, transfer->write, transfer->spans, transfer->count,
				     transfer->offset, flags);
		if (done == -EOPNOTSUPP && flags) {
			atomic_store(no_nowait, true);
			return -EAGAIN;
		}
		if (done == -EAGAIN)
			return -EAGAIN;
		/* What is only short now may say later why. */
		if (done < 0)
			return flags ? -EAGAIN
				     : fail(image, transfer->write ? DISK_WRITE : DISK_READ, done);
		advance(transfer, done);
	}
	return 0;
}

static bool is_aligned(const struct disk_image *image, const struct disk_transfer *transfer)
{
	uintptr_t bits = 0;

	for (unsigned i = 0; i < transfer->count; i++)
		bits |= (uintptr_t)transfer->spans[i].iov_base | transfer->spans[i].iov_len;
	return !(bits & (image->memory_alignment - 1));
}

static void copy_spans(const struct disk_transfer *transfer, uint8_t *buffer, size_t size)
{
	for (unsigned i = 0; size; i++) {
		const struct iovec *span = &transfer->spans[i];
		size_t part = size < span->iov_len ? size : span->iov_len;

		if (transfer->write)
			memcpy(buffer, span->iov_base, part);
		else
			memcpy(span->iov_base, buffer, part);
		buffer += part;
		size -= part;
	}
}

/* Through a buffer of ours that is aligned. */
static ssize_t bounce_some(const struct disk_image *image, const struct disk_transfer *transfer,
			   const struct disk_bounce *bounce, int flags)
{
	size_t size = transfer->left < bounce->size ? transfer->left : bounce->size;
	struct iovec span = { bounce->buffer, size };
	ssize_t done;

	if (transfer->write)
		copy_spans(transfer, bounce->buffer, size);
	done = transfer_some(image, transfer->write, &span, 1, transfer->offset, flags);
	if (done > 0 && !transfer->write)
		copy_spans(transfer, bounce->buffer, done);
	return done;
}

int disk_image_transfer(struct disk_image *image, struct disk_transfer *transfer,
			const struct disk_bounce *bounce)
{
	int flags = transfer->write && transfer->durable ? RWF_DSYNC : 0;
	bool bounced = bounce->buffer && !is_aligned(image, transfer);
	ssize_t done;

	while (transfer->left) {
		done = bounced ? bounce_some(image, transfer, bounce, flags)
			       : transfer_some(image, transfer->write, transfer->spans,
					       transfer->count, transfer->offset, flags);
		if (done < 0)
			return fail(image, transfer->write ? DISK_WRITE : DISK_READ, done);
		advance(transfer, done);
	}
	return 0;
}

int disk_image_flush(struct disk_image *image)
{
	int ret;

	do
		ret = fdatasync(image->fd) < 0 ? -errno : 0;
	while (ret == -EINTR);
	return ret ? fail(image, DISK_FLUSH, ret) : 0;
}

static int allocate(const struct disk_image *image, int mode, uint64_t offset, uint64_t length)
{
	int ret;

	do
		ret = fallocate(image->fd, mode | FALLOC_FL_KEEP_SIZE, offset, length) < 0 ? -errno
											   : 0;
	while (ret == -EINTR);
	return ret;
}

static bool is_unsupported(int error)
{
	return error == -EOPNOTSUPP || error == -ENOSYS || error == -ENOTTY;
}

int disk_image_discard(struct disk_image *image, uint64_t offset, uint64_t length)
{
	uint64_t range[2] = { offset, length };
	int ret;

	if (!length || atomic_load_explicit(&image->no_discard, memory_order_relaxed))
		return 0;
	if (image->is_device)
		ret = ioctl(image->fd, BLKDISCARD, range) < 0 ? -errno : 0;
	else
		ret = allocate(image, FALLOC_FL_PUNCH_HOLE, offset, length);
	if (is_unsupported(ret)) {
		atomic_store(&image->no_discard, true);
		return 0;
	}
	return ret ? fail(image, DISK_DISCARD, ret) : 0;
}

static int write_zero_bytes(const struct disk_image *image, uint64_t offset, uint64_t length)
{
	static _Alignas(4096) uint8_t zeroes[ZEROES_SIZE];

	while (length) {
		struct iovec spans[ZEROES_SPANS];
		unsigned count = 0;
		ssize_t done;

		for (uint64_t left = length; left && count < ZEROES_SPANS; count++) {
			spans[count] =
				(struct iovec){ zeroes, left < ZEROES_SIZE ? left : ZEROES_SIZE };
			left -= spans[count].iov_len;
		}
		done = transfer_some(image, true, spans, count, offset, 0);
		if (done < 0)
			return done;
		offset += done;
		length -= done;
	}
	return 0;
}

int disk_image_write_zeroes(struct disk_image *image, uint64_t offset, uint64_t length, bool unmap)
{
	int ret = -EOPNOTSUPP;

	if (!length)
		return 0;
	if (unmap)
		ret = allocate(image, FALLOC_FL_PUNCH_HOLE, offset, length);
	if (is_unsupported(ret) &&
	    !atomic_load_explicit(&image->no_zero_range, memory_order_relaxed)) {
		ret = allocate(image, FALLOC_FL_ZERO_RANGE, offset, length);
		if (is_unsupported(ret))
			atomic_store(&image->no_zero_range, true);
	}
	if (is_unsupported(ret))
		ret = write_zero_bytes(image, offset, length);
	return ret ? fail(image, DISK_WRITE_ZEROES, ret) : 0;
}
