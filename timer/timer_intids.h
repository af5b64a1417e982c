/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which PPIs the timers signal: attributes KVM_ARM_VCPU_TIMER_CTRL of a vCPU
 * (Documentation/virt/kvm/devices/vcpu.rst, 3).
 */
#ifndef TIMER_TIMER_INTIDS_H
#define TIMER_TIMER_INTIDS_H

#include <stdint.h>

#include "timer/timer_state.h"

/*
 * `intid` is 16 to 31. One vCPU speaks for all of the VM: to be called when all of them exist (KVM
 * before 6.4 tells only those) and none has run (-EBUSY). KVM looks for conflicts only at the first
 * KVM_RUN, which then fails with -EINVAL. Without an in-kernel irqchip there are no INTIDs to
 * choose: -EINVAL. Failures are described.
 */
int timer_intid_set(int vcpu_fd, enum arch_timer timer, unsigned intid);
int timer_intid_get(int vcpu_fd, enum arch_timer timer, unsigned *intid);

#endif
