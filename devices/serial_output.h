/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Carries what the guest transmits from the UART to a file descriptor, in large writes that never
 * block. When nobody reads any more (or the disk is full), the guest goes on and its output is
 * dropped and counted. For the event loop's thread.
 */
#ifndef DEVICES_SERIAL_OUTPUT_H
#define DEVICES_SERIAL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/host_stream.h"
#include "devices/pl011.h"

enum serial_output_result {
	SERIAL_OUTPUT_IDLE,    /* there was nothing */
	SERIAL_OUTPUT_MOVED,   /* something was written; there may be more */
	SERIAL_OUTPUT_BLOCKED, /* the rest has to wait for EPOLLOUT on stream.fd */
};

struct serial_output {
	struct host_stream stream;
	struct pl011 *uart; /* not owned */
	bool broken;	    /* nobody reads any more */
	uint64_t written;   /* bytes */
	uint64_t dropped;   /* bytes; without those that the UART counts */
	size_t begin, end;  /* what of `bytes` was taken from the UART and not yet written */
	uint8_t bytes[4096];
};

void serial_output_init(struct serial_output *output, struct pl011 *uart, int fd);
void serial_output_destroy(struct serial_output *output);

/* Writes what there is, but not without end while the guest goes on. */
enum serial_output_result serial_output_pump(struct serial_output *output);

/*
 * Writes all there is, until nobody reads or for `timeout_ms` nothing could be written; drops and
 * counts the rest. The guest must have stopped.
 */
void serial_output_drain(struct serial_output *output, int timeout_ms);

#endif
