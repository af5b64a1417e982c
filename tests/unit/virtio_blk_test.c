// SPDX-License-Identifier: GPL-2.0-only
#include "devices/virtio/virtio_blk.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "devices/virtio/virtio_blk_layout.h"
#include "devices/virtio/virtio_device.h"
#include "tests/unit/unit.h"
#include "tests/unit/virtio_driver.h"

#define DISK_SIZE (1 << 20)

/* Where requests have their parts; 64 KiB for the data of each. */
#define HEADERS DRIVER_BUFFERS
#define STATUS	(DRIVER_BUFFERS + 0x10000)
#define DATA(n) (DRIVER_BUFFERS + 0x100000 + (n)*UINT64_C(0x10000))

#define ALL_FEATURES                                                                        \
	(BLK_F_SEG_MAX | BLK_F_BLK_SIZE | BLK_F_FLUSH | BLK_F_TOPOLOGY | BLK_F_CONFIG_WCE | \
	 BLK_F_DISCARD | BLK_F_WRITE_ZEROES | VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX)

static struct virtio_driver driver;
static const char *path;
static atomic_uint begun;

static int count_thread(void *context)
{
	(void)context;
	atomic_fetch_add(&begun, 1);
	return 0;
}

static int refuse_thread(void *context)
{
	(void)context;
	return -EPERM;
}

static struct virtio_device *create(struct disk_request *request,
				    int (*thread_begin)(void *context))
{
	const struct virtio_blk_setup setup = {
		.disk = request,
		.memory = &driver.memory,
		.number = 7,
		.thread_begin = thread_begin,
	};
	struct virtio_device *device = NULL;

	request->path = (char *)path;
	ck_assert_int_eq(virtio_blk_create(&setup, &device), 0);
	return device;
}

static void begin_with(struct disk_request request, uint64_t features)
{
	path = unit_make_file("", 0);
	ck_assert_int_eq(truncate(path, DISK_SIZE), 0);
	virtio_driver_init(&driver);
	atomic_store(&begun, 0);
	virtio_driver_attach(&driver, create(&request, count_thread));
	if (features)
		virtio_driver_start(&driver, features, 256);
	unit_reset_log();
}

static void begin(void)
{
	begin_with((struct disk_request){ .queues = 1 }, ALL_FEATURES);
}

static void end(void)
{
	virtio_driver_destroy(&driver);
}

/* Offers request `n`: `size` bytes of its data, in two pieces. */
static void offer(unsigned queue, unsigned n, uint32_t type, uint64_t sector, uint32_t size)
{
	struct blk_header header = { .type = type, .sector = sector };
	uint16_t write = type == BLK_T_IN || type == BLK_T_GET_ID ? DESC_WRITE : 0;
	uint32_t half = size / 2;
	struct driver_descriptor buffers[] = {
		{ HEADERS + 16 * n, 16, 0, 0 },
		{ DATA(n), half, write, 0 },
		{ DATA(n) + half, size - half, write, 0 },
		{ STATUS + n, 1, DESC_WRITE, 0 },
	};

	memcpy(virtio_driver_at(&driver, HEADERS + 16 * n), &header, sizeof(header));
	*(uint8_t *)virtio_driver_at(&driver, STATUS + n) = 0xff;
	if (!size)
		buffers[1] = buffers[3];
	virtio_driver_add(&driver, queue, buffers, size ? 4 : 2);
}

static uint8_t status(unsigned n)
{
	return *(uint8_t *)virtio_driver_at(&driver, STATUS + n);
}

/* The device's threads take their time. */
static uint32_t wait_used(unsigned queue)
{
	uint32_t head, written;

	while (!virtio_driver_take_used(&driver, queue, &head, &written))
		usleep(100);
	return written;
}

static uint8_t ask(uint32_t type, uint64_t sector, uint32_t size)
{
	offer(0, 0, type, sector, size);
	virtio_driver_kick(&driver, 0);
	wait_used(0);
	return status(0);
}

static void fill(unsigned n, int byte, size_t size)
{
	memset(virtio_driver_at(&driver, DATA(n)), byte, size);
}

static void assert_data(unsigned n, int byte, size_t size)
{
	const uint8_t *data = virtio_driver_at(&driver, DATA(n));

	ck_assert_int_eq(data[0], byte);
	ck_assert_int_eq(memcmp(data, data + 1, size - 1), 0);
}

static void assert_on_disk(uint64_t offset, int byte)
{
	uint8_t got;
	FILE *file = fopen(path, "rb");

	ck_assert_int_eq(fseek(file, offset, SEEK_SET), 0);
	ck_assert_uint_eq(fread(&got, 1, 1, file), 1);
	ck_assert_int_eq(got, byte);
	fclose(file);
}

static struct blk_config_space config_space(void)
{
	struct blk_config_space space;
	uint32_t words[sizeof(space) / 4];

	for (unsigned i = 0; i < sizeof(space) / 4; i++)
		words[i] = virtio_driver_read(&driver, REG_CONFIG + 4 * i);
	memcpy(&space, words, sizeof(space));
	return space;
}

START_TEST(the_disk_is_described)
{
	struct blk_config_space space;

	begin_with((struct disk_request){ .queues = 3 }, 0);
	ck_assert_uint_eq(atomic_load(&begun), 3 * 4);
	space = config_space();
	ck_assert_uint_eq(virtio_driver_read(&driver, REG_DEVICE_ID), 2);
	ck_assert_uint_eq(space.capacity, DISK_SIZE / 512);
	ck_assert_uint_eq(space.blk_size, 512);
	ck_assert_uint_eq(space.seg_max, 254);
	ck_assert_uint_eq(space.num_queues, 3);
	ck_assert_uint_eq(space.writeback, 1);
	ck_assert_uint_eq(space.write_zeroes_may_unmap, 1);
	ck_assert_uint_eq(driver.device->features_offered & BLK_F_RO, 0);
	ck_assert_uint_ne(driver.device->features_offered & BLK_F_MQ, 0);
	end();
}
END_TEST

START_TEST(what_is_written_is_read)
{
	begin();
	fill(0, 0x5a, 8192);
	ck_assert_uint_eq(ask(BLK_T_OUT, 8, 8192), BLK_S_OK);
	assert_on_disk(8 * 512 - 1, 0);
	assert_on_disk(8 * 512, 0x5a);
	assert_on_disk(24 * 512 - 1, 0x5a);
	assert_on_disk(24 * 512, 0);
	fill(0, 0, 8192);
	offer(0, 0, BLK_T_IN, 8, 8192);
	virtio_driver_kick(&driver, 0);
	ck_assert_uint_eq(wait_used(0), 8193);
	ck_assert_uint_eq(status(0), BLK_S_OK);
	assert_data(0, 0x5a, 8192);
	ck_assert_uint_gt(virtio_driver_interrupts(&driver), 0);
	ck_assert_uint_eq(unit_log_count(), 0);
	end();
}
END_TEST

START_TEST(many_requests_at_once_are_all_answered)
{
	unsigned queues = _i ? 4 : 1;

	begin_with((struct disk_request){ .queues = queues },
		   ALL_FEATURES | (queues > 1 ? BLK_F_MQ : 0));
	for (unsigned round = 0; round < 20; round++) {
		bool write = round % 2 == 0;

		for (unsigned n = 0; n < 48; n++) {
			fill(n, write ? n + round : 0, 4096);
			offer(n % queues, n, write ? BLK_T_OUT : BLK_T_IN, 8 * n, 4096);
			if (n % 7 == 0)
				virtio_driver_kick(&driver, n % queues);
		}
		for (unsigned queue = 0; queue < queues; queue++)
			virtio_driver_kick(&driver, queue);
		for (unsigned n = 0; n < 48; n++)
			wait_used(n % queues);
		for (unsigned n = 0; n < 48; n++) {
			ck_assert_uint_eq(status(n), BLK_S_OK);
			assert_data(n, n + (write ? round : round - 1), 4096);
		}
	}
	end();
}
END_TEST

START_TEST(the_serial_number_is_told)
{
	char *data;

	begin();
	data = virtio_driver_at(&driver, DATA(0));
	fill(0, 0xff, 32);
	ck_assert_uint_eq(ask(BLK_T_GET_ID, 0, 20), BLK_S_OK);
	ck_assert_str_eq(data, "disk7");
	end();

	begin_with((struct disk_request){ .queues = 1, .serial = "01234567890123456789" },
		   ALL_FEATURES);
	data = virtio_driver_at(&driver, DATA(0));
	ck_assert_uint_eq(ask(BLK_T_GET_ID, 0, 20), BLK_S_OK);
	ck_assert_int_eq(memcmp(data, "01234567890123456789", 20), 0);
	end();
}
END_TEST

START_TEST(a_flush_is_answered)
{
	begin();
	ck_assert_uint_eq(ask(BLK_T_FLUSH, 0, 0), BLK_S_OK);
	end();
}
END_TEST

static uint8_t change(uint32_t type, struct blk_range range)
{
	memcpy(virtio_driver_at(&driver, DATA(0)), &range, sizeof(range));
	return ask(type, 0, sizeof(range));
}

START_TEST(ranges_are_changed)
{
	begin();
	fill(0, 0xee, 65536);
	ck_assert_uint_eq(ask(BLK_T_OUT, 0, 65536), BLK_S_OK);
	ck_assert_uint_eq(change(BLK_T_WRITE_ZEROES, (struct blk_range){ 8, 8, 0 }), BLK_S_OK);
	ck_assert_uint_eq(change(BLK_T_WRITE_ZEROES, (struct blk_range){ 24, 8, 1 }), BLK_S_OK);
	ck_assert_uint_eq(change(BLK_T_DISCARD, (struct blk_range){ 64, 8, 0 }), BLK_S_OK);
	assert_on_disk(8 * 512 - 1, 0xee);
	assert_on_disk(8 * 512, 0);
	assert_on_disk(16 * 512 - 1, 0);
	assert_on_disk(16 * 512, 0xee);
	assert_on_disk(24 * 512, 0);
	assert_on_disk(32 * 512, 0xee);

	ck_assert_uint_eq(change(BLK_T_DISCARD, (struct blk_range){ 0, 8, 1 }), BLK_S_UNSUPP);
	ck_assert_uint_eq(change(BLK_T_WRITE_ZEROES, (struct blk_range){ 0, 8, 2 }), BLK_S_UNSUPP);
	ck_assert_uint_eq(change(BLK_T_DISCARD, (struct blk_range){ 2047, 2, 0 }), BLK_S_IOERR);
	ck_assert_uint_eq(change(BLK_T_DISCARD, (struct blk_range){ UINT64_MAX, 2, 0 }),
			  BLK_S_IOERR);
	ck_assert_uint_eq(change(BLK_T_DISCARD, (struct blk_range){ 0, UINT32_MAX, 0 }),
			  BLK_S_IOERR);
	ck_assert_uint_eq(ask(BLK_T_DISCARD, 0, 0), BLK_S_IOERR);
	ck_assert_uint_eq(ask(BLK_T_DISCARD, 0, 24), BLK_S_IOERR);
	ck_assert_uint_eq(ask(BLK_T_DISCARD, 0, 17 * 16), BLK_S_IOERR);
	assert_on_disk(0, 0xee);
	end();
}
END_TEST

START_TEST(requests_beyond_the_disk_are_errors)
{
	static const struct {
		uint64_t sector;
		uint32_t size;
	} cases[] = {
		{ DISK_SIZE / 512, 512 },
		{ DISK_SIZE / 512 - 1, 1024 },
		{ UINT64_MAX, 512 },
		{ UINT64_MAX / 512, 1024 },
		{ (UINT64_C(1) << 55) + 1, 512 },
		{ 0, 511 },
		{ 0, 1000 },
	};

	begin();
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_uint_eq(ask(BLK_T_IN, cases[i].sector, cases[i].size), BLK_S_IOERR);
		ck_assert_uint_eq(ask(BLK_T_OUT, cases[i].sector, cases[i].size), BLK_S_IOERR);
	}
	ck_assert_uint_eq(ask(BLK_T_IN, DISK_SIZE / 512, 0), BLK_S_OK);
	ck_assert_uint_eq(ask(99, 0, 512), BLK_S_UNSUPP);
	ck_assert_uint_eq(ask(BLK_T_IN, DISK_SIZE / 512 - 1, 512), BLK_S_OK);
	ck_assert_uint_eq(unit_log_count(), 0);
	end();
}
END_TEST

START_TEST(errors_of_the_host_reach_the_guest)
{
	begin();
	ck_assert_int_eq(truncate(path, 4096), 0);
	for (int i = 0; i < 3; i++)
		ck_assert_uint_eq(ask(BLK_T_IN, 16, 512), BLK_S_IOERR);
	ck_assert_uint_eq(unit_log_count(), 1);
	unit_assert_logged("cannot read from disk");
	ck_assert_uint_eq(ask(BLK_T_IN, 0, 4096), BLK_S_OK);
	end();
}
END_TEST

START_TEST(a_disk_to_be_read_is_not_written)
{
	begin_with((struct disk_request){ .queues = 1, .readonly = true }, BLK_F_RO | BLK_F_FLUSH);
	ck_assert_uint_eq(driver.device->features_offered & (BLK_F_DISCARD | BLK_F_WRITE_ZEROES),
			  0);
	fill(0, 1, 512);
	ck_assert_uint_eq(ask(BLK_T_OUT, 0, 512), BLK_S_IOERR);
	ck_assert_uint_eq(change(BLK_T_DISCARD, (struct blk_range){ 0, 8, 0 }), BLK_S_IOERR);
	ck_assert_uint_eq(change(BLK_T_WRITE_ZEROES, (struct blk_range){ 0, 8, 0 }), BLK_S_IOERR);
	ck_assert_uint_eq(ask(BLK_T_IN, 0, 512), BLK_S_OK);
	assert_on_disk(0, 0);
	end();
}
END_TEST

START_TEST(a_request_that_cannot_be_answered_breaks_the_device)
{
	struct driver_descriptor no_status = { HEADERS, 16, 0, 0 };
	struct driver_descriptor short_header[] = { { HEADERS, 15, 0, 0 },
						    { STATUS, 1, DESC_WRITE, 0 } };

	begin();
	if (_i)
		virtio_driver_add(&driver, 0, short_header, 2);
	else
		virtio_driver_add(&driver, 0, &no_status, 1);
	virtio_driver_kick(&driver, 0);
	while (!(virtio_driver_read(&driver, REG_STATUS) & VIRTIO_STATUS_NEEDS_RESET))
		usleep(100);
	/* And a reset mends it. */
	virtio_driver_start(&driver, ALL_FEATURES, 256);
	ck_assert_uint_eq(ask(BLK_T_IN, 0, 512), BLK_S_OK);
	ck_assert_uint_eq(unit_log_count(), 1);
	unit_assert_logged("without a whole header, or without room for a status");
	end();
}
END_TEST

static void set_write_cache(uint8_t value)
{
	ck_assert_int_eq(mmio_bus_write(&driver.bus, 0, DRIVER_BASE + REG_CONFIG + 32, 1, value),
			 0);
}

START_TEST(the_write_cache_can_be_switched_off)
{
	begin();
	set_write_cache(0);
	ck_assert_uint_eq(config_space().writeback, 0);
	fill(0, 7, 512);
	ck_assert_uint_eq(ask(BLK_T_OUT, 0, 512), BLK_S_OK);
	ck_assert_uint_eq(change(BLK_T_DISCARD, (struct blk_range){ 8, 8, 0 }), BLK_S_OK);
	set_write_cache(1);
	ck_assert_uint_eq(config_space().writeback, 1);
	set_write_cache(0);
	/* The next driver begins with a cache. */
	virtio_driver_write(&driver, REG_STATUS, 0);
	ck_assert_uint_eq(config_space().writeback, 1);
	end();
}
END_TEST

/* With requests under way each time. */
START_TEST(resets_come_at_any_time)
{
	begin();
	for (unsigned round = 0; round < 200; round++) {
		for (unsigned n = 0; n < 16; n++)
			offer(0, n, n % 5 ? BLK_T_OUT : BLK_T_IN, 16 * n, 4096);
		virtio_driver_kick(&driver, 0);
		if (round % 3)
			usleep(10 * (round % 16));
		virtio_driver_start(&driver, ALL_FEATURES, 256);
		/* Nothing of the past: the used ring is empty. */
		if (round % 10 == 0)
			ck_assert_uint_eq(ask(BLK_T_IN, 0, 512), BLK_S_OK);
	}
	ck_assert_uint_eq(unit_log_count(), 0);
	end();
}
END_TEST

static atomic_bool rewriting;

/* A second vCPU of a hostile guest: descriptors and headers change all the time. */
static void *rewrite(void *argument)
{
	uint64_t random = 1, *table = virtio_driver_at(&driver, virtio_driver_table(0));
	uint64_t *headers = virtio_driver_at(&driver, HEADERS);

	(void)argument;
	while (atomic_load(&rewriting)) {
		random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
		/* A bit of a descriptor: address, length, flags, next. */
		__atomic_fetch_xor(&table[(random >> 40) % 32], UINT64_C(1) << (random >> 58),
				   __ATOMIC_RELAXED);
		__atomic_store_n(&headers[(random >> 20) % 32], random >> 61, __ATOMIC_RELAXED);
	}
	return NULL;
}

START_TEST(descriptors_may_change_while_they_are_read)
{
	pthread_t thread;

	begin();
	atomic_store(&rewriting, true);
	ck_assert_int_eq(pthread_create(&thread, NULL, rewrite, NULL), 0);
	for (unsigned round = 0; round < 300; round++) {
		virtio_driver_start(&driver, ALL_FEATURES, 16);
		for (unsigned n = 0; n < 4; n++)
			offer(0, n, round % 2 ? BLK_T_IN : BLK_T_OUT, n, 2048);
		virtio_driver_kick(&driver, 0);
		usleep(round % 8 * 10);
	}
	atomic_store(&rewriting, false);
	pthread_join(thread, NULL);
	virtio_driver_start(&driver, ALL_FEATURES, 16);
	ck_assert_uint_eq(ask(BLK_T_IN, 0, 512), BLK_S_OK);
	end();
}
END_TEST

START_TEST(a_thread_without_a_sandbox_does_not_work)
{
	struct disk_request request = { .queues = 2 };
	struct virtio_device *device;

	path = unit_make_file("", 0);
	ck_assert_int_eq(truncate(path, DISK_SIZE), 0);
	virtio_driver_init(&driver);
	device = create(&request, refuse_thread);
	ck_assert_int_lt(virtio_device_start(device), 0);
	virtio_device_end(device);
	device->ops->destroy(device);
	virtio_driver_destroy(&driver);
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("virtio_blk");
	TCase *tests = tcase_create("all");

	tcase_add_test(tests, the_disk_is_described);
	tcase_add_test(tests, what_is_written_is_read);
	tcase_add_loop_test(tests, many_requests_at_once_are_all_answered, 0, 2);
	tcase_add_test(tests, the_serial_number_is_told);
	tcase_add_test(tests, a_flush_is_answered);
	tcase_add_test(tests, ranges_are_changed);
	tcase_add_test(tests, requests_beyond_the_disk_are_errors);
	tcase_add_test(tests, errors_of_the_host_reach_the_guest);
	tcase_add_test(tests, a_disk_to_be_read_is_not_written);
	tcase_add_loop_test(tests, a_request_that_cannot_be_answered_breaks_the_device, 0, 2);
	tcase_add_test(tests, the_write_cache_can_be_switched_off);
	tcase_add_test(tests, resets_come_at_any_time);
	tcase_add_test(tests, descriptors_may_change_while_they_are_read);
	tcase_add_test(tests, a_thread_without_a_sandbox_does_not_work);
	suite_add_tcase(suite, tests);
	return suite;
}
