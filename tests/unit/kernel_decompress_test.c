// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/kernel_decompress.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/kernel_fixture.h"
#include "tests/unit/unit.h"

#define LARGE (5 << 20)

/* _i of the loop tests: gzip, zstd with and without content size. */
#define KINDS 3

static uint8_t image[1 << 16], packed[1 << 16];

static size_t pack(int kind, uint8_t *to, size_t room, const void *bytes, size_t size)
{
	return kind ? make_zstd(to, room, bytes, size, kind == 1)
		    : make_gzip(to, room, bytes, size);
}

static int open_packed(const void *bytes, size_t size, struct kernel_image *opened)
{
	return open_bytes(bytes, size, KERNEL_LOAD_AUTO, FIXTURE_RAM, opened);
}

START_TEST(round_trip)
{
	static const char *const names[] = { "gzip-compressed Image", "zstd-compressed Image",
					     "zstd-compressed Image" };
	struct kernel_image opened;
	size_t size = make_image(image, true);
	size_t length = pack(_i, packed, sizeof(packed), image, size);

	ck_assert_int_eq(open_packed(packed, length, &opened), 0);
	ck_assert_str_eq(opened.description, names[_i]);
	ck_assert_uint_eq(opened.image_size, 0x10000);
	ck_assert_uint_eq(unit_log_count(), 0);
	assert_payload_and_close(&opened, image, size);
}
END_TEST

/* A kernel of many blocks, more than one buffer of input and one step of output. */
static uint8_t *make_large(void)
{
	uint8_t *large = malloc(LARGE);

	make_image(large, false);
	srand(1);
	for (size_t i = FIXTURE_IMAGE_SIZE; i < LARGE; i++)
		large[i] = i & 0x4000 ? rand() : large[i - 5000];
	return large;
}

START_TEST(large_kernel)
{
	struct kernel_image opened;
	uint8_t *large = make_large(), *out = malloc(LARGE + LARGE / 8);
	size_t length;

	/* Two members or frames: the blocks of the second are aligned to nothing in the output. */
	length = pack(_i, out, LARGE, large, 300001);
	length += pack(_i, out + length, LARGE, large + 300001, LARGE - 300001);

	ck_assert_uint_gt(length, 1 << 20);
	ck_assert_int_eq(open_packed(out, length, &opened), 0);
	assert_payload_and_close(&opened, large, LARGE);
	/* RAM of just that size, and a byte less. */
	ck_assert_int_eq(open_bytes(out, length, KERNEL_LOAD_AUTO, LARGE, &opened), 0);
	assert_payload_and_close(&opened, large, LARGE);
	assert_refused(out, length, LARGE - 1, -EFBIG, "decompresses to more than 4 MiB");
	/* Cuts at all kinds of places of block and buffer. */
	for (size_t cut = length - 1; cut > 10000; cut -= length / 50)
		assert_refused(out, cut, FIXTURE_RAM, -ENOEXEC, "truncated");
	free(large);
	free(out);
}
END_TEST

START_TEST(bomb)
{
	static uint8_t zeroes[32 << 20];
	uint8_t *out = malloc(1 << 20);
	size_t length = pack(_i, out, 1 << 20, zeroes, sizeof(zeroes));

	ck_assert_uint_lt(length, sizeof(zeroes) / 500);
	assert_refused(out, length, FIXTURE_RAM, -EFBIG, "decompresses to more than 16 MiB");
	assert_refused(out, length, sizeof(zeroes) - 1, -EFBIG, "more than 31 MiB");
	assert_refused(out, length, sizeof(zeroes), -ENOEXEC, "no kernel");
	free(out);
}
END_TEST

START_TEST(truncation)
{
	size_t size = make_image(image, true);
	size_t length = pack(_i, packed, sizeof(packed), image, size);

	for (size_t cut = 1; cut < length; cut += cut < 100 || cut + 100 > length ? 1 : 37) {
		assert_refused(packed, cut, FIXTURE_RAM, -ENOEXEC, "truncated");
		unit_assert_logged(cut < (_i ? 4 : 2) ? "fewer than any"
				   : _i		      ? "zstd data is truncated"
						      : "gzip data is truncated");
	}
}
END_TEST

START_TEST(corruption)
{
	size_t size = make_image(image, true);
	size_t length = pack(_i, packed, sizeof(packed), image, size);

	/* The checksum of the content. */
	packed[length - (_i ? 4 : 8)] ^= 1;
	assert_refused(packed, length, FIXTURE_RAM, -ENOEXEC,
		       _i ? "zstd data is corrupt" : "gzip data is corrupt (incorrect data check)");
	packed[length - (_i ? 4 : 8)] ^= 1;
	packed[_i ? 4 : 2] ^= 0xff;
	assert_refused(packed, length, FIXTURE_RAM, -ENOEXEC, "corrupt");
	packed[_i ? 4 : 2] ^= 0xff;
	memset(packed + length / 2, 0, 50);
	assert_refused(packed, length, FIXTURE_RAM, -ENOEXEC, "corrupt");
}
END_TEST

START_TEST(several_members)
{
	struct kernel_image opened;
	size_t size = make_image(image, true), length = 0;

	for (size_t at = 0, part = 7777; at < size; at += part) {
		if (part > size - at)
			part = size - at;
		length += pack(_i, packed + length, sizeof(packed) - length, image + at, part);
	}
	ck_assert_int_eq(open_packed(packed, length, &opened), 0);
	ck_assert_uint_eq(unit_log_count(), 0);
	assert_payload_and_close(&opened, image, size);
	assert_refused(packed, length - 1, FIXTURE_RAM, -ENOEXEC, "truncated");
}
END_TEST

/* As gzip(1): zeroes behind the kernel are padding, other bytes are worth a warning. */
START_TEST(trailing_bytes)
{
	struct kernel_image opened;
	size_t size = make_image(image, true);
	size_t length = pack(_i, packed, sizeof(packed), image, size);

	for (size_t more = 1; more < 600; more = more < 10 ? more + 1 : 600) {
		memset(packed + length, 0, more);
		ck_assert_msg(open_packed(packed, length + more, &opened) == 0, "%zu: %s", more,
			      unit_last_log());
		ck_assert_uint_eq(unit_log_count(), 0);
		assert_payload_and_close(&opened, image, size);

		packed[length + more - 1] = 'x';
		ck_assert_msg(open_packed(packed, length + more, &opened) == 0, "%zu: %s", more,
			      unit_last_log());
		ck_assert_uint_eq(unit_log_count(), 1);
		unit_assert_logged("is ignored");
		assert_payload_and_close(&opened, image, size);
	}
}
END_TEST

START_TEST(gzip_header_options)
{
	struct kernel_image opened;
	size_t size = make_image(image, true);
	size_t length = make_gzip(packed + 12, sizeof(packed) - 12, image, size);

	/* A file name, as gzip(1) writes it. */
	memmove(packed, packed + 12, 10);
	packed[3] = 8;
	memcpy(packed + 10, "vmlinux.bin", 12);
	ck_assert_int_eq(open_packed(packed, length + 12, &opened), 0);
	assert_payload_and_close(&opened, image, size);
}
END_TEST

START_TEST(zstd_skippable_frame)
{
	struct kernel_image opened;
	size_t size = make_image(image, true);
	size_t length = make_zstd(packed, sizeof(packed), image, size, true);

	memcpy(packed + length, "\x50\x2a\x4d\x18\x03\0\0\0abc", 11);
	ck_assert_int_eq(open_packed(packed, length + 11, &opened), 0);
	ck_assert_uint_eq(unit_log_count(), 0);
	assert_payload_and_close(&opened, image, size);
}
END_TEST

/* A zstd frame may claim any size and window: neither is believed beforehand. */
START_TEST(zstd_claims)
{
	uint8_t frame[] = { 0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0,	0,    0,
			    0,	  0,	0,    0,    0x7f, 0x01, 0x00, 0x00 };

	assert_refused(frame, sizeof(frame), FIXTURE_RAM, -EFBIG, "more than 16 MiB");
	/* A window of 2 GiB, and nothing in it. */
	memcpy(frame + 4, "\x00\xa8\x01\x00\x00", 5);
	assert_refused(frame, 9, FIXTURE_RAM, -ENODATA, "empty");
}
END_TEST

START_TEST(range_of_the_file)
{
	const struct sealed_request request = { "kernel", "x", 1 << 20, "limit" };
	struct kernel_source source = { .request = &request };
	size_t size = make_image(image, true);
	size_t length = pack(_i, packed + 100, sizeof(packed) - 100, image, size);
	struct sealed_file output;

	source.file.fd = memfd_create("test", 0);
	source.file.size = length + 200;
	ck_assert_int_eq(pwrite(source.file.fd, packed, length + 200, 0), (int)length + 200);
	ck_assert_int_eq(kernel_decompress(&source, !!_i, 100, length, &output), 0);
	ck_assert_uint_eq(output.size, size);
	sealed_file_close(&output);
	ck_assert_int_eq(kernel_decompress(&source, !!_i, 100, length - 1, &output), -ENOEXEC);
	unit_assert_logged("truncated");
	ck_assert_int_eq(kernel_decompress(&source, !!_i, 100, length + 101, &output), -ENOEXEC);
	unit_assert_logged("compressed data needs");
	ck_assert_int_eq(kernel_decompress(&source, !!_i, UINT64_MAX, 2, &output), -ENOEXEC);
	/* Cut short behind our back. */
	ck_assert_int_eq(ftruncate(source.file.fd, 150), 0);
	ck_assert_int_eq(kernel_decompress(&source, !!_i, 100, length, &output), -ENOEXEC);
	unit_assert_logged("truncated");
	close(source.file.fd);
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("kernel_decompress");
	TCase *tests = tcase_create("kernel_decompress");

	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, round_trip, 0, KINDS);
	tcase_add_loop_test(tests, large_kernel, 0, KINDS);
	tcase_add_loop_test(tests, bomb, 0, KINDS);
	tcase_add_loop_test(tests, truncation, 0, KINDS);
	tcase_add_loop_test(tests, corruption, 0, KINDS);
	tcase_add_loop_test(tests, several_members, 0, KINDS);
	tcase_add_loop_test(tests, trailing_bytes, 0, KINDS);
	tcase_add_test(tests, gzip_header_options);
	tcase_add_test(tests, zstd_skippable_frame);
	tcase_add_test(tests, zstd_claims);
	tcase_add_loop_test(tests, range_of_the_file, 0, KINDS);
	suite_add_tcase(suite, tests);
	return suite;
}
