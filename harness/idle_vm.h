/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VM without a vCPU that exists between the runs.
 *
 * With the first VM of a host KVM prepares each CPU, and with the last one it takes that back; both
 * patch the kernel's code (a static key in the scheduler). To do so for each run takes time, and
 * QEMU's emulation with a thread for each CPU was seen to go on executing what had been patched:
 * a vCPU was scheduled out and never loaded again, and the emulated host hung. Besides, what a VM
 * left behind on a host CPU stays there for the next one to find.
 */
#ifndef HARNESS_IDLE_VM_H
#define HARNESS_IDLE_VM_H

/* Its descriptor, to be closed by close(2); -errno, silently, where there can be none. */
int idle_vm_create(void);

#endif
