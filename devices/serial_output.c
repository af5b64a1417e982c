// SPDX-License-Identifier: GPL-2.0-only
#include "devices/serial_output.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "devices/virtio/spans.h"

/* Then it is the turn of other sources, such as the key that ends the VM. */
#define WRITES_PER_PUMP 4

void serial_output_init(struct serial_output *output, struct pl011 *uart, int fd)
{
	output->uart = uart;
	output->broken = output->absent = output->impatient = false;
	output->written = output->dropped = 0;
	output->begin = output->end = 0;
	host_stream_open(&output->stream, fd, HOST_STREAM_WRITE);
}

void serial_output_destroy(struct serial_output *output)
{
	host_stream_close(&output->stream);
}

size_t serial_output_add(struct serial_output *output, const struct iovec *spans, unsigned count,
			 size_t offset)
{
	size_t added, left = output->end - output->begin;

	if (output->begin) {
		memmove(output->bytes, output->bytes + output->begin, left);
		output->begin = 0;
		output->end = left;
	}
	added = spans_copy_out(spans, count, offset, output->bytes + left,
			       sizeof(output->bytes) - left);
	output->end += added;
	return added;
}

static void drop_taken(struct serial_output *output)
{
	if (!output->absent)
		output->dropped += output->end - output->begin;
	output->begin = output->end = 0;
}

enum serial_output_result serial_output_pump(struct serial_output *output)
{
	enum serial_output_result result = SERIAL_OUTPUT_IDLE;

	for (int i = 0; i < WRITES_PER_PUMP; i++) {
		ssize_t written;

		if (output->begin == output->end) {
			output->begin = 0;
			output->end =
				pl011_take(output->uart, output->bytes, sizeof(output->bytes));
		}
		if (output->begin == output->end)
			return result;
		result = SERIAL_OUTPUT_MOVED;
		if (output->broken || output->absent) {
			drop_taken(output);
			continue;
		}
		written = host_stream_write(&output->stream, output->bytes + output->begin,
					    output->end - output->begin);
		if (written == -EAGAIN && output->impatient) {
			drop_taken(output);
			continue;
		}
		if (written == -EAGAIN)
			return SERIAL_OUTPUT_BLOCKED;
		if (written >= 0) {
			output->impatient = false;
			output->begin += written;
			output->written += written;
			continue;
		}
		output->broken = true;
		if (written != -EPIPE)
			log_warn("cannot write the guest's output: %s: it is dropped from now on",
				 strerror(-written));
	}
	return result;
}

void serial_output_drain(struct serial_output *output, int timeout_ms)
{
	int64_t progress = clock_now_ms(), left;
	uint64_t written = output->written;

	for (;;) {
		enum serial_output_result result = serial_output_pump(output);
		struct pollfd poll_fd = { .fd = output->stream.fd, .events = POLLOUT };

		if (result == SERIAL_OUTPUT_IDLE)
			return;
		if (result == SERIAL_OUTPUT_MOVED || output->written != written) {
			written = output->written;
			progress = clock_now_ms();
			continue;
		}
		left = progress + timeout_ms - clock_now_ms();
		if (left <= 0)
			break;
		poll(&poll_fd, 1, (int)left);
	}
	output->broken = true;
	while (serial_output_pump(output) != SERIAL_OUTPUT_IDLE)
		;
}
