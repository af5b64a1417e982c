/* SPDX-License-Identifier: GPL-2.0-only */
/* Scripts of the family fpsimd about the monitor's side; see fpsimd_state.c, fpsimd_monitor.c and
 * fpsimd_blackout.c. */
#ifndef HARNESS_TESTS_FPSIMD_STATE_H
#define HARNESS_TESTS_FPSIMD_STATE_H

#include "harness/test.h"

extern const struct test_script fpsimd_changed, fpsimd_carried, fpsimd_monitor_keeps, fpsimd_traced,
	fpsimd_blackout;

#endif
