/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Another port of the guest's console beside the serial one, on the same terminal
 * (devices/serial_console.h): what it writes goes to the same output; and once its driver is there,
 * it is the one that gets the input. virtio-console is one.
 */
#ifndef DEVICES_CONSOLE_PORT_H
#define DEVICES_CONSOLE_PORT_H

#include <stddef.h>
#include <stdint.h>

struct console_port;
struct serial_console;

enum console_port_state {
	CONSOLE_PORT_ABSENT,   /* the guest has no driver for it */
	CONSOLE_PORT_SETTLING, /* it has one that may lose input yet; a tick later it may be ready
				*/
	CONSOLE_PORT_READY,
};

/* Called on the console's thread. */
struct console_port_ops {
	enum console_port_state (*state)(struct console_port *port);
	/* Gives the guest input; returns how many bytes it took. If not all, serial_console_wake()
	 * is due as soon as it takes more. */
	size_t (*give)(struct console_port *port, const uint8_t *bytes, size_t size);
	/* There is room for output again, after serial_console_write() did not take all. */
	void (*go_on)(struct console_port *port);
	/* A tick has passed since serial_console_write(), or more. */
	void (*rest)(struct console_port *port);
};

struct console_port {
	const struct console_port_ops *ops;
	struct serial_console *console; /* set by serial_console_add_port() */
};

#endif
