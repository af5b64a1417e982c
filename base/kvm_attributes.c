// SPDX-License-Identifier: GPL-2.0-only
/* What is built from base/kvm.c's ioctl: capabilities, registers, device attributes. */
#include <errno.h>

#include "base/kvm.h"

int kvm_check_extension(int fd, int capability)
{
	int ret = kvm_ioctl(fd, KVM_CHECK_EXTENSION, capability);

	return ret < 0 ? 0 : ret;
}

int kvm_get_one_reg(int vcpu_fd, uint64_t id, void *value)
{
	struct kvm_one_reg reg = { .id = id, .addr = (uintptr_t)value };

	return kvm_ioctl(vcpu_fd, KVM_GET_ONE_REG, (uintptr_t)&reg);
}

int kvm_set_one_reg(int vcpu_fd, uint64_t id, const void *value)
{
	struct kvm_one_reg reg = { .id = id, .addr = (uintptr_t)value };

	return kvm_ioctl(vcpu_fd, KVM_SET_ONE_REG, (uintptr_t)&reg);
}

static int device_attr(int fd, unsigned long request, uint32_t group, uint64_t attr,
		       const void *value)
{
	struct kvm_device_attr argument = { .group = group,
					    .attr = attr,
					    .addr = (uintptr_t)value };

	return kvm_ioctl(fd, request, (uintptr_t)&argument);
}

int kvm_has_device_attr(int fd, uint32_t group, uint64_t attr)
{
	return device_attr(fd, KVM_HAS_DEVICE_ATTR, group, attr, NULL);
}

int kvm_get_device_attr(int fd, uint32_t group, uint64_t attr, void *value)
{
	return device_attr(fd, KVM_GET_DEVICE_ATTR, group, attr, value);
}

int kvm_set_device_attr(int fd, uint32_t group, uint64_t attr, const void *value)
{
	return device_attr(fd, KVM_SET_DEVICE_ATTR, group, attr, value);
}

int kvm_create_device(int vm_fd, uint32_t type)
{
	struct kvm_create_device device = { .type = type };
	int ret = kvm_ioctl(vm_fd, KVM_CREATE_DEVICE, (uintptr_t)&device);

	return ret < 0 ? ret : (int)device.fd;
}

int kvm_test_device(int vm_fd, uint32_t type)
{
	struct kvm_create_device device = { .type = type, .flags = KVM_CREATE_DEVICE_TEST };

	return kvm_ioctl(vm_fd, KVM_CREATE_DEVICE, (uintptr_t)&device);
}
