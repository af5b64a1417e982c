// SPDX-License-Identifier: GPL-2.0-only
#include "harness/result.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

static struct run_result *result;

static void setup(void)
{
	unit_reset_log();
	result = result_create();
	ck_assert_ptr_nonnull(result);
	result_begin(result, 1);
}

static void teardown(void)
{
	result_destroy(result);
}

START_TEST(verdicts)
{
	ck_assert_int_eq(result_verdict(result), RUN_PASSED);
	result_note(result, "a note");
	ck_assert_int_eq(result_verdict(result), RUN_PASSED);
	result_skip(result, "no %s here", "GIC");
	result_skip(result, "a second reason");
	ck_assert_int_eq(result_verdict(result), RUN_SKIPPED);
	ck_assert_str_eq(result->skip_reason, "no GIC here");
	result_fail(result, NULL, "early by %d", 3);
	ck_assert_int_eq(result_verdict(result), RUN_FAILED);
	ck_assert_str_eq(result->failures[0].text, "early by 3");
	ck_assert(!result->failures[0].cpu.known);
	result_begin(result, 1);
	ck_assert_int_eq(result_verdict(result), RUN_PASSED);
	ck_assert_uint_eq(result->note_count, 0);
	ck_assert_str_eq(result->failures[0].text, "");
}
END_TEST

START_TEST(all_is_bounded)
{
	char text[2 * RESULT_TEXT], name[RESULT_NAME];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	text[3] = '\n';
	text[4] = '\x1b';
	for (unsigned i = 0; i < 3 * RESULT_NOTES; i++) {
		result_fail(result, NULL, "%s", text);
		result_note(result, "%s", text);
		snprintf(name, sizeof(name), "n%u", i);
		result_sample(result, name, i);
		result_count(result, name, i);
	}
	ck_assert_uint_eq(result->failure_count, 3 * RESULT_NOTES);
	ck_assert_uint_eq(result_failures_kept(result), RESULT_FAILURES);
	ck_assert_uint_eq(result_notes_kept(result), RESULT_NOTES);
	ck_assert_uint_eq(strlen(result->failures[RESULT_FAILURES - 1].text), RESULT_TEXT - 1);
	ck_assert_mem_eq(result->failures[0].text, "xxx??x", 6);
	ck_assert_mem_eq(result->notes[0].text, "xxx??x", 6);
	ck_assert_uint_eq(result->series_count, RESULT_SERIES);
	ck_assert_uint_eq(result->counter_count, RESULT_COUNTERS);
	result_count(result, "n5", 10);
	ck_assert_int_eq(result->counters[5].value, 15);
}
END_TEST

START_TEST(series_keep_an_even_choice)
{
	const unsigned count = 100 * RESULT_SERIES_KEEPS;
	const struct run_series *series = &result->series[0];
	unsigned late = 0;

	ck_assert_uint_eq(result_values_kept(series), 0);
	for (unsigned i = 0; i < count; i++)
		result_sample(result, "late", i);
	ck_assert_str_eq(series->name, "late");
	ck_assert_uint_eq(series->count, count);
	ck_assert_double_eq(series->min, 0);
	ck_assert_double_eq(series->max, count - 1);
	ck_assert_double_eq(series->sum, count / 2.0 * (count - 1));
	ck_assert_uint_eq(result_values_kept(series), RESULT_SERIES_KEEPS);
	for (unsigned i = 0; i < RESULT_SERIES_KEEPS; i++)
		late += series->values[i] >= count / 2.0;
	ck_assert_uint_gt(late, RESULT_SERIES_KEEPS * 4 / 10);
	ck_assert_uint_lt(late, RESULT_SERIES_KEEPS * 6 / 10);
}
END_TEST

START_TEST(a_series_of_one_value)
{
	result_sample(result, "negative", -5);
	ck_assert_double_eq(result->series[0].min, -5);
	ck_assert_double_eq(result->series[0].max, -5);
	ck_assert_double_eq(result->series[0].values[0], -5);
}
END_TEST

/* A process that died may have left anything. */
START_TEST(what_a_dead_process_left_is_made_fit)
{
	pthread_mutex_lock(&result->lock);
	memset((char *)result + sizeof(result->lock), 0xff, sizeof(*result) - sizeof(result->lock));
	result_adopt(result);
	ck_assert_uint_eq(result_failures_kept(result), RESULT_FAILURES);
	ck_assert_uint_eq(strlen(result->failures[3].text), RESULT_TEXT - 1);
	ck_assert_uint_eq(result->failures[3].cpu.event_count, RESULT_EVENTS);
	ck_assert_uint_lt(strlen(result->failures[3].cpu.vm), 16);
	ck_assert_uint_eq(strlen(result->notes[RESULT_NOTES - 1].text), RESULT_TEXT - 1);
	ck_assert_uint_eq(result->series_count, RESULT_SERIES);
	ck_assert_uint_lt(strlen(result->series[1].name), RESULT_NAME);
	ck_assert_uint_eq(result_values_kept(&result->series[1]), RESULT_SERIES_KEEPS);
	ck_assert_uint_eq(result->counter_count, RESULT_COUNTERS);
	ck_assert_uint_lt(strlen(result->counters[1].name), RESULT_NAME);
	ck_assert_uint_lt(strlen(result->skip_reason), RESULT_TEXT);
	/* And the lock is nobody's. */
	result_fail(result, NULL, "of the parent");
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("result");
	TCase *tests = tcase_create("result");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, verdicts);
	tcase_add_test(tests, all_is_bounded);
	tcase_add_test(tests, series_keep_an_even_choice);
	tcase_add_test(tests, a_series_of_one_value);
	tcase_add_test(tests, what_a_dead_process_left_is_made_fit);
	suite_add_tcase(suite, tests);
	return suite;
}
