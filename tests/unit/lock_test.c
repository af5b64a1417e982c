// SPDX-License-Identifier: GPL-2.0-only
#include <pthread.h>
#include <sched.h>

#include "base/lock.h"
#include "tests/unit/unit.h"

#define THREADS 4
#define ROUNDS	5000

static struct lock lock;
static volatile unsigned long counter, inside;

static void *count(void *argument)
{
	(void)argument;
	for (int i = 0; i < ROUNDS; i++) {
		lock_take(&lock);
		ck_assert_uint_eq(inside, 0);
		inside = 1;
		counter = counter + 1;
		/* Others come meanwhile, and sleep. */
		if (i % 64 == 0)
			sched_yield();
		inside = 0;
		lock_give(&lock);
	}
	return NULL;
}

START_TEST(one_at_a_time_and_nobody_sleeps_for_ever)
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, count, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(counter, THREADS * ROUNDS);
	ck_assert_uint_eq(lock.state, 0);
}
END_TEST

START_TEST(taken_and_given_back)
{
	struct lock own = { 0 };

	lock_take(&own);
	ck_assert_uint_eq(own.state, 1);
	lock_give(&own);
	ck_assert_uint_eq(own.state, 0);
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("lock");
	TCase *tests = tcase_create("lock");

	/* A busy machine. */
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, taken_and_given_back);
	tcase_add_test(tests, one_at_a_time_and_nobody_sleeps_for_ever);
	suite_add_tcase(suite, tests);
	return suite;
}
