/* SPDX-License-Identifier: GPL-2.0-only */
/* What the harness's files know of a test's VM; not for scripts. */
#ifndef HARNESS_TEST_VM_PRIVATE_H
#define HARNESS_TEST_VM_PRIVATE_H

#include <stdint.h>
#include <sys/types.h>

struct test_vm;

/* Puts the guest image into memory that is empty but for the shared block, and vCPU 0 at its entry.
 * Returns 0 or -errno, described. */
int test_vm_load(struct test_vm *vm);

/* Binds a thread (0: the calling one) to a place in run->host_cpus. Returns 0, or -errno after
 * failing the test. */
int test_vm_bind(struct test_vm *vm, pid_t tid, unsigned host_cpu);

/* One more who wants this vCPU parked; does not wait for that. Any thread. */
void test_vm_keep_parked(struct test_vm *vm, unsigned cpu);

/* Adds what was counted of it to the run's counters. Its threads have ended. */
void test_vm_count_all(struct test_vm *vm);

/* On the vCPU's thread: it does not go on, and the VM's guest is done. */
void test_vm_done(struct test_vm *vm, unsigned cpu);

/* As test_vm_park(), but gives up after `timeout_ns`; the order stands all the same. */
int test_vm_try_park(struct test_vm *vm, unsigned cpu, uint64_t timeout_ns);

#endif
