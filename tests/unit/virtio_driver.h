/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The driver's side of a virtio device, for unit tests: guest RAM, a bus with the device behind
 * virtio-mmio, queues, and chains to put into them, right or wrong. The interrupt controller is a
 * fake that counts as the userspace one: interrupts are pulses of a line.
 *
 * Guest RAM is DRIVER_RAM_SIZE bytes at DRIVER_RAM; queue n has its rings in the n-th DRIVER_RINGS
 * bytes of it. Buffers are the test's business: from DRIVER_BUFFERS on.
 */
#ifndef TESTS_UNIT_VIRTIO_DRIVER_H
#define TESTS_UNIT_VIRTIO_DRIVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/event_loop.h"
#include "base/guest_memory.h"
#include "devices/mmio_bus.h"
#include "devices/virtio/virtio_device.h"
#include "devices/virtio/virtio_transport.h"
#include "tests/unit/fake_irqchip.h"

#define DRIVER_RAM	UINT64_C(0x40000000)
#define DRIVER_RAM_SIZE UINT64_C(0x1000000)
#define DRIVER_QUEUES	8
#define DRIVER_RINGS	UINT64_C(0x10000)
#define DRIVER_BUFFERS	(DRIVER_RAM + DRIVER_QUEUES * DRIVER_RINGS)

#define DRIVER_BASE UINT64_C(0x0a000000)
#define DRIVER_SPI  16

/* Registers of virtio-mmio. */
#define REG_MAGIC		0x000
#define REG_VERSION		0x004
#define REG_DEVICE_ID		0x008
#define REG_DEVICE_FEATURES	0x010
#define REG_DEVICE_FEATURES_SEL 0x014
#define REG_DRIVER_FEATURES	0x020
#define REG_DRIVER_FEATURES_SEL 0x024
#define REG_QUEUE_SEL		0x030
#define REG_QUEUE_NUM_MAX	0x034
#define REG_QUEUE_NUM		0x038
#define REG_QUEUE_READY		0x044
#define REG_QUEUE_NOTIFY	0x050
#define REG_INTERRUPT_STATUS	0x060
#define REG_INTERRUPT_ACK	0x064
#define REG_STATUS		0x070
#define REG_QUEUE_DESC		0x080
#define REG_QUEUE_DRIVER	0x090
#define REG_QUEUE_DEVICE	0x0a0
#define REG_CONFIG_GENERATION	0x0fc
#define REG_CONFIG		0x100

/* Flags of descriptors. */
#define DESC_NEXT     1
#define DESC_WRITE    2
#define DESC_INDIRECT 4

struct driver_descriptor {
	uint64_t ipa;
	uint32_t length;
	uint16_t flags, next;
};

struct driver_queue {
	uint16_t size;
	uint16_t next_descriptor; /* of the table, round and round */
	uint16_t available;	  /* the index as written last */
	uint16_t used;		  /* how far the used ring was read */
	char *descriptors, *ring, *used_ring;
};

struct virtio_driver {
	struct guest_memory memory;
	struct event_loop loop;
	struct fake_irqchip chip;
	struct mmio_bus bus;
	struct virtio_transport *transport; /* NULL: no device yet */
	struct virtio_device *device;
	struct driver_queue queues[DRIVER_QUEUES];
	/* What the guest would see at DRIVER_BASE; virtio_driver_read() compares. */
	_Alignas(16) uint8_t shown[0x200];
};

void virtio_driver_init(struct virtio_driver *driver);
/* With the device, if there is one. */
void virtio_driver_destroy(struct virtio_driver *driver);

/* Puts the device behind a transport. It is the transport's from now on. */
void virtio_driver_attach(struct virtio_driver *driver, struct virtio_device *device);

uint32_t virtio_driver_read(struct virtio_driver *driver, unsigned offset);
void virtio_driver_write(struct virtio_driver *driver, unsigned offset, uint32_t value);

/* All steps of initialisation (virtio 1.2, 3.1.1), one by one or at once. Queues have `size`
 * entries, or fewer where the device has no more. */
void virtio_driver_negotiate(struct virtio_driver *driver, uint64_t features);
void virtio_driver_set_up_queue(struct virtio_driver *driver, unsigned queue, unsigned size);
void virtio_driver_go(struct virtio_driver *driver);
void virtio_driver_start(struct virtio_driver *driver, uint64_t features, unsigned size);

/* The memory at `ipa`. */
void *virtio_driver_at(struct virtio_driver *driver, uint64_t ipa);

/* Writes a descriptor into a table; adds a chain by its head to the available ring. */
void virtio_driver_describe(struct virtio_driver *driver, uint64_t table, unsigned index,
			    struct driver_descriptor descriptor);
void virtio_driver_offer(struct virtio_driver *driver, unsigned queue, uint16_t head);
uint64_t virtio_driver_table(unsigned queue);

/* A chain of `count` buffers (`flags`: DESC_WRITE or 0), put into the table and offered; returns
 * its head. `next` is filled in. */
uint16_t virtio_driver_add(struct virtio_driver *driver, unsigned queue,
			   const struct driver_descriptor *buffers, unsigned count);

/* Notifies, and lets the event loop run until it has nothing to do. */
void virtio_driver_kick(struct virtio_driver *driver, unsigned queue);
void virtio_driver_settle(struct virtio_driver *driver);

/* Takes the next used element; false when there is none. */
bool virtio_driver_take_used(struct virtio_driver *driver, unsigned queue, uint32_t *head,
			     uint32_t *written);

/* How often the interrupt was sent. */
unsigned virtio_driver_interrupts(const struct virtio_driver *driver);

#endif
