/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A TAP interface of the host (Documentation/networking/tuntap.rst): each read and write is one
 * packet, behind a header of NET_HEADER_SIZE bytes that is that of virtio-net.
 */
#ifndef DEVICES_NET_TAP_H
#define DEVICES_NET_TAP_H

#include <stdbool.h>
#include <stdint.h>

#define NET_HEADER_SIZE 12 /* struct virtio_net_hdr_v1 */

/* What may be in packets that the host hands to the guest. */
#define NET_TAP_CSUM (1u << 0) /* checksums that are not computed yet */
#define NET_TAP_TSO4 (1u << 1) /* TCP segments of up to 64 KiB; IPv4 */
#define NET_TAP_TSO6 (1u << 2)
#define NET_TAP_ECN  (1u << 3) /* of these, such with ECN */

/*
 * Opens `queues` queues of the interface; fds[] are non-blocking. `mtu`: what the host has set.
 * Returns 0 or -errno, described; nothing stays open after a failure. Before the sandbox closes.
 */
int net_tap_open(const char *name, unsigned queues, int *fds, uint16_t *mtu);

/* For the devices' threads. These return 0 or -errno and describe nothing. */

/* Of all queues at once; a mask of the above. */
int net_tap_set_offloads(int fd, unsigned offloads);
/* A queue that is not attached gets no packets. They all are at first. */
int net_tap_attach(int fd, bool attached);

#endif
