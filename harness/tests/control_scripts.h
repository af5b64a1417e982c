/* SPDX-License-Identifier: GPL-2.0-only */
/* The scripts of the family `control`, for its rows in control.c. */
#ifndef HARNESS_TESTS_CONTROL_SCRIPTS_H
#define HARNESS_TESTS_CONTROL_SCRIPTS_H

#include "harness/test.h"

/* control_intids.c */
extern const struct test_script intids_changed, intids_swapped, intids_duplicate, intids_after_run,
	intids_refused, intids_without_vgic;

/* control_registers.c: registers and the counter offset, on the calling vCPU's thread */
extern const struct test_script registers_by_call, registers_fresh, registers_under_signals,
	registers_while_moving, offset_before_run, offset_while_running, offset_refused;

/* control_save.c */
extern const struct test_script save_around_expiry, migrate_to_this_vm;

/* control_life.c */
extern const struct test_script life_reset, life_reinit, life_suspend;

/* TEST_DEVICE_CALL, for scripts that do more. */
uint64_t control_call(struct test_run *run, struct test_vm *vm, unsigned cpu, unsigned function,
		      const uint64_t args[3]);

#endif
