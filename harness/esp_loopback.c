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

/* Network order. Not 127.0.0.1: from there nothing comes out of a tunnel. */
static const xfrm_address_t own_address = { .a4 = 0x0100000a };

static int bring_up_loopback(void)
{
	struct sockaddr_in own = { .sin_family = AF_INET, .sin_addr.s_addr = own_address.a4 };
	struct ifreq up = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	struct ifreq address = { .ifr_name = "lo:1" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), ret = 0;

	if (fd < 0)
		return -errno;
	memcpy(&address.ifr_addr, &own, sizeof(own));
	if (ioctl(fd, SIOCSIFFLAGS, &up) < 0 || ioctl(fd, SIOCSIFADDR, &address) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

/* A mask of CPUs as sysfs has it: words of 32 bits, the highest first. */
static int receive_on(unsigned host_cpu, const char **missing)
{
	char mask[CPU_SETSIZE / 32 * sizeof(",00000000")];
	int length = snprintf(mask, sizeof(mask), "%x", 1u << host_cpu % 32), ret;

	*missing = "receive packet steering to any of so many host CPUs";
	if (host_cpu >= CPU_SETSIZE)
		return -E2BIG;
	for (unsigned word = 0; word < host_cpu / 32; word++)
		length += snprintf(mask + length, sizeof(mask) - length, ",00000000");
	*missing = "receive packet steering";
	ret = write_file("/sys/class/net/lo/queues/rx-0/rps_cpus", mask);
	if (ret == -EINVAL)
		*missing = "receive packet steering to this host CPU (is it isolated?)";
	return ret;
}

/* The loopback goes without IPsec unless told, and takes what its own address sends for a lie. */
static int let_loopback_use_ipsec(void)
{
	int ret = write_file("/proc/sys/net/ipv4/conf/all/disable_xfrm", "0");

	if (ret == 0)
		ret = write_file("/proc/sys/net/ipv4/conf/lo/disable_xfrm", "0");
	if (ret == 0)
		ret = write_file("/proc/sys/net/ipv4/conf/lo/accept_local", "1");
	return ret;
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

struct xfrm_answer {
	struct nlmsghdr header;
	union {
		struct nlmsgerr error;
		struct xfrm_usersa_info association;
		char more[2048];
	};
};

/* 0 as well when the answer is an object that was asked for: its type tells. */
static int exchange(int fd, struct xfrm_request *request, struct xfrm_answer *answer)
{
	ssize_t size;

	request->header.nlmsg_flags |= NLM_F_REQUEST;
	if (send(fd, request, request->header.nlmsg_len, 0) < 0)
		return -errno;
	size = recv(fd, answer, sizeof(*answer), 0);
	if (size < 0)
		return -errno;
	if ((size_t)size < NLMSG_HDRLEN + sizeof(answer->error.error))
		return -EPROTO;
	return answer->header.nlmsg_type == NLMSG_ERROR ? answer->error.error : 0;
}

static int send_request(int fd, struct xfrm_request *request)
{
	struct xfrm_answer answer;

	request->header.nlmsg_flags = NLM_F_ACK;
	return exchange(fd, request, &answer);
}

static int add_association(int fd)
{
	struct xfrm_usersa_info association = {
		.id = { .daddr = own_address, .spi = htonl(SPI), .proto = IPPROTO_ESP },
		.saddr = own_address,
		.lft = LIFETIME_UNLIMITED,
		.family = AF_INET,
		.mode = XFRM_MODE_TUNNEL,
		.reqid = 1,
	};
	/* The key is all zeroes: there is nobody to keep anything from. */
	struct {
		struct xfrm_algo_aead cipher;
		uint8_t key[KEY_BITS / 8];
	} with_key = { .cipher = { CIPHER, KEY_BITS, CHECK_BITS } };
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
		.mode = XFRM_MODE_TUNNEL,
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

static int use_esp(struct esp_loopback *loopback, const char **missing)
{
	int ret;

	*missing = "IPsec (module xfrm_user)";
	loopback->xfrm_fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_XFRM);
	if (loopback->xfrm_fd < 0)
		return -errno;
	*missing = "ESP with " CIPHER " (modules esp4, seqiv, ghash-ce)";
	ret = add_association(loopback->xfrm_fd);
	if (ret < 0)
		return ret;
	*missing = "a policy for ESP";
	return add_policy(loopback->xfrm_fd);
}

uint64_t esp_loopback_packets(struct esp_loopback *loopback)
{
	struct xfrm_usersa_id id = {
		.daddr = own_address, .spi = htonl(SPI), .family = AF_INET, .proto = IPPROTO_ESP
	};
	struct xfrm_request request = {
		.header = { .nlmsg_len = NLMSG_HDRLEN, .nlmsg_type = XFRM_MSG_GETSA },
	};
	struct xfrm_answer answer;

	append(&request, &id, sizeof(id));
	if (exchange(loopback->xfrm_fd, &request, &answer) < 0 ||
	    answer.header.nlmsg_type != XFRM_MSG_NEWSA)
		return 0;
	return answer.association.curlft.packets;
}

/* -- datagrams -------------------------------------------------------------------------------- */

/* Connected with itself. */
static int open_socket(void)
{
	struct sockaddr_in own = { .sin_family = AF_INET, .sin_addr.s_addr = own_address.a4 };
	socklen_t size = sizeof(own);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), ret;

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&own, size) == 0 &&
	    getsockname(fd, (struct sockaddr *)&own, &size) == 0 &&
	    connect(fd, (struct sockaddr *)&own, size) == 0)
		return fd;
	ret = -errno;
	close(fd);
	return ret;
}

int esp_loopback_open(struct esp_loopback *loopback, unsigned host_cpu, const char **missing)
{
	int ret;

	*loopback = (struct esp_loopback){ .fd = -1, .xfrm_fd = -1 };
	*missing = "namespaces of one's own (root)";
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("sysfs", "/sys", "sysfs", 0, NULL) < 0)
		return -errno;
	*missing = "a loopback with an address";
	ret = bring_up_loopback();
	if (ret == 0)
		ret = receive_on(host_cpu, missing);
	if (ret < 0)
		return ret;
	*missing = "settings for IPsec on a loopback (/proc/sys/net)";
	ret = let_loopback_use_ipsec();
	if (ret == 0)
		ret = use_esp(loopback, missing);
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
	if (loopback->xfrm_fd >= 0)
		close(loopback->xfrm_fd);
	loopback->fd = loopback->xfrm_fd = -1;
}

bool esp_loopback_send(struct esp_loopback *loopback)
{
	static const char datagram[DATAGRAM] = "armlet";
	char received[DATAGRAM];

	while (recv(loopback->fd, received, sizeof(received), 0) > 0)
		loopback->received++;
	return send(loopback->fd, datagram, sizeof(datagram), 0) == sizeof(datagram) ||
	       errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM;
}
