// SPDX-License-Identifier: GPL-2.0-only
#include "harness/tests/families.h"

const struct test_family test_families[] = {
	{ "selftest", "the bench itself works", selftest_tests, &selftest_tests_count },
	{ "basics", "one timer and its interrupt", basics_tests, &basics_tests_count },
	{},
};
