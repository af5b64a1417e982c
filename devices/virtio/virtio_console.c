// SPDX-License-Identifier: GPL-2.0-only
#include "devices/virtio/virtio_console.h"

#include <endian.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "devices/input_settle.h"
#include "devices/serial_console.h"
#include "devices/virtio/spans.h"
#include "devices/virtio/virtio_device.h"

#define QUEUE_SIZE 64

enum {
	QUEUE_RECEIVE,
	QUEUE_TRANSMIT,
	QUEUES,
};

#define VIRTIO_CONSOLE_F_SIZE (UINT64_C(1) << 0)

/* Then it is the turn of other sources. */
#define CHAINS_PER_NOTIFY 256

/* 5.3.4 */
struct console_config {
	uint16_t columns, rows;
	uint32_t max_ports, emergency_write;
};

struct virtio_console {
	struct virtio_device device;
	struct console_port port;
	/* All below is protected by the device's lock. */
	struct input_settle settle;
	bool input_waits; /* for buffers of the driver */
	bool sending;	  /* `chain` was popped and is not all written: `sent` bytes of it are */
	size_t sent;
	struct virtqueue_chain chain;
	struct iovec spans[QUEUE_SIZE];
};

static struct virtio_console *to_console(struct virtio_device *device)
{
	return (struct virtio_console *)((char *)device - offsetof(struct virtio_console, device));
}

static struct virtio_console *port_to_console(struct console_port *port)
{
	return (struct virtio_console *)((char *)port - offsetof(struct virtio_console, port));
}

/* Takes the driver's chains until there are no more (true) or the output has no room. */
static bool take_output(struct virtio_console *console, struct virtqueue *queue, unsigned *chains)
{
	struct virtqueue_chain *chain = &console->chain;

	for (; *chains < CHAINS_PER_NOTIFY; ++*chains) {
		if (!console->sending && virtqueue_pop(queue, chain) <= 0)
			return true;
		if (!console->sending)
			console->sent = 0;
		console->sent += serial_console_write(console->port.console, chain->readable,
						      chain->readable_count, console->sent);
		console->sending = console->sent < chain->readable_size;
		if (console->sending)
			return false;
		virtqueue_push(queue, chain, 0);
	}
	virtqueue_notify_self(queue);
	return false;
}

static void transmit(struct virtio_console *console)
{
	struct virtqueue *queue = &console->device.queues[QUEUE_TRANSMIT];
	unsigned chains = 0;

	do {
		virtqueue_disable_notify(queue);
		if (!take_output(console, queue, &chains))
			break;
	} while (!virtqueue_enable_notify(queue));
	if (chains || console->sending)
		input_settle_output(&console->settle, clock_now_ms());
	/* port_rest() interrupts. Linux, which spins until its buffer is used, has nothing of an
	 * interrupt for each but two exits. */
}

static void port_rest(struct console_port *port)
{
	struct virtio_device *device = &port_to_console(port)->device;

	virtio_device_lock(device);
	if (virtio_device_is_active(device) && virtqueue_is_ready(&device->queues[QUEUE_TRANSMIT]))
		virtqueue_signal(&device->queues[QUEUE_TRANSMIT]);
	virtio_device_unlock(device);
}

static void console_notify(struct virtio_device *device, struct virtqueue *queue)
{
	struct virtio_console *console = to_console(device);

	if (queue->index == QUEUE_TRANSMIT) {
		transmit(console);
	} else if (console->input_waits) {
		console->input_waits = false;
		serial_console_wake(console->port.console);
	}
}

static void console_activate(struct virtio_device *device)
{
	struct virtio_console *console = to_console(device);

	input_settle_begin(&console->settle, clock_now_ms());
	/* What was typed before. */
	serial_console_wake(console->port.console);
}

static void console_stop(struct virtio_device *device)
{
	struct virtio_console *console = to_console(device);

	console->sending = console->input_waits = false;
}

static enum console_port_state port_state(struct console_port *port)
{
	struct virtio_console *console = port_to_console(port);
	struct virtio_device *device = &console->device;
	enum console_port_state state = CONSOLE_PORT_ABSENT;

	virtio_device_lock(device);
	if (virtio_device_is_active(device) && virtqueue_is_ready(&device->queues[QUEUE_RECEIVE]))
		state = input_settle_is_over(&console->settle, clock_now_ms())
				? CONSOLE_PORT_READY
				: CONSOLE_PORT_SETTLING;
	virtio_device_unlock(device);
	return state;
}

static size_t receive(struct virtqueue *queue, const uint8_t *bytes, size_t size)
{
	struct iovec spans[QUEUE_SIZE];
	struct virtqueue_chain chain = { .spans = spans, .span_capacity = QUEUE_SIZE };
	size_t done = 0;

	while (done < size && virtqueue_pop(queue, &chain) > 0) {
		size_t part = spans_copy_in(chain.writable, chain.writable_count, 0, bytes + done,
					    size - done);

		virtqueue_push(queue, &chain, part);
		done += part;
	}
	return done;
}

static size_t port_give(struct console_port *port, const uint8_t *bytes, size_t size)
{
	struct virtio_console *console = port_to_console(port);
	struct virtio_device *device = &console->device;
	struct virtqueue *queue = &device->queues[QUEUE_RECEIVE];
	size_t done = 0;

	virtio_device_lock(device);
	if (virtio_device_is_active(device) && virtqueue_is_ready(queue)) {
		virtqueue_disable_notify(queue);
		do
			done += receive(queue, bytes + done, size - done);
		while (done < size && !virtqueue_enable_notify(queue));
		virtqueue_signal(queue);
		console->input_waits = done < size;
	}
	virtio_device_unlock(device);
	return done;
}

static void port_go_on(struct console_port *port)
{
	struct virtio_console *console = port_to_console(port);

	virtio_device_lock(&console->device);
	if (virtio_device_is_active(&console->device) && console->sending)
		transmit(console);
	virtio_device_unlock(&console->device);
}

static const struct console_port_ops port_ops = {
	.state = port_state,
	.give = port_give,
	.go_on = port_go_on,
	.rest = port_rest,
};

static void console_destroy(struct virtio_device *device)
{
	virtio_device_destroy(device);
	free(to_console(device));
}

static const struct virtio_device_ops console_ops = {
	.name = "virtio-console",
	.id = VIRTIO_ID_CONSOLE,
	.activate = console_activate,
	.stop = console_stop,
	.notify = console_notify,
	.destroy = console_destroy,
};

int virtio_console_create(const struct guest_memory *memory, struct event_loop *loop,
			  struct virtio_console_size size, struct virtio_device **device,
			  struct console_port **port)
{
	static const uint16_t queue_sizes[QUEUES] = { QUEUE_SIZE, QUEUE_SIZE };
	const struct console_config space = {
		.columns = htole16(size.columns),
		.rows = htole16(size.rows),
		.max_ports = htole32(1),
	};
	const struct virtio_device_config config = {
		.ops = &console_ops,
		.memory = memory,
		.loop = loop,
		.features = size.columns ? VIRTIO_CONSOLE_F_SIZE : 0,
		.queues = QUEUES,
		.queue_sizes = queue_sizes,
		.config = &space,
		.config_size = sizeof(space),
	};
	struct virtio_console *console = calloc(1, sizeof(*console));
	int ret;

	if (!console)
		return log_error(-ENOMEM, "cannot make a virtio-console: out of memory");
	ret = virtio_device_init(&console->device, &config);
	if (ret < 0) {
		free(console);
		return ret;
	}
	console->chain.spans = console->spans;
	console->chain.span_capacity = QUEUE_SIZE;
	console->port.ops = &port_ops;
	*device = &console->device;
	*port = &console->port;
	return 0;
}

void virtio_console_resize(struct virtio_device *device, struct virtio_console_size size)
{
	const uint16_t bytes[2] = { htole16(size.columns), htole16(size.rows) };

	if (device->features_offered & VIRTIO_CONSOLE_F_SIZE)
		virtio_device_set_config(device, offsetof(struct console_config, columns), bytes,
					 sizeof(bytes));
}
