/* SPDX-License-Identifier: GPL-2.0-only */
/* Scripts of the families fpsimd and sve about the monitor's side: fpsimd_state.c,
 * fpsimd_monitor.c, fpsimd_ptrace.c, fpsimd_blackout.c, and those below. */
#ifndef HARNESS_TESTS_FPSIMD_STATE_H
#define HARNESS_TESTS_FPSIMD_STATE_H

#include "harness/test.h"

extern const struct test_script fpsimd_changed, fpsimd_carried, fpsimd_monitor_keeps, fpsimd_traced,
	fpsimd_blackout;
/* sve_lengths.c */
extern const struct test_script sve_lengths_open, sve_lengths_final, sve_lengths_limited;

#endif
