/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small kernels for the tests of vmm/kernel_*: built in the caller's buffers, each returning how
 * many bytes it made.
 */
#ifndef TESTS_UNIT_KERNEL_FIXTURE_H
#define TESTS_UNIT_KERNEL_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmm/kernel_image.h"

#define FIXTURE_RAM	   (UINT64_C(16) << 20)
#define FIXTURE_IMAGE_SIZE 20000

void put_le16(uint8_t *at, uint16_t value);
void put_le32(uint8_t *at, uint32_t value);
void put_le64(uint8_t *at, uint64_t value);

/* FIXTURE_IMAGE_SIZE bytes; needs 0x10000 bytes of memory at text_offset 0, flags 0xa. */
size_t make_image(uint8_t *to, bool efi_stub);
size_t make_zboot(uint8_t *to, const void *payload, size_t size, const char *compression);

/* Compressed with checksums; a zstd frame with or without its content's size. */
size_t make_gzip(uint8_t *to, size_t room, const void *bytes, size_t size);
size_t make_zstd(uint8_t *to, size_t room, const void *bytes, size_t size, bool sized);

/* Opens these bytes as a file; the file is one and the same, rewritten. */
int open_bytes(const void *bytes, size_t size, enum kernel_load_mode mode, uint64_t ram_size,
	       struct kernel_image *image);

/* The payload is these bytes; closes the image. */
void assert_payload_and_close(struct kernel_image *image, const void *bytes, size_t size);

/* Refused with this error and one message that has `text` in it; nothing stays open. */
void assert_refused(const void *bytes, size_t size, uint64_t ram_size, int error, const char *text);

#endif
