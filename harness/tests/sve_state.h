/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SVE registers of a test's VM, vCPU 0, which is parked: what fpsimd_state.c needs for the rows of
 * the family sve. All fail the test when KVM refuses.
 */
#ifndef HARNESS_TESTS_SVE_STATE_H
#define HARNESS_TESTS_SVE_STATE_H

#include "guest-images/fp/fp_check.h"
#include "harness/run.h"

/* Fails the test unless they have the pattern of `who`. */
void sve_state_expect(struct test_run *run, struct test_vm *vm, struct fp_who who,
		      const char *when);
void sve_state_write(struct test_run *run, struct test_vm *vm, struct fp_who who);
void sve_state_carry(struct test_run *run, struct test_vm *from, struct test_vm *to);

#endif
