// SPDX-License-Identifier: GPL-2.0-only
#include "base/sealed_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

#ifndef MADV_COLLAPSE /* Linux 6.1 */
#define MADV_COLLAPSE 25
#endif

#define SEALS	     (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)
#define RESERVE_STEP UINT64_C(0x80000)
#define HUGE_STEP    UINT64_C(0x200000)	  /* a huge page, where pages have 4 KiB */
#define COPY_STEP    UINT64_C(0x40000000) /* below what sendfile(2) moves in one call */
#define MIB	     UINT64_C(0x100000)

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static int cannot_read(const struct sealed_request *request, int error, const char *why)
{
	return log_error(error, "cannot read %s '%s': %s", request->what, request->path, why);
}

static int cannot_keep(const struct sealed_request *request, int error)
{
	return log_error(error,
			 "cannot keep a copy of %s '%s' in memory: %s: free some memory, or raise "
			 "the limits of this process (ulimit -a)",
			 request->what, request->path, strerror(-error));
}

static int too_large(const struct sealed_request *request)
{
	bool mib = request->limit >= MIB && request->limit % MIB == 0;

	return log_error(-EFBIG, "cannot read %s '%s': it has more than %" PRIu64 " %s: %s",
			 request->what, request->path, mib ? request->limit / MIB : request->limit,
			 mib ? "MiB" : "bytes", request->limit_reason);
}

static int cannot_open(const struct sealed_request *request, int error)
{
	switch (error) {
	case ENOENT:
		return cannot_read(request, -error, "there is no such file: check its path");
	case EACCES:
	case EPERM:
		return cannot_read(request, -error,
				   "you may not read it: copy it to a place of your own, or change "
				   "its permissions");
	default:
		return cannot_read(request, -error, strerror(error));
	}
}

int sealed_file_open_source(const struct sealed_request *request, uint64_t *size)
{
	struct stat stat_buffer;
	int fd;

	/* Merely opening a device can act (a watchdog starts): look before. */
	if (stat(request->path, &stat_buffer) < 0)
		return cannot_open(request, errno);
	if (S_ISDIR(stat_buffer.st_mode))
		return cannot_read(request, -EISDIR, "it is a directory: name a file in it");
	if (!S_ISREG(stat_buffer.st_mode) && !S_ISFIFO(stat_buffer.st_mode))
		return cannot_read(request, -ENOTSUP,
				   "it is a device or a socket: name a regular file or a FIFO");
	fd = open(request->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return cannot_open(request, errno);
	*size = S_ISREG(stat_buffer.st_mode) ? (uint64_t)stat_buffer.st_size : 0;
	return fd;
}

int sealed_file_copy(struct sealed_file *file, const struct sealed_request *request, int fd)
{
	struct sealed_writer writer;
	struct stat stat_buffer;
	int error;

	/* Do not copy all that is allowed only to find that there is more. */
	if (fstat(fd, &stat_buffer) == 0 && stat_buffer.st_size > 0 &&
	    (uint64_t)stat_buffer.st_size > request->limit)
		return too_large(request);
	error = sealed_writer_begin(&writer, request);
	if (error)
		return error;
	error = sealed_writer_copy(&writer, fd, min_u64(request->limit, UINT64_MAX - 1) + 1);
	if (!error && writer.size > request->limit)
		error = too_large(request);
	if (!error)
		return sealed_writer_finish(&writer, file);
	sealed_writer_abandon(&writer);
	return error;
}

int sealed_file_open(struct sealed_file *file, const struct sealed_request *request)
{
	uint64_t size;
	int fd, error;

	*file = (struct sealed_file){ .fd = -1 };
	fd = sealed_file_open_source(request, &size);
	if (fd < 0)
		return fd;
	error = sealed_file_copy(file, request, fd);
	close(fd);
	return error;
}

void sealed_file_close(struct sealed_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	*file = (struct sealed_file){ .fd = -1 };
}

int sealed_writer_begin(struct sealed_writer *writer, const struct sealed_request *request)
{
	char name[64];
	int fd;

	*writer = (struct sealed_writer){
		.request = request,
		.fd = -1,
		.capacity = min_u64(request->limit, INT64_MAX - HUGE_STEP) + 1,
		.huge = true,
	};
	snprintf(name, sizeof(name), "armlet-%s", request->what);
	/* From 6.3 on the kernel logs a complaint without NOEXEC_SEAL; older ones refuse it. */
	fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return cannot_keep(request, -errno);
	writer->fd = fd;
	return 0;
}

/* At a huge page's boundary, so that huge pages fit. */
static int map_writer(struct sealed_writer *writer)
{
	uint8_t *room, *map;

	if (writer->map)
		return 0;
	room = mmap(NULL, writer->capacity + HUGE_STEP, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (room == MAP_FAILED)
		return cannot_keep(writer->request, -errno);
	map = (uint8_t *)(((uintptr_t)room + HUGE_STEP - 1) & ~(uintptr_t)(HUGE_STEP - 1));
	map = mmap(map, writer->capacity, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		   writer->fd, 0);
	if (map == MAP_FAILED) {
		munmap(room, writer->capacity + HUGE_STEP);
		return cannot_keep(writer->request, -errno);
	}
	writer->room = room;
	writer->map = map;
	return 0;
}

static int back_until(struct sealed_writer *writer, uint64_t end)
{
	while (fallocate(writer->fd, 0, writer->backed, end - writer->backed) < 0)
		if (errno != EINTR)
			return cannot_keep(writer->request, -errno);
	return 0;
}

/*
 * Backs the next huge page's worth by a huge page if the host has one to give: filling, reading and
 * freeing it costs half of what small pages cost. They are no more than advice: all of it is backed
 * afterwards, by whatever pages.
 */
static int back_huge(struct sealed_writer *writer)
{
	uint8_t *to = writer->map + writer->backed;
	int error;

	if (ftruncate(writer->fd, writer->backed + HUGE_STEP) < 0)
		return cannot_keep(writer->request, -errno);
	/* Only what has a page can be collapsed; before some Linux after 6.1, a mapped one. */
	error = back_until(writer, writer->backed + 1);
	if (error)
		return error;
	*(volatile uint8_t *)to = 0;
	writer->huge = madvise(to, HUGE_STEP, MADV_COLLAPSE) == 0;
	error = back_until(writer, writer->backed + HUGE_STEP);
	if (!error)
		writer->backed += HUGE_STEP;
	return error;
}

int sealed_writer_reserve(struct sealed_writer *writer, uint64_t length)
{
	uint64_t end;
	int error = map_writer(writer);

	if (__builtin_add_overflow(writer->size, length, &end) || end > writer->capacity)
		end = writer->capacity;
	while (!error && writer->huge && end >= HUGE_STEP / 2 + writer->backed &&
	       writer->capacity >= HUGE_STEP + writer->backed && writer->backed % HUGE_STEP == 0)
		error = back_huge(writer);
	if (error || end <= writer->backed)
		return error;
	end = min_u64((end + RESERVE_STEP - 1) & ~(RESERVE_STEP - 1), writer->capacity);
	error = back_until(writer, end);
	if (!error)
		writer->backed = end;
	return error;
}

/* At least a byte must be reserved; reads at most what is. Returns what came, 0 at the end. */
static ssize_t read_reserved(struct sealed_writer *writer, int fd, uint64_t length)
{
	ssize_t got;

	do
		got = read(fd, writer->map + writer->size,
			   min_u64(length, writer->backed - writer->size));
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return cannot_read(writer->request, -errno, strerror(errno));
	writer->size += got;
	return got;
}

/* For what sendfile(2) cannot take from: FIFOs, and some files of procfs. */
static int copy_by_reading(struct sealed_writer *writer, int fd, uint64_t length)
{
	ssize_t got = 1;

	while (length && got) {
		int error = sealed_writer_reserve(writer, 1);

		if (error)
			return error;
		got = read_reserved(writer, fd, length);
		if (got < 0)
			return got;
		length -= got;
	}
	return 0;
}

/*
 * The file's beginning into huge pages, as far as it is known to be long enough and the host has
 * any. Returns how much was copied, or -errno.
 */
static int64_t copy_to_huge_pages(struct sealed_writer *writer, int fd, uint64_t length)
{
	struct stat stat_buffer;
	uint64_t known, done = 0;
	off_t position = lseek(fd, 0, SEEK_CUR);

	if (writer->size || position < 0 || fstat(fd, &stat_buffer) < 0 ||
	    stat_buffer.st_size <= position)
		return 0;
	known = min_u64(length, stat_buffer.st_size - position);
	while (known - done >= HUGE_STEP / 2 && writer->huge) {
		int error = sealed_writer_reserve(writer, min_u64(known - done, HUGE_STEP));
		ssize_t got = error ? error : read_reserved(writer, fd, length - done);

		if (got < 0)
			return got;
		if (!got)
			break;
		done += got;
	}
	return done;
}

int sealed_writer_copy(struct sealed_writer *writer, int fd, uint64_t length)
{
	int64_t done = copy_to_huge_pages(writer, fd, length);

	if (done < 0)
		return done;
	length -= done;
	if (lseek(writer->fd, writer->size, SEEK_SET) < 0)
		return cannot_keep(writer->request, -errno);
	while (length) {
		ssize_t sent = sendfile(writer->fd, fd, NULL, min_u64(length, COPY_STEP));

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && (errno == EINVAL || errno == ENOSYS))
			return copy_by_reading(writer, fd, length);
		if (sent < 0 && (errno == ENOMEM || errno == ENOSPC || errno == EFBIG))
			return cannot_keep(writer->request, -errno);
		if (sent < 0)
			return cannot_read(writer->request, -errno, strerror(errno));
		if (!sent)
			break;
		writer->size += sent;
		length -= sent;
	}
	return 0;
}

static void unmap(struct sealed_writer *writer)
{
	if (writer->room)
		munmap(writer->room, writer->capacity + HUGE_STEP);
	writer->room = writer->map = NULL;
}

int sealed_writer_finish(struct sealed_writer *writer, struct sealed_file *file)
{
	int error = 0;

	/* A file cannot be sealed while it can be written to through a mapping. */
	unmap(writer);
	if (!writer->size)
		error = cannot_read(writer->request, -ENODATA,
				    "it is empty: was it built or copied completely?");
	else if (ftruncate(writer->fd, writer->size) < 0 ||
		 fcntl(writer->fd, F_ADD_SEALS, SEALS) < 0)
		error = cannot_keep(writer->request, -errno);
	if (error) {
		sealed_writer_abandon(writer);
		return error;
	}
	*file = (struct sealed_file){ .fd = writer->fd, .size = writer->size };
	writer->fd = -1;
	return 0;
}

void sealed_writer_abandon(struct sealed_writer *writer)
{
	unmap(writer);
	if (writer->fd >= 0)
		close(writer->fd);
	writer->fd = -1;
}
