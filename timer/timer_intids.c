// SPDX-License-Identifier: GPL-2.0-only
#include "timer/timer_intids.h"

#include <errno.h>
#include <string.h>

#include "base/kvm.h"
#include "base/log.h"

static const uint64_t attrs[ARCH_TIMERS] = {
	[ARCH_TIMER_VIRTUAL] = KVM_ARM_VCPU_TIMER_IRQ_VTIMER,
	[ARCH_TIMER_PHYSICAL] = KVM_ARM_VCPU_TIMER_IRQ_PTIMER,
};

/* Why KVM refuses, as far as its error tells. */
static const char *reason(int error)
{
	switch (error) {
	case -EBUSY:
		return "a vCPU has run already: set it before";
	case -EINVAL:
		return "KVM wants a PPI (16 to 31) and an interrupt controller of its own";
	default:
		return strerror(-error);
	}
}

int timer_intid_set(int vcpu_fd, enum arch_timer timer, unsigned intid)
{
	int value = (int)intid;
	int ret = kvm_set_device_attr(vcpu_fd, KVM_ARM_VCPU_TIMER_CTRL, attrs[timer], &value);

	if (ret)
		return log_error(ret, "cannot give the %s timer INTID %u: %s",
				 arch_timer_name(timer), intid, reason(ret));
	return 0;
}

int timer_intid_get(int vcpu_fd, enum arch_timer timer, unsigned *intid)
{
	int value = 0;
	int ret = kvm_get_device_attr(vcpu_fd, KVM_ARM_VCPU_TIMER_CTRL, attrs[timer], &value);

	if (ret)
		return log_error(ret, "cannot read the %s timer's INTID: %s",
				 arch_timer_name(timer), strerror(-ret));
	*intid = value;
	return 0;
}
