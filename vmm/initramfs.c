// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/initramfs.h"

#include <stdint.h>
#include <string.h>

/* A header is a magic number and 13 fields of eight hexadecimal digits. */
#define MAGIC_SIZE  6
#define FIELD_SIZE  8
#define HEADER_SIZE (MAGIC_SIZE + 13 * FIELD_SIZE)
#define FILE_SIZE   6  /* which field */
#define NAME_SIZE   11 /* likewise; the zero at its end is counted */

static bool is_header(const char *bytes)
{
	return !memcmp(bytes, "070701", MAGIC_SIZE) || !memcmp(bytes, "070702", MAGIC_SIZE);
}

/* As Linux reads it: what is no digit counts as 0. */
static uint64_t field(const char *header, unsigned index)
{
	const char *digits = header + MAGIC_SIZE + (size_t)index * FIELD_SIZE;
	uint64_t value = 0;

	for (unsigned i = 0; i < FIELD_SIZE; i++) {
		char digit = digits[i];

		value <<= 4;
		if (digit >= '0' && digit <= '9')
			value |= digit - '0';
		else if ((digit | 0x20) >= 'a' && (digit | 0x20) <= 'f')
			value |= (digit | 0x20) - 'a' + 10;
	}
	return value;
}

static uint64_t align(uint64_t offset)
{
	return (offset + 3) & ~UINT64_C(3);
}

bool initramfs_has_path(const char *bytes, size_t size, const char *text)
{
	uint64_t offset = 0;

	while (offset + HEADER_SIZE <= size) {
		const char *header = bytes + offset;
		uint64_t name_size, data;

		/* Between archives there are zeros. */
		if (!header[0]) {
			offset += 4;
			continue;
		}
		if (!is_header(header))
			return false;
		name_size = field(header, NAME_SIZE);
		data = align(offset + HEADER_SIZE + name_size);
		if (data > size)
			return false;
		if (memmem(header + HEADER_SIZE, name_size, text, strlen(text)))
			return true;
		offset = align(data + field(header, FILE_SIZE));
	}
	return false;
}
