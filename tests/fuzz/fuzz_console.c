// SPDX-License-Identifier: GPL-2.0-only
/* The world beyond is a socket: what it sends is typed, what the guest writes is read and dropped.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "devices/pl011.h"
#include "devices/serial_console.h"
#include "devices/virtio/virtio_console.h"
#include "tests/fuzz/fuzz_virtio.h"

static struct pl011 uart;
static struct serial_console console;
static int typist[2], reader[2];

static void no_quit(void *context)
{
	(void)context;
}

/* No bytes: the terminal has another size. */
static void type(struct fuzz_virtio *virtio, const uint8_t *bytes, size_t size)
{
	static uint8_t sink[65536];

	if (!size)
		virtio_console_resize(virtio->device, (struct virtio_console_size){ 80, 25 });
	else
		send(typist[1], bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (recv(reader[1], sink, sizeof(sink), MSG_DONTWAIT) > 0)
		;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct fuzz_virtio virtio = { .outside = type };
	struct fuzz_input input = { bytes, size };
	const struct virtio_console_size terminal = { fuzz_take(&input, 1), 24 };
	struct virtio_device *device;
	struct console_port *port;

	if (!virtio.memory.host)
		fuzz_virtio_init(&virtio);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, typist) < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, reader) < 0)
		abort();
	pl011_init(&uart, NULL, 1);
	if (serial_console_init(&console, &virtio.loop, &uart, typist[0], reader[0], no_quit,
				NULL) < 0 ||
	    virtio_console_create(&virtio.memory, &virtio.loop, terminal, &device, &port) < 0)
		abort();
	serial_console_add_port(&console, port);
	fuzz_virtio_run(&virtio, device, &input);
	serial_console_destroy(&console);
	for (unsigned i = 0; i < 2; i++) {
		close(typist[i]);
		close(reader[i]);
	}
	return 0;
}
