// SPDX-License-Identifier: GPL-2.0-only
/* The first byte: how many queues, and whether the disk may be written. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "devices/virtio/virtio_blk.h"
#include "tests/fuzz/fuzz_virtio.h"

#define DISK_SIZE (256 * 1024)

static int no_sandbox(void *context)
{
	(void)context;
	return 0;
}

/* A disk in memory, which is a file as well. */
static char *make_disk(void)
{
	static char path[64];
	int fd = memfd_create("disk", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, DISK_SIZE) < 0)
		abort();
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", getpid(), fd);
	return path;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct fuzz_virtio virtio;
	static struct disk_request request;
	struct fuzz_input input = { bytes, size };
	const struct virtio_blk_setup setup = {
		.disk = &request,
		.memory = &virtio.memory,
		.thread_begin = no_sandbox,
	};
	struct virtio_device *device;
	uint8_t kind = fuzz_take(&input, 1);

	if (!virtio.memory.host) {
		fuzz_virtio_init(&virtio);
		request.path = make_disk();
	}
	request.queues = 1 + kind % 3;
	request.readonly = kind >> 4 == 15;
	if (virtio_blk_create(&setup, &device) < 0)
		abort();
	fuzz_virtio_run(&virtio, device, &input);
	return 0;
}
