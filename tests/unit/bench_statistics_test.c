// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/bench/bench.h"
#include "harness/bench/histogram.h"
#include "harness/bench/job.h"
#include "harness/bench/measure.h"
#include "harness/bench/noise.h"
#include "harness/bench/statistics.h"
#include "tests/unit/unit.h"

/* -- histogram -------------------------------------------------------------------------------- */

START_TEST(small_values_have_buckets_of_their_own)
{
	for (uint64_t value = 0; value < BENCH_HISTOGRAM_EXACT; value++) {
		ck_assert_uint_eq(bench_histogram_bucket(value), value);
		ck_assert_double_eq(bench_histogram_value(value), value);
	}
}
END_TEST

START_TEST(large_values_are_kept_to_one_part_in_a_thousand)
{
	for (uint64_t value = BENCH_HISTOGRAM_EXACT; value < UINT64_MAX / 3; value += value / 7) {
		unsigned bucket = bench_histogram_bucket(value);

		ck_assert_uint_lt(bucket, BENCH_BUCKETS);
		ck_assert_double_lt(fabs(bench_histogram_value(bucket) - value) / value, 0.001);
	}
	ck_assert_uint_eq(bench_histogram_bucket(UINT64_MAX), BENCH_BUCKETS - 1);
}
END_TEST

START_TEST(buckets_are_in_the_order_of_their_values)
{
	for (unsigned bucket = 1; bucket < BENCH_BUCKETS; bucket++)
		ck_assert_double_gt(bench_histogram_value(bucket),
				    bench_histogram_value(bucket - 1));
}
END_TEST

START_TEST(histogram_knows_least_and_most)
{
	struct bench_histogram *histogram = calloc(1, sizeof(*histogram));

	bench_histogram_add(histogram, 123456789);
	bench_histogram_add(histogram, 7);
	bench_histogram_add(histogram, 7);
	ck_assert_uint_eq(histogram->count, 3);
	ck_assert_uint_eq(histogram->min, 7);
	ck_assert_uint_eq(histogram->max, 123456789);
	ck_assert_uint_eq(histogram->buckets[7], 2);
	free(histogram);
}
END_TEST

/* -- order statistics ------------------------------------------------------------------------- */

START_TEST(percentiles_of_one_to_a_thousand)
{
	struct bench_bucket buckets[1000];
	struct bench_summary summary;

	for (int i = 0; i < 1000; i++)
		buckets[i] = (struct bench_bucket){ i + 1, 1 };
	ck_assert_int_eq(bench_summarise(buckets, 1000, &summary), 0);
	ck_assert_uint_eq(summary.count, 1000);
	ck_assert_double_eq(summary.min, 1);
	ck_assert_double_eq(summary.p50, 500);
	ck_assert_double_eq(summary.p90, 900);
	ck_assert_double_eq(summary.p99, 990);
	ck_assert_double_eq(summary.p999, 999);
	ck_assert_double_eq(summary.max, 1000);
	ck_assert_double_eq(summary.mad, 250);
}
END_TEST

START_TEST(percentiles_count_how_often_a_value_was_seen)
{
	const struct bench_bucket buckets[] = { { 10, 98 }, { 20, 1 }, { 500, 1 } };
	struct bench_summary summary;

	bench_summarise(buckets, 3, &summary);
	ck_assert_double_eq(summary.p50, 10);
	ck_assert_double_eq(summary.p90, 10);
	ck_assert_double_eq(summary.p99, 20);
	ck_assert_double_eq(summary.p999, 500);
	ck_assert_double_eq(summary.mad, 0);
}
END_TEST

START_TEST(nothing_has_no_percentiles)
{
	struct bench_summary summary = { .p50 = 3 };

	ck_assert_int_eq(bench_summarise(NULL, 0, &summary), 0);
	ck_assert_uint_eq(summary.count, 0);
	ck_assert_double_eq(summary.p50, 0);
	ck_assert_double_eq(bench_percentile(NULL, 0, 0.5), 0);
	ck_assert_double_eq(bench_median(NULL, 0), 0);
}
END_TEST

START_TEST(medians_of_arrays)
{
	double odd[] = { 5, 1, 9 }, even[] = { 4, 1, 3, 2 }, spread[] = { 1, 2, 3, 4, 100 };

	ck_assert_double_eq(bench_median(odd, 3), 5);
	ck_assert_double_eq(bench_median(even, 4), 2.5);
	ck_assert_double_eq(bench_deviation(spread, 5), 1);
}
END_TEST

/* -- batches ---------------------------------------------------------------------------------- */

START_TEST(batches_are_many_and_not_too_small)
{
	ck_assert_uint_eq(bench_batch_size(20000, GUEST_BENCH_BATCH), 200);
	ck_assert_uint_eq(bench_batch_size(100, GUEST_BENCH_BATCH), 50);
	ck_assert_uint_eq(bench_batch_size(20000, 64), 64);
	/* No more than are kept. */
	ck_assert_uint_le(BENCH_MAX_ITERATIONS /
				  bench_batch_size(BENCH_MAX_ITERATIONS, GUEST_BENCH_BATCH),
			  BENCH_BATCHES);
}
END_TEST

static struct bench_measure *measure;

static void set_up(void)
{
	measure = bench_measure_create();
	bench_measure_begin(measure);
}

static void tear_down(void)
{
	bench_measure_destroy(measure);
}

START_TEST(what_a_batch_itself_costs_is_taken_off)
{
	const struct bench_perf_values empty = { .cycles = 1000, .instructions = 100 };
	const struct bench_perf_values spent = { .cycles = 6000, .instructions = 600 };
	const uint64_t samples[] = { 10, 20, 30 };

	for (int i = 0; i < BENCH_EMPTY_BATCHES + 3; i++)
		bench_measure_empty(measure, &empty);
	bench_measure_batch(measure, samples, 3, 5, &spent);
	ck_assert_uint_eq(measure->batches, 1);
	ck_assert_double_eq(measure->batch[0].ticks, 20);
	ck_assert_double_eq(measure->batch[0].cycles, 1000);
	ck_assert_double_eq(measure->batch[0].instructions, 100);
	ck_assert_uint_eq(measure->histogram.count, 3);
}
END_TEST

START_TEST(a_pmu_that_others_use_too_is_told_of)
{
	const struct bench_perf_values spent = { .cycles = 500, .enabled = 200, .running = 100 };
	const uint64_t sample = 1;

	bench_measure_batch(measure, &sample, 1, 1, &spent);
	ck_assert(measure->shared_pmu);
	ck_assert_double_eq(measure->batch[0].cycles, 1000);
}
END_TEST

START_TEST(no_more_batches_than_there_is_room_for)
{
	const struct bench_perf_values spent = { .cycles = 1 };
	const uint64_t sample = 1;

	for (int i = 0; i < BENCH_BATCHES + 10; i++)
		bench_measure_batch(measure, &sample, 1, 1, &spent);
	ck_assert_uint_eq(measure->batches, BENCH_BATCHES);
	ck_assert_uint_eq(measure->histogram.count, BENCH_BATCHES + 10);
	measure->batches = UINT32_MAX;
	memset(measure->no_cycles, 'x', sizeof(measure->no_cycles));
	bench_measure_adopt(measure);
	ck_assert_uint_eq(measure->batches, BENCH_BATCHES);
	ck_assert_uint_lt(strlen(measure->no_cycles), sizeof(measure->no_cycles));
}
END_TEST

/* -- noise ------------------------------------------------------------------------------------ */

static struct bench_noise judge(double (*value)(int), int count, uint64_t preemptions)
{
	struct bench_noise noise;
	double values[256];

	for (int i = 0; i < count; i++)
		values[i] = value(i);
	ck_assert_int_eq(bench_noise_judge(&noise, values, count, preemptions), 0);
	return noise;
}

static double quiet(int i)
{
	return 1000 + i % 3;
}
static double one_in_twenty_late(int i)
{
	return i % 20 ? quiet(i) : 9000;
}
static double spread(int i)
{
	return 1000 + i % 10 * 30;
}
static double drifting(int i)
{
	return i < 50 ? quiet(i) : 1.05 * quiet(i);
}

START_TEST(quiet_batches_are_not_noisy)
{
	struct bench_noise noise = judge(quiet, 100, 0);
	char text[160];

	ck_assert(!bench_is_noisy(&noise));
	ck_assert_str_eq(bench_noise_describe(&noise, text, sizeof(text)), "");
	noise = judge(one_in_twenty_late, 100, 3);
	ck_assert(!bench_is_noisy(&noise));
}
END_TEST

START_TEST(noise_is_named)
{
	struct bench_noise noise = judge(spread, 100, 0);
	char text[160];

	ck_assert(noise.spreads && !noise.drifts);
	noise = judge(drifting, 100, 0);
	ck_assert(noise.drifts);
	ck_assert_str_eq(bench_noise_describe(&noise, text, sizeof(text)),
			 "the second half differs by +4.9 %");
	noise = judge(quiet, 100, 80);
	ck_assert_str_eq(bench_noise_describe(&noise, text, sizeof(text)), "others took the CPU");
	/* Too few to tell. */
	noise = judge(spread, 4, 80);
	ck_assert(!bench_is_noisy(&noise));
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("bench_statistics");
	TCase *pure = tcase_create("pure"), *batches = tcase_create("batches");

	tcase_add_test(pure, small_values_have_buckets_of_their_own);
	tcase_add_test(pure, large_values_are_kept_to_one_part_in_a_thousand);
	tcase_add_test(pure, buckets_are_in_the_order_of_their_values);
	tcase_add_test(pure, histogram_knows_least_and_most);
	tcase_add_test(pure, percentiles_of_one_to_a_thousand);
	tcase_add_test(pure, percentiles_count_how_often_a_value_was_seen);
	tcase_add_test(pure, nothing_has_no_percentiles);
	tcase_add_test(pure, medians_of_arrays);
	tcase_add_test(pure, batches_are_many_and_not_too_small);
	tcase_add_test(pure, quiet_batches_are_not_noisy);
	tcase_add_test(pure, noise_is_named);
	suite_add_tcase(suite, pure);
	tcase_add_checked_fixture(batches, set_up, tear_down);
	tcase_add_test(batches, what_a_batch_itself_costs_is_taken_off);
	tcase_add_test(batches, a_pmu_that_others_use_too_is_told_of);
	tcase_add_test(batches, no_more_batches_than_there_is_room_for);
	suite_add_tcase(suite, batches);
	return suite;
}
