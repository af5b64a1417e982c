// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "guest-images/protocol.h"
#include "harness/guest_tests.h"
#include "tests/unit/unit.h"

START_TEST(names_the_entry_point)
{
	char text[64];

	ck_assert_str_eq(guest_symbol_describe(GUEST_IMAGE_BASE, text, sizeof(text)), "_start+0x0");
	ck_assert_str_eq(guest_symbol_describe(GUEST_IMAGE_BASE + 4, text, sizeof(text)),
			 "_start+0x4");
}
END_TEST

START_TEST(names_a_function)
{
	char text[64], other[64];
	const char *line = strstr(guest_symbols, " cpu_main\n");
	uint64_t address;

	ck_assert_ptr_nonnull(line);
	address = strtoull(line - 16, NULL, 16);
	ck_assert_str_eq(guest_symbol_describe(address + 8, text, sizeof(text)), "cpu_main+0x8");
	guest_symbol_describe(address - 4, other, sizeof(other));
	ck_assert(strncmp(other, "cpu_main", 8) != 0);
}
END_TEST

START_TEST(says_nothing_outside_of_the_image)
{
	char text[64] = "x";

	ck_assert_str_eq(guest_symbol_describe(GUEST_IMAGE_BASE - 4, text, sizeof(text)), "");
	ck_assert_str_eq(guest_symbol_describe(GUEST_DATA_BASE, text, sizeof(text)), "");
	ck_assert_str_eq(guest_symbol_describe(0, text, sizeof(text)), "");
}
END_TEST

START_TEST(cuts_what_does_not_fit)
{
	char text[6];

	ck_assert_str_eq(guest_symbol_describe(GUEST_IMAGE_BASE, text, sizeof(text)), "_star");
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("guest_symbols");
	TCase *tests = tcase_create("describe");

	tcase_add_test(tests, names_the_entry_point);
	tcase_add_test(tests, names_a_function);
	tcase_add_test(tests, says_nothing_outside_of_the_image);
	tcase_add_test(tests, cuts_what_does_not_fit);
	suite_add_tcase(suite, tests);
	return suite;
}
