// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/kernel_image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/kernel_fixture.h"
#include "tests/unit/unit.h"

static uint8_t image[1 << 16], file[1 << 16];

/* Prefixes to try: all within headers and just before the end, some between. */
static size_t next_length(size_t length, size_t size)
{
	return length < 600 || length + 100 > size ? length + 1 : length + 89;
}

START_TEST(plain_image)
{
	struct kernel_image opened;
	size_t size = make_image(image, _i);

	ck_assert_int_eq(open_bytes(image, size, KERNEL_LOAD_AUTO, FIXTURE_RAM, &opened), 0);
	ck_assert_int_eq(opened.format, KERNEL_FORMAT_IMAGE);
	ck_assert_str_eq(opened.description, "Image");
	ck_assert_uint_eq(opened.text_offset, 0);
	ck_assert_uint_eq(opened.image_size, 0x10000);
	ck_assert(opened.footprint_known);
	ck_assert_uint_eq(opened.flags, 0xa);
	ck_assert_int_ne(fcntl(opened.payload.fd, F_GET_SEALS) & F_SEAL_WRITE, 0);
	assert_payload_and_close(&opened, image, size);
	kernel_image_close(&opened);
	ck_assert_uint_eq(unit_log_count(), 0);
}
END_TEST

START_TEST(image_fields)
{
	struct kernel_image opened;
	size_t size = make_image(image, false);

	put_le64(image + 8, 0x123000);
	ck_assert_int_eq(open_bytes(image, size, KERNEL_LOAD_AUTO, FIXTURE_RAM, &opened), 0);
	ck_assert_uint_eq(opened.text_offset, 0x123000);
	kernel_image_close(&opened);

	/* The file is longer than its header says, by a signature. */
	put_le64(image + 16, 100);
	ck_assert_int_eq(open_bytes(image, size, KERNEL_LOAD_AUTO, FIXTURE_RAM, &opened), 0);
	ck_assert_uint_eq(opened.image_size, size);
	ck_assert(opened.footprint_known);
	kernel_image_close(&opened);

	/* Before Linux 3.17. */
	put_le64(image + 16, 0);
	ck_assert_int_eq(open_bytes(image, size, KERNEL_LOAD_AUTO, FIXTURE_RAM, &opened), 0);
	ck_assert_uint_eq(opened.text_offset, 0x80000);
	ck_assert_uint_eq(opened.image_size, size);
	ck_assert(!opened.footprint_known);
	kernel_image_close(&opened);
}
END_TEST

START_TEST(zboot)
{
	static const char *const names[] = { "gzip", "zstd", "zstd22" };
	struct kernel_image opened;
	uint8_t payload[1 << 15];
	size_t size = make_image(image, true), packed, whole;

	packed = _i == 0 ? make_gzip(payload, sizeof(payload), image, size)
			 : make_zstd(payload, sizeof(payload), image, size, _i == 1);
	whole = make_zboot(file, payload, packed, names[_i]);
	ck_assert_int_eq(open_bytes(file, whole, KERNEL_LOAD_AUTO, FIXTURE_RAM, &opened), 0);
	ck_assert_str_eq(opened.description,
			 _i == 0 ? "EFI zboot with gzip payload" : "EFI zboot with zstd payload");
	ck_assert_uint_eq(opened.image_size, 0x10000);
	ck_assert_uint_eq(unit_log_count(), 0);
	assert_payload_and_close(&opened, image, size);

	/* Each prefix is refused: in the header, and in the payload. The size behind it is not
	 * needed. */
	for (size_t length = 0; length < 512 + packed; length = next_length(length, 512 + packed)) {
		ck_assert_int_lt(open_bytes(file, length, KERNEL_LOAD_AUTO, FIXTURE_RAM, &opened),
				 0);
		ck_assert_uint_eq(unit_log_count(), 1);
	}
	ck_assert_int_eq(open_bytes(file, 512 + packed, KERNEL_LOAD_AUTO, FIXTURE_RAM, &opened), 0);
	kernel_image_close(&opened);
}
END_TEST

START_TEST(zboot_refusals)
{
	uint8_t payload[1 << 15];
	size_t size = make_image(image, true);
	size_t packed = make_gzip(payload, sizeof(payload), image, size);
	size_t whole = make_zboot(file, payload, packed, "xzkern");

	assert_refused(file, whole, FIXTURE_RAM, -ENOEXEC, "compressed with 'xzkern'");
	make_zboot(file, payload, packed, "\x1b[2J");
	assert_refused(file, whole, FIXTURE_RAM, -ENOEXEC, "compressed with '?[2J'");
	make_zboot(file, payload, packed, "gzip");
	put_le32(file + 8, UINT32_MAX);
	put_le32(file + 12, UINT32_MAX);
	assert_refused(file, whole, FIXTURE_RAM, -ENOEXEC, "payload needs 4294967295 bytes");
	put_le32(file + 8, 0);
	assert_refused(file, whole, FIXTURE_RAM, -ENOEXEC, "zboot header is corrupt");
	put_le32(file + 8, 512);
	put_le32(file + 12, 0);
	assert_refused(file, whole, FIXTURE_RAM, -ENOEXEC, "zboot header is corrupt");
	put_le32(file + 12, packed + 5);
	assert_refused(file, whole, FIXTURE_RAM, -ENOEXEC, "truncated");
	put_le32(file + 12, packed - 1);
	assert_refused(file, whole, FIXTURE_RAM, -ENOEXEC, "gzip data is truncated");
	memset(file + 24, 'x', 40);
	assert_refused(file, whole, FIXTURE_RAM, -ENOEXEC, "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'");
}
END_TEST

START_TEST(flat)
{
	struct kernel_image opened;
	size_t size = make_image(image, true);

	ck_assert_int_eq(open_bytes(image, size, KERNEL_LOAD_FLAT, FIXTURE_RAM, &opened), 0);
	ck_assert_int_eq(opened.format, KERNEL_FORMAT_FLAT);
	ck_assert_str_eq(opened.description, "flat binary");
	ck_assert_uint_eq(opened.text_offset, 0x80000);
	ck_assert_uint_eq(opened.image_size, size);
	ck_assert(!opened.footprint_known);
	assert_payload_and_close(&opened, image, size);
	ck_assert_int_eq(open_bytes("x", 1, KERNEL_LOAD_FLAT, FIXTURE_RAM, &opened), 0);
	assert_payload_and_close(&opened, "x", 1);
	ck_assert_int_eq(open_bytes("", 0, KERNEL_LOAD_FLAT, FIXTURE_RAM, &opened), -ENODATA);
	ck_assert_int_eq(open_bytes(image, size, KERNEL_LOAD_FLAT, size - 1, &opened), -EFBIG);
	unit_assert_logged("--mem");
}
END_TEST

START_TEST(nested)
{
	static const char *const descriptions[] = {
		"gzip-compressed Image",
		"gzip-compressed gzip-compressed Image",
		"gzip-compressed gzip-compressed gzip-compressed Image",
	};
	static uint8_t inner[1 << 16];
	struct kernel_image opened;
	size_t size = make_image(image, false), length = size;

	memcpy(inner, image, size);
	for (int layer = 0; layer < KERNEL_IMAGE_LAYERS; layer++) {
		length = make_gzip(file, sizeof(file), inner, length);
		memcpy(inner, file, length);
		ck_assert_int_eq(open_bytes(file, length, KERNEL_LOAD_AUTO, FIXTURE_RAM, &opened),
				 0);
		ck_assert_str_eq(opened.description, descriptions[layer]);
		assert_payload_and_close(&opened, image, size);
	}
	length = make_gzip(file, sizeof(file), inner, length);
	assert_refused(file, length, FIXTURE_RAM, -ENOEXEC, "more than 3 times");
}
END_TEST

START_TEST(zboot_in_gzip)
{
	struct kernel_image opened;
	uint8_t payload[1 << 15];
	size_t size = make_image(image, true);
	size_t packed = make_zstd(payload, sizeof(payload), image, size, true);
	size_t whole = make_zboot(file, payload, packed, "zstd");

	packed = make_gzip(payload, sizeof(payload), file, whole);
	ck_assert_int_eq(open_bytes(payload, packed, KERNEL_LOAD_AUTO, FIXTURE_RAM, &opened), 0);
	ck_assert_str_eq(opened.description, "gzip-compressed EFI zboot with zstd payload");
	assert_payload_and_close(&opened, image, size);
}
END_TEST

START_TEST(truncated_image)
{
	size_t size = make_image(image, true);

	for (size_t length = 1; length < size; length = next_length(length, size))
		assert_refused(image, length, FIXTURE_RAM, -ENOEXEC,
			       length < 60 ? "" : "it is truncated");
	assert_refused(image, 60, FIXTURE_RAM, -ENOEXEC, "Image header needs 64 bytes");
	assert_refused(image, 70, FIXTURE_RAM, -ENOEXEC, "EFI header needs 24 bytes");
	assert_refused(image, 250, FIXTURE_RAM, -ENOEXEC, "EFI section table needs");
	assert_refused(image, size - 1, FIXTURE_RAM, -ENOEXEC, "EFI section needs");

	/* Without an EFI stub, only a cut in the header shows. */
	make_image(image, false);
	for (size_t length = 1; length < 64; length++)
		assert_refused(image, length, FIXTURE_RAM, -ENOEXEC, "");
	assert_refused("", 0, FIXTURE_RAM, -ENODATA, "empty");
}
END_TEST

START_TEST(strange_pe_headers)
{
	struct kernel_image opened;
	size_t size = make_image(image, true);

	put_le32(image + 60, UINT32_MAX);
	assert_refused(image, size, FIXTURE_RAM, -ENOEXEC, "truncated");
	put_le32(image + 60, 64);
	put_le16(image + 64 + 6, UINT16_MAX);
	assert_refused(image, size, FIXTURE_RAM, -ENOEXEC, "truncated");
	put_le16(image + 64 + 6, 1);
	put_le32(image + 64 + 24 + 160 + 16, UINT32_MAX);
	put_le32(image + 64 + 24 + 160 + 20, UINT32_MAX);
	assert_refused(image, size, FIXTURE_RAM, -ENOEXEC, "truncated");
	/* Not PE after all. */
	image[64] = 'X';
	ck_assert_int_eq(open_bytes(image, size, KERNEL_LOAD_AUTO, FIXTURE_RAM, &opened), 0);
	assert_payload_and_close(&opened, image, size);
}
END_TEST

START_TEST(limits)
{
	struct kernel_image opened;
	size_t size = make_image(image, false);

	assert_refused(image, size, size - 1, -EFBIG, "--mem");
	ck_assert_int_eq(open_bytes(image, size, KERNEL_LOAD_AUTO, size, &opened), 0);
	kernel_image_close(&opened);
}
END_TEST

START_TEST(big_endian_image)
{
	size_t size = make_image(image, false);

	put_le64(image + 24, 0xb);
	assert_refused(image, size, FIXTURE_RAM, -ENOEXEC, "big-endian");
}
END_TEST

static const struct {
	size_t offset;
	const char *magic;
	size_t length;
	const char *text;
} foreign[] = {
	{ 0x202, "HdrS", 4, "x86 bzImage" },
	{ 0x24, "\x18\x28\x6f\x01", 4, "32-bit Arm zImage" },
	{ 0x38, "RSC\x05", 4, "RISC-V" },
	{ 0x38, "\xcd\x23\x82\x81", 4, "LoongArch" },
	{ 0, "MZ", 2, "EFI application" },
	{ 0, "\x27\x05\x19\x56", 4, "uImage" },
	{ 0, "\xd0\x0d\xfe\xed", 4, "FIT" },
	{ 0, "\xfd\x37zXZ", 6, "xz -dk" },
	{ 0, "BZh9", 4, "bzip2 -dk" },
	{ 0, "\x04\x22\x4d\x18", 4, "lz4 -dk" },
	{ 0, "\x02\x21\x4c\x18", 4, "lz4 -dk" },
	{ 0, "\x5d\0\0\x80", 4, "lzma" },
	{ 0, "\x89LZO", 4, "lzop" },
	{ 0, "ANDROID!", 8, "Android" },
	{ 0, "070701", 6, "--initrd" },
	{ 0, "PK\x03\x04", 4, "zip archive" },
	{ 0, "!<arch>\n", 8, "Debian package" },
	{ 0, "QFI\xfb", 4, "qcow2" },
	{ 0, "#!/bin/sh", 9, "script" },
	{ 0, "", 0, "--load flat" },
};

START_TEST(foreign_files)
{
	uint8_t packed[4096];
	size_t size = 2048;

	memset(image, 0, size);
	memcpy(image + foreign[_i].offset, foreign[_i].magic, foreign[_i].length);
	assert_refused(image, size, FIXTURE_RAM, -ENOEXEC, foreign[_i].text);
	/* And in disguise. */
	size = make_gzip(packed, sizeof(packed), image, size);
	assert_refused(packed, size, FIXTURE_RAM, -ENOEXEC, foreign[_i].text);
	unit_assert_logged("', decompressed: it is ");
}
END_TEST

START_TEST(not_kernels)
{
	static const char text[] = "Linux is a kernel.\n\tThis is not.\r\n\xc3\xa4\n"
				   "It is a text, and longer than a header.\n";

	assert_refused(text, sizeof(text) - 1, FIXTURE_RAM, -ENOEXEC, "text file");
	assert_refused("\1\2\3", 3, FIXTURE_RAM, -ENOEXEC, "3 bytes, fewer than any");
	/* An x86 kernel with an EFI stub. */
	memset(image, 0, 2048);
	memcpy(image, "MZ", 2);
	memcpy(image + 0x202, "HdrS", 4);
	assert_refused(image, 2048, FIXTURE_RAM, -ENOEXEC, "x86 bzImage");
}
END_TEST

START_TEST(paths)
{
	struct kernel_image opened;

	ck_assert_int_eq(kernel_image_open("/nonexistent", KERNEL_LOAD_AUTO, FIXTURE_RAM, &opened),
			 -ENOENT);
	unit_assert_logged("cannot read kernel '/nonexistent'");
	ck_assert_int_eq(opened.payload.fd, -1);
	ck_assert_int_eq(kernel_image_open("/tmp", KERNEL_LOAD_AUTO, FIXTURE_RAM, &opened),
			 -EISDIR);
	ck_assert_int_eq(kernel_image_open("/dev/null", KERNEL_LOAD_FLAT, FIXTURE_RAM, &opened),
			 -ENOTSUP);
	ck_assert_int_eq(kernel_image_open("/proc/version", KERNEL_LOAD_AUTO, FIXTURE_RAM, &opened),
			 -ENOEXEC);
	unit_assert_logged("text file");
}
END_TEST

START_TEST(kernel_from_a_fifo)
{
	struct kernel_image opened;
	size_t size = make_image(image, true);
	size_t packed = make_gzip(file, sizeof(file), image, size);
	const char *path = unit_make_file("", 0);

	unlink(path);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	if (fork() == 0)
		_exit(write(open(path, O_WRONLY), file, packed) < 0);
	ck_assert_int_eq(kernel_image_open(path, KERNEL_LOAD_AUTO, FIXTURE_RAM, &opened), 0);
	assert_payload_and_close(&opened, image, size);
}
END_TEST

/* Whatever is in a file: a result that can be used, or one message. */
static void open_garbage(const uint8_t *bytes, size_t size)
{
	struct kernel_image opened;
	int error = open_bytes(bytes, size, KERNEL_LOAD_AUTO, FIXTURE_RAM, &opened);

	if (error) {
		ck_assert_uint_eq(unit_log_count(), 1);
		ck_assert_int_eq(opened.payload.fd, -1);
		return;
	}
	if (opened.format == KERNEL_FORMAT_IMAGE)
		ck_assert_uint_ge(opened.image_size, opened.payload.size);
	ck_assert_uint_le(opened.segment_count, KERNEL_IMAGE_SEGMENTS);
	for (unsigned i = 0; i < opened.segment_count; i++)
		ck_assert_uint_le(opened.segments[i].file_offset + opened.segments[i].file_size,
				  opened.payload.size);
	kernel_image_close(&opened);
}

START_TEST(mutations)
{
	uint8_t payload[1 << 15], bytes[1 << 15];
	size_t size = make_image(image, true), packed, length = 0;

	srand(20240501 + _i);
	switch (_i) {
	case 0:
		length = size;
		memcpy(file, image, length);
		break;
	case 1:
		packed = make_gzip(payload, sizeof(payload), image, size);
		length = make_zboot(file, payload, packed, "gzip");
		break;
	case 2:
		packed = make_zstd(payload, sizeof(payload), image, size, false);
		length = make_zboot(file, payload, packed, "zstd");
		break;
	case 3:
		length = make_gzip(file, sizeof(file), image, size);
		break;
	case 4:
		length = make_zstd(file, sizeof(file), image, size, true);
		break;
	default:
		length = 4096;
		break;
	}
	for (int round = 0; round < 1000; round++) {
		memcpy(bytes, file, length);
		if (_i == 5)
			for (size_t i = 0; i < length; i++)
				bytes[i] = rand();
		/* Mostly in the headers, sometimes anywhere. */
		for (int i = rand() % 8; i >= 0; i--)
			bytes[rand() % (rand() % 4 ? 600 : length)] =
				rand() % 3 ? rand() : (rand() % 2 ? 0xff : 0);
		open_garbage(bytes, rand() % 8 ? length : rand() % length);
	}
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("kernel_image");
	TCase *tests = tcase_create("kernel_image");

	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, plain_image, 0, 2);
	tcase_add_test(tests, image_fields);
	tcase_add_loop_test(tests, zboot, 0, 3);
	tcase_add_test(tests, zboot_refusals);
	tcase_add_test(tests, flat);
	tcase_add_test(tests, nested);
	tcase_add_test(tests, zboot_in_gzip);
	tcase_add_test(tests, truncated_image);
	tcase_add_test(tests, strange_pe_headers);
	tcase_add_test(tests, limits);
	tcase_add_test(tests, big_endian_image);
	tcase_add_loop_test(tests, foreign_files, 0, sizeof(foreign) / sizeof(foreign[0]));
	tcase_add_test(tests, not_kernels);
	tcase_add_test(tests, paths);
	tcase_add_test(tests, kernel_from_a_fifo);
	tcase_add_loop_test(tests, mutations, 0, 6);
	suite_add_tcase(suite, tests);
	return suite;
}
