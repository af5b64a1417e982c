/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Carries bytes from a file descriptor to the UART's receiver.
 *
 * From a pipe, socket or file all bytes pass unchanged, and at most one FIFO's worth is read ahead:
 * what the guest does not read stays with the sender. On a terminal, Ctrl-A is a prefix: x ends the
 * VM, b sends a break, h lists the keys on stderr, a or Ctrl-A sends a Ctrl-A. There keys are read
 * even while the guest does not, so that Ctrl-A x always works; up to SERIAL_INPUT_TYPE_AHEAD of
 * them are kept for it, later ones lost and counted.
 *
 * A receiver that was just switched on gets its first byte SERIAL_INPUT_SETTLE_TICKS later: drivers
 * switch it on and then throw away what is in the FIFO (Linux), or have it on
 * only for the time of a message (Linux's console before the port is opened). Input that was piped
 * in before the guest is ready would lose its beginning.
 *
 * Where there is another port beside the UART and the guest has a driver for it, the input goes
 * there instead, as soon as that is ready.
 *
 * For the event loop's thread.
 */
#ifndef DEVICES_SERIAL_INPUT_H
#define DEVICES_SERIAL_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/host_stream.h"
#include "devices/console_port.h"
#include "devices/pl011.h"

#define SERIAL_INPUT_TYPE_AHEAD	  16384
#define SERIAL_INPUT_SETTLE_TICKS 10

enum serial_input_result {
	SERIAL_INPUT_NONE,     /* there is nothing for the guest */
	SERIAL_INPUT_WAITING,  /* the UART's wake tells when to go on */
	SERIAL_INPUT_SETTLING, /* a tick tells when to go on */
};

struct serial_input {
	struct host_stream stream;
	struct pl011 *uart;		/* not owned */
	struct console_port *port;	/* not owned; NULL: none beside the UART */
	void (*on_quit)(void *context); /* for Ctrl-A x */
	void *context;
	bool ended;	     /* there will be no more bytes */
	bool prefix;	     /* the last key was Ctrl-A */
	uint64_t dropped;    /* keys typed while too many were waiting */
	unsigned epoch;	     /* of the receiver, as last seen */
	unsigned ticks;	     /* how long it has been that */
	size_t begin, count; /* what of `bytes` waits for the guest */
	uint8_t bytes[SERIAL_INPUT_TYPE_AHEAD];
};

void serial_input_init(struct serial_input *input, struct pl011 *uart, int fd,
		       void (*on_quit)(void *context), void *context);
void serial_input_destroy(struct serial_input *input);

/* Whether it makes sense to watch stream.fd for EPOLLIN. */
bool serial_input_wants_more(const struct serial_input *input);
/* Reads once; then offer. */
void serial_input_read(struct serial_input *input);
/* Gives the UART what it takes. `tick`: a tick has passed. */
enum serial_input_result serial_input_offer(struct serial_input *input, bool tick);

#endif
