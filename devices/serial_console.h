/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's serial port on our stdin and stdout: connects a PL011 to serial_input and
 * serial_output on an event loop.
 *
 * A vCPU that transmits signals the loop's thread only when that sleeps. Having written, the thread
 * looks again for a tick (SERIAL_CONSOLE_TICK_MS) before it sleeps, so that a guest that writes on
 * and on costs neither a system call per byte on a vCPU nor a write per byte here.
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

#define SERIAL_CONSOLE_TICK_MS	2
#define SERIAL_CONSOLE_DRAIN_MS 10000 /* what an end of the VM waits for a reader */

struct serial_console {
	struct event_loop *loop; /* not owned */
	struct pl011 *uart;	 /* not owned */
	struct event_notifier wake;
	struct event_source in_ready, out_ready, tick;
	int tick_fd;
	bool ticking;
	bool draining; /* output is to be looked at again in a tick */
	bool settling; /* so is input */
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
 * Writes what the guest has transmitted, after its end: until all is written, the reader has gone,
 * or for `timeout_ms` it did not read. Then warns of all bytes that were dropped since the
 * beginning, and returns how many.
 */
uint64_t serial_console_drain(struct serial_console *console, int timeout_ms);

/* Without draining. No vCPU runs any more. */
void serial_console_destroy(struct serial_console *console);

#endif
