/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's serial port on our stdin and stdout: connects a PL011 to serial_input and
 * serial_output on an event loop.
 *
 * A vCPU that transmits signals the loop's thread only when that sleeps. Having written, the thread
 * looks again for a tick (SERIAL_CONSOLE_TICK_MS) before it sleeps, so that a guest that writes on
 * and on costs neither a system call per byte on a vCPU nor a write per byte here.
 *
 * A second port (devices/console_port.h) may use the same streams.
 *
 * All of it is for the loop's thread, with any vCPUs running.
 */
#ifndef DEVICES_SERIAL_CONSOLE_H
#define DEVICES_SERIAL_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/event_loop.h"
#include "devices/pl011.h"
#include "devices/serial_input.h"
#include "devices/serial_output.h"

#define SERIAL_CONSOLE_TICK_MS	      2
#define SERIAL_CONSOLE_PATIENCE_TICKS 500   /* a second */
#define SERIAL_CONSOLE_DRAIN_MS	      10000 /* what an end of the VM waits for a reader */

struct serial_console {
	struct event_loop *loop; /* not owned */
	struct pl011 *uart;	 /* not owned */
	struct event_notifier wake;
	struct event_source in_ready, out_ready, tick;
	int tick_fd;
	bool ticking;
	bool draining;			/* output is to be looked at again in a tick */
	bool settling;			/* so is input */
	struct console_port *port;	/* not owned; NULL: only the UART */
	bool port_wrote;		/* since the last tick */
	bool port_waits;		/* for room in the output */
	void (*on_gone)(void *context); /* NULL: who goes away does not come back */
	void *gone_context;
	bool may_drop;		/* see serial_console_attach() */
	unsigned blocked_ticks; /* how long the output has been blocked, if it may drop */
	struct serial_input input;
	struct serial_output output;
};

/*
 * Connects `uart` to two different file descriptors, which stay the caller's and may be of any
 * kind, or not open. Before the first vCPU runs and before a sandbox; ignores SIGPIPE for the
 * process. `on_quit` is called for Ctrl-A x. Does not touch the terminal's modes. Returns 0 or
 * -errno, described.
 */
int serial_console_init(struct serial_console *console, struct event_loop *loop, struct pl011 *uart,
			int in_fd, int out_fd, void (*on_quit)(void *context), void *context);

/*
 * Instead of the two file descriptors: reads `in_fd` and writes `out_fd` from now on, which stay
 * the caller's, have O_NONBLOCK and must not be the same. No byte of it is a command. With
 * `may_drop`, output that cannot be written for a second, as into a pseudo terminal that nobody has
 * open, is dropped until it can be again.
 */
void serial_console_attach(struct serial_console *console, int in_fd, int out_fd, bool may_drop);
/*
 * Lets readers come and go: at first there is none, and the output is lost. Whoever is attached is
 * forgotten when he goes, and then `on_gone` is called.
 */
void serial_console_expect(struct serial_console *console, void (*on_gone)(void *context),
			   void *context);

/* Adds a port. Before the first vCPU runs. */
void serial_console_add_port(struct serial_console *console, struct console_port *port);

/*
 * For the port: writes the bytes of the spans, from their byte `offset` on. Returns how many; if
 * not all, port->ops->go_on() will be called.
 */
size_t serial_console_write(struct serial_console *console, const struct iovec *spans,
			    unsigned count, size_t offset);
/* For the port, on any thread: it takes input now. */
void serial_console_wake(struct serial_console *console);

/*
 * Writes what the guest has transmitted, after its end: until all is written, the reader has gone,
 * or for `timeout_ms` it did not read. Then warns of all bytes that were dropped since the
 * beginning, and returns how many.
 */
uint64_t serial_console_drain(struct serial_console *console, int timeout_ms);

/* Without draining. No vCPU runs any more. */
void serial_console_destroy(struct serial_console *console);

#endif
