// SPDX-License-Identifier: GPL-2.0-only
/* The registers of virtio-mmio, and the life of a device behind them. */
#include "devices/virtio/virtio_mmio.h"

#include <errno.h>
#include <libfdt.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "base/kvm.h"
#include "devices/virtio/virtio_device.h"
#include "devices/virtio/virtio_rng.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/unit.h"
#include "tests/unit/virtio_driver.h"

#define FEATURE_GOOD UINT64_C(2)
#define FEATURE_BAD  UINT64_C(4) /* offered, but not accepted */

static struct virtio_driver driver;
static struct virtio_device device;
static unsigned activated, stopped, notified, config_writes;
static size_t config_offset;
static uint8_t config_bytes[8];
static size_t config_written;

static void on_activate(struct virtio_device *device_)
{
	ck_assert(virtio_device_is_active(device_));
	activated++;
}

static void on_stop(struct virtio_device *device_)
{
	ck_assert(!virtio_device_is_active(device_));
	stopped++;
}

static void on_notify(struct virtio_device *device_, struct virtqueue *queue)
{
	ck_assert(virtio_device_is_active(device_));
	ck_assert(virtqueue_is_ready(queue));
	notified++;
}

static bool accepts(struct virtio_device *device_, uint64_t features)
{
	(void)device_;
	return !(features & FEATURE_BAD);
}

static void on_config_written(struct virtio_device *device_, size_t offset, const uint8_t *bytes,
			      size_t size)
{
	(void)device_;
	config_writes++;
	config_offset = offset;
	config_written = size;
	memcpy(config_bytes, bytes, size);
}

static void destroy(struct virtio_device *device_)
{
	virtio_device_destroy(device_);
}

static const struct virtio_device_ops ops = {
	.name = "virtio-test",
	.id = 42,
	.accepts = accepts,
	.activate = on_activate,
	.stop = on_stop,
	.notify = on_notify,
	.config_written = on_config_written,
	.destroy = destroy,
};

static void make_device(void)
{
	static const uint16_t sizes[] = { 256, 4 };
	const struct virtio_device_config config = {
		.ops = &ops,
		.memory = &driver.memory,
		.loop = &driver.loop,
		.features = FEATURE_GOOD | FEATURE_BAD,
		.queues = 2,
		.queue_sizes = sizes,
		.config = "0123456789",
		.config_size = 10,
	};

	virtio_driver_init(&driver);
	ck_assert_int_eq(virtio_device_init(&device, &config), 0);
	activated = stopped = notified = config_writes = 0;
}

static void setup(void)
{
	make_device();
	virtio_driver_attach(&driver, &device);
}

static void teardown(void)
{
	virtio_driver_destroy(&driver);
}

START_TEST(identification)
{
	ck_assert_uint_eq(virtio_driver_read(&driver, REG_MAGIC), 0x74726976);
	ck_assert_uint_eq(virtio_driver_read(&driver, REG_VERSION), 2);
	ck_assert_uint_eq(virtio_driver_read(&driver, REG_DEVICE_ID), 42);
	ck_assert_uint_eq(virtio_driver_read(&driver, REG_STATUS), 0);
	ck_assert_uint_eq(virtio_driver_read(&driver, 0xb0), UINT32_MAX);
	ck_assert_uint_eq(virtio_driver_read(&driver, 0x1c), 0);
}
END_TEST

START_TEST(offered_features)
{
	virtio_driver_write(&driver, REG_DEVICE_FEATURES_SEL, 0);
	ck_assert_uint_eq(virtio_driver_read(&driver, REG_DEVICE_FEATURES),
			  FEATURE_GOOD | FEATURE_BAD | 3u << 28);
	virtio_driver_write(&driver, REG_DEVICE_FEATURES_SEL, 1);
	ck_assert_uint_eq(virtio_driver_read(&driver, REG_DEVICE_FEATURES), 1);
	virtio_driver_write(&driver, REG_DEVICE_FEATURES_SEL, 2);
	ck_assert_uint_eq(virtio_driver_read(&driver, REG_DEVICE_FEATURES), 0);
}
END_TEST

START_TEST(features_are_agreed_upon)
{
	static const struct {
		uint64_t features;
		bool good;
	} rows[] = {
		{ VIRTIO_F_VERSION_1, true },
		{ VIRTIO_F_VERSION_1 | FEATURE_GOOD | VIRTIO_F_EVENT_IDX, true },
		{ FEATURE_GOOD, false },			   /* a legacy driver */
		{ VIRTIO_F_VERSION_1 | FEATURE_BAD, false },	   /* the device cannot */
		{ VIRTIO_F_VERSION_1 | 8, false },		   /* was not offered */
		{ VIRTIO_F_VERSION_1 | UINT64_C(1) << 60, false }, /* likewise */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		virtio_driver_negotiate(&driver, rows[i].features);
		ck_assert_int_eq(
			!!(virtio_driver_read(&driver, REG_STATUS) & VIRTIO_STATUS_FEATURES_OK),
			rows[i].good);
		if (rows[i].good)
			ck_assert_uint_eq(device.features, rows[i].features);
	}
	/* Later wishes come too late. */
	virtio_driver_negotiate(&driver, VIRTIO_F_VERSION_1);
	virtio_driver_write(&driver, REG_DRIVER_FEATURES_SEL, 0);
	virtio_driver_write(&driver, REG_DRIVER_FEATURES, FEATURE_GOOD);
	virtio_driver_go(&driver);
	ck_assert(!virtio_device_has(&device, FEATURE_GOOD));
}
END_TEST

START_TEST(driver_ok_needs_features_ok)
{
	virtio_driver_write(&driver, REG_STATUS, 1);
	virtio_driver_write(&driver, REG_STATUS, 7);
	ck_assert_uint_eq(virtio_driver_read(&driver, REG_STATUS), 3 | VIRTIO_STATUS_NEEDS_RESET);
	ck_assert_uint_eq(activated, 0);
	unit_assert_logged("DRIVER_OK before FEATURES_OK");
	/* Nobody could take an interrupt yet. */
	ck_assert_uint_eq(virtio_driver_interrupts(&driver), 0);
	virtio_driver_start(&driver, 0, 8);
	ck_assert_uint_eq(activated, 1);
}
END_TEST

START_TEST(needs_reset_is_not_the_drivers_to_set)
{
	virtio_driver_write(&driver, REG_STATUS, 0x70 | 1);
	ck_assert_uint_eq(virtio_driver_read(&driver, REG_STATUS), 1);
	virtio_driver_write(&driver, REG_STATUS, 0x80);
	ck_assert_uint_eq(virtio_driver_read(&driver, REG_STATUS), 0x81);
}
END_TEST

START_TEST(life_and_reset)
{
	virtio_driver_start(&driver, 0, 8);
	ck_assert_uint_eq(activated, 1);
	virtio_driver_settle(&driver);
	ck_assert_uint_eq(notified, 2); /* what was there before DRIVER_OK is looked at */
	virtio_driver_go(&driver);	/* already */
	ck_assert_uint_eq(activated, 1);
	virtio_driver_write(&driver, REG_STATUS, 0);
	ck_assert_uint_eq(stopped, 1);
	ck_assert_uint_eq(virtio_driver_read(&driver, REG_STATUS), 0);
	virtio_driver_write(&driver, REG_STATUS, 0);
	ck_assert_uint_eq(stopped, 1);
	ck_assert_uint_eq(virtio_driver_read(&driver, REG_QUEUE_READY), 0);
	virtio_driver_start(&driver, 0, 8);
	driver.transport->ops->reset(driver.transport);
	ck_assert_uint_eq(stopped, 2);
	ck_assert_uint_eq(virtio_driver_read(&driver, REG_STATUS), 0);
	virtio_driver_start(&driver, 0, 8);
	virtio_device_end(&device);
	ck_assert_uint_eq(stopped, 3);
}
END_TEST

START_TEST(reset_takes_the_interrupt_back)
{
	virtio_driver_start(&driver, 0, 8);
	virtio_device_set_config(&device, 0, "x", 1);
	ck_assert_uint_eq(virtio_driver_read(&driver, REG_INTERRUPT_STATUS), 2);
	virtio_driver_write(&driver, REG_STATUS, 0);
	ck_assert_uint_eq(virtio_driver_read(&driver, REG_INTERRUPT_STATUS), 0);
}
END_TEST

START_TEST(queue_registers)
{
	virtio_driver_write(&driver, REG_QUEUE_SEL, 1);
	ck_assert_uint_eq(virtio_driver_read(&driver, REG_QUEUE_NUM_MAX), 4);
	virtio_driver_write(&driver, REG_QUEUE_SEL, 2);
	ck_assert_uint_eq(virtio_driver_read(&driver, REG_QUEUE_NUM_MAX), 0);
	virtio_driver_write(&driver, REG_QUEUE_NUM, 4);
	virtio_driver_write(&driver, REG_QUEUE_READY, 1);
	ck_assert_uint_eq(virtio_driver_read(&driver, REG_QUEUE_READY), 0);
	virtio_driver_write(&driver, REG_QUEUE_SEL, UINT32_MAX);
	ck_assert_uint_eq(virtio_driver_read(&driver, REG_QUEUE_NUM_MAX), 0);
	ck_assert_uint_eq(virtio_driver_read(&driver, REG_STATUS), 0);
}
END_TEST

/* A queue of queue 0's registers, each of which can be wrong. */
START_TEST(nonsense_about_a_queue)
{
	static const struct {
		uint32_t size;
		uint64_t descriptors, available, used;
	} rows[] = {
		{ 0, DRIVER_RAM, DRIVER_RAM, DRIVER_RAM },
		{ 3, DRIVER_RAM, DRIVER_RAM, DRIVER_RAM },
		{ 512, DRIVER_RAM, DRIVER_RAM, DRIVER_RAM },
		{ 0x10000, DRIVER_RAM, DRIVER_RAM, DRIVER_RAM },
		{ 8, DRIVER_RAM + 8, DRIVER_RAM, DRIVER_RAM },
		{ 8, DRIVER_RAM, DRIVER_RAM + 1, DRIVER_RAM },
		{ 8, DRIVER_RAM, DRIVER_RAM, DRIVER_RAM + 2 },
		{ 8, 0, DRIVER_RAM, DRIVER_RAM },
		{ 8, DRIVER_RAM + DRIVER_RAM_SIZE - 112, DRIVER_RAM, DRIVER_RAM },
		{ 8, DRIVER_RAM, DRIVER_RAM + DRIVER_RAM_SIZE - 20, DRIVER_RAM },
		{ 8, DRIVER_RAM, DRIVER_RAM, DRIVER_RAM + DRIVER_RAM_SIZE - 68 },
		{ 8, UINT64_MAX - 15, DRIVER_RAM, DRIVER_RAM },
	};

	virtio_driver_negotiate(&driver, VIRTIO_F_VERSION_1);
	virtio_driver_write(&driver, REG_QUEUE_NUM, rows[_i].size);
	virtio_driver_write(&driver, REG_QUEUE_DESC, rows[_i].descriptors);
	virtio_driver_write(&driver, REG_QUEUE_DESC + 4, rows[_i].descriptors >> 32);
	virtio_driver_write(&driver, REG_QUEUE_DRIVER, rows[_i].available);
	virtio_driver_write(&driver, REG_QUEUE_DEVICE, rows[_i].used);
	virtio_driver_write(&driver, REG_QUEUE_READY, 1);
	ck_assert_uint_eq(virtio_driver_read(&driver, REG_QUEUE_READY), 0);
	ck_assert(virtio_driver_read(&driver, REG_STATUS) & VIRTIO_STATUS_NEEDS_RESET);
	ck_assert_uint_eq(unit_log_count(), 1);
	virtio_driver_go(&driver);
	ck_assert_uint_eq(activated, 0);
}
END_TEST

START_TEST(ready_queue_is_fixed)
{
	virtio_driver_negotiate(&driver, VIRTIO_F_VERSION_1);
	virtio_driver_set_up_queue(&driver, 0, 8);
	virtio_driver_write(&driver, REG_QUEUE_NUM, 4);
	virtio_driver_write(&driver, REG_QUEUE_DESC, 0);
	ck_assert_uint_eq(device.queues[0].size, 8);
	ck_assert_uint_eq(device.queues[0].descriptors_ipa, virtio_driver_table(0));
	/* Taken back before the device runs. */
	virtio_driver_write(&driver, REG_QUEUE_READY, 0);
	ck_assert_uint_eq(virtio_driver_read(&driver, REG_QUEUE_READY), 0);
	ck_assert_uint_eq(virtio_driver_read(&driver, REG_STATUS) & VIRTIO_STATUS_NEEDS_RESET, 0);
	virtio_driver_set_up_queue(&driver, 0, 8);
	virtio_driver_go(&driver);
	ck_assert_uint_eq(activated, 1);
	/* Too late for the other one. */
	virtio_driver_set_up_queue(&driver, 1, 4);
	ck_assert_uint_eq(virtio_driver_read(&driver, REG_QUEUE_READY), 0);
	virtio_driver_settle(&driver);
	ck_assert_uint_eq(notified, 1);
}
END_TEST

START_TEST(queue_taken_from_a_running_device)
{
	virtio_driver_start(&driver, 0, 8);
	virtio_driver_write(&driver, REG_QUEUE_SEL, 0);
	virtio_driver_write(&driver, REG_QUEUE_READY, 0);
	ck_assert_uint_eq(stopped, 1);
	ck_assert_uint_eq(virtio_driver_read(&driver, REG_QUEUE_READY), 0);
	ck_assert(virtio_driver_read(&driver, REG_STATUS) & VIRTIO_STATUS_NEEDS_RESET);
	virtio_driver_kick(&driver, 0);
	ck_assert_uint_eq(notified, 0);
	virtio_driver_write(&driver, REG_STATUS, 0);
	ck_assert_uint_eq(stopped, 1);
}
END_TEST

static uint64_t read_sized(unsigned offset, unsigned size)
{
	uint64_t value;

	ck_assert_int_eq(mmio_bus_read(&driver.bus, 0, DRIVER_BASE + offset, size, &value), 0);
	return value;
}

START_TEST(configuration_space_is_read)
{
	ck_assert_uint_eq(read_sized(REG_CONFIG, 1), '0');
	ck_assert_uint_eq(read_sized(REG_CONFIG + 1, 2), '1' | '2' << 8);
	ck_assert_uint_eq(read_sized(REG_CONFIG, 4), 0x33323130);
	ck_assert_uint_eq(read_sized(REG_CONFIG, 8), 0x3736353433323130);
	ck_assert_uint_eq(read_sized(REG_CONFIG + 8, 4), 0x3938); /* the rest is none */
	ck_assert_uint_eq(read_sized(REG_CONFIG + 10, 1), 0);
	ck_assert_uint_eq(read_sized(REG_CONFIG + 0xff, 1), 0);
	ck_assert_uint_eq(read_sized(REG_CONFIG + 0xf8, 8), 0);
}
END_TEST

START_TEST(configuration_space_is_written)
{
	mmio_bus_write(&driver.bus, 0, DRIVER_BASE + REG_CONFIG + 3, 2, 0x4241);
	ck_assert_uint_eq(config_writes, 1);
	ck_assert_uint_eq(config_offset, 3);
	ck_assert_uint_eq(config_written, 2);
	ck_assert_int_eq(memcmp(config_bytes, "AB", 2), 0);
	ck_assert_uint_eq(read_sized(REG_CONFIG + 3, 1), '3');
	mmio_bus_write(&driver.bus, 0, DRIVER_BASE + REG_CONFIG + 8, 8, 0);
	ck_assert_uint_eq(config_written, 2);
	mmio_bus_write(&driver.bus, 0, DRIVER_BASE + REG_CONFIG + 10, 4, 0);
	ck_assert_uint_eq(config_writes, 2);
}
END_TEST

START_TEST(configuration_changes)
{
	uint32_t generation = virtio_driver_read(&driver, REG_CONFIG_GENERATION);

	virtio_device_set_config(&device, 2, "ab", 2);
	ck_assert_uint_eq(virtio_driver_interrupts(&driver), 0); /* nobody is there */
	ck_assert_uint_ne(virtio_driver_read(&driver, REG_CONFIG_GENERATION), generation);
	virtio_driver_start(&driver, 0, 8);
	generation = virtio_driver_read(&driver, REG_CONFIG_GENERATION);
	virtio_device_set_config(&device, 2, "ab", 2);
	ck_assert_uint_eq(virtio_driver_interrupts(&driver), 0); /* the same */
	ck_assert_uint_eq(virtio_driver_read(&driver, REG_CONFIG_GENERATION), generation);
	virtio_device_set_config(&device, 2, "cd", 2);
	ck_assert_uint_eq(virtio_driver_interrupts(&driver), 1);
	ck_assert_uint_eq(virtio_driver_read(&driver, REG_INTERRUPT_STATUS), 2);
	ck_assert_uint_ne(virtio_driver_read(&driver, REG_CONFIG_GENERATION), generation);
	ck_assert_uint_eq(read_sized(REG_CONFIG, 4), 0x64633130);
}
END_TEST

/* Other sizes than 4, and other places, are no registers. Nothing of it does anything. */
START_TEST(odd_accesses)
{
	for (unsigned offset = 0; offset < REG_CONFIG; offset++)
		for (unsigned size = 1; size <= 8; size *= 2) {
			if (size == 4 && offset % 4 == 0)
				continue;
			ck_assert_uint_eq(read_sized(offset, size), 0);
			mmio_bus_write(&driver.bus, 0, DRIVER_BASE + offset, size, UINT64_MAX);
		}
	ck_assert_uint_eq(virtio_driver_read(&driver, REG_STATUS), 0);
	/* Each register, with anything in it, leaves a device that works after a reset. */
	for (unsigned offset = 0; offset < REG_CONFIG; offset += 4)
		virtio_driver_write(&driver, offset, UINT32_MAX);
	virtio_driver_start(&driver, 0, 8);
	ck_assert_uint_gt(activated, 0);
}
END_TEST

/* With a GIC in KVM the interrupt is an eventfd's, and KVM takes the notifications. */
START_TEST(kvm_carries_interrupts_and_notifications)
{
	uint64_t count;

	make_device();
	driver.chip.chip.kind = IRQCHIP_GICV3;
	virtio_driver_attach(&driver, &device);
	ck_assert_uint_eq(fake_kvm_calls(KVM_IRQFD), 1);
	ck_assert_uint_eq(fake_kvm_calls(KVM_IOEVENTFD), 2);
	virtio_driver_start(&driver, 0, 8);
	virtio_device_set_config(&device, 0, "x", 1);
	ck_assert_uint_eq(atomic_load(&driver.chip.changes), 0);
	ck_assert_uint_eq(virtio_driver_read(&driver, REG_INTERRUPT_STATUS), 2);
	/* What KVM would do at a notification. */
	count = 1;
	ck_assert_int_eq(write(device.queues[1].notify_fd, &count, sizeof(count)), 8);
	notified = 0;
	virtio_driver_settle(&driver);
	ck_assert_uint_eq(notified, 2); /* and the one of its start */
	virtio_driver_destroy(&driver);
}
END_TEST

START_TEST(kvm_refuses)
{
	const struct virtio_mmio_config config = {
		.vm_fd = -1,
		.chip = &driver.chip.chip,
		.bus = &driver.bus,
		.base = DRIVER_BASE,
		.size = 0x200,
		.device = &device,
	};

	make_device();
	driver.chip.chip.kind = IRQCHIP_GICV3;
	fake_kvm_fail(KVM_IRQFD, 1, ENODEV);
	ck_assert_int_eq(virtio_mmio_create(&config, &driver.transport), -ENODEV);
	unit_assert_logged("SPI 0");
	/* Notifications without its help come by way of the vCPU. */
	fake_kvm_fail(KVM_IOEVENTFD, FAKE_KVM_ALWAYS, ENOSPC);
	virtio_driver_attach(&driver, &device);
	virtio_driver_start(&driver, 0, 8);
	virtio_driver_settle(&driver);
	notified = 0;
	virtio_driver_kick(&driver, 0);
	ck_assert_uint_eq(notified, 1);
	virtio_driver_destroy(&driver);
}
END_TEST

START_TEST(description_in_the_device_tree)
{
	char blob[1024];
	const fdt32_t *interrupts;
	int node, size;

	ck_assert_int_eq(fdt_create(blob, sizeof(blob)), 0);
	ck_assert_int_eq(fdt_finish_reservemap(blob), 0);
	ck_assert_int_eq(fdt_begin_node(blob, ""), 0);
	ck_assert_int_eq(driver.transport->ops->describe(driver.transport, blob), 0);
	ck_assert_int_eq(fdt_end_node(blob), 0);
	ck_assert_int_eq(fdt_finish(blob), 0);
	node = fdt_path_offset(blob, "/virtio_mmio@a000000");
	ck_assert_int_ge(node, 0);
	ck_assert_int_eq(fdt_node_check_compatible(blob, node, "virtio,mmio"), 0);
	interrupts = fdt_getprop(blob, node, "interrupts", &size);
	ck_assert_int_eq(size, 12);
	ck_assert_uint_eq(fdt32_to_cpu(interrupts[1]), DRIVER_SPI);
	ck_assert_uint_eq(fdt32_to_cpu(interrupts[2]), 1);
}
END_TEST

static void setup_rng(void)
{
	struct virtio_device *rng;

	virtio_driver_init(&driver);
	ck_assert_int_eq(virtio_rng_create(&driver.memory, &driver.loop, &rng), 0);
	virtio_driver_attach(&driver, rng);
	virtio_driver_start(&driver, VIRTIO_F_EVENT_IDX, 8);
}

START_TEST(rng_fills_buffers)
{
	const struct driver_descriptor buffers[] = {
		{ DRIVER_BUFFERS, 16, DESC_WRITE, 0 },
		{ DRIVER_BUFFERS + 0x1000, 64, DESC_WRITE, 0 },
	};
	static const char zero[64];
	uint32_t head, written;

	/* More than it does at once, in several rounds of the loop. */
	for (unsigned i = 0; i < 20; i++) {
		memset(virtio_driver_at(&driver, DRIVER_BUFFERS), 0, 0x2000);
		virtio_driver_add(&driver, 0, buffers, 2);
		virtio_driver_kick(&driver, 0);
		ck_assert(virtio_driver_take_used(&driver, 0, &head, &written));
		ck_assert_uint_eq(written, 80);
		ck_assert_int_ne(
			memcmp(virtio_driver_at(&driver, DRIVER_BUFFERS + 0x1000), zero, 64), 0);
	}
	for (unsigned i = 0; i < 8; i++)
		virtio_driver_add(&driver, 0, buffers, 1);
	virtio_driver_kick(&driver, 0);
	for (unsigned i = 0; i < 8; i++)
		ck_assert(virtio_driver_take_used(&driver, 0, &head, &written));
}
END_TEST

START_TEST(rng_gives_less_than_a_large_buffer)
{
	uint32_t head, written;

	virtio_driver_add(&driver, 0,
			  &(struct driver_descriptor){ DRIVER_BUFFERS, 0x100000, DESC_WRITE, 0 },
			  1);
	/* And nothing for what it cannot write to. */
	virtio_driver_add(&driver, 0, &(struct driver_descriptor){ DRIVER_BUFFERS, 16, 0, 0 }, 1);
	virtio_driver_kick(&driver, 0);
	ck_assert(virtio_driver_take_used(&driver, 0, &head, &written));
	ck_assert_uint_gt(written, 0);
	ck_assert_uint_le(written, 4096);
	ck_assert(virtio_driver_take_used(&driver, 0, &head, &written));
	ck_assert_uint_eq(written, 0);
}
END_TEST

static atomic_bool loop_ends;

static void *run_loop(void *unused)
{
	while (!atomic_load(&loop_ends))
		event_loop_once(&driver.loop, 10);
	return unused;
}

/* When the write of 0 to Status returns, the memory is the driver's: nothing comes into it any
 * more. */
START_TEST(reset_is_complete_when_it_returns)
{
	const struct driver_descriptor buffer = { DRIVER_BUFFERS, 4096, DESC_WRITE, 0 };
	unsigned char *bytes = virtio_driver_at(&driver, DRIVER_BUFFERS);
	unsigned answered = 0;
	uint32_t head, written;
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, run_loop, NULL), 0);
	for (unsigned i = 0; i < 3000 || !answered; i++) {
		virtio_driver_start(&driver, VIRTIO_F_EVENT_IDX, 8);
		for (unsigned n = 0; n < 8; n++)
			virtio_driver_add(&driver, 0, &buffer, 1);
		virtio_driver_write(&driver, REG_QUEUE_NOTIFY, 0);
		for (unsigned n = 0; n < i % 32; n++)
			sched_yield();
		virtio_driver_write(&driver, REG_STATUS, 0);
		answered += virtio_driver_take_used(&driver, 0, &head, &written);
		memset(bytes, 0x5a, 4096);
		for (unsigned n = 0; n < 8; n++)
			sched_yield();
		ck_assert_uint_eq(bytes[0], 0x5a);
		ck_assert_int_eq(memcmp(bytes, bytes + 1, 4095), 0);
	}
	atomic_store(&loop_ends, true);
	pthread_join(thread, NULL);
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("virtio_mmio");
	TCase *tests = tcase_create("registers"), *kvm = tcase_create("kvm"),
	      *rng = tcase_create("rng");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, identification);
	tcase_add_test(tests, offered_features);
	tcase_add_test(tests, features_are_agreed_upon);
	tcase_add_test(tests, driver_ok_needs_features_ok);
	tcase_add_test(tests, needs_reset_is_not_the_drivers_to_set);
	tcase_add_test(tests, life_and_reset);
	tcase_add_test(tests, reset_takes_the_interrupt_back);
	tcase_add_test(tests, queue_registers);
	tcase_add_loop_test(tests, nonsense_about_a_queue, 0, 12);
	tcase_add_test(tests, ready_queue_is_fixed);
	tcase_add_test(tests, queue_taken_from_a_running_device);
	tcase_add_test(tests, configuration_space_is_read);
	tcase_add_test(tests, configuration_space_is_written);
	tcase_add_test(tests, configuration_changes);
	tcase_add_test(tests, odd_accesses);
	tcase_add_test(tests, description_in_the_device_tree);
	suite_add_tcase(suite, tests);
	tcase_add_test(kvm, kvm_carries_interrupts_and_notifications);
	tcase_add_test(kvm, kvm_refuses);
	suite_add_tcase(suite, kvm);
	tcase_add_checked_fixture(rng, setup_rng, teardown);
	tcase_add_test(rng, rng_fills_buffers);
	tcase_add_test(rng, rng_gives_less_than_a_large_buffer);
	tcase_add_test(rng, reset_is_complete_when_it_returns);
	suite_add_tcase(suite, rng);
	return suite;
}
