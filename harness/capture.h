/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a vCPU is: registers by KVM_GET_ONE_REG, the last events from the shared memory. */
#ifndef HARNESS_CAPTURE_H
#define HARNESS_CAPTURE_H

#include <stddef.h>

#include "harness/result.h"

struct test_vm;

/* On the vCPU's thread outside KVM_RUN, or while it is parked: KVM would make any other caller
 * wait. */
void capture_cpu(struct result_cpu *where, struct test_vm *vm, unsigned cpu);

/* In a few words: PC, PSTATE, ELR, timers. */
void capture_describe(const struct result_cpu *where, char *text, size_t size);

#endif
