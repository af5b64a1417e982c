// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/kernel_fixture.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "tests/unit/unit.h"

void put_le16(uint8_t *at, uint16_t value)
{
	for (int i = 0; i < 2; i++)
		at[i] = value >> (8 * i);
}

void put_le32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = value >> (8 * i);
}

void put_le64(uint8_t *at, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		at[i] = value >> (8 * i);
}

static void put_section(uint8_t *at, uint32_t offset, uint32_t size)
{
	memcpy(at, ".text", 5);
	put_le32(at + 16, size);
	put_le32(at + 20, offset);
}

size_t make_image(uint8_t *to, bool efi_stub)
{
	for (size_t i = 0; i < FIXTURE_IMAGE_SIZE; i++)
		to[i] = (i * i) >> 7;
	memset(to, 0, 0x200);
	memcpy(to, efi_stub ? "MZ@\xfa" : "\x1f\x20\x03\xd5", 4);
	put_le64(to + 16, 0x10000);
	put_le64(to + 24, 0xa);
	memcpy(to + 56, "ARM\x64", 4);
	if (!efi_stub)
		return FIXTURE_IMAGE_SIZE;
	put_le32(to + 60, 64);
	memcpy(to + 64, "PE\0\0\x64\xaa", 6);
	put_le16(to + 64 + 6, 3);
	put_le16(to + 64 + 20, 160);
	put_section(to + 64 + 24 + 160, 4096, 8000);
	put_section(to + 64 + 24 + 200, 12096, FIXTURE_IMAGE_SIZE - 12096);
	/* A .bss has no bytes in the file, wherever it says that they are. */
	put_section(to + 64 + 24 + 240, UINT32_MAX, 0);
	return FIXTURE_IMAGE_SIZE;
}

size_t make_zboot(uint8_t *to, const void *payload, size_t size, const char *compression)
{
	memset(to, 0, 512);
	memcpy(to, "MZ\0\0zimg", 8);
	put_le32(to + 8, 512);
	put_le32(to + 12, size);
	memcpy(to + 24, compression, strlen(compression));
	put_le32(to + 56, 0x818223cd);
	memcpy(to + 512, payload, size);
	/* As in the real thing: the size of the content, outside of the payload. */
	put_le32(to + 512 + size, FIXTURE_IMAGE_SIZE);
	return 512 + size + 4;
}

size_t make_gzip(uint8_t *to, size_t room, const void *bytes, size_t size)
{
	z_stream stream = {
		.next_in = (void *)bytes, .avail_in = size, .next_out = to, .avail_out = room
	};

	ck_assert_int_eq(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
			 Z_OK);
	ck_assert_int_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
	deflateEnd(&stream);
	return room - stream.avail_out;
}

size_t make_zstd(uint8_t *to, size_t room, const void *bytes, size_t size, bool sized)
{
	ZSTD_CCtx *context = ZSTD_createCCtx();
	ZSTD_inBuffer in = { bytes, size, 0 };
	ZSTD_outBuffer out = { to, room, 0 };

	ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
	ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, sized);
	if (sized)
		ZSTD_CCtx_setPledgedSrcSize(context, size);
	else
		/* What `cat | zstd -22 --ultra` asks of a decoder with a window of its own. */
		ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 27);
	/* A first call that does not end the frame keeps zstd from learning the size by itself. */
	in.size = size / 2;
	ck_assert(!ZSTD_isError(ZSTD_compressStream2(context, &out, &in, ZSTD_e_continue)));
	in.size = size;
	ck_assert_uint_eq(ZSTD_compressStream2(context, &out, &in, ZSTD_e_end), 0);
	ZSTD_freeCCtx(context);
	return out.pos;
}

/* Returns the path. */
static const char *rewrite_file(const void *bytes, size_t size)
{
	static char path[32];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("fixture", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert_int_eq(pwrite(fd, bytes, size, 0), (ssize_t)size);
	return path;
}

int open_bytes(const void *bytes, size_t size, enum kernel_load_mode mode, uint64_t ram_size,
	       struct kernel_image *image)
{
	const char *path = rewrite_file(bytes, size);

	unit_reset_log();
	return kernel_image_open(path, mode, ram_size, image);
}

void assert_payload_and_close(struct kernel_image *image, const void *bytes, size_t size)
{
	void *map;

	ck_assert_uint_eq(image->payload.size, size);
	map = mmap(NULL, size, PROT_READ, MAP_SHARED, image->payload.fd, 0);
	ck_assert_ptr_ne(map, MAP_FAILED);
	ck_assert_int_eq(memcmp(map, bytes, size), 0);
	munmap(map, size);
	kernel_image_close(image);
	ck_assert_int_eq(image->payload.fd, -1);
}

void assert_refused(const void *bytes, size_t size, uint64_t ram_size, int error, const char *text)
{
	struct kernel_image image = { .payload.fd = 99 };
	const char *path = rewrite_file(bytes, size);
	int free_fd = dup(STDERR_FILENO), got;

	close(free_fd);
	unit_reset_log();
	got = kernel_image_open(path, KERNEL_LOAD_AUTO, ram_size, &image);
	ck_assert_msg(got == error, "refused with %d (%s), wanted %d (%s)", got, unit_last_log(),
		      error, text);
	ck_assert_int_eq(image.payload.fd, -1);
	unit_assert_logged(text);
	unit_assert_logged(": ");
	ck_assert_uint_eq(unit_log_count(), 1);
	kernel_image_close(&image);
	got = dup(STDERR_FILENO);
	close(got);
	ck_assert_msg(got == free_fd, "a descriptor leaked: %s", unit_last_log());
}
