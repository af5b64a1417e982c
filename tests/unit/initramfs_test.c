// SPDX-License-Identifier: GPL-2.0-only
/* Which files an initramfs has. */
#include "vmm/initramfs.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/cpio.h"
#include "tests/unit/unit.h"

static char archive[4096];
static size_t size;

static bool has(const char *name)
{
	/* The sanitizers see what is read beyond its end. */
	char *exact = malloc(size ? size : 1);
	bool found;

	memcpy(exact, archive, size);
	found = initramfs_has_path(exact, size, name);
	free(exact);
	return found;
}

START_TEST(files_are_found_in_any_folder)
{
	size = cpio_make(archive, "init", "lib/modules/100-virtio_mmio.ko", "virtio_blk.ko.xz",
			 NULL);
	ck_assert(has("init"));
	ck_assert(has("virtio_mmio.ko"));
	ck_assert(has("virtio_blk.ko"));
	ck_assert(!has("virtio_net.ko"));
	ck_assert(!has("ko.xz.TRAILER"));
	/* What a file has in it is no name. */
	ck_assert(!has("xxxx"));
}
END_TEST

START_TEST(archives_follow_each_other)
{
	size = cpio_make(archive, "first", NULL);
	memset(archive + size, 0, 512);
	size += 512;
	size += cpio_make(archive + size, "second", NULL);
	ck_assert(has("first"));
	ck_assert(has("second"));
}
END_TEST

START_TEST(what_is_compressed_ends_it)
{
	size = cpio_make(archive, "first", NULL);
	memcpy(archive + size, "\x1f\x8b\x08\x00", 4);
	size += 4 + cpio_make(archive + size + 4, "second", NULL);
	ck_assert(has("first"));
	ck_assert(!has("second"));
}
END_TEST

/* Cut off anywhere, and with sizes that lead far away. */
START_TEST(nonsense_is_survived)
{
	size_t whole = cpio_make(archive, "first", "second", NULL);

	for (size = 0; size < whole; size++)
		has("third");
	ck_assert(!has("third"));
	for (size_t at = 6; at < 110; at += 8) {
		size = cpio_make(archive, "first", "second", NULL);
		memcpy(archive + at, "ffffffff", 8);
		ck_assert(!has("third"));
		memcpy(archive + at, "\xff\0 zzzzz", 8);
		ck_assert(!has("third"));
	}
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("initramfs");
	TCase *tests = tcase_create("initramfs");

	tcase_add_test(tests, files_are_found_in_any_folder);
	tcase_add_test(tests, archives_follow_each_other);
	tcase_add_test(tests, what_is_compressed_ends_it);
	tcase_add_test(tests, nonsense_is_survived);
	suite_add_tcase(suite, tests);
	return suite;
}
