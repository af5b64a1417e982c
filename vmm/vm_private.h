/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files that make up the VM share among themselves; private to vmm/. */
#ifndef VMM_VM_PRIVATE_H
#define VMM_VM_PRIVATE_H

#include "devices/virtio/virtio_console.h"
#include "vmm/vm.h"

/* Puts kernel, initrd and device tree into RAM that is zero, and the first vCPU at the entry. 0 or
 * -errno, described. */
int vm_load(struct vm *vm);

/* Puts the whole machine back to its first instant. All vCPUs are parked. Returns 0 or -errno,
 * described. */
int vm_reset(struct vm *vm);

/* The size of the terminal that the console is on; no columns: it is on none. */
struct virtio_console_size vm_console_size(const struct vm *vm);

/* How the VM ends; its event loop stops. */
void vm_end(struct vm *vm, enum vm_end end);

/*
 * What ends a VM from outside (vmm/vm_stop.c): signals and Ctrl-A x, of which the first asks the
 * guest to power off. Before the sandbox closes. Returns 0 or -errno, described.
 */
int vm_stop_watch(struct vm *vm);
void vm_stop_unwatch(struct vm *vm);
void vm_stop_escape_pressed(void *vm);
/* A reset of the machine: what it was asked is forgotten. */
void vm_stop_reset(struct vm *vm);

#endif
