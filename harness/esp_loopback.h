/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Soft interrupts that use NEON, on a host CPU of choice: UDP datagrams to oneself, by IPsec (ESP,
 * RFC 4303, with AES-GCM, RFC 4106) over a loopback of one's own, which that CPU receives and
 * deciphers on the way out of an interrupt (Documentation/networking/scaling.rst, "RPS"). By a
 * tunnel: what is deciphered in transport mode goes on in a kernel thread, which would have the CPU
 * scheduled.
 */
#ifndef HARNESS_ESP_LOOPBACK_H
#define HARNESS_ESP_LOOPBACK_H

#include <stdbool.h>
#include <stdint.h>

struct esp_loopback {
	int fd, xfrm_fd;
	uint64_t received; /* datagrams that came back */
};

/*
 * Takes the calling thread into a network and a mount namespace of its own for the rest of its
 * life. Returns 0, or -errno with `*missing` saying what the host does not have or allow (root;
 * modules esp4, xfrm_user, seqiv, ghash-ce; before 6.2 also gcm, ctr, drbg). The caller closes.
 */
int esp_loopback_open(struct esp_loopback *loopback, unsigned host_cpu, const char **missing);
void esp_loopback_close(struct esp_loopback *loopback);

/* One datagram; counts those that have come back. False: it cannot be sent. */
bool esp_loopback_send(struct esp_loopback *loopback);

/* How many packets the security association has enciphered and deciphered, together. */
uint64_t esp_loopback_packets(struct esp_loopback *loopback);

#endif
