// SPDX-License-Identifier: GPL-2.0-only
#include "harness/watchdog.h"

#include <string.h>

#include "tests/unit/unit.h"

static const struct watchdog_limits limits = { .slack = 1000, .kick_slack = 100 };
static struct watchdog_wait state;

static void setup(void)
{
	memset(&state, 0, sizeof(state));
}

static enum watchdog_verdict at(uint64_t time, uint64_t waits, uint64_t wait_time)
{
	return watchdog_judge(&state, &limits, time, waits, wait_time);
}

START_TEST(a_wait_may_take_its_time_and_the_slack)
{
	ck_assert_int_eq(at(0, 1, 500), WATCHDOG_FINE);
	ck_assert_int_eq(at(1500, 1, 500), WATCHDOG_FINE);
	ck_assert_int_eq(at(1501, 1, 500), WATCHDOG_LATE);
	/* Told once; then the kick has its time. */
	ck_assert_int_eq(at(1502, 1, 500), WATCHDOG_FINE);
	ck_assert_int_eq(at(1601, 1, 500), WATCHDOG_FINE);
	ck_assert_int_eq(at(1602, 1, 500), WATCHDOG_HUNG);
}
END_TEST

START_TEST(the_next_wait_begins_anew)
{
	ck_assert_int_eq(at(0, 1, 500), WATCHDOG_FINE);
	ck_assert_int_eq(at(1400, 2, 500), WATCHDOG_FINE);
	ck_assert_int_eq(at(2800, 2, 500), WATCHDOG_FINE);
	ck_assert_int_eq(at(2901, 2, 500), WATCHDOG_LATE);
	ck_assert_int_eq(at(2950, 3, 500), WATCHDOG_FINE);
	ck_assert_int_eq(at(4400, 3, 500), WATCHDOG_FINE);
	ck_assert_int_eq(at(4451, 3, 500), WATCHDOG_LATE);
}
END_TEST

START_TEST(who_does_not_wait_is_not_late)
{
	for (uint64_t time = 0; time < 100000; time += 100)
		ck_assert_int_eq(at(time, 7, 0), WATCHDOG_FINE);
	ck_assert_int_eq(at(100000, 7, 1), WATCHDOG_FINE);
	ck_assert_int_eq(at(100500, 7, 0), WATCHDOG_FINE);
	ck_assert_int_eq(at(100900, 7, 1), WATCHDOG_FINE);
	ck_assert_int_eq(at(101900, 7, 1), WATCHDOG_FINE);
	ck_assert_int_eq(at(101902, 7, 1), WATCHDOG_LATE);
}
END_TEST

START_TEST(any_value_is_bearable)
{
	ck_assert_int_eq(at(0, UINT64_MAX, UINT64_MAX), WATCHDOG_FINE);
	ck_assert_int_eq(at(1, UINT64_MAX, UINT64_MAX), WATCHDOG_FINE);
	ck_assert_int_eq(at(UINT64_MAX / 2, UINT64_MAX, UINT64_MAX - 500), WATCHDOG_FINE);
	ck_assert_int_eq(at(UINT64_MAX / 2, 0, 1), WATCHDOG_FINE);
}
END_TEST

START_TEST(time_without_looks_counts_little)
{
	struct watchdog_clock clock = { 0 };
	uint64_t now = 123456;

	ck_assert_uint_eq(watchdog_look(&clock, now), 0);
	now += WATCHDOG_PERIOD_NS;
	ck_assert_uint_eq(watchdog_look(&clock, now), WATCHDOG_PERIOD_NS);
	/* The machine had no time for it, or the process was stopped. */
	now += 1000 * WATCHDOG_PERIOD_NS;
	ck_assert_uint_eq(watchdog_look(&clock, now), 3 * WATCHDOG_PERIOD_NS);
	now += 5;
	ck_assert_uint_eq(watchdog_look(&clock, now), 3 * WATCHDOG_PERIOD_NS + 5);
	ck_assert_uint_eq(watchdog_look(&clock, now - 100), 3 * WATCHDOG_PERIOD_NS + 5);
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("watchdog");
	TCase *tests = tcase_create("watchdog");

	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_test(tests, a_wait_may_take_its_time_and_the_slack);
	tcase_add_test(tests, the_next_wait_begins_anew);
	tcase_add_test(tests, who_does_not_wait_is_not_late);
	tcase_add_test(tests, any_value_is_bearable);
	tcase_add_test(tests, time_without_looks_counts_little);
	suite_add_tcase(suite, tests);
	return suite;
}
