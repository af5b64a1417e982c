/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A hostile driver of a virtio device behind virtio-mmio: what it does to registers, rings and
 * buffers is the input. Some steps do several things rightly at once (initialisation, a chain), so
 * that most inputs get deep into the device, and others do anything.
 */
#ifndef TESTS_FUZZ_FUZZ_VIRTIO_H
#define TESTS_FUZZ_FUZZ_VIRTIO_H

#include "base/event_loop.h"
#include "base/guest_memory.h"
#include "devices/mmio_bus.h"
#include "devices/virtio/virtio_device.h"
#include "devices/virtio/virtio_transport.h"
#include "tests/fuzz/fuzz.h"

#define FUZZ_RAM      UINT64_C(0x40000000)
#define FUZZ_RAM_SIZE UINT64_C(0x200000)

struct fuzz_virtio {
	struct guest_memory memory;
	struct event_loop loop;
	struct mmio_bus bus;
	struct virtio_transport *transport;
	struct virtio_device *device;
	uint16_t next_descriptor;
	uint16_t available[VIRTIO_QUEUES_MAX];
	/* What the world beyond the device does, with bytes from the input; NULL: there is none. */
	void (*outside)(struct fuzz_virtio *virtio, const uint8_t *bytes, size_t size);
};

/* The guest's RAM and bus, once per process: the RAM is cleared by each fuzz_virtio_run(). */
void fuzz_virtio_init(struct fuzz_virtio *virtio);

/* Runs the program on a device that has just been made, which it destroys. */
void fuzz_virtio_run(struct fuzz_virtio *virtio, struct virtio_device *device,
		     struct fuzz_input *input);

#endif
