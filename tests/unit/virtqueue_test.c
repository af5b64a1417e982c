// SPDX-License-Identifier: GPL-2.0-only
/* Descriptor chains, right and wrong; used rings; notifications and interrupts. */
#include "devices/virtio/virtqueue.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "devices/virtio/virtio_device.h"
#include "tests/unit/unit.h"
#include "tests/unit/virtio_driver.h"

#define SIZE	 16
#define INDIRECT (DRIVER_BUFFERS + 0x100000)
#define ALL	 (VIRTIO_F_VERSION_1 | VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX)

static struct virtio_driver driver;
static struct virtio_device device;
static struct iovec spans[SIZE];
static struct virtqueue_chain chain;
static struct virtqueue *queue;
static unsigned notified;

/* The tests pop for themselves. */
static void count_notify(struct virtio_device *device_, struct virtqueue *queue_)
{
	(void)device_;
	(void)queue_;
	notified++;
}

static void nothing_to_free(struct virtio_device *device_)
{
	virtio_device_destroy(device_);
}

static const struct virtio_device_ops ops = {
	.name = "virtio-test",
	.id = 42,
	.notify = count_notify,
	.destroy = nothing_to_free,
};

static void setup(void)
{
	static const uint16_t sizes[] = { SIZE, SIZE };
	const struct virtio_device_config config = {
		.ops = &ops,
		.memory = &driver.memory,
		.loop = &driver.loop,
		.queues = 2,
		.queue_sizes = sizes,
	};

	virtio_driver_init(&driver);
	ck_assert_int_eq(virtio_device_init(&device, &config), 0);
	virtio_driver_attach(&driver, &device);
	queue = &device.queues[0];
	chain = (struct virtqueue_chain){ .spans = spans, .span_capacity = SIZE };
	notified = 0;
}

static void teardown(void)
{
	virtio_driver_destroy(&driver);
}

static void start(uint64_t features)
{
	virtio_driver_start(&driver, features, SIZE);
	virtio_driver_settle(&driver);
	notified = 0;
}

/* The chain that was offered is refused with these words, once; the device needs a reset. */
static void assert_nonsense(const char *why)
{
	unsigned interrupts = virtio_driver_interrupts(&driver);

	unit_reset_log();
	ck_assert_int_lt(virtqueue_pop(queue, &chain), 0);
	unit_assert_logged(why);
	ck_assert(virtio_driver_read(&driver, REG_STATUS) & VIRTIO_STATUS_NEEDS_RESET);
	ck_assert_uint_eq(virtio_driver_interrupts(&driver), interrupts + 1);
	ck_assert_uint_eq(virtio_driver_read(&driver, REG_INTERRUPT_STATUS), 2);
	/* Nothing more comes of this queue, and nothing more is said. */
	ck_assert_int_le(virtqueue_pop(queue, &chain), 0);
	ck_assert_uint_eq(virtqueue_available(queue), 0);
	ck_assert(virtqueue_enable_notify(queue));
	ck_assert_uint_eq(unit_log_count(), 1);
}

START_TEST(empty_queue)
{
	start(0);
	ck_assert_int_eq(virtqueue_pop(queue, &chain), 0);
	ck_assert_uint_eq(virtqueue_available(queue), 0);
}
END_TEST

START_TEST(chain_becomes_spans)
{
	const struct driver_descriptor buffers[] = {
		{ DRIVER_BUFFERS, 16, 0, 0 },
		{ DRIVER_BUFFERS + 0x1000, 0, 0, 0 }, /* no span is empty */
		{ DRIVER_BUFFERS + 0x1000, 512, 0, 0 },
		{ DRIVER_BUFFERS + 0x2000, 4096, DESC_WRITE, 0 },
		{ DRIVER_BUFFERS + 0x3000, 1, DESC_WRITE, 0 },
	};
	uint16_t head;

	start(0);
	head = virtio_driver_add(&driver, 0, buffers, 5);
	ck_assert_int_eq(virtqueue_pop(queue, &chain), 1);
	ck_assert_uint_eq(chain.head, head);
	ck_assert_uint_eq(chain.readable_count, 2);
	ck_assert_uint_eq(chain.readable_size, 528);
	ck_assert_uint_eq(chain.writable_count, 2);
	ck_assert_uint_eq(chain.writable_size, 4097);
	ck_assert_ptr_eq(chain.readable[1].iov_base,
			 virtio_driver_at(&driver, DRIVER_BUFFERS + 0x1000));
	ck_assert_ptr_eq(chain.writable[0].iov_base,
			 virtio_driver_at(&driver, DRIVER_BUFFERS + 0x2000));
	ck_assert_uint_eq(chain.writable[1].iov_len, 1);
	ck_assert_int_eq(virtqueue_pop(queue, &chain), 0);
}
END_TEST

/* 2.7.5.3.2: direct descriptors may come before the indirect one, whose WRITE flag means nothing.
 */
START_TEST(indirect_table)
{
	start(VIRTIO_F_INDIRECT_DESC);
	virtio_driver_describe(&driver, virtio_driver_table(0), 3,
			       (struct driver_descriptor){ DRIVER_BUFFERS, 8, DESC_NEXT, 9 });
	/* Not aligned: nobody promised that. */
	virtio_driver_describe(
		&driver, virtio_driver_table(0), 9,
		(struct driver_descriptor){ INDIRECT + 2, 32, DESC_INDIRECT | DESC_WRITE, 77 });
	virtio_driver_describe(&driver, INDIRECT + 2, 0,
			       (struct driver_descriptor){ DRIVER_BUFFERS + 64, 4, DESC_NEXT, 1 });
	virtio_driver_describe(
		&driver, INDIRECT + 2, 1,
		(struct driver_descriptor){ DRIVER_BUFFERS + 128, 2, DESC_WRITE, 0 });
	virtio_driver_offer(&driver, 0, 3);
	ck_assert_int_eq(virtqueue_pop(queue, &chain), 1);
	ck_assert_uint_eq(chain.head, 3);
	ck_assert_uint_eq(chain.readable_count, 2);
	ck_assert_uint_eq(chain.readable_size, 12);
	ck_assert_uint_eq(chain.writable_size, 2);
}
END_TEST

/* Each row is one or two descriptors at 0 and 1 of the table, offered as 0. */
static const struct {
	uint64_t features;
	struct driver_descriptor first, second;
	const char *why;
} nonsense[] = {
	{ 0, { DRIVER_RAM + DRIVER_RAM_SIZE - 8, 9, 0, 0 }, { 0 }, "leads out of guest RAM" },
	{ 0, { DRIVER_RAM - 1, 9, 0, 0 }, { 0 }, "leads out of guest RAM" },
	{ 0, { UINT64_MAX - 2, 16, 0, 0 }, { 0 }, "leads out of guest RAM" },
	{ 0, { DRIVER_BUFFERS, UINT32_MAX, 0, 0 }, { 0 }, "leads out of guest RAM" },
	{ 0, { DRIVER_BUFFERS, 8, DESC_NEXT, SIZE }, { 0 }, "leads out of the descriptor table" },
	{ 0, { DRIVER_BUFFERS, 8, DESC_NEXT, 0xffff }, { 0 }, "leads out of the descriptor table" },
	{ 0, { DRIVER_BUFFERS, 8, DESC_NEXT, 0 }, { 0 }, "is longer than the queue" },
	{ 0, { DRIVER_BUFFERS, 0, DESC_NEXT, 0 }, { 0 }, "does not end" },
	{ 0,
	  { DRIVER_BUFFERS, 8, DESC_NEXT | DESC_WRITE, 1 },
	  { DRIVER_BUFFERS, 8, 0, 0 },
	  "readable buffers after writable" },
	{ 0, { INDIRECT, 16, DESC_INDIRECT, 0 }, { 0 }, "not agreed upon" },
	{ ALL, { INDIRECT, 16, DESC_INDIRECT | DESC_NEXT, 1 }, { 0 }, "goes on behind" },
	{ ALL, { INDIRECT, 0, DESC_INDIRECT, 0 }, { 0 }, "cut off" },
	{ ALL, { INDIRECT, 17, DESC_INDIRECT, 0 }, { 0 }, "cut off" },
	{ ALL, { DRIVER_RAM + DRIVER_RAM_SIZE, 16, DESC_INDIRECT, 0 }, { 0 }, "outside guest RAM" },
	/* The table of the first is the queue's own second descriptor. */
	{ ALL,
	  { DRIVER_RAM + 16, 16, DESC_INDIRECT, 0 },
	  { INDIRECT, 16, DESC_INDIRECT, 0 },
	  "in an indirect table" },
	{ ALL,
	  { DRIVER_RAM + 16, 16, DESC_INDIRECT, 0 },
	  { DRIVER_BUFFERS, 8, DESC_NEXT, 1 },
	  "leads out of the descriptor table" },
};

START_TEST(nonsense_in_a_chain)
{
	start(nonsense[_i].features);
	virtio_driver_describe(&driver, virtio_driver_table(0), 0, nonsense[_i].first);
	virtio_driver_describe(&driver, virtio_driver_table(0), 1, nonsense[_i].second);
	virtio_driver_offer(&driver, 0, 0);
	assert_nonsense(nonsense[_i].why);
}
END_TEST

START_TEST(head_outside_the_table)
{
	start(0);
	virtio_driver_offer(&driver, 0, SIZE);
	assert_nonsense("leads out of the descriptor table");
}
END_TEST

START_TEST(available_index_jumps)
{
	start(0);
	driver.queues[0].available = SIZE;
	virtio_driver_offer(&driver, 0, 0);
	assert_nonsense("17 chains available in 16 entries");
}
END_TEST

/* 4 GiB cannot be had with real RAM of that size here: the same buffer again and again. */
START_TEST(chain_of_4_gib)
{
	start(VIRTIO_F_INDIRECT_DESC);
	virtio_driver_describe(&driver, virtio_driver_table(0), 0,
			       (struct driver_descriptor){ INDIRECT, 257 * 16, DESC_INDIRECT, 0 });
	for (unsigned i = 0; i < 257; i++)
		virtio_driver_describe(&driver, INDIRECT, i,
				       (struct driver_descriptor){ DRIVER_RAM, DRIVER_RAM_SIZE,
								   i < 256 ? DESC_NEXT : 0,
								   i + 1 });
	virtio_driver_offer(&driver, 0, 0);
	chain.spans = calloc(300, sizeof(*chain.spans));
	chain.span_capacity = 300;
	assert_nonsense("4 GiB or more");
	free(chain.spans);
}
END_TEST

/* A reset by the driver makes the device new; the log stays quiet the second time. */
START_TEST(reset_after_nonsense)
{
	start(0);
	virtio_driver_offer(&driver, 0, SIZE);
	assert_nonsense("leads out");
	start(0);
	ck_assert_int_eq(virtqueue_pop(queue, &chain), 0);
	virtio_driver_add(&driver, 0, &(struct driver_descriptor){ DRIVER_BUFFERS, 8, 0, 0 }, 1);
	ck_assert_int_eq(virtqueue_pop(queue, &chain), 1);
	virtio_driver_offer(&driver, 0, SIZE);
	ck_assert_int_lt(virtqueue_pop(queue, &chain), 0);
	ck_assert_uint_eq(unit_log_count(), 1);
}
END_TEST

static void offer_one(void)
{
	virtio_driver_add(&driver, 0,
			  &(struct driver_descriptor){ DRIVER_BUFFERS, 64, DESC_WRITE, 0 }, 1);
}

START_TEST(used_ring_wraps)
{
	uint32_t head, written;
	bool right = true;

	start(0);
	for (unsigned i = 0; i < 3 * 65536 / 4; i += 4) {
		for (unsigned n = 0; n < 4; n++)
			offer_one();
		for (unsigned n = 0; n < 4; n++) {
			right &= virtqueue_pop(queue, &chain) == 1;
			virtqueue_push(queue, &chain, n);
		}
		for (unsigned n = 0; n < 4; n++)
			right &= virtio_driver_take_used(&driver, 0, &head, &written) &&
				 head == (i + n) % SIZE && written == n;
		right &= !virtio_driver_take_used(&driver, 0, &head, &written);
		if (!right)
			ck_abort_msg("wrong from element %u on", i);
	}
}
END_TEST

START_TEST(put_is_seen_when_published)
{
	uint32_t head, written;

	start(0);
	for (unsigned i = 0; i < 3; i++)
		offer_one();
	ck_assert_uint_eq(virtqueue_available(queue), 3);
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_int_eq(virtqueue_pop(queue, &chain), 1);
		virtqueue_put(queue, &chain, 1000); /* more than there is */
		ck_assert(!virtio_driver_take_used(&driver, 0, &head, &written));
	}
	virtqueue_publish(queue);
	for (unsigned i = 0; i < 3; i++) {
		ck_assert(virtio_driver_take_used(&driver, 0, &head, &written));
		ck_assert_uint_eq(head, i);
		ck_assert_uint_eq(written, 64);
	}
}
END_TEST

START_TEST(unpop_gives_back)
{
	start(0);
	for (unsigned i = 0; i < 3; i++)
		offer_one();
	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_eq(virtqueue_pop(queue, &chain), 1);
	virtqueue_unpop(queue, 2);
	ck_assert_uint_eq(virtqueue_available(queue), 2);
	ck_assert_int_eq(virtqueue_pop(queue, &chain), 1);
	ck_assert_uint_eq(chain.head, 1);
}
END_TEST

/* Pops and pushes `count` chains, signals once, and takes the interrupt. Returns whether there was
 * one. */
static bool use_and_signal(unsigned count)
{
	unsigned before = virtio_driver_interrupts(&driver), popped = 0, taken = 0;
	uint32_t head, written;

	/* Check notes each assertion in a file: not thousands of them. */
	for (unsigned i = 0; i < count; i++) {
		offer_one();
		popped += virtqueue_pop(queue, &chain) == 1;
		virtqueue_push(queue, &chain, 0);
		taken += virtio_driver_take_used(&driver, 0, &head, &written);
	}
	ck_assert_uint_eq(popped, count);
	ck_assert_uint_eq(taken, count);
	virtqueue_signal(queue);
	virtio_driver_write(&driver, REG_INTERRUPT_ACK,
			    virtio_driver_read(&driver, REG_INTERRUPT_STATUS));
	ck_assert_uint_le(virtio_driver_interrupts(&driver), before + 1);
	return virtio_driver_interrupts(&driver) > before;
}

START_TEST(interrupts_without_event_index)
{
	uint16_t no_interrupt = 1, interrupt = 0;

	start(0);
	ck_assert(!use_and_signal(0));
	ck_assert(use_and_signal(1));
	ck_assert(use_and_signal(5));
	ck_assert(!use_and_signal(0));
	memcpy(driver.queues[0].ring, &no_interrupt, 2);
	ck_assert(!use_and_signal(1));
	memcpy(driver.queues[0].ring, &interrupt, 2);
	ck_assert(use_and_signal(1));
}
END_TEST

static void want_interrupt_at(uint16_t index)
{
	memcpy(driver.queues[0].ring + 4 + 2 * SIZE, &index, sizeof(index));
}

/* 2.7.10: an interrupt when the used index passes used_event, however many are used at once. */
START_TEST(interrupts_with_event_index)
{
	start(VIRTIO_F_EVENT_IDX);
	want_interrupt_at(0);
	ck_assert(use_and_signal(1)); /* 0 -> 1 */
	ck_assert(!use_and_signal(1));
	want_interrupt_at(5);
	ck_assert(!use_and_signal(3)); /* 2 -> 5: 5 itself is not used yet */
	ck_assert(use_and_signal(1));
	want_interrupt_at(7);
	ck_assert(use_and_signal(10)); /* 6 -> 16 */
	/* All around, over the wrap at 65536. */
	for (unsigned at = 16; at < 65520; at += 10)
		use_and_signal(10);
	want_interrupt_at(2);
	ck_assert(!use_and_signal(4));
	ck_assert(use_and_signal(12));
}
END_TEST

/* One that the driver has not acknowledged is not sent again: it will look at everything anyway. */
START_TEST(interrupt_that_waits_is_not_repeated)
{
	start(0);
	for (unsigned i = 0; i < 3; i++) {
		offer_one();
		ck_assert_int_eq(virtqueue_pop(queue, &chain), 1);
		virtqueue_push(queue, &chain, 0);
		virtqueue_signal(queue);
	}
	ck_assert_uint_eq(virtio_driver_interrupts(&driver), 1);
	ck_assert_uint_eq(virtio_driver_read(&driver, REG_INTERRUPT_STATUS), 1);
	virtio_driver_write(&driver, REG_INTERRUPT_ACK, 1);
	ck_assert(use_and_signal(1));
}
END_TEST

static uint16_t used_flags(void)
{
	uint16_t flags;

	memcpy(&flags, driver.queues[0].used_ring, sizeof(flags));
	return flags;
}

static uint16_t avail_event(void)
{
	uint16_t event;

	memcpy(&event, driver.queues[0].used_ring + 4 + 8 * SIZE, sizeof(event));
	return event;
}

START_TEST(notifications_on_and_off)
{
	start(0);
	ck_assert_uint_eq(used_flags(), 0);
	virtqueue_disable_notify(queue);
	ck_assert_uint_eq(used_flags(), 1);
	offer_one();
	ck_assert(!virtqueue_enable_notify(queue));
	ck_assert_uint_eq(used_flags(), 0);
	ck_assert_int_eq(virtqueue_pop(queue, &chain), 1);
	ck_assert(virtqueue_enable_notify(queue));
}
END_TEST

START_TEST(notifications_with_event_index)
{
	start(VIRTIO_F_EVENT_IDX);
	ck_assert_uint_eq(avail_event(), 0);
	offer_one();
	offer_one();
	ck_assert_int_eq(virtqueue_pop(queue, &chain), 1);
	virtqueue_disable_notify(queue);
	ck_assert_uint_eq(used_flags(), 0);
	ck_assert(!virtqueue_enable_notify(queue));
	ck_assert_uint_eq(avail_event(), 1);
	ck_assert_int_eq(virtqueue_pop(queue, &chain), 1);
	ck_assert(virtqueue_enable_notify(queue));
	ck_assert_uint_eq(avail_event(), 2);
}
END_TEST

START_TEST(notification_reaches_the_loop)
{
	start(0);
	virtio_driver_kick(&driver, 0);
	ck_assert_uint_eq(notified, 1);
	virtio_driver_kick(&driver, 1);
	ck_assert_uint_eq(notified, 2);
	virtio_driver_kick(&driver, 2); /* there is no such queue */
	ck_assert_uint_eq(notified, 2);
	virtqueue_notify_self(queue);
	virtqueue_notify_self(queue);
	virtio_driver_settle(&driver);
	ck_assert_uint_eq(notified, 3);
	virtio_driver_write(&driver, REG_STATUS, 0);
	virtio_driver_kick(&driver, 0);
	ck_assert_uint_eq(notified, 3);
}
END_TEST

static atomic_bool rewriter_ends;

/* Another CPU of the guest: descriptors and indexes change all the time, to good values and bad
 * ones. */
static void *rewrite(void *unused)
{
	uint64_t random = 1;
	char *table = driver.queues[0].descriptors, *indirect = virtio_driver_at(&driver, INDIRECT);

	while (!atomic_load(&rewriter_ends)) {
		struct driver_descriptor descriptor;

		random = random * 6364136223846793005 + 1442695040888963407;
		descriptor = (struct driver_descriptor){
			.ipa = random >> 60 ? random >> 61
						      ? DRIVER_BUFFERS + (random >> 44 & 0xfffff)
						      : INDIRECT
					    : random,
			.length = random >> 33 & (random >> 59 ? 0xff0 : UINT32_MAX),
			.flags = random >> 40 & 7,
			.next = random >> 48 & (random >> 58 ? SIZE - 1 : UINT16_MAX),
		};
		memcpy((random >> 20 & 1 ? indirect : table) + 16 * (random >> 21 & (SIZE - 1)),
		       &descriptor, sizeof(descriptor));
	}
	return unused;
}

static void assert_in_ram(const struct iovec *span)
{
	const char *ram = virtio_driver_at(&driver, DRIVER_RAM), *base = span->iov_base;

	ck_assert(base >= ram && span->iov_len <= DRIVER_RAM_SIZE &&
		  base + span->iov_len <= ram + DRIVER_RAM_SIZE);
}

START_TEST(descriptors_change_while_they_are_read)
{
	unsigned good = 0, bad = 0;
	pthread_t thread;

	start(ALL);
	ck_assert_int_eq(pthread_create(&thread, NULL, rewrite, NULL), 0);
	while (good < 2000 || bad < 2000) {
		int ret;

		virtio_driver_offer(&driver, 0, (good + bad) % SIZE);
		ret = virtqueue_pop(queue, &chain);
		if (ret < 0) {
			bad++;
			virtio_driver_start(&driver, ALL, SIZE);
			continue;
		}
		ck_assert_int_eq(ret, 1);
		good++;
		ck_assert_uint_le(chain.readable_count + chain.writable_count, SIZE);
		for (unsigned i = 0; i < chain.readable_count + chain.writable_count; i++)
			assert_in_ram(&spans[i]);
		virtqueue_push(queue, &chain, chain.writable_size);
	}
	atomic_store(&rewriter_ends, true);
	pthread_join(thread, NULL);
	ck_assert_uint_eq(unit_log_count(), 1);
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("virtqueue");
	TCase *tests = tcase_create("virtqueue");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, empty_queue);
	tcase_add_test(tests, chain_becomes_spans);
	tcase_add_test(tests, indirect_table);
	tcase_add_loop_test(tests, nonsense_in_a_chain, 0, sizeof(nonsense) / sizeof(nonsense[0]));
	tcase_add_test(tests, head_outside_the_table);
	tcase_add_test(tests, available_index_jumps);
	tcase_add_test(tests, chain_of_4_gib);
	tcase_add_test(tests, reset_after_nonsense);
	tcase_add_test(tests, used_ring_wraps);
	tcase_add_test(tests, put_is_seen_when_published);
	tcase_add_test(tests, unpop_gives_back);
	tcase_add_test(tests, interrupts_without_event_index);
	tcase_add_test(tests, interrupts_with_event_index);
	tcase_add_test(tests, interrupt_that_waits_is_not_repeated);
	tcase_add_test(tests, notifications_on_and_off);
	tcase_add_test(tests, notifications_with_event_index);
	tcase_add_test(tests, notification_reaches_the_loop);
	tcase_add_test(tests, descriptors_change_while_they_are_read);
	suite_add_tcase(suite, tests);
	return suite;
}
