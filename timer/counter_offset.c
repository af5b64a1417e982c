// SPDX-License-Identifier: GPL-2.0-only
#include "timer/counter_offset.h"

#include <errno.h>
#include <string.h>

#include "base/kvm.h"
#include "base/log.h"

int counter_offset_set(int vm_fd, uint64_t offset)
{
	struct kvm_arm_counter_offset argument = { .counter_offset = offset };
	int ret;

	if (kvm_check_extension(vm_fd, KVM_CAP_COUNTER_OFFSET) <= 0)
		return log_error(-ENOTSUP, "cannot set the counter offset: this host's KVM cannot: "
					   "it takes Linux 6.4 or newer");
	ret = kvm_ioctl(vm_fd, KVM_ARM_SET_COUNTER_OFFSET, (uintptr_t)&argument);
	if (ret == -EBUSY)
		return log_error(ret, "cannot set the counter offset: a vCPU is running: pause the "
				      "VM first");
	if (ret < 0)
		return log_error(ret,
				 "cannot set the counter offset: KVM_ARM_SET_COUNTER_OFFSET: %s",
				 strerror(-ret));
	return 0;
}
