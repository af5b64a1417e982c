// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "devices/virtio/virtio_rng.h"
#include "tests/fuzz/fuzz_virtio.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct fuzz_virtio virtio;
	struct fuzz_input input = { bytes, size };
	struct virtio_device *device;

	if (!virtio.memory.host)
		fuzz_virtio_init(&virtio);
	if (virtio_rng_create(&virtio.memory, &virtio.loop, &device) < 0)
		abort();
	fuzz_virtio_run(&virtio, device, &input);
	return 0;
}
