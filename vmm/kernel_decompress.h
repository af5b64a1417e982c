/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decompressing a kernel from a file into a sealed memfd, streaming: the input passes through one
 * small buffer, the output is written where it stays. The libraries get their memory from mmap, so
 * that none of it lingers on the heap of the running monitor.
 */
#ifndef VMM_KERNEL_DECOMPRESS_H
#define VMM_KERNEL_DECOMPRESS_H

#include "vmm/kernel_source.h"

enum kernel_compression {
	KERNEL_COMPRESSION_GZIP,
	KERNEL_COMPRESSION_ZSTD,
};

/*
 * Decompresses `length` bytes at `offset` of the source, or says that it does not have them. All
 * gzip members or zstd frames in it are put together; zeroes behind the last are padding, anything
 * else there is ignored with a warning.
 *
 * Returns 0; -ENOEXEC for corrupt or truncated data, -EFBIG if the result is larger than the
 * source's limit, or -errno; described.
 */
int kernel_decompress(const struct kernel_source *source, enum kernel_compression compression,
		      uint64_t offset, uint64_t length, struct sealed_file *output);

#endif
