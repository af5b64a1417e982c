// SPDX-License-Identifier: GPL-2.0-only
#include "harness/guest_image.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "harness/guest_tests.h"

static size_t image_size(void)
{
	return guest_image_end - guest_image_start;
}

int guest_image_open(void)
{
	int fd = memfd_create("armlet-guest-image", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int ret;

	if (fd < 0)
		return log_error(-errno, "cannot make a file in memory for the guest image: %s",
				 strerror(errno));
	errno = EIO; /* of a write that is too short */
	if (write(fd, guest_image_start, image_size()) == (ssize_t)image_size() &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0)
		return fd;
	ret = log_error(-errno, "cannot fill the file in memory for the guest image: %s",
			strerror(errno));
	close(fd);
	return ret;
}

int guest_image_put(void *to, int fd)
{
	if (!fd) {
		memcpy(to, guest_image_start, image_size());
		return 0;
	}
	if (mmap(to, image_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fd, 0) ==
	    MAP_FAILED)
		return log_error(-errno, "cannot map the guest image: %s", strerror(errno));
	return 0;
}
