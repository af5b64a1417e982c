/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sealed copies of the user's files.
 *
 * Kernel, initrd and device tree are copied once, at start, into memfds that nobody can change any
 * more (F_SEAL_SHRINK, GROW, WRITE and SEAL, see memfd_create(2)). The running, sandboxed VM then
 * opens nothing when it is reset, and a rebuild of the kernel under our feet changes nothing in it.
 * Content that is produced rather than copied (a decompressed kernel) comes about by a writer.
 *
 * Nothing here uses the heap, and every mapping is gone when a function has sealed or given up its
 * file. Failures are described once and come back as negative errno. All of it is for start-up:
 * any thread, one at a time for one object.
 */
#ifndef BASE_SEALED_FILE_H
#define BASE_SEALED_FILE_H

#include <stdbool.h>
#include <stdint.h>

/* Owns `fd`, readable at any offset with pread(2). An fd of -1: nothing there. */
struct sealed_file {
	int fd;
	uint64_t size; /* bytes, never 0 in an open file */
};

/* What to read. The strings are not copied. */
struct sealed_request {
	const char *what;	  /* in messages, and the memfd's name: "kernel": "armlet-kernel" */
	const char *path;	  /* the user's file; in messages */
	uint64_t limit;		  /* the most bytes that it may have */
	const char *limit_reason; /* "it must fit into the guest's RAM: use a larger --mem" */
};

/*
 * Makes a sealed copy of request->path. A regular file or a FIFO is read until its end, so that
 * process substitution and files whose st_size is 0 (procfs) work; devices, sockets and
 * directories are refused without being opened.
 *
 * Returns 0; -ENODATA for an empty file, -EISDIR, -ENOTSUP for a device or socket, -EFBIG beyond
 * the limit, or what open(2) and reading gave.
 */
int sealed_file_open(struct sealed_file *file, const struct sealed_request *request);

/* Closes; harmless on one that is not open. */
void sealed_file_close(struct sealed_file *file);

/*
 * The two halves of sealed_file_open(), for a reader that looks at the file first.
 * sealed_file_open_source() returns a descriptor for reading and fills `size` with st_size: 0 when
 * the length is not known before the end is reached (a FIFO, procfs). sealed_file_copy() copies
 * from the descriptor's position to its end.
 */
int sealed_file_open_source(const struct sealed_request *request, uint64_t *size);
int sealed_file_copy(struct sealed_file *file, const struct sealed_request *request, int fd);

/*
 * A sealed file in the making. Whoever began it ends it with sealed_writer_finish() or
 * sealed_writer_abandon(); both can follow any failure.
 *
 * Content is appended by sealed_writer_copy(), or by sealed_writer_reserve() and then storing at
 * map + size and advancing `size`. The map has room for limit + 1 bytes, so that a producer can
 * see that it went beyond the limit.
 */
struct sealed_writer {
	const struct sealed_request *request;
	int fd;
	uint64_t size;	   /* bytes appended so far */
	uint64_t capacity; /* length of `map`: the limit and a byte, if a file can have as many */
	uint64_t backed;   /* bytes of `map` that may be stored to */
	uint8_t *map;  /* NULL before the first sealed_writer_reserve(); does not move after it */
	uint8_t *room; /* `map` and what it needed to begin at a huge page's boundary; private */
	bool huge;     /* no huge page was refused so far; private */
};

int sealed_writer_begin(struct sealed_writer *writer, const struct sealed_request *request);

/*
 * Appends at most `length` bytes, fewer if `fd` ends before, from the position of `fd`. Returns 0
 * or -errno.
 */
int sealed_writer_copy(struct sealed_writer *writer, int fd, uint64_t length);

/*
 * Gives memory to the next `length` bytes after `size` (fewer where limit + 1 comes first), so
 * that storing to them cannot fault for want of memory. Returns 0 or -errno.
 */
int sealed_writer_reserve(struct sealed_writer *writer, uint64_t length);

/* Trims to `size`, seals, and hands the descriptor to `file`. -ENODATA if nothing was appended. */
int sealed_writer_finish(struct sealed_writer *writer, struct sealed_file *file);
void sealed_writer_abandon(struct sealed_writer *writer);

#endif
