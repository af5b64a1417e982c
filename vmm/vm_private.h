/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files that make up the VM share among themselves; private to vmm/. */
#ifndef VMM_VM_PRIVATE_H
#define VMM_VM_PRIVATE_H

struct vm;

/* Puts kernel, initrd and device tree into RAM that is zero, and the first vCPU at the entry. 0 or
 * -errno, described. */
int vm_load(struct vm *vm);

/* Puts the whole machine back to its first instant. All vCPUs are parked. Returns 0 or -errno,
 * described. */
int vm_reset(struct vm *vm);

#endif
