// SPDX-License-Identifier: GPL-2.0-only
#include "harness/esp_loopback.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <net/if.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#define SPI	   0x1000
#define CIPHER	   "rfc4106(gcm(aes))"
#define KEY_BITS   160 /* AES-128 and the salt */
#define CHECK_BITS 128
#define DATAGRAM   1200
#define LIFETIME_UNLIMITED                                         \
	{                                                          \
		XFRM_INF, XFRM_INF, XFRM_INF, XFRM_INF, 0, 0, 0, 0 \
	}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static int bring_up_loopback(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), ret;

	if (fd < 0)
		return -errno;
	ret = ioctl(fd, SIOCSIFFLAGS, &request) < 0 ? -errno : 0;
	close(fd);
	return ret;
}

/* A mask of CPUs as sysfs has it: words of 32 bits, the highest first. */
static int receive_on(unsigned host_cpu)
{
	char mask[128];
	int length = snprintf(mask, sizeof(mask), "%x", 1u << host_cpu % 32);

	for (unsigned word = 0; word < host_cpu / 32 && length < (int)sizeof(mask); word++)
		length += snprintf(mask + length, sizeof(mask) - length, ",00000000");
	return write_file("/sys/class/net/lo/queues/rx-0/rps_cpus", mask);
}

/* -- the security association and the policy that uses it ------------------------------------- */

struct xfrm_request {
	struct nlmsghdr header;
	char payload[512];
};

static void append(struct xfrm_request *request, const void *data, size_t size)
{
	memcpy((char *)request + NLMSG_ALIGN(request->header.nlmsg_len), data, size);
	request->header.nlmsg_len = NLMSG_ALIGN(request->header.nlmsg_len) + size;
}

static void append_attribute(struct xfrm_request *request, uint16_t type, const void *data,
			     size_t size)
{
	struct nlattr attribute = { .nla_len = NLA_HDRLEN + size, .nla_type = type };

	append(request, &attribute, sizeof(attribute));
	append(request, data, size);
}

static int send_request(int fd, struct xfrm_request *request)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		char request[sizeof(struct xfrm_request)];
	} answer;

	request->header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	if (send(fd, request, request->header.nlmsg_len, 0) < 0 ||
	    recv(fd, &answer, sizeof(answer), 0) < 0)
		return -errno;
	return answer.header.nlmsg_type == NLMSG_ERROR ? answer.error.error : -EPROTO;
}

static const xfrm_address_t own_address = { .a4 = 0x0100007f }; /* 127.0.0.1, network order */

static int add_association(int fd)
{
	struct xfrm_usersa_info association = {
		.id = { .daddr = own_address, .spi = htonl(SPI), .proto = IPPROTO_ESP },
		.saddr = own_address,
		.lft = LIFETIME_UNLIMITED,
		.family = AF_INET,
		.mode = XFRM_MODE_TRANSPORT,
		.reqid = 1,
	};
	struct {
		struct xfrm_algo_aead cipher;
		uint8_t key[KEY_BITS / 8];
	} with_key = {
		.cipher = { CIPHER, KEY_BITS, CHECK_BITS },
		.key = "a key for a loopback",
	};
	struct xfrm_request request = {
		.header = { .nlmsg_len = NLMSG_HDRLEN, .nlmsg_type = XFRM_MSG_NEWSA },
	};

	append(&request, &association, sizeof(association));
	append_attribute(&request, XFRMA_ALG_AEAD, &with_key, sizeof(with_key));
	return send_request(fd, &request);
}

static int add_policy(int fd)
{
	struct xfrm_userpolicy_info policy = {
		.sel = { .daddr = own_address,
			 .saddr = own_address,
			 .family = AF_INET,
			 .prefixlen_d = 32,
			 .prefixlen_s = 32,
			 .proto = IPPROTO_UDP },
		.lft = LIFETIME_UNLIMITED,
		.dir = XFRM_POLICY_OUT,
		.action = XFRM_POLICY_ALLOW,
	};
	struct xfrm_user_tmpl wanted = {
		.id = { .daddr = own_address, .proto = IPPROTO_ESP },
		.family = AF_INET,
		.saddr = own_address,
		.reqid = 1,
		.mode = XFRM_MODE_TRANSPORT,
		.aalgos = ~0u,
		.ealgos = ~0u,
		.calgos = ~0u,
	};
	struct xfrm_request request = {
		.header = { .nlmsg_len = NLMSG_HDRLEN, .nlmsg_type = XFRM_MSG_NEWPOLICY },
	};

	append(&request, &policy, sizeof(policy));
	append_attribute(&request, XFRMA_TMPL, &wanted, sizeof(wanted));
	return send_request(fd, &request);
}

static int use_esp(const char **missing)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_XFRM), ret;

	*missing = "IPsec (module xfrm_user)";
	if (fd < 0)
		return -errno;
	*missing = "ESP with " CIPHER " (modules esp4, seqiv, ghash-ce)";
	ret = add_association(fd);
	if (ret == 0) {
		*missing = "a policy for ESP";
		ret = add_policy(fd);
	}
	close(fd);
	return ret;
}

/* -- datagrams -------------------------------------------------------------------------------- */

/* Connected with itself. */
static int open_socket(void)
{
	struct sockaddr_in own = { .sin_family = AF_INET, .sin_addr.s_addr = own_address.a4 };
	socklen_t size = sizeof(own);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&own, size) == 0 &&
	    getsockname(fd, (struct sockaddr *)&own, &size) == 0 &&
	    connect(fd, (struct sockaddr *)&own, size) == 0)
		return fd;
	close(fd);
	return -errno;
}

int esp_loopback_open(struct esp_loopback *loopback, unsigned host_cpu, const char **missing)
{
	int ret;

	*loopback = (struct esp_loopback){ .fd = -1 };
	*missing = "namespaces of one's own (root)";
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("sysfs", "/sys", "sysfs", 0, NULL) < 0)
		return -errno;
	*missing = "a loopback with receive packet steering";
	ret = bring_up_loopback();
	if (ret == 0)
		ret = receive_on(host_cpu);
	/* The loopback goes without IPsec unless told. */
	if (ret == 0)
		ret = write_file("/proc/sys/net/ipv4/conf/lo/disable_xfrm", "0");
	if (ret == 0)
		ret = use_esp(missing);
	if (ret < 0)
		return ret;
	*missing = "a UDP socket";
	loopback->fd = open_socket();
	return loopback->fd < 0 ? loopback->fd : 0;
}

void esp_loopback_close(struct esp_loopback *loopback)
{
	if (loopback->fd >= 0)
		close(loopback->fd);
	loopback->fd = -1;
}

bool esp_loopback_send(struct esp_loopback *loopback)
{
	static const char datagram[DATAGRAM] = "armlet";
	char received[DATAGRAM];

	while (recv(loopback->fd, received, sizeof(received), 0) > 0)
		loopback->received++;
	return send(loopback->fd, datagram, sizeof(datagram), 0) == sizeof(datagram) ||
	       errno == EAGAIN || errno == ENOBUFS;
}
