/* SPDX-License-Identifier: GPL-2.0-only */
/* Scripts of the family fpsimd that read and write registers; see fpsimd_state.c. */
#ifndef HARNESS_TESTS_FPSIMD_STATE_H
#define HARNESS_TESTS_FPSIMD_STATE_H

#include "harness/test.h"

extern const struct test_script fpsimd_changed, fpsimd_carried, fpsimd_monitor_keeps;

#endif
