// SPDX-License-Identifier: GPL-2.0-only
/* A file that is to be booted: recognised, decompressed, placed in RAM and loaded. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/guest_memory.h"
#include "tests/fuzz/fuzz.h"
#include "vmm/boot_layout.h"
#include "vmm/kernel_image.h"
#include "vmm/memory_map.h"

#define RAM_SIZE (UINT64_C(16) << 20)

static void boot(const struct kernel_image *kernel)
{
	static struct guest_memory memory;
	const struct boot_request request = {
		.ram_base = MAP_RAM_BASE,
		.ram_size = RAM_SIZE,
		.kernel = kernel,
		.dtb_size = 4096,
	};
	struct boot_layout layout;

	if (!memory.host && guest_memory_create(&memory, MAP_RAM_BASE, RAM_SIZE) < 0)
		abort();
	if (boot_layout_compute(&layout, &request) == 0)
		boot_load(&layout, kernel, -1, &memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	int fd = memfd_create("kernel", MFD_CLOEXEC);
	struct kernel_image kernel;
	char path[64];

	fuzz_silence();
	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", getpid(), fd);
	if (kernel_image_open(path, KERNEL_LOAD_AUTO, RAM_SIZE, &kernel) == 0) {
		boot(&kernel);
		kernel_image_close(&kernel);
	}
	close(fd);
	return 0;
}
