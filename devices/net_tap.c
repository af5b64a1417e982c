// SPDX-License-Identifier: GPL-2.0-only
#include "devices/net_tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "devices/net_request.h"

_Static_assert(NET_TAP_NAME_MAX + 1 == IFNAMSIZ, "an interface's name");

static int cannot_use(const char *name, int error, const char *why)
{
	return log_error(error, "cannot use --net tap=%s: %s", name, why);
}

static int cannot_open(const char *name, int error)
{
	switch (error) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		return cannot_use(name, -error,
				  "/dev/net/tun is not there: load the kernel's module 'tun'");
	case EACCES:
		return cannot_use(name, -error,
				  "you may not open /dev/net/tun: change its permissions");
	case EPERM:
		return log_error(-error,
				 "cannot use --net tap=%s: you may not use that interface: as "
				 "root, make it yours by: ip tuntap add dev %s mode tap user YOU",
				 name, name);
	case EBUSY:
		return cannot_use(name, -error, "another program uses it");
	case EINVAL:
		return cannot_use(name, -error,
				  "it is no TAP interface, or of another kind (one with several "
				  "queues has to be made with 'multi_queue', one with a single "
				  "queue without)");
	default:
		return cannot_use(name, -error, strerror(error));
	}
}

static int open_queue(const char *name, bool many)
{
	struct ifreq request = {
		.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | (many ? IFF_MULTI_QUEUE : 0),
	};
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK), error, size;

	if (fd < 0)
		return cannot_open(name, errno);
	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	size = NET_HEADER_SIZE;
	if (ioctl(fd, TUNSETIFF, &request) == 0 && ioctl(fd, TUNSETVNETHDRSZ, &size) == 0 &&
	    ioctl(fd, TUNSETOFFLOAD, 0) == 0)
		return fd;
	error = errno;
	close(fd);
	return cannot_open(name, error);
}

static uint16_t find_mtu(const char *name)
{
	struct ifreq request = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint16_t mtu = 1500;

	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	if (fd >= 0 && ioctl(fd, SIOCGIFMTU, &request) == 0 && request.ifr_mtu >= 68 &&
	    request.ifr_mtu <= UINT16_MAX)
		mtu = request.ifr_mtu;
	if (fd >= 0)
		close(fd);
	return mtu;
}

int net_tap_open(const char *name, unsigned queues, int *fds, uint16_t *mtu)
{
	for (unsigned i = 0; i < queues; i++) {
		fds[i] = open_queue(name, queues > 1);
		if (fds[i] < 0) {
			int ret = fds[i];

			while (i)
				close(fds[--i]);
			return ret;
		}
	}
	*mtu = find_mtu(name);
	return 0;
}

int net_tap_set_offloads(int fd, unsigned offloads)
{
	unsigned long flags = 0;

	flags |= offloads & NET_TAP_CSUM ? TUN_F_CSUM : 0;
	flags |= offloads & NET_TAP_TSO4 ? TUN_F_TSO4 : 0;
	flags |= offloads & NET_TAP_TSO6 ? TUN_F_TSO6 : 0;
	flags |= offloads & NET_TAP_ECN ? TUN_F_TSO_ECN : 0;
	return ioctl(fd, TUNSETOFFLOAD, flags) < 0 ? -errno : 0;
}

int net_tap_attach(int fd, bool attached)
{
	struct ifreq request = {
		.ifr_flags = attached ? IFF_ATTACH_QUEUE : IFF_DETACH_QUEUE,
	};

	/* EINVAL: it was so already. */
	return ioctl(fd, TUNSETQUEUE, &request) < 0 && errno != EINVAL ? -errno : 0;
}
