/* SPDX-License-Identifier: GPL-2.0-only */
/* Each family's rows, in the file of its name. A new one gets two lines here and one in families.c.
 */
#ifndef HARNESS_TESTS_FAMILIES_H
#define HARNESS_TESTS_FAMILIES_H

#include "harness/test.h"

extern const struct test selftest_tests[];
extern const size_t selftest_tests_count;
extern const struct test basics_tests[];
extern const size_t basics_tests_count;
extern const struct test sleeping_tests[];
extern const size_t sleeping_tests_count;
extern const struct test sweep_tests[];
extern const size_t sweep_tests_count;
extern const struct test user_irqchip_tests[];
extern const size_t user_irqchip_tests_count;
extern const struct test lateness_tests[];
extern const size_t lateness_tests_count;
extern const struct test counter_tests[];
extern const size_t counter_tests_count;
extern const struct test control_tests[];
extern const size_t control_tests_count;
extern const struct test fpsimd_tests[], sve_tests[];
extern const size_t fpsimd_tests_count, sve_tests_count;
extern const struct test moving_tests[];
extern const size_t moving_tests_count;
extern const struct test bystander_tests[];
extern const size_t bystander_tests_count;
extern const struct test lifetime_tests[];
extern const size_t lifetime_tests_count;

#endif
