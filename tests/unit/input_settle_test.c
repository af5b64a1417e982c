// SPDX-License-Identifier: GPL-2.0-only
/* When a driver that has just come may be given input. */
#include "devices/input_settle.h"

#include "tests/unit/unit.h"

#define CAME 1000u

static struct input_settle settle;

static void setup(void)
{
	input_settle_begin(&settle, CAME);
}

START_TEST(silent_driver)
{
	ck_assert(!input_settle_is_over(&settle, CAME));
	ck_assert(!input_settle_is_over(&settle, CAME + INPUT_SETTLE_SILENT_MS - 1));
	ck_assert(input_settle_is_over(&settle, CAME + INPUT_SETTLE_SILENT_MS));
}
END_TEST

START_TEST(pause_after_output)
{
	/* The pause before the first output does not count. */
	input_settle_output(&settle, CAME + 9000);
	ck_assert(!input_settle_is_over(&settle, CAME + 9000));
	input_settle_output(&settle, CAME + 9200);
	ck_assert(!input_settle_is_over(&settle, CAME + 9200 + INPUT_SETTLE_PAUSE_MS - 1));
	ck_assert(input_settle_is_over(&settle, CAME + 9200 + INPUT_SETTLE_PAUSE_MS));
}
END_TEST

START_TEST(output_without_a_pause)
{
	for (unsigned ms = 0; ms < INPUT_SETTLE_BUSY_MS; ms += 10) {
		input_settle_output(&settle, CAME + ms);
		ck_assert(!input_settle_is_over(&settle, CAME + ms));
	}
	input_settle_output(&settle, CAME + INPUT_SETTLE_BUSY_MS);
	ck_assert(input_settle_is_over(&settle, CAME + INPUT_SETTLE_BUSY_MS));
}
END_TEST

/* What is typed is echoed: that is no reason to wait again. */
START_TEST(output_afterwards)
{
	input_settle_output(&settle, CAME);
	ck_assert(input_settle_is_over(&settle, CAME + INPUT_SETTLE_PAUSE_MS));
	input_settle_output(&settle, CAME + INPUT_SETTLE_PAUSE_MS);
	ck_assert(input_settle_is_over(&settle, CAME + INPUT_SETTLE_PAUSE_MS));
}
END_TEST

START_TEST(another_driver)
{
	input_settle_output(&settle, CAME);
	ck_assert(input_settle_is_over(&settle, CAME + INPUT_SETTLE_PAUSE_MS));
	input_settle_begin(&settle, CAME + 1000);
	ck_assert(!input_settle_is_over(&settle, CAME + 1000 + INPUT_SETTLE_PAUSE_MS));
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("input_settle");
	TCase *tcase = tcase_create("input_settle");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, silent_driver);
	tcase_add_test(tcase, pause_after_output);
	tcase_add_test(tcase, output_without_a_pause);
	tcase_add_test(tcase, output_afterwards);
	tcase_add_test(tcase, another_driver);
	suite_add_tcase(suite, tcase);
	return suite;
}
