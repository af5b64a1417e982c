/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Carries what the guest transmits, from the UART and what else adds to it, to a file descriptor,
 * in large writes that never block. When nobody reads any more (or the disk is full), the guest
 * goes on and its output is dropped and counted. For the event loop's thread.
 */
#ifndef DEVICES_SERIAL_OUTPUT_H
#define DEVICES_SERIAL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

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
	bool absent;	    /* there is no reader yet: dropped without a count */
	bool impatient;	    /* what cannot be written at once is dropped, until something can be */
	uint64_t written;   /* bytes */
	uint64_t dropped;   /* bytes; without those that the UART counts */
	size_t begin, end;  /* what of `bytes` has not been written yet */
	uint8_t bytes[4096];
};

void serial_output_init(struct serial_output *output, struct pl011 *uart, int fd);
void serial_output_destroy(struct serial_output *output);

/* Adds bytes of the spans, from their byte `offset` on, to what is to be written next, as many as
 * there is room for; returns how many. */
size_t serial_output_add(struct serial_output *output, const struct iovec *spans, unsigned count,
			 size_t offset);
/* Whether there is room for more. */
static inline bool serial_output_has_room(const struct serial_output *output)
{
	return output->end - output->begin < sizeof(output->bytes);
}

/* Writes what there is, but not without end while the guest goes on. */
enum serial_output_result serial_output_pump(struct serial_output *output);

/*
 * Writes all there is, until nobody reads or for `timeout_ms` nothing could be written; drops and
 * counts the rest. The guest must have stopped.
 */
void serial_output_drain(struct serial_output *output, int timeout_ms);

#endif
