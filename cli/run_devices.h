/* SPDX-License-Identifier: GPL-2.0-only */
/* The options of `armlet run` that may be repeated: disks and networks. */
#ifndef CLI_RUN_DEVICES_H
#define CLI_RUN_DEVICES_H

#include "devices/disk_request.h"
#include "devices/net_request.h"
#include "vmm/memory_map.h"

struct run_devices {
	struct disk_request disks[MAP_VIRTIO_SLOTS];
	unsigned disk_count;
	struct net_request nets[MAP_VIRTIO_SLOTS];
	unsigned net_count;
	struct net_forward forwards[NET_FORWARDS_MAX];
	unsigned forward_count;
};

/* Take the value of --disk, --net or --forward. Return 0, or -EINVAL after saying what is wrong. */
int run_devices_take_disk(struct run_devices *devices, const char *value);
int run_devices_take_net(struct run_devices *devices, const char *value);
int run_devices_take_forward(struct run_devices *devices, const char *value);

/* After all options: whether they go together. Likewise. */
int run_devices_check(const struct run_devices *devices);

void run_devices_destroy(struct run_devices *devices);

#endif
