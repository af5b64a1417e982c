/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The playing of a planted fault: called by the harness where a fault could strike. Without one
 * they do nothing.
 */
#ifndef HARNESS_FAULT_PLAY_H
#define HARNESS_FAULT_PLAY_H

struct test_vm;

/* The VM has its interrupt controller, no vCPU yet. Returns 0 or -errno, described. */
int fault_attach(struct test_vm *vm);
/* Its vCPUs are parked for good. */
void fault_detach(struct test_vm *vm);

/*
 * The vCPU was moved, signalled or parked; any thread but a vCPU's. Whoever does that to a vCPU's
 * thread by other means than test_vm_move(), test_vm_signal() and test_vm_park() calls this, too.
 */
void fault_disturb(struct test_vm *vm, unsigned cpu);

#endif
