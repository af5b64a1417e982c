/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * passt, a program that connects a guest to the host's network as an ordinary user: it speaks
 * Ethernet on a socket, each frame behind its length (32 bits, big-endian), and TCP and UDP on the
 * host. The guest gets its address by DHCP.
 */
#ifndef DEVICES_NET_PASST_H
#define DEVICES_NET_PASST_H

#include "devices/net_request.h"

/*
 * Starts passt and waits until it is ready. Returns our end of the socket, non-blocking; when that
 * is closed passt ends. Or -errno, described, also by passt itself on stderr. Before the sandbox
 * closes.
 */
int net_passt_start(const struct net_forward *forwards, unsigned count);

#endif
