/* SPDX-License-Identifier: GPL-2.0-only */
/* A network device of the guest, as the user said it: user|tap=NAME[,mac=ADDRESS][,queues=N]. */
#ifndef DEVICES_NET_REQUEST_H
#define DEVICES_NET_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#define NET_QUEUES_MAX	 8
#define NET_FORWARDS_MAX 32
#define NET_TAP_NAME_MAX 15 /* bytes of an interface's name, without the 0 */
#define NET_MAC_SIZE	 6

enum net_kind {
	NET_NONE, /* no device: "none" */
	NET_USER, /* through passt, as an ordinary user */
	NET_TAP,  /* a TAP interface of the host */
};

struct net_request {
	enum net_kind kind;
	char tap[NET_TAP_NAME_MAX + 1];
	bool has_mac;
	uint8_t mac[NET_MAC_SIZE];
	unsigned queues; /* pairs of a receive and a transmit queue; 1 to NET_QUEUES_MAX */
};

/* A port of the host that leads to one of the guest; TCP. */
struct net_forward {
	uint16_t host, guest;
};

/* Parse the arguments of --net and --forward (HOSTPORT:GUESTPORT). Return 0, or -EINVAL after
 * saying what is wrong. */
int net_request_parse(const char *value, struct net_request *request);
int net_forward_parse(const char *value, struct net_forward *forward);

/*
 * A locally administered unicast address for network device `number` of the VM: always the same for
 * one name; random for a VM without a name (NULL).
 */
void net_derive_mac(const char *name, unsigned number, uint8_t mac[NET_MAC_SIZE]);

#endif
