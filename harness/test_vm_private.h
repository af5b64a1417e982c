/* SPDX-License-Identifier: GPL-2.0-only */
/* What the harness's files know of a test's VM; not for scripts. */
#ifndef HARNESS_TEST_VM_PRIVATE_H
#define HARNESS_TEST_VM_PRIVATE_H

#include <stdint.h>

struct test_vm;

/* On the vCPU's thread: it does not go on, and the VM's guest is done. */
void test_vm_done(struct test_vm *vm, unsigned cpu);

/* As test_vm_park(), but gives up after `timeout_ns`; the order stands all the same. */
int test_vm_try_park(struct test_vm *vm, unsigned cpu, uint64_t timeout_ns);

#endif
