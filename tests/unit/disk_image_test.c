// SPDX-License-Identifier: GPL-2.0-only
#include "devices/disk_image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "devices/disk_format.h"
#include "tests/unit/unit.h"

static struct disk_image image;

static const char *make_disk(size_t size)
{
	const char *path = unit_make_file("", 0);

	ck_assert_int_eq(truncate(path, size), 0);
	return path;
}

static int open_disk(const char *path, bool readonly, bool direct)
{
	const struct disk_request request = {
		.path = (char *)path, .readonly = readonly, .direct = direct, .queues = 1
	};

	unit_reset_log();
	return disk_image_open(&image, &request);
}

static void assert_refused(const char *path, int error, const char *text)
{
	ck_assert_int_eq(open_disk(path, false, false), error);
	ck_assert_uint_eq(unit_log_count(), 1);
	unit_assert_logged("cannot use disk '");
	unit_assert_logged(text);
	ck_assert_int_eq(image.fd, -1);
}

/* One transfer, by whichever way it takes. */
static int transfer(bool write, struct iovec *spans, unsigned count, uint64_t offset)
{
	struct disk_transfer made = {
		.write = write, .spans = spans, .count = count, .offset = offset
	};
	struct disk_bounce bounce;
	int ret;

	for (unsigned i = 0; i < count; i++)
		made.left += spans[i].iov_len;
	ck_assert_int_eq(disk_bounce_init(&bounce, &image), 0);
	ret = disk_image_try_transfer(&image, &made);
	if (ret == -EAGAIN)
		ret = disk_image_transfer(&image, &made, &bounce);
	disk_bounce_destroy(&bounce);
	return ret;
}

static int write_bytes(uint64_t offset, const void *bytes, size_t size)
{
	struct iovec span = { (void *)bytes, size };

	return transfer(true, &span, 1, offset);
}

static void assert_bytes(uint64_t offset, int byte, size_t size)
{
	uint8_t *bytes = malloc(size);
	struct iovec span = { bytes, size };

	memset(bytes, ~byte, size);
	ck_assert_int_eq(transfer(false, &span, 1, offset), 0);
	/* All are like the first. */
	ck_assert_int_eq(bytes[0], (uint8_t)byte);
	ck_assert_int_eq(memcmp(bytes, bytes + 1, size - 1), 0);
	free(bytes);
}

START_TEST(what_is_no_disk_is_refused)
{
	assert_refused("/nonexistent", -ENOENT, "no such file");
	assert_refused("/tmp", -EISDIR, "is a directory");
	assert_refused("/dev/null", -ENOTSUP, "neither a file nor a block device");
	assert_refused(make_disk(0), -ENODATA, "no whole sector");
	assert_refused(make_disk(511), -ENODATA, "no whole sector");
}
END_TEST

START_TEST(permissions_are_explained)
{
	const char *path = make_disk(512);

	ck_assert_int_eq(chmod(path, 0444), 0);
	/* Others may not even enter the directory of root's files. */
	if (geteuid() == 0)
		ck_assert_int_eq(seteuid(65534), 0);
	ck_assert_int_eq(open_disk(path, false, false), -EACCES);
	unit_assert_logged("change its permissions");
	/* The leak checker looks at this process as root. */
	ck_assert_int_eq(seteuid(getuid()), 0);
	prctl(PR_SET_DUMPABLE, 1);
	ck_assert_int_eq(image.fd, -1);
}
END_TEST

START_TEST(other_formats_are_refused_with_a_cure)
{
	static const struct {
		size_t offset;
		const char *bytes;
		size_t size;
		const char *text;
	} cases[] = {
		{ 0, "QFI\xfb\0\0\0\3", 8,
		  "qcow2 image, and armlet takes raw images: convert it "
		  "by: qemu-img convert -f qcow2 -O raw '" },
		{ 0, "QED\0", 4, "-f qed -O raw" },
		{ 0, "KDMV\1\0\0\0", 8, "-f vmdk -O raw" },
		{ 0, "# Disk DescriptorFile\n", 22, "-f vmdk -O raw" },
		{ 64, "\x7f\x10\xda\xbe", 4, "-f vdi -O raw" },
		{ 0, "vhdxfile", 8, "-f vhdx -O raw" },
		{ 0, "conectix", 8, "-f vpc -O raw" },
		{ 4096 - 512, "conectix", 8, "-f vpc -O raw" },
		{ 4096 - 512, "koly", 4, "-f dmg -O raw" },
		{ 0, "WithouFreSpacExt", 16, "-f parallels -O raw" },
		{ 0, "\x1f\x8b\x08", 3, "unpack it by: gzip -dc '" },
		{ 0,
		  "\xfd"
		  "7zXZ\0",
		  6, "unpack it by: xz -dc '" },
		{ 0, "\x28\xb5\x2f\xfd", 4, "unpack it by: zstd -dc '" },
		{ 0, "BZh9", 4, "unpack it by: bzip2 -dc '" },
		{ 0, "PK\x03\x04", 4, "unpack it by: unzip -p '" },
	};
	uint8_t bytes[4096] = { 0 };
	const char *path;

	memcpy(bytes + cases[_i].offset, cases[_i].bytes, cases[_i].size);
	path = unit_make_file(bytes, sizeof(bytes));
	assert_refused(path, -ENOTSUP, cases[_i].text);
	unit_assert_logged(path);
}
END_TEST

START_TEST(a_second_user_is_kept_out)
{
	const char *path = make_disk(4096);
	struct disk_image first;

	ck_assert_int_eq(open_disk(path, false, false), 0);
	first = image;
	assert_refused(path, -EBUSY, "another program, or another disk of this VM");
	ck_assert_int_eq(open_disk(path, true, false), -EBUSY);
	unit_assert_logged("another program writes to it");
	disk_image_close(&first);

	/* Readers share it, and keep a writer out. */
	ck_assert_int_eq(open_disk(path, true, false), 0);
	first = image;
	ck_assert_int_eq(open_disk(path, true, false), 0);
	disk_image_close(&image);
	assert_refused(path, -EBUSY, "another program");
	disk_image_close(&first);
	ck_assert_int_eq(open_disk(path, false, false), 0);
	disk_image_close(&image);
}
END_TEST

START_TEST(the_size_is_whole_blocks)
{
	ck_assert_int_eq(open_disk(make_disk(3 * 512 + 100), false, false), 0);
	ck_assert_uint_eq(image.size, 3 * 512);
	unit_assert_logged("the guest does not see the last 100");
	ck_assert_uint_eq(image.block_size, 512);
	ck_assert_uint_eq(image.physical_block_size % 512, 0);
	ck_assert_uint_eq(image.min_io_size % 512, 0);
	disk_image_close(&image);
}
END_TEST

START_TEST(bytes_come_back)
{
	uint8_t ones[1024], twos[512];
	struct iovec spans[] = { { ones, 100 }, { ones + 100, 412 }, { twos, 512 } };

	ck_assert_int_eq(open_disk(make_disk(64 * 1024), false, false), 0);
	memset(ones, 1, sizeof(ones));
	memset(twos, 2, sizeof(twos));
	ck_assert_int_eq(transfer(true, spans, 3, 1024), 0);
	assert_bytes(0, 0, 1024);
	assert_bytes(1024, 1, 512);
	assert_bytes(1536, 2, 512);
	assert_bytes(2048, 0, 62 * 1024);
	ck_assert_int_eq(disk_image_flush(&image), 0);
	disk_image_close(&image);
}
END_TEST

/* A file system without the two never gets here twice; both ways lead to the same. */
START_TEST(transfers_that_might_wait_are_told)
{
	uint8_t bytes[512] = { 3 };
	struct iovec span = { bytes, sizeof(bytes) };
	struct disk_transfer made = {
		.write = true, .durable = true, .spans = &span, .count = 1, .left = 512
	};
	struct disk_bounce none = { 0 };

	ck_assert_int_eq(open_disk(make_disk(4096), false, false), 0);
	ck_assert_int_eq(disk_image_try_transfer(&image, &made), -EAGAIN);
	ck_assert_int_eq(disk_image_transfer(&image, &made, &none), 0);
	ck_assert_uint_eq(made.left, 0);
	assert_bytes(0, 3, 1);

	atomic_store(&image.never_waits, true);
	made = (struct disk_transfer){ .spans = &span, .count = 1, .left = 512 };
	span = (struct iovec){ bytes, sizeof(bytes) };
	ck_assert_int_eq(disk_image_try_transfer(&image, &made), 0);
	atomic_store(&image.never_waits, false);
	atomic_store(&image.no_nowait_read, true);
	made = (struct disk_transfer){ .spans = &span, .count = 1, .left = 512 };
	span = (struct iovec){ bytes, sizeof(bytes) };
	ck_assert_int_eq(disk_image_try_transfer(&image, &made), -EAGAIN);
	disk_image_close(&image);
}
END_TEST

START_TEST(a_disk_that_shrank_is_an_error_said_once)
{
	const char *path = make_disk(8192);
	uint8_t bytes[1024];
	struct iovec span = { bytes, sizeof(bytes) };

	ck_assert_int_eq(open_disk(path, false, false), 0);
	ck_assert_int_eq(truncate(path, 4096), 0);
	for (int i = 0; i < 3; i++) {
		span = (struct iovec){ bytes, sizeof(bytes) };
		ck_assert_int_eq(transfer(false, &span, 1, 7168), -EIO);
	}
	ck_assert_uint_eq(unit_log_count(), 1);
	unit_assert_logged("cannot read from disk '");
	disk_image_close(&image);
}
END_TEST

START_TEST(a_full_disk_is_an_error)
{
	struct rlimit limit = { 8192, 8192 };
	uint8_t bytes[512] = { 0 };

	ck_assert_int_eq(open_disk(make_disk(16384), false, false), 0);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_int_eq(write_bytes(12288, bytes, sizeof(bytes)), -EFBIG);
	unit_assert_logged("cannot write to disk '");
	ck_assert_int_eq(write_bytes(0, bytes, sizeof(bytes)), 0);
	disk_image_close(&image);
}
END_TEST

static unsigned allocated(void)
{
	struct stat stat_buffer;

	ck_assert_int_eq(fstat(image.fd, &stat_buffer), 0);
	return stat_buffer.st_blocks;
}

static void fill_disk(size_t size)
{
	uint8_t *bytes = malloc(size);

	memset(bytes, 0xee, size);
	ck_assert_int_eq(write_bytes(0, bytes, size), 0);
	free(bytes);
}

START_TEST(discard_gives_space_back)
{
	unsigned before;

	ck_assert_int_eq(open_disk(make_disk(1 << 20), false, false), 0);
	fill_disk(1 << 20);
	ck_assert_int_eq(disk_image_flush(&image), 0);
	before = allocated();
	ck_assert_int_eq(disk_image_discard(&image, 65536, 1 << 19), 0);
	if (!atomic_load(&image.no_discard))
		ck_assert_uint_lt(allocated(), before);
	assert_bytes(0, 0xee, 65536);
	assert_bytes(65536 + (1 << 19), 0xee, 65536);
	ck_assert_int_eq(disk_image_discard(&image, 0, 0), 0);
	/* Of a file system that cannot, nothing is asked any more. */
	atomic_store(&image.no_discard, true);
	ck_assert_int_eq(disk_image_discard(&image, 0, 4096), 0);
	assert_bytes(0, 0xee, 4096);
	disk_image_close(&image);
}
END_TEST

START_TEST(zeroes_are_written_whatever_the_file_system_can)
{
	bool unmap = _i & 1;

	ck_assert_int_eq(open_disk(make_disk(4 << 20), false, false), 0);
	atomic_store(&image.no_zero_range, _i & 2);
	fill_disk(4 << 20);
	ck_assert_int_eq(disk_image_write_zeroes(&image, 512, 0, unmap), 0);
	assert_bytes(0, 0xee, 4096);
	ck_assert_int_eq(disk_image_write_zeroes(&image, 512, (3 << 20) + 512, unmap), 0);
	assert_bytes(0, 0xee, 512);
	assert_bytes(512, 0, (3 << 20) + 512);
	assert_bytes((3 << 20) + 1024, 0xee, 4096);
	ck_assert_uint_eq(image.size, 4 << 20);
	disk_image_close(&image);
}
END_TEST

START_TEST(direct_takes_unaligned_buffers)
{
	static uint8_t bytes[300 * 1024 + 8];
	struct iovec spans[3];
	int ret = open_disk(make_disk(1 << 20), false, true);
	size_t size = 296 * 1024, wrong = 0;

	if (ret == -EINVAL) {
		unit_assert_logged("has no O_DIRECT: leave ',direct' out");
		return;
	}
	ck_assert_int_eq(ret, 0);
	ck_assert_uint_ge(image.memory_alignment, 512);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i * 7 + (i >> 12);
	spans[0] = (struct iovec){ bytes + 1, 1000 };
	spans[1] = (struct iovec){ bytes + 1001, 5000 };
	spans[2] = (struct iovec){ bytes + 6001, size - 6000 };
	ck_assert_int_eq(transfer(true, spans, 3, 8192), 0);
	memset(bytes, 0, sizeof(bytes));
	spans[0] = (struct iovec){ bytes + 3, 70000 };
	spans[1] = (struct iovec){ bytes + 70003, size - 70000 };
	ck_assert_int_eq(transfer(false, spans, 2, 8192), 0);
	for (size_t i = 0; i < size; i++)
		wrong += bytes[i + 3] != (uint8_t)((i + 1) * 7 + ((i + 1) >> 12));
	ck_assert_uint_eq(wrong, 0);
	disk_image_close(&image);
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("disk_image");
	TCase *tests = tcase_create("all");

	tcase_add_test(tests, what_is_no_disk_is_refused);
	tcase_add_test(tests, permissions_are_explained);
	tcase_add_loop_test(tests, other_formats_are_refused_with_a_cure, 0, 15);
	tcase_add_test(tests, a_second_user_is_kept_out);
	tcase_add_test(tests, the_size_is_whole_blocks);
	tcase_add_test(tests, bytes_come_back);
	tcase_add_test(tests, transfers_that_might_wait_are_told);
	tcase_add_test(tests, a_disk_that_shrank_is_an_error_said_once);
	tcase_add_test(tests, a_full_disk_is_an_error);
	tcase_add_test(tests, discard_gives_space_back);
	tcase_add_loop_test(tests, zeroes_are_written_whatever_the_file_system_can, 0, 4);
	tcase_add_test(tests, direct_takes_unaligned_buffers);
	suite_add_tcase(suite, tests);
	return suite;
}
