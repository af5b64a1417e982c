/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scripts' way to the timers of a test's VM: timer/ with the planted faults of saving and
 * loading in front (FAULT_SAVE_*, FAULT_LOAD_IMASK, FAULT_OFFSET, FAULT_INTID). What reads a
 * register is saving here, what writes one is loading.
 *
 * The vCPU is parked, or it is its own thread that calls. Functions return 0 or -errno; except
 * test_timer_save() and test_timer_load() they do not describe a failure, which may be what a test
 * wants.
 */
#ifndef HARNESS_TEST_TIMER_H
#define HARNESS_TEST_TIMER_H

#include "harness/run.h"
#include "timer/timer_state.h"

int test_timer_get(const struct test_run *run, int vcpu_fd, enum arch_timer timer,
		   enum arch_timer_reg reg, uint64_t *value);
int test_timer_set(const struct test_run *run, int vcpu_fd, enum arch_timer timer,
		   enum arch_timer_reg reg, uint64_t value);

int test_timer_save(const struct test_run *run, int vcpu_fd, struct timer_state *state);
int test_timer_load(const struct test_run *run, int vcpu_fd, struct timer_state *state,
		    enum timer_counters counters);

/* `vcpu_fd` is any vCPU of the VM. */
int test_timer_set_offset(const struct test_run *run, int vm_fd, int vcpu_fd, uint64_t offset);
int test_timer_set_intid(const struct test_run *run, int vcpu_fd, enum arch_timer timer,
			 unsigned intid);

#endif
