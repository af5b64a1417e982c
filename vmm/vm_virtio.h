/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The virtio devices of a VM: which there are, and each in its slot. Slots are given in the order
 * of the table in vm_virtio.c, so that the guest names its disks and networks in the order in which
 * the user does. For the VM's thread.
 */
#ifndef VMM_VM_VIRTIO_H
#define VMM_VM_VIRTIO_H

#include "devices/virtio/virtio_transport.h"
#include "vmm/memory_map.h"

struct vm;

struct vm_virtio {
	unsigned count;
	struct virtio_transport *transports[MAP_VIRTIO_SLOTS];
	/* What the guest sees of their registers without an exit; NULL: this KVM cannot do that. */
	uint8_t *shown;
	uint64_t shown_size;
};

/* Makes all devices and puts them on the bus, of a machine that is complete. Returns 0 or -errno,
 * described; vm_virtio_destroy() is due in any case, and after the machine's end
 * vm_virtio_unmap(): KVM takes long to follow while memory of a living VM is unmapped, see
 * machine_destroy(). */
int vm_virtio_create(struct vm *vm);
void vm_virtio_destroy(struct vm *vm);
void vm_virtio_unmap(struct vm *vm);

/* The devices' threads: before the sandbox closes; and after the last vCPU. The first returns 0 or
 * -errno, described; the second is due in any case. */
int vm_virtio_start(struct vm *vm);
void vm_virtio_end(struct vm *vm);

/* A reset of the machine, before guest memory is cleared. No vCPU runs. */
void vm_virtio_reset(struct vm *vm);

#endif
