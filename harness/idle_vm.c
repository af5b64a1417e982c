// SPDX-License-Identifier: GPL-2.0-only
#include "harness/idle_vm.h"

#include <errno.h>
#include <unistd.h>

#include "base/kvm.h"

/* The least that KVM takes; a KVM that cannot be asked for it takes 0. */
#define IPA_BITS 32

int idle_vm_create(void)
{
	int kvm_fd = kvm_open(), fd;

	if (kvm_fd < 0)
		return kvm_fd;
	do
		fd = kvm_ioctl(kvm_fd, KVM_CREATE_VM,
			       kvm_check_extension(kvm_fd, KVM_CAP_ARM_VM_IPA_SIZE) > 0 ? IPA_BITS
											: 0);
	while (fd == -EINTR);
	close(kvm_fd);
	return fd;
}
