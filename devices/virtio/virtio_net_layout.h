/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the driver of a network device and the device know of each other (virtio 1.2, 5.1). Integers
 * are little-endian.
 */
#ifndef DEVICES_VIRTIO_VIRTIO_NET_LAYOUT_H
#define DEVICES_VIRTIO_VIRTIO_NET_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

/* Features (5.1.3). HOST: of packets that the driver sends; GUEST: that it receives. */
#define NET_F_CSUM	 (UINT64_C(1) << 0)
#define NET_F_GUEST_CSUM (UINT64_C(1) << 1)
#define NET_F_MTU	 (UINT64_C(1) << 3)
#define NET_F_MAC	 (UINT64_C(1) << 5)
#define NET_F_GUEST_TSO4 (UINT64_C(1) << 7)
#define NET_F_GUEST_TSO6 (UINT64_C(1) << 8)
#define NET_F_GUEST_ECN	 (UINT64_C(1) << 9)
#define NET_F_HOST_TSO4	 (UINT64_C(1) << 11)
#define NET_F_HOST_TSO6	 (UINT64_C(1) << 12)
#define NET_F_HOST_ECN	 (UINT64_C(1) << 13)
#define NET_F_MRG_RXBUF	 (UINT64_C(1) << 15)
#define NET_F_STATUS	 (UINT64_C(1) << 16)
#define NET_F_CTRL_VQ	 (UINT64_C(1) << 17)
#define NET_F_MQ	 (UINT64_C(1) << 22)

/* The configuration space (5.1.4). */
struct net_config_space {
	uint8_t mac[6];
	uint16_t status;
	uint16_t max_virtqueue_pairs;
	uint16_t mtu;
};
_Static_assert(sizeof(struct net_config_space) == 12, "as in 5.1.4");

#define NET_S_LINK_UP 1

/* In front of each packet (5.1.6). */
struct net_header {
	uint8_t flags, gso_type;
	uint16_t hdr_len, gso_size, csum_start, csum_offset;
	uint16_t num_buffers; /* of a packet that the driver receives */
};
_Static_assert(sizeof(struct net_header) == 12, "as in 5.1.6");

/* The control queue (5.1.6.5): these, what belongs to the command, then a byte of answer. */
struct net_control {
	uint8_t class, command;
};

#define NET_CONTROL_MQ		 4
#define NET_CONTROL_MQ_PAIRS_SET 0

#define NET_CONTROL_OK	0
#define NET_CONTROL_ERR 1

#endif
