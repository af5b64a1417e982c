// SPDX-License-Identifier: GPL-2.0-only
#include "tests/fuzz/fuzz_virtio.h"

#include <linux/virtio_mmio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "devices/virtio/virtio_mmio.h"
#include "tests/unit/fake_irqchip.h"

#define BASE  UINT64_C(0x0a000000)
#define STEPS 512

/* Queue n has its rings in the n-th RINGS bytes of RAM; buffers are behind all of them. */
#define RINGS	  UINT64_C(0x8000)
#define AVAILABLE UINT64_C(0x4000)
#define USED	  UINT64_C(0x5000)
#define BUFFERS	  (FUZZ_RAM + VIRTIO_QUEUES_MAX * RINGS)
#define ENTRIES	  256

/* The first byte of a step, modulo their number. */
enum step {
	STEP_START,	 /* features (8 bytes), of which those count that are offered; ring size */
	STEP_CHAIN,	 /* queue, number of buffers; of each flags, place (2), length (2) */
	STEP_KICK,	 /* queue */
	STEP_POKE,	 /* place in buffers (2), length, bytes */
	STEP_DESCRIPTOR, /* queue, index, 16 bytes */
	STEP_OFFER,	 /* queue, head (2) */
	STEP_INDEX,	 /* queue, index of the available ring (2) */
	STEP_POKE_RINGS, /* place in rings (4), length, bytes */
	STEP_WRITE,	 /* register (2), size, value (8) */
	STEP_READ,	 /* register (2), size */
	STEP_CONFIG,	 /* offset in the configuration space, value */
	STEP_OUTSIDE,	 /* length, bytes */
	STEP_SETTLE,	 /* the event loop runs, threads get a little time */
	STEP_RESET,
	STEP_COUNT
};

static struct fake_irqchip chip;

static void write_register(struct fuzz_virtio *virtio, uint64_t offset, unsigned size,
			   uint64_t value)
{
	if (size < 8)
		value &= (UINT64_C(1) << 8 * size) - 1;
	mmio_bus_write(&virtio->bus, 0, BASE + offset, size, value);
}

static void write_word(struct fuzz_virtio *virtio, uint64_t offset, uint32_t value)
{
	write_register(virtio, offset, 4, value);
}

static void *at(struct fuzz_virtio *virtio, uint64_t ipa)
{
	return guest_memory_at(&virtio->memory, ipa, 1);
}

static uint64_t rings_of(unsigned queue)
{
	return FUZZ_RAM + queue * RINGS;
}

static void set_up_queue(struct fuzz_virtio *virtio, unsigned queue, unsigned entries)
{
	uint64_t rings = rings_of(queue);
	uint16_t most = virtio->device->queues[queue].size_max;

	memset(at(virtio, rings), 0, RINGS);
	virtio->available[queue] = 0;
	write_word(virtio, VIRTIO_MMIO_QUEUE_SEL, queue);
	write_word(virtio, VIRTIO_MMIO_QUEUE_NUM, entries < most ? entries : most);
	write_word(virtio, VIRTIO_MMIO_QUEUE_DESC_LOW, rings);
	write_word(virtio, VIRTIO_MMIO_QUEUE_AVAIL_LOW, rings + AVAILABLE);
	write_word(virtio, VIRTIO_MMIO_QUEUE_USED_LOW, rings + USED);
	write_word(virtio, VIRTIO_MMIO_QUEUE_READY, 1);
}

static void start(struct fuzz_virtio *virtio, struct fuzz_input *input)
{
	uint64_t features = fuzz_take(input, 8) & virtio->device->features_offered;
	unsigned entries = 1u << fuzz_take(input, 1) % 9;

	features |= VIRTIO_F_VERSION_1;
	write_word(virtio, VIRTIO_MMIO_STATUS, 0);
	write_word(virtio, VIRTIO_MMIO_STATUS, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER);
	for (unsigned i = 0; i < 2; i++) {
		write_word(virtio, VIRTIO_MMIO_DRIVER_FEATURES_SEL, i);
		write_word(virtio, VIRTIO_MMIO_DRIVER_FEATURES, features >> 32 * i);
	}
	write_word(virtio, VIRTIO_MMIO_STATUS, 0xb);
	for (unsigned i = 0; i < virtio->device->queue_count; i++)
		set_up_queue(virtio, i, entries);
	write_word(virtio, VIRTIO_MMIO_STATUS, 0xf);
}

static void write_descriptor(struct fuzz_virtio *virtio, unsigned queue, unsigned index,
			     uint64_t ipa, uint32_t length, uint16_t flags, uint16_t next)
{
	char *descriptor = (char *)at(virtio, rings_of(queue)) + 16 * (index % ENTRIES);

	memcpy(descriptor, &ipa, 8);
	memcpy(descriptor + 8, &length, 4);
	memcpy(descriptor + 12, &flags, 2);
	memcpy(descriptor + 14, &next, 2);
}

static void set_available(struct fuzz_virtio *virtio, unsigned queue, uint16_t index)
{
	char *ring = at(virtio, rings_of(queue) + AVAILABLE);

	virtio->available[queue] = index;
	__atomic_store_n((uint16_t *)(ring + 2), index, __ATOMIC_RELEASE);
}

static void offer(struct fuzz_virtio *virtio, unsigned queue, uint16_t head)
{
	unsigned entries = virtio->device->queues[queue].size;
	uint16_t index = virtio->available[queue];
	char *ring = at(virtio, rings_of(queue) + AVAILABLE);

	memcpy(ring + 4 + 2 * (index % (entries ? entries : 1) % ENTRIES), &head, 2);
	set_available(virtio, queue, index + 1);
}

static void add_chain(struct fuzz_virtio *virtio, unsigned queue, struct fuzz_input *input)
{
	unsigned entries = virtio->device->queues[queue].size, count = fuzz_take(input, 1) % 8 + 1;
	uint16_t head = virtio->next_descriptor;

	entries = entries && entries <= ENTRIES ? entries : ENTRIES;
	head %= entries;
	for (unsigned i = 0; i < count; i++) {
		unsigned index = (head + i) % entries;
		uint16_t flags = fuzz_take(input, 1) & 6;
		uint64_t ipa = BUFFERS + fuzz_take(input, 2) * 8;
		uint32_t length = fuzz_take(input, 2);

		write_descriptor(virtio, queue, index, ipa, length, flags | (i + 1 < count),
				 (index + 1) % entries);
	}
	virtio->next_descriptor = head + count;
	offer(virtio, queue, head);
}

static void poke(struct fuzz_virtio *virtio, uint64_t ipa, struct fuzz_input *input)
{
	size_t size = fuzz_take(input, 1);
	void *to = guest_memory_at(&virtio->memory, ipa, size);

	if (to)
		fuzz_take_bytes(input, to, size);
}

static void settle(struct fuzz_virtio *virtio)
{
	for (unsigned i = 0; i < 16 && event_loop_once(&virtio->loop, 0) > 0; i++)
		;
	if (virtio->device->own_threads)
		usleep(20);
}

static void reach_outside(struct fuzz_virtio *virtio, struct fuzz_input *input)
{
	size_t size = fuzz_take(input, 1);

	if (size > input->size)
		size = input->size;
	if (virtio->outside)
		virtio->outside(virtio, input->bytes, size);
	input->bytes += size;
	input->size -= size;
}

static void access_register(struct fuzz_virtio *virtio, struct fuzz_input *input, bool write)
{
	uint64_t offset = fuzz_take(input, 2) & 0x1ff, value;
	unsigned size = 1u << fuzz_take(input, 1) % 4;

	if (offset + size > 0x200)
		return;
	if (write)
		write_register(virtio, offset, size, fuzz_take(input, 8));
	else
		mmio_bus_read(&virtio->bus, 0, BASE + offset, size, &value);
}

static void take_step(struct fuzz_virtio *virtio, struct fuzz_input *input)
{
	enum step step = fuzz_take(input, 1) % STEP_COUNT;
	bool has_queue = step == STEP_CHAIN || step == STEP_KICK || step == STEP_DESCRIPTOR ||
			 step == STEP_OFFER || step == STEP_INDEX;
	unsigned queue = has_queue ? fuzz_take(input, 1) % virtio->device->queue_count : 0;
	unsigned index;
	uint64_t place;

	switch (step) {
	case STEP_START:
		start(virtio, input);
		break;
	case STEP_CHAIN:
		add_chain(virtio, queue, input);
		break;
	case STEP_KICK:
		write_word(virtio, VIRTIO_MMIO_QUEUE_NOTIFY, queue);
		break;
	case STEP_POKE:
		place = fuzz_take(input, 2);
		poke(virtio, BUFFERS + place * 8, input);
		break;
	case STEP_DESCRIPTOR:
		index = fuzz_take(input, 1);
		place = fuzz_take(input, 8);
		write_descriptor(virtio, queue, index, place, fuzz_take(input, 4),
				 fuzz_take(input, 2), fuzz_take(input, 2));
		break;
	case STEP_OFFER:
		offer(virtio, queue, fuzz_take(input, 2));
		break;
	case STEP_INDEX:
		set_available(virtio, queue, fuzz_take(input, 2));
		break;
	case STEP_POKE_RINGS:
		place = fuzz_take(input, 4) % FUZZ_RAM_SIZE;
		poke(virtio, FUZZ_RAM + place, input);
		break;
	case STEP_WRITE:
	case STEP_READ:
		access_register(virtio, input, step == STEP_WRITE);
		break;
	case STEP_CONFIG:
		place = fuzz_take(input, 1);
		write_register(virtio, VIRTIO_MMIO_CONFIG + place, 1, fuzz_take(input, 1));
		break;
	case STEP_OUTSIDE:
		reach_outside(virtio, input);
		break;
	case STEP_SETTLE:
		settle(virtio);
		break;
	case STEP_RESET:
		write_word(virtio, VIRTIO_MMIO_STATUS, 0);
		break;
	case STEP_COUNT:
		break;
	}
}

void fuzz_virtio_init(struct fuzz_virtio *virtio)
{
	fuzz_silence();
	fake_irqchip_init(&chip);
	chip.chip.kind = IRQCHIP_USER;
	if (guest_memory_create(&virtio->memory, FUZZ_RAM, FUZZ_RAM_SIZE) < 0 ||
	    event_loop_init(&virtio->loop) < 0)
		abort();
}

void fuzz_virtio_run(struct fuzz_virtio *virtio, struct virtio_device *device,
		     struct fuzz_input *input)
{
	const struct virtio_mmio_config config = {
		.vm_fd = -1,
		.chip = &chip.chip,
		.bus = &virtio->bus,
		.base = BASE,
		.size = 0x200,
		.spi = 16,
		.device = device,
	};

	mmio_bus_init(&virtio->bus);
	memset(virtio->memory.host, 0, FUZZ_RAM_SIZE);
	memset(virtio->available, 0, sizeof(virtio->available));
	virtio->next_descriptor = 0;
	virtio->device = device;
	if (virtio_mmio_create(&config, &virtio->transport) < 0 || virtio_device_start(device) < 0)
		abort();
	for (unsigned i = 0; i < STEPS && input->size; i++)
		take_step(virtio, input);
	settle(virtio);
	virtio_device_end(device);
	virtio->transport->ops->destroy(virtio->transport);
	mmio_bus_destroy(&virtio->bus);
}
