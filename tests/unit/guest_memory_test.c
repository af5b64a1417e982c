// SPDX-License-Identifier: GPL-2.0-only
#include "base/guest_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/unit.h"

#define RAM  UINT64_C(0x40000000)
#define SIZE UINT64_C(0x40000)

static struct guest_memory memory;

static void setup(void)
{
	unit_reset_log();
	ck_assert_int_eq(guest_memory_create(&memory, RAM, SIZE), 0);
}

static void teardown(void)
{
	guest_memory_destroy(&memory);
}

START_TEST(range_is_found_whole_or_not_at_all)
{
	static const struct {
		uint64_t ipa, length;
		int64_t offset; /* -1: not there */
	} ranges[] = {
		{ RAM, 1, 0 },
		{ RAM, SIZE, 0 },
		{ RAM + 0x123, 8, 0x123 },
		{ RAM + SIZE - 1, 1, SIZE - 1 },
		{ RAM + SIZE - 1, 2, -1 },
		{ RAM, SIZE + 1, -1 },
		{ RAM - 1, 1, -1 },
		{ RAM - 1, 2, -1 },
		{ RAM + SIZE, 1, -1 },
		{ RAM + SIZE, 0, SIZE },
		{ RAM + SIZE + 1, 0, -1 },
		{ 0, RAM + 1, -1 },
		{ RAM + 1, UINT64_MAX, -1 },
		{ RAM + 1, UINT64_MAX - RAM, -1 },
		{ UINT64_MAX, 1, -1 },
		{ UINT64_MAX, UINT64_MAX, -1 },
		{ 0, UINT64_MAX, -1 },
	};
	char *host = memory.host;

	for (unsigned i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		ck_assert_ptr_eq(guest_memory_at(&memory, ranges[i].ipa, ranges[i].length),
				 ranges[i].offset < 0 ? NULL : host + ranges[i].offset);
}
END_TEST

START_TEST(ram_is_zero_writable_and_aligned)
{
	char *host = memory.host;

	ck_assert_uint_eq((uintptr_t)host & 0x1fffff, 0);
	for (uint64_t i = 0; i < SIZE; i++)
		ck_assert_int_eq(host[i], 0);
	memset(host, 0x5a, SIZE);
	ck_assert_int_eq(guest_memory_zero(&memory), 0);
	for (uint64_t i = 0; i < SIZE; i++)
		ck_assert_int_eq(host[i], 0);
}
END_TEST

START_TEST(bad_range_is_refused)
{
	static const struct {
		uint64_t ipa, size;
	} ranges[] = {
		{ RAM, 0 },
		{ RAM + 1, SIZE },
		{ RAM, SIZE + 1 },
		{ UINT64_MAX - 0xfff, 0x2000 },
		{ RAM, UINT64_MAX - 0xfff },
		{ 0, UINT64_MAX - 0xfff },
	};

	for (unsigned i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		struct guest_memory other;

		unit_reset_log();
		ck_assert_int_eq(guest_memory_create(&other, ranges[i].ipa, ranges[i].size),
				 -EINVAL);
		unit_assert_logged("guest RAM");
		ck_assert_ptr_null(guest_memory_at(&other, ranges[i].ipa, 1));
		guest_memory_destroy(&other);
	}
}
END_TEST

START_TEST(too_much_is_described)
{
	struct guest_memory other;

	ck_assert_int_eq(guest_memory_create(&other, 0, UINT64_C(1) << 60), -ENOMEM);
	unit_assert_logged("--mem");
	guest_memory_destroy(&other);
}
END_TEST

START_TEST(destroyed_memory_has_no_addresses)
{
	guest_memory_destroy(&memory);
	ck_assert_ptr_null(guest_memory_at(&memory, RAM, 1));
	guest_memory_destroy(&memory);
}
END_TEST

START_TEST(file_is_loaded_where_asked)
{
	int fd = open(unit_make_file("0123456789", 10), O_RDONLY);
	char *host = memory.host;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(guest_memory_load(&memory, RAM + 0x100, fd, 2, 5), 0);
	ck_assert_mem_eq(host + 0xff,
			 "\0"
			 "23456\0",
			 7);
	/* At the very end of RAM. */
	ck_assert_int_eq(guest_memory_load(&memory, RAM + SIZE - 10, fd, 0, 10), 0);
	ck_assert_mem_eq(host + SIZE - 10, "0123456789", 10);
	ck_assert_int_eq(guest_memory_load(&memory, RAM, fd, 100, 0), 0);
	close(fd);
}
END_TEST

/* The bytes [offset, + length) of a memfd with `seals` and `size` bytes that count up. */
static int load_memfd(int seals, int size, uint64_t offset, uint64_t length)
{
	int fd = memfd_create("test", MFD_ALLOW_SEALING), ret;

	for (int i = 0; i < size; i += 4)
		ck_assert_int_eq(write(fd, &i, 4), 4);
	ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, seals), 0);
	ret = guest_memory_load(&memory, RAM + 12, fd, offset, length);
	close(fd);
	return ret;
}

START_TEST(large_file_is_loaded_sealed_or_not)
{
	char *host = memory.host;

	for (int sealed = 0; sealed < 2; sealed++) {
		int seals = sealed ? F_SEAL_SHRINK | F_SEAL_WRITE : F_SEAL_WRITE, number;

		memset(host, 0xee, 200000);
		ck_assert_int_eq(load_memfd(seals, 140000, 5000, 100000), 0);
		for (int i = 0; i < 100000; i += 4) {
			memcpy(&number, host + 12 + i, sizeof(number));
			ck_assert_int_eq(number, 5000 + i);
		}
		ck_assert_int_eq((unsigned char)host[11], 0xee);
		ck_assert_int_eq((unsigned char)host[100012], 0xee);
		/* Beyond the end: no signal. */
		ck_assert_int_eq(load_memfd(seals, 80000, 5000, 100000), -EIO);
		ck_assert_int_eq(load_memfd(seals, 80000, UINT64_MAX - 10, 100000) < 0, 1);
	}
}
END_TEST

/* A file that can be cut short must not be read through a mapping: how many bytes read(2) took. */
static uint64_t bytes_read(void)
{
	char line[100];
	uint64_t read = 0;
	FILE *io = fopen("/proc/self/io", "r");

	ck_assert_ptr_nonnull(io);
	while (fgets(line, sizeof(line), io) && sscanf(line, "rchar: %" SCNu64, &read) != 1)
		;
	fclose(io);
	return read;
}

START_TEST(only_sealed_files_are_mapped)
{
	uint64_t start = bytes_read(), unsealed, sealed;

	ck_assert_int_eq(load_memfd(F_SEAL_WRITE, 80000, 0, 80000), 0);
	unsealed = bytes_read() - start;
	ck_assert_int_eq(load_memfd(F_SEAL_SHRINK, 80000, 0, 80000), 0);
	sealed = bytes_read() - start - unsealed;
	ck_assert_uint_ge(unsealed, 80000);
	ck_assert_uint_lt(sealed, 80000);
}
END_TEST

START_TEST(load_outside_ram_is_refused)
{
	int fd = open(unit_make_file("0123456789", 10), O_RDONLY);

	ck_assert_int_eq(guest_memory_load(&memory, RAM + SIZE - 9, fd, 0, 10), -EINVAL);
	unit_assert_logged("outside guest RAM");
	ck_assert_int_eq(guest_memory_load(&memory, RAM - 1, fd, 0, 10), -EINVAL);
	ck_assert_int_eq(guest_memory_load(&memory, RAM + 1, fd, 0, UINT64_MAX), -EINVAL);
	close(fd);
}
END_TEST

START_TEST(short_or_unreadable_file_is_described)
{
	const char *path = unit_make_file("0123456789", 10);
	int fd = open(path, O_RDONLY);

	ck_assert_int_eq(guest_memory_load(&memory, RAM, fd, 1, 10), -EIO);
	unit_assert_logged("too short");
	ck_assert_int_eq(guest_memory_load(&memory, RAM, fd, 100, 1), -EIO);
	close(fd);
	fd = open(path, O_WRONLY);
	ck_assert_int_lt(guest_memory_load(&memory, RAM, fd, 0, 10), 0);
	close(fd);
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("guest_memory");
	TCase *tcase = tcase_create("guest_memory");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, range_is_found_whole_or_not_at_all);
	tcase_add_test(tcase, ram_is_zero_writable_and_aligned);
	tcase_add_test(tcase, bad_range_is_refused);
	tcase_add_test(tcase, too_much_is_described);
	tcase_add_test(tcase, destroyed_memory_has_no_addresses);
	tcase_add_test(tcase, file_is_loaded_where_asked);
	tcase_add_test(tcase, large_file_is_loaded_sealed_or_not);
	tcase_add_test(tcase, only_sealed_files_are_mapped);
	tcase_add_test(tcase, load_outside_ram_is_refused);
	tcase_add_test(tcase, short_or_unreadable_file_is_described);
	suite_add_tcase(suite, tcase);
	return suite;
}
