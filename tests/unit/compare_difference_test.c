// SPDX-License-Identifier: GPL-2.0-only
/* Differences of times: what is found, and how often there is an alarm without a cause. */
#include <math.h>
#include <stdlib.h>

#include "harness/compare/difference.h"
#include "harness/seed.h"
#include "tests/unit/unit.h"

#define MOST 400

static uint64_t state;

static double uniform(void)
{
	return ((seed_next(&state) >> 11) + 0.5) / 9007199254740992.0;
}

/* Around 1000, with a standard deviation of 1 %, and now and then something that took long. */
static double batch(void)
{
	double normal = sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform());

	return (1000 + 10 * normal) * (uniform() < 0.02 ? 3 : 1);
}

static void fill(double *values, int count, double factor)
{
	for (int i = 0; i < count; i++)
		values[i] = factor * batch();
}

static struct compare_difference compare(int count, double factor, double alpha, double threshold)
{
	double a[MOST], b[MOST];
	const struct compare_sample samples[] = { { a, count }, { b, count } };
	const struct compare_side base = { &samples[0], 1 }, new = { &samples[1], 1 };
	struct compare_difference difference;

	fill(a, count, 1);
	fill(b, count, factor);
	ck_assert_int_eq(compare_sides(&base, &new, alpha, threshold, &difference), 0);
	return difference;
}

static void set_up(void)
{
	state = 42;
}

START_TEST(alike_sides_alarm_no_more_often_than_stated)
{
	int alarms = 0;

	/* alpha 5 %: of 200 pairs 10 are to be expected at most; 21 and more would come once in a
	 * thousand such runs. Both tests have to agree, so there are fewer. */
	for (int i = 0; i < 200; i++) {
		struct compare_difference difference = compare(60, 1, 0.05, 0);

		alarms += difference.verdict != COMPARE_SAME &&
			  difference.verdict != COMPARE_CANNOT_TELL;
	}
	ck_assert_int_le(alarms, 20);
	/* And not because it never says anything. */
	ck_assert_int_ge(alarms, 1);
}
END_TEST

START_TEST(alike_sides_never_alarm_at_a_report_s_alpha)
{
	for (int i = 0; i < 50; i++) {
		struct compare_difference difference = compare(200, 1, 0.01 / 80, 0.01);

		ck_assert_int_eq(difference.verdict, COMPARE_SAME);
	}
}
END_TEST

START_TEST(one_percent_is_found)
{
	for (int i = 0; i < 15; i++) {
		struct compare_difference worse = compare(200, 1.01, 0.01 / 80, 0.002);
		struct compare_difference better = compare(200, 0.99, 0.01 / 80, 0.002);

		ck_assert_int_eq(worse.verdict, COMPARE_WORSE);
		ck_assert_double_lt(worse.low, 1.01);
		ck_assert_double_gt(worse.high, 1.01);
		ck_assert_int_eq(better.verdict, COMPARE_BETTER);
	}
}
END_TEST

START_TEST(a_difference_within_the_threshold_is_no_regression)
{
	ck_assert_int_eq(compare(400, 1.01, 0.001, 0.05).verdict, COMPARE_SLIGHT);
}
END_TEST

START_TEST(too_little_to_tell_says_how_much_would_do)
{
	struct compare_difference difference = compare(12, 1.001, 0.001, 0.001);

	ck_assert_int_eq(difference.verdict, COMPARE_CANNOT_TELL);
	/* A standard deviation of 1 % against 0.1 %: thousands of batches. */
	ck_assert_double_gt(difference.factor, 20);
	ck_assert_double_lt(difference.factor, 100000);
	difference = compare(COMPARE_LEAST_VALUES - 1, 3, 0.001, 0.01);
	ck_assert_int_eq(difference.verdict, COMPARE_CANNOT_TELL);
	ck_assert_double_ge(difference.factor, 2);
}
END_TEST

START_TEST(what_it_says_would_do_does)
{
	struct compare_difference few = compare(20, 1, 0.001, 0.01);
	int enough, same = 0;

	ck_assert_int_eq(few.verdict, COMPARE_CANNOT_TELL);
	enough = 20 * few.factor;
	ck_assert_int_le(enough, MOST);
	for (int i = 0; i < 20; i++)
		same += compare(enough, 1, 0.001, 0.01).verdict == COMPARE_SAME;
	ck_assert_int_ge(same, 18);
}
END_TEST

/* Each boot is 2 % off in its own way: no more batches help, more boots do. */
START_TEST(runs_that_differ_among_themselves_are_no_difference)
{
	static const double offs[2][3] = { { 1, 1.02, 0.98 }, { 1.01, 0.985, 1.025 } };
	double values[2][3][100];
	struct compare_sample runs[2][3];
	struct compare_side sides[2];
	struct compare_difference difference;

	for (int side = 0; side < 2; side++) {
		for (int run = 0; run < 3; run++) {
			fill(values[side][run], 100, offs[side][run]);
			runs[side][run] = (struct compare_sample){ values[side][run], 100 };
		}
		sides[side] = (struct compare_side){ runs[side], 3 };
	}
	compare_sides(&sides[0], &sides[1], 0.001, 0.005, &difference);
	ck_assert_int_eq(difference.verdict, COMPARE_CANNOT_TELL);
	/* One of each alone looks like a difference. */
	sides[0] = (struct compare_side){ &runs[0][0], 1 };
	sides[1] = (struct compare_side){ &runs[1][2], 1 };
	compare_sides(&sides[0], &sides[1], 0.001, 0.005, &difference);
	ck_assert_int_eq(difference.verdict, COMPARE_WORSE);
}
END_TEST

START_TEST(the_same_question_has_the_same_answer)
{
	struct compare_difference first, second;

	state = 7;
	first = compare(50, 1.01, 0.001, 0.01);
	state = 7;
	second = compare(50, 1.01, 0.001, 0.01);
	ck_assert_double_eq(first.low, second.low);
	ck_assert_double_eq(first.high, second.high);
}
END_TEST

START_TEST(nothing_and_zeroes_are_nothing_to_tell_of)
{
	static const double zeroes[20];
	const struct compare_sample none = { NULL, 0 }, zero = { zeroes, 20 };
	const struct compare_side empty = { &none, 1 }, all_zero = { &zero, 1 },
				  no_runs = { NULL, 0 };
	struct compare_difference difference;

	ck_assert_int_eq(compare_sides(&empty, &no_runs, 0.01, 0.01, &difference), 0);
	ck_assert_int_eq(difference.verdict, COMPARE_CANNOT_TELL);
	ck_assert_double_eq(difference.factor, 0);
	ck_assert_int_eq(compare_sides(&all_zero, &all_zero, 0.01, 0.01, &difference), 0);
	ck_assert_int_eq(difference.verdict, COMPARE_CANNOT_TELL);
}
END_TEST

START_TEST(the_rank_test_against_known_values)
{
	const double low[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };
	const double high[] = { 11, 12, 13, 14, 15, 16, 17, 18, 19, 20 };
	const double same[] = { 5, 5, 5, 5, 5, 5, 5, 5, 5, 5 };

	/* z = 50 / sqrt(10 * 10 * 21 / 12) = 3.780 */
	ck_assert_double_eq_tol(compare_rank_test(low, 10, high, 10), 0.000157, 0.000002);
	ck_assert_double_eq(compare_rank_test(low, 10, low, 10), 1);
	ck_assert_double_eq(compare_rank_test(same, 10, same, 10), 1);
	ck_assert_double_eq(compare_rank_test(same, 0, same, 10), 1);
}
END_TEST

START_TEST(quantiles_of_the_normal_distribution)
{
	ck_assert_double_eq_tol(compare_normal_quantile(0.05), 1.959964, 1e-5);
	ck_assert_double_eq_tol(compare_normal_quantile(0.001), 3.290527, 1e-5);
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("compare_difference");
	TCase *tests = tcase_create("differences");

	/* A busy machine. */
	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, set_up, NULL);
	tcase_add_test(tests, alike_sides_alarm_no_more_often_than_stated);
	tcase_add_test(tests, alike_sides_never_alarm_at_a_report_s_alpha);
	tcase_add_test(tests, one_percent_is_found);
	tcase_add_test(tests, a_difference_within_the_threshold_is_no_regression);
	tcase_add_test(tests, too_little_to_tell_says_how_much_would_do);
	tcase_add_test(tests, what_it_says_would_do_does);
	tcase_add_test(tests, runs_that_differ_among_themselves_are_no_difference);
	tcase_add_test(tests, the_same_question_has_the_same_answer);
	tcase_add_test(tests, nothing_and_zeroes_are_nothing_to_tell_of);
	tcase_add_test(tests, the_rank_test_against_known_values);
	tcase_add_test(tests, quantiles_of_the_normal_distribution);
	suite_add_tcase(suite, tests);
	return suite;
}
