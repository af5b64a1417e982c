/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * virtio over MMIO (virtio 1.2, 4.2), version 2; the legacy interface is not offered.
 *
 * One interrupt serves all of a device, an edge: the bit in InterruptStatus is set first, then
 * the interrupt is sent. With an interrupt controller in KVM that is a write to an eventfd
 * (KVM_IRQFD), which needs no right of its own to KVM; with the one in userspace a pulse of its
 * line. Queue notifications reach the device by KVM_IOEVENTFD, with any interrupt controller.
 *
 * What the driver would read can be shown to it: in memory that the guest sees, read-only, at the
 * registers' address (KVM_MEM_READONLY). Then reads are no exits; writes are, as ever.
 */
#ifndef DEVICES_VIRTIO_VIRTIO_MMIO_H
#define DEVICES_VIRTIO_VIRTIO_MMIO_H

#include <stdint.h>

#include "devices/mmio_bus.h"
#include "devices/virtio/virtio_transport.h"

struct irqchip;

struct virtio_mmio_config {
	int vm_fd;	      /* for KVM_IOEVENTFD and KVM_IRQFD; not owned */
	struct irqchip *chip; /* not owned; final */
	struct mmio_bus *bus;
	uint64_t base, size; /* IPA, bytes; room for VIRTIO_CONFIG_MAX from 0x100 on */
	unsigned spi;
	/* `size` bytes that are zero, which the guest sees at `base`; NULL: reads come to the bus.
	 * Not owned; lives as long as the transport. */
	void *shown;
	struct virtio_device *device; /* owned from success on */
};

/* Puts the device on the bus. Before the first vCPU runs and before a sandbox. Returns 0 or -errno,
 * described. */
int virtio_mmio_create(const struct virtio_mmio_config *config,
		       struct virtio_transport **transport);

#endif
