/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kernel being opened: the user's file, or what was decompressed from it. For the kernel_* files
 * of this folder only.
 *
 * The user's file can change while it is read: all numbers are read once, and what is used for
 * loading is checked in the sealed copy.
 */
#ifndef VMM_KERNEL_SOURCE_H
#define VMM_KERNEL_SOURCE_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/sealed_file.h"

struct kernel_source {
	const struct sealed_request *request; /* the user's file and the limit, for messages */
	struct sealed_file file;	      /* owned; what is looked at now */
	unsigned layers;		      /* compressions that were taken off */
	bool sealed;			      /* `file` cannot change any more */
};

/*
 * Says why the kernel cannot be booted ("cannot boot kernel 'FILE': ..."). Returns -ENOEXEC. The
 * format is the reason and the cure: "it is big-endian: build it with ...".
 */
int kernel_source_refuse(const struct kernel_source *source, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The refusal for a file that ends before the bytes [offset, offset + length) of its `part`. */
int kernel_source_refuse_truncated(const struct kernel_source *source, const char *part,
				   uint64_t offset, uint64_t length);

/* Reads bytes of `part`; -ENOEXEC, described, if the file does not have them all. */
int kernel_source_read(const struct kernel_source *source, const char *part, uint64_t offset,
		       void *to, size_t length);

static inline uint16_t kernel_le16(const uint8_t *bytes)
{
	uint16_t value;

	memcpy(&value, bytes, sizeof(value));
	return le16toh(value);
}

static inline uint32_t kernel_le32(const uint8_t *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return le32toh(value);
}

static inline uint64_t kernel_le64(const uint8_t *bytes)
{
	uint64_t value;

	memcpy(&value, bytes, sizeof(value));
	return le64toh(value);
}

#endif
