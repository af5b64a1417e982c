// SPDX-License-Identifier: GPL-2.0-only
#include "devices/mmio_bus.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "tests/unit/unit.h"

/* A device that remembers its last access and answers with all bits set. */
struct probe {
	uint64_t offset, value;
	unsigned size, cpu, reads, writes;
};

static uint64_t probe_read(void *device, uint64_t offset, unsigned size, unsigned cpu)
{
	struct probe *probe = device;

	probe->offset = offset;
	probe->size = size;
	probe->cpu = cpu;
	probe->reads++;
	return UINT64_MAX;
}

static void probe_write(void *device, uint64_t offset, uint64_t value, unsigned size, unsigned cpu)
{
	struct probe *probe = device;

	probe->offset = offset;
	probe->value = value;
	probe->size = size;
	probe->cpu = cpu;
	probe->writes++;
}

static const struct mmio_ops probe_ops = { .read = probe_read, .write = probe_write };

static struct mmio_bus bus;
static struct probe probes[64];

static int add(unsigned index, uint64_t base, uint64_t size, const char *name)
{
	struct mmio_region region = { .base = base,
				      .size = size,
				      .ops = &probe_ops,
				      .device = &probes[index],
				      .name = name };

	return mmio_bus_add(&bus, &region);
}

static void setup(void)
{
	unit_reset_log();
	memset(probes, 0, sizeof(probes));
	mmio_bus_init(&bus);
}

static void teardown(void)
{
	mmio_bus_destroy(&bus);
}

START_TEST(empty_bus_has_no_device)
{
	uint64_t value = 1;

	ck_assert_int_eq(mmio_bus_read(&bus, 0, 0, 4, &value), -ENODEV);
	ck_assert_uint_eq(value, 0);
	ck_assert_int_eq(mmio_bus_read(&bus, 0, UINT64_MAX, 1, &value), -ENODEV);
	ck_assert_int_eq(mmio_bus_write(&bus, 0, 0x1000, 8, 1), -ENODEV);
}
END_TEST

START_TEST(access_reaches_device)
{
	uint64_t value;

	ck_assert_int_eq(add(0, 0x9000000, 0x1000, "uart"), 0);
	ck_assert_int_eq(mmio_bus_read(&bus, 3, 0x9000018, 4, &value), 0);
	ck_assert_uint_eq(probes[0].offset, 0x18);
	ck_assert_uint_eq(probes[0].size, 4);
	ck_assert_uint_eq(probes[0].cpu, 3);
	ck_assert_int_eq(mmio_bus_write(&bus, 5, 0x9000ffe, 2, 0x1234), 0);
	ck_assert_uint_eq(probes[0].offset, 0xffe);
	ck_assert_uint_eq(probes[0].value, 0x1234);
	ck_assert_uint_eq(probes[0].cpu, 5);
}
END_TEST

START_TEST(values_are_cut_to_size)
{
	static const uint64_t masks[] = {
		[1] = 0xff, [2] = 0xffff, [4] = 0xffffffff, [8] = UINT64_MAX
	};
	unsigned size = 1u << _i;
	uint64_t value;

	ck_assert_int_eq(add(0, 0x1000, 0x1000, "probe"), 0);
	ck_assert_int_eq(mmio_bus_read(&bus, 0, 0x1000, size, &value), 0);
	ck_assert_uint_eq(value, masks[size]);
	ck_assert_int_eq(mmio_bus_write(&bus, 0, 0x1000, size, UINT64_MAX), 0);
	ck_assert_uint_eq(probes[0].value, masks[size]);
}
END_TEST

START_TEST(unaligned_access_reaches_device)
{
	uint64_t value;

	ck_assert_int_eq(add(0, 0x1000, 0x1000, "probe"), 0);
	ck_assert_int_eq(mmio_bus_read(&bus, 0, 0x1003, 8, &value), 0);
	ck_assert_uint_eq(probes[0].offset, 3);
	ck_assert_uint_eq(probes[0].size, 8);
}
END_TEST

/* Neither the end of a region into nothing, nor that into the next region, belongs to one. */
START_TEST(straddling_access_is_refused)
{
	uint64_t value = 1;

	ck_assert_int_eq(add(0, 0x1000, 0x1000, "one"), 0);
	ck_assert_int_eq(add(1, 0x2000, 0x10, "two"), 0);
	ck_assert_int_eq(mmio_bus_read(&bus, 0, 0x1ffd, 4, &value), -ENODEV);
	ck_assert_uint_eq(value, 0);
	ck_assert_int_eq(mmio_bus_write(&bus, 0, 0x1ffe, 4, 1), -ENODEV);
	ck_assert_int_eq(mmio_bus_read(&bus, 0, 0xfff, 2, &value), -ENODEV);
	ck_assert_int_eq(mmio_bus_read(&bus, 0, 0x200c, 8, &value), -ENODEV);
	ck_assert_uint_eq(probes[0].reads + probes[0].writes + probes[1].reads, 0);
	ck_assert_int_eq(mmio_bus_read(&bus, 0, 0x1ffc, 4, &value), 0);
	ck_assert_int_eq(mmio_bus_read(&bus, 0, 0x2008, 8, &value), 0);
}
END_TEST

START_TEST(access_larger_than_region_is_refused)
{
	uint64_t value;

	ck_assert_int_eq(add(0, 0x1000, 2, "small"), 0);
	ck_assert_int_eq(mmio_bus_read(&bus, 0, 0x1000, 4, &value), -ENODEV);
	ck_assert_int_eq(mmio_bus_read(&bus, 0, 0x1000, 2, &value), 0);
}
END_TEST

START_TEST(region_at_the_end_of_the_address_space)
{
	uint64_t value;

	ck_assert_int_eq(add(0, UINT64_MAX - 0xfff, 0x1000, "last"), 0);
	ck_assert_int_eq(mmio_bus_read(&bus, 0, UINT64_MAX, 1, &value), 0);
	ck_assert_uint_eq(probes[0].offset, 0xfff);
	ck_assert_int_eq(mmio_bus_read(&bus, 0, UINT64_MAX, 2, &value), -ENODEV);
	ck_assert_int_eq(mmio_bus_read(&bus, 0, UINT64_MAX - 7, 8, &value), 0);
}
END_TEST

START_TEST(empty_or_wrapping_region_is_refused)
{
	ck_assert_int_eq(add(0, 0x1000, 0, "empty"), -EINVAL);
	unit_assert_logged("empty");
	ck_assert_int_eq(add(0, UINT64_MAX - 0xfff, 0x1001, "wrapping"), -EINVAL);
	unit_assert_logged("wrapping");
	ck_assert_int_eq(add(0, 1, UINT64_MAX, "everything but 0"), 0);
}
END_TEST

static const struct {
	uint64_t base, size;
	int result;
} overlaps[] = {
	{ 0x2000, 0x1000, -EEXIST }, { 0x1fff, 2, -EEXIST },	   { 0x2fff, 2, -EEXIST },
	{ 0x2800, 1, -EEXIST },	     { 0x1000, 0x10000, -EEXIST }, { 0, 0x2001, -EEXIST },
	{ 0x4fff, 1, -EEXIST },	     { 0x1000, 0x1000, 0 },	   { 0x3000, 0x1000, 0 },
	{ 0x5000, 0x1000, 0 },
};

START_TEST(overlap_is_refused)
{
	uint64_t value;

	ck_assert_int_eq(add(0, 0x2000, 0x1000, "old"), 0);
	ck_assert_int_eq(add(0, 0x4000, 0x1000, "old"), 0);
	ck_assert_int_eq(add(1, overlaps[_i].base, overlaps[_i].size, "new"), overlaps[_i].result);
	if (!overlaps[_i].result)
		return;
	unit_assert_logged("new");
	unit_assert_logged("old");
	ck_assert_int_eq(mmio_bus_read(&bus, 0, 0x2800, 1, &value), 0);
	ck_assert_uint_eq(probes[0].reads, 1);
}
END_TEST

/* Added in a shuffled order; every region's first and last byte, and the gaps between. */
START_TEST(lookup_finds_each_of_many)
{
	uint64_t value;

	for (unsigned i = 0; i < 64; i++) {
		unsigned index = i * 37 % 64;

		ck_assert_int_eq(add(index, 0x1000 + index * 0x100, 0x80, "probe"), 0);
	}
	for (unsigned i = 0; i < 64; i++) {
		uint64_t base = 0x1000 + i * 0x100;

		ck_assert_int_eq(mmio_bus_read(&bus, 0, base - 1, 1, &value), -ENODEV);
		ck_assert_int_eq(mmio_bus_read(&bus, 0, base, 1, &value), 0);
		ck_assert_uint_eq(probes[i].offset, 0);
		ck_assert_int_eq(mmio_bus_read(&bus, 0, base + 0x7f, 1, &value), 0);
		ck_assert_uint_eq(probes[i].offset, 0x7f);
		ck_assert_uint_eq(probes[i].reads, 2);
		ck_assert_int_eq(mmio_bus_read(&bus, 0, base + 0x80, 1, &value), -ENODEV);
	}
}
END_TEST

START_TEST(removed_region_is_gone)
{
	uint64_t value;

	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_eq(add(i, 0x1000 * (i + 1), 0x1000, "probe"), 0);
	ck_assert_int_eq(mmio_bus_remove(&bus, 0x2001), -ENOENT);
	ck_assert_int_eq(mmio_bus_remove(&bus, 0), -ENOENT);
	ck_assert_int_eq(mmio_bus_remove(&bus, 0x2000), 0);
	ck_assert_int_eq(mmio_bus_remove(&bus, 0x2000), -ENOENT);
	ck_assert_int_eq(mmio_bus_read(&bus, 0, 0x2000, 4, &value), -ENODEV);
	ck_assert_int_eq(mmio_bus_read(&bus, 0, 0x1ffc, 4, &value), 0);
	ck_assert_int_eq(mmio_bus_read(&bus, 0, 0x3000, 4, &value), 0);
	ck_assert_uint_eq(probes[0].reads, 1);
	ck_assert_uint_eq(probes[2].reads, 1);
	ck_assert_int_eq(add(1, 0x2000, 0x1000, "again"), 0);
}
END_TEST

static uint64_t steady_read(void *device, uint64_t offset, unsigned size, unsigned cpu)
{
	(void)size;
	(void)cpu;
	return *(const uint64_t *)device + offset;
}

static const struct mmio_ops steady_ops = { .read = steady_read, .write = probe_write };
static atomic_bool stop;
static _Atomic uint64_t wrong, right;

/* The region at 0x5000 stays; those around it come and go. */
static void *read_for_ever(void *argument)
{
	uint64_t value;

	(void)argument;
	while (!atomic_load(&stop)) {
		if (mmio_bus_read(&bus, 0, 0x5010, 8, &value) < 0 || value != 0x5010)
			atomic_fetch_add(&wrong, 1);
		else
			atomic_fetch_add(&right, 1);
		if (mmio_bus_read(&bus, 0, 0x2010, 8, &value) == 0 && value != 0x2010)
			atomic_fetch_add(&wrong, 1);
	}
	return NULL;
}

START_TEST(table_is_swapped_under_readers)
{
	static const uint64_t bases[] = { 0x1000, 0x2000, 0x3000, 0x6000, 0x5000 };
	struct mmio_region regions[5];
	pthread_t readers[3];

	/* Many others: copying the table takes its time. */
	for (unsigned i = 0; i < 200; i++)
		ck_assert_int_eq(add(0, 0x100000 + i * 0x1000, 0x1000, "filler"), 0);

	for (int i = 0; i < 5; i++)
		regions[i] = (struct mmio_region){ .base = bases[i],
						   .size = 0x1000,
						   .ops = &steady_ops,
						   .device = (void *)&bases[i],
						   .name = "steady" };
	ck_assert_int_eq(mmio_bus_add(&bus, &regions[4]), 0);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(pthread_create(&readers[i], NULL, read_for_ever, NULL), 0);
	for (int i = 0; i < 3000 || atomic_load(&right) < 100000; i++) {
		ck_assert_int_eq(mmio_bus_add(&bus, &regions[i % 4]), 0);
		ck_assert_int_eq(mmio_bus_remove(&bus, regions[i % 4].base), 0);
	}
	atomic_store(&stop, true);
	for (int i = 0; i < 3; i++)
		pthread_join(readers[i], NULL);
	ck_assert_uint_eq(wrong, 0);
}
END_TEST

/* What a cursor remembers is forgotten with the table. */
START_TEST(cursor_follows_the_table)
{
	struct mmio_region low = { 0x1000, 0x1000, &probe_ops, &low, "low" };
	struct mmio_region high = { 0x5000, 0x1000, &probe_ops, &high, "high" };
	struct mmio_cursor cursor = { 0 };

	ck_assert_ptr_null(mmio_bus_find(&bus, &cursor, 0x1000, 4));
	ck_assert_int_eq(mmio_bus_add(&bus, &low), 0);
	ck_assert_int_eq(mmio_bus_add(&bus, &high), 0);
	for (int i = 0; i < 2; i++) {
		ck_assert_ptr_eq(mmio_bus_find(&bus, &cursor, 0x1ffc, 4)->device, &low);
		ck_assert_ptr_null(mmio_bus_find(&bus, &cursor, 0x1ffd, 4));
		ck_assert_ptr_null(mmio_bus_find(&bus, &cursor, 0xfff, 4));
		ck_assert_ptr_eq(mmio_bus_find(&bus, &cursor, 0x1000, 8)->device, &low);
	}
	ck_assert_ptr_eq(mmio_bus_find(&bus, &cursor, 0x5000, 1)->device, &high);
	ck_assert_int_eq(mmio_bus_remove(&bus, 0x5000), 0);
	ck_assert_ptr_null(mmio_bus_find(&bus, &cursor, 0x5000, 1));
	ck_assert_ptr_eq(mmio_bus_find(&bus, &cursor, 0x1000, 1)->device, &low);
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("mmio_bus");
	TCase *tcase = tcase_create("mmio_bus");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, empty_bus_has_no_device);
	tcase_add_test(tcase, cursor_follows_the_table);
	tcase_add_test(tcase, access_reaches_device);
	tcase_add_loop_test(tcase, values_are_cut_to_size, 0, 4);
	tcase_add_test(tcase, unaligned_access_reaches_device);
	tcase_add_test(tcase, straddling_access_is_refused);
	tcase_add_test(tcase, access_larger_than_region_is_refused);
	tcase_add_test(tcase, region_at_the_end_of_the_address_space);
	tcase_add_test(tcase, empty_or_wrapping_region_is_refused);
	tcase_add_loop_test(tcase, overlap_is_refused, 0, sizeof(overlaps) / sizeof(overlaps[0]));
	tcase_add_test(tcase, lookup_finds_each_of_many);
	tcase_add_test(tcase, removed_region_is_gone);
	tcase_add_test(tcase, table_is_swapped_under_readers);
	suite_add_tcase(suite, tcase);
	return suite;
}
