// SPDX-License-Identifier: GPL-2.0-only
/* The first byte: passt or a TAP interface, and how many pairs of queues. Both are played by
 * sockets. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "devices/virtio/virtio_net.h"
#include "tests/fuzz/fuzz_virtio.h"

static int peers[NET_QUEUES_MAX];
static unsigned peer_count;

static int no_sandbox(void *context)
{
	(void)context;
	return 0;
}

/* Sends a packet or a part of the stream, and takes what the guest sent. No bytes: hangs up. */
static void act_as_peer(struct fuzz_virtio *virtio, const uint8_t *bytes, size_t size)
{
	static uint8_t sink[65536];
	unsigned peer = size ? bytes[0] % peer_count : 0;

	(void)virtio;
	if (!size)
		shutdown(peers[peer], SHUT_RDWR);
	else
		send(peers[peer], bytes + 1, size - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (recv(peers[peer], sink, sizeof(sink), MSG_DONTWAIT) > 0)
		;
}

static void make_sockets(int *fds, unsigned count, int type)
{
	for (peer_count = 0; peer_count < count; peer_count++) {
		int pair[2];

		if (socketpair(AF_UNIX, type, 0, pair) < 0 ||
		    fcntl(pair[0], F_SETFL, O_NONBLOCK) < 0)
			abort();
		fds[peer_count] = pair[0];
		peers[peer_count] = pair[1];
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct fuzz_virtio virtio = { .outside = act_as_peer };
	struct fuzz_input input = { bytes, size };
	uint8_t kind = fuzz_take(&input, 1);
	const struct net_request request = {
		.kind = kind & 1 ? NET_TAP : NET_USER,
		.queues = kind & 1 ? 1 + (kind >> 1) % 3 : 1,
	};
	const struct virtio_net_setup setup = {
		.net = &request,
		.memory = &virtio.memory,
		.vm_name = "fuzz",
		.thread_begin = no_sandbox,
	};
	struct virtio_device *device;
	int fds[NET_QUEUES_MAX];

	if (!virtio.memory.host)
		fuzz_virtio_init(&virtio);
	make_sockets(fds, request.queues, kind & 1 ? SOCK_SEQPACKET : SOCK_STREAM);
	if (virtio_net_create_on(&setup, fds, kind & 1 ? 1500 : 0, &device) < 0)
		abort();
	fuzz_virtio_run(&virtio, device, &input);
	while (peer_count)
		close(peers[--peer_count]);
	return 0;
}
