// SPDX-License-Identifier: GPL-2.0-only
#include "harness/oracle_kvm_stats.h"

#include <errno.h>
#include <unistd.h>

#include "base/kvm.h"

/* Against a kernel's mistake: no name is longer, and there are not more. */
#define NAME_MAX_SIZE	256
#define DESCRIPTORS_MAX 1024

static int read_at(int fd, void *to, size_t size, uint64_t offset)
{
	ssize_t length = pread(fd, to, size, offset);

	if (length < 0)
		return -errno;
	return (size_t)length == size ? 0 : -ENODATA;
}

int kvm_stats_read(int stats_fd, kvm_stat_fn *fn, void *context)
{
	struct kvm_stats_header header;
	union {
		struct kvm_stats_desc desc;
		char bytes[sizeof(struct kvm_stats_desc) + NAME_MAX_SIZE + 1];
	} one = { 0 };
	int ret = read_at(stats_fd, &header, sizeof(header), 0);
	uint64_t value;
	size_t size;

	if (ret)
		return ret;
	if (header.name_size > NAME_MAX_SIZE || header.num_desc > DESCRIPTORS_MAX)
		return -EINVAL;
	size = sizeof(one.desc) + header.name_size;
	for (uint32_t i = 0; i < header.num_desc; i++) {
		ret = read_at(stats_fd, &one, size, header.desc_offset + (uint64_t)i * size);
		if (ret)
			return ret;
		if ((one.desc.flags & KVM_STATS_TYPE_MASK) != KVM_STATS_TYPE_CUMULATIVE ||
		    one.desc.size != 1)
			continue;
		ret = read_at(stats_fd, &value, sizeof(value),
			      (uint64_t)header.data_offset + one.desc.offset);
		if (ret)
			return ret;
		fn(context, one.desc.name, value);
	}
	return 0;
}

int kvm_stats_ask(int vm_or_vcpu_fd, kvm_stat_fn *fn, void *context)
{
	int fd = kvm_ioctl(vm_or_vcpu_fd, KVM_GET_STATS_FD, 0), ret;

	if (fd < 0)
		return fd;
	ret = kvm_stats_read(fd, fn, context);
	close(fd);
	return ret;
}
