// SPDX-License-Identifier: GPL-2.0-only
#include "base/kvm.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

static int describe_open_failure(int error)
{
	switch (error) {
	case ENOENT:
		return log_error(
			-error,
			"cannot open /dev/kvm: there is none: the kernel was not booted at EL2, or "
			"KVM is not built in or loaded (see `dmesg | grep -i kvm`)");
	case EACCES:
	case EPERM:
		return log_error(-error,
				 "cannot open /dev/kvm: permission denied: run as root, or add "
				 "your user to the group that owns it (usually `kvm`)");
	case ENODEV:
	case ENXIO:
		return log_error(-error,
				 "cannot open /dev/kvm: the device node is there but the kernel "
				 "offers no KVM: see `dmesg | grep -i kvm` for why");
	default:
		return log_error(-error, "cannot open /dev/kvm: %s", strerror(error));
	}
}

int kvm_open(void)
{
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC), version;

	if (fd < 0)
		return describe_open_failure(errno);
	version = kvm_ioctl(fd, KVM_GET_API_VERSION, 0);
	if (version == KVM_API_VERSION)
		return fd;
	close(fd);
	if (version < 0)
		return log_error(version,
				 "cannot use /dev/kvm: %s: is it really KVM's device node?",
				 strerror(-version));
	return log_error(-ENOTSUP, "cannot use /dev/kvm: its API version is %d, not %d", version,
			 KVM_API_VERSION);
}

#if !defined(__aarch64__) || defined(KVM_PLAYED)
int kvm_ioctl(int fd, unsigned long request, uintptr_t argument)
{
	int ret = ioctl(fd, request, argument);

	return ret < 0 ? -errno : ret;
}
#endif

struct kvm_run *kvm_map_run(int vcpu_fd, size_t size)
{
	void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu_fd, 0);

	return map == MAP_FAILED ? NULL : map;
}
