// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/virtio_driver.h"

#include <string.h>

#include "devices/virtio/virtio_mmio.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/unit.h"

#define RING_AVAILABLE 0x8000
#define RING_USED      0xa000

void virtio_driver_init(struct virtio_driver *driver)
{
	memset(driver, 0, sizeof(*driver));
	fake_kvm_reset();
	fake_irqchip_init(&driver->chip);
	driver->chip.chip.kind = IRQCHIP_USER;
	mmio_bus_init(&driver->bus);
	ck_assert_int_eq(guest_memory_create(&driver->memory, DRIVER_RAM, DRIVER_RAM_SIZE), 0);
	ck_assert_int_eq(event_loop_init(&driver->loop), 0);
}

void virtio_driver_destroy(struct virtio_driver *driver)
{
	if (driver->transport) {
		virtio_device_end(driver->device);
		driver->transport->ops->destroy(driver->transport);
	}
	event_loop_destroy(&driver->loop);
	mmio_bus_destroy(&driver->bus);
	guest_memory_destroy(&driver->memory);
}

void virtio_driver_attach(struct virtio_driver *driver, struct virtio_device *device)
{
	const struct virtio_mmio_config config = {
		.vm_fd = -1,
		.chip = &driver->chip.chip,
		.bus = &driver->bus,
		.base = DRIVER_BASE,
		.size = 0x200,
		.spi = DRIVER_SPI,
		.shown = driver->shown,
		.device = device,
	};

	ck_assert_int_eq(virtio_mmio_create(&config, &driver->transport), 0);
	driver->device = device;
	ck_assert_int_eq(virtio_device_start(device), 0);
}

static uint32_t read_once(struct virtio_driver *driver, unsigned offset)
{
	uint64_t value;

	ck_assert_int_eq(mmio_bus_read(&driver->bus, 0, DRIVER_BASE + offset, 4, &value), 0);
	return value;
}

/* Between the two ways to read it a device's thread may change it: not for ever. */
uint32_t virtio_driver_read(struct virtio_driver *driver, unsigned offset)
{
	uint32_t value = read_once(driver, offset);

	for (unsigned tries = 0; tries < 1000; tries++) {
		if (value ==
		    __atomic_load_n((uint32_t *)(driver->shown + offset), __ATOMIC_SEQ_CST))
			return value;
		value = read_once(driver, offset);
	}
	ck_abort_msg("register 0x%x is not what the guest is shown", offset);
}

void virtio_driver_write(struct virtio_driver *driver, unsigned offset, uint32_t value)
{
	ck_assert_int_eq(mmio_bus_write(&driver->bus, 0, DRIVER_BASE + offset, 4, value), 0);
}

static void add_status(struct virtio_driver *driver, uint32_t bit)
{
	virtio_driver_write(driver, REG_STATUS, virtio_driver_read(driver, REG_STATUS) | bit);
}

void virtio_driver_negotiate(struct virtio_driver *driver, uint64_t features)
{
	virtio_driver_write(driver, REG_STATUS, 0);
	add_status(driver, VIRTIO_STATUS_ACKNOWLEDGE);
	add_status(driver, VIRTIO_STATUS_DRIVER);
	for (unsigned i = 0; i < 2; i++) {
		virtio_driver_write(driver, REG_DRIVER_FEATURES_SEL, i);
		virtio_driver_write(driver, REG_DRIVER_FEATURES, features >> 32 * i);
	}
	add_status(driver, VIRTIO_STATUS_FEATURES_OK);
}

uint64_t virtio_driver_table(unsigned queue)
{
	return DRIVER_RAM + queue * DRIVER_RINGS;
}

void *virtio_driver_at(struct virtio_driver *driver, uint64_t ipa)
{
	void *at = guest_memory_at(&driver->memory, ipa, 1);

	ck_assert_ptr_nonnull(at);
	return at;
}

void virtio_driver_set_up_queue(struct virtio_driver *driver, unsigned queue, unsigned size)
{
	struct driver_queue *state = &driver->queues[queue];
	uint64_t table = virtio_driver_table(queue);
	uint32_t max;

	virtio_driver_write(driver, REG_QUEUE_SEL, queue);
	max = virtio_driver_read(driver, REG_QUEUE_NUM_MAX);
	*state = (struct driver_queue){
		.size = size < max ? size : max,
		.descriptors = virtio_driver_at(driver, table),
		.ring = virtio_driver_at(driver, table + RING_AVAILABLE),
		.used_ring = virtio_driver_at(driver, table + RING_USED),
	};
	memset(state->descriptors, 0, DRIVER_RINGS);
	virtio_driver_write(driver, REG_QUEUE_NUM, state->size);
	virtio_driver_write(driver, REG_QUEUE_DESC, table);
	virtio_driver_write(driver, REG_QUEUE_DRIVER, table + RING_AVAILABLE);
	virtio_driver_write(driver, REG_QUEUE_DEVICE, table + RING_USED);
	virtio_driver_write(driver, REG_QUEUE_READY, 1);
}

void virtio_driver_go(struct virtio_driver *driver)
{
	add_status(driver, VIRTIO_STATUS_DRIVER_OK);
}

void virtio_driver_start(struct virtio_driver *driver, uint64_t features, unsigned size)
{
	virtio_driver_negotiate(driver, features | VIRTIO_F_VERSION_1);
	for (unsigned i = 0; i < driver->device->queue_count; i++)
		virtio_driver_set_up_queue(driver, i, size);
	virtio_driver_go(driver);
	ck_assert_uint_eq(virtio_driver_read(driver, REG_STATUS),
			  VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER |
				  VIRTIO_STATUS_FEATURES_OK | VIRTIO_STATUS_DRIVER_OK);
}

void virtio_driver_describe(struct virtio_driver *driver, uint64_t table, unsigned index,
			    struct driver_descriptor descriptor)
{
	memcpy((char *)virtio_driver_at(driver, table) + index * sizeof(descriptor), &descriptor,
	       sizeof(descriptor));
}

void virtio_driver_offer(struct virtio_driver *driver, unsigned queue, uint16_t head)
{
	struct driver_queue *state = &driver->queues[queue];

	memcpy(state->ring + 4 + 2 * (state->available % state->size), &head, sizeof(head));
	state->available++;
	__atomic_store_n((uint16_t *)(state->ring + 2), state->available, __ATOMIC_RELEASE);
}

uint16_t virtio_driver_add(struct virtio_driver *driver, unsigned queue,
			   const struct driver_descriptor *buffers, unsigned count)
{
	struct driver_queue *state = &driver->queues[queue];
	uint16_t head = state->next_descriptor, index = head;

	for (unsigned i = 0; i < count; i++) {
		struct driver_descriptor descriptor = buffers[i];

		descriptor.next = (index + 1) % state->size;
		if (i + 1 < count)
			descriptor.flags |= DESC_NEXT;
		virtio_driver_describe(driver, virtio_driver_table(queue), index, descriptor);
		index = (index + 1) % state->size;
	}
	state->next_descriptor = index;
	virtio_driver_offer(driver, queue, head);
	return head;
}

void virtio_driver_settle(struct virtio_driver *driver)
{
	while (event_loop_once(&driver->loop, 0) > 0)
		;
}

void virtio_driver_kick(struct virtio_driver *driver, unsigned queue)
{
	virtio_driver_write(driver, REG_QUEUE_NOTIFY, queue);
	virtio_driver_settle(driver);
}

bool virtio_driver_take_used(struct virtio_driver *driver, unsigned queue, uint32_t *head,
			     uint32_t *written)
{
	struct driver_queue *state = &driver->queues[queue];
	uint16_t index =
		__atomic_load_n((const uint16_t *)(state->used_ring + 2), __ATOMIC_ACQUIRE);
	const char *element = state->used_ring + 4 + 8 * (state->used % state->size);

	if (state->used == index)
		return false;
	memcpy(head, element, 4);
	memcpy(written, element + 4, 4);
	state->used++;
	return true;
}

unsigned virtio_driver_interrupts(const struct virtio_driver *driver)
{
	return atomic_load(&driver->chip.changes) / 2;
}
