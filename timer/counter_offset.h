/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VM-wide counter offset, KVM_ARM_SET_COUNTER_OFFSET (Linux 6.4;
 * Documentation/virt/kvm/api.rst, 4.138).
 */
#ifndef TIMER_COUNTER_OFFSET_H
#define TIMER_COUNTER_OFFSET_H

#include <stdint.h>

/*
 * Both counters of the guest, the virtual and the physical one, read as the host's minus `offset`
 * from now on, and both timers compare with that. From then on KVM ignores writes of CNTVCT and
 * CNTPCT by KVM_SET_ONE_REG. May be called at any time and any number of times, with no vCPU of the
 * VM in KVM_RUN (-EBUSY). -ENOTSUP on hosts that cannot. Failures are described.
 */
int counter_offset_set(int vm_fd, uint64_t offset);

#endif
