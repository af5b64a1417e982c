/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The network device (virtio 1.2, 5.1): through passt, or a TAP interface of the host with checksum
 * and TCP segmentation offload, mergeable receive buffers, several pairs of queues. A thread for
 * each pair: virtio_net_pair.h.
 */
#ifndef DEVICES_VIRTIO_VIRTIO_NET_H
#define DEVICES_VIRTIO_VIRTIO_NET_H

#include "devices/net_request.h"

struct guest_memory;
struct virtio_device;

struct virtio_net_setup {
	const struct net_request *net; /* not needed afterwards */
	/* For NET_USER: ports of the host that lead to the guest. */
	const struct net_forward *forwards;
	unsigned forward_count;
	const struct guest_memory *memory;
	const char *vm_name; /* from which the address is derived, unless `net` has one; or NULL */
	unsigned number;     /* of this device among the VM's, from 0 */
	/* On each thread before anything else: its sandbox. Returns 0 or -errno, described. */
	int (*thread_begin)(void *context);
	void *context;
};

/* Starts passt, or opens the TAP interface. Returns 0 or -errno, described. */
int virtio_net_create(const struct virtio_net_setup *setup, struct virtio_device **device);

/* The same on descriptors that there are already, one for each pair, which it takes over in any
 * case. `mtu` 0: the driver is told of none. */
int virtio_net_create_on(const struct virtio_net_setup *setup, const int *fds, uint16_t mtu,
			 struct virtio_device **device);

#endif
