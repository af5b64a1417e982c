// SPDX-License-Identifier: GPL-2.0-only
#include "devices/irq_line.h"

#include <pthread.h>
#include <sched.h>

#include "tests/unit/fake_irqchip.h"
#include "tests/unit/unit.h"

static struct fake_irqchip fake;
static struct irq_line line;
static atomic_uint wanted; /* the line is high while not 0 */

static bool level(const void *device)
{
	bool high = atomic_load((const atomic_uint *)device);

	/* Others get in between the question and its use. */
	sched_yield();
	return high;
}

static void setup(void)
{
	fake_irqchip_init(&fake);
	atomic_store(&wanted, 0);
	irq_line_init(&line, &fake.chip, 7, level, &wanted);
}

START_TEST(only_changes_are_told)
{
	irq_line_update(&line);
	ck_assert_uint_eq(fake.changes, 0);
	atomic_store(&wanted, 1);
	irq_line_update(&line);
	irq_line_update(&line);
	ck_assert_uint_eq(fake.changes, 1);
	ck_assert(fake.level[7]);
	ck_assert(!fake.level[6]);
	atomic_store(&wanted, 0);
	irq_line_update(&line);
	ck_assert(!fake.level[7]);
	ck_assert_uint_eq(fake.changes, 2);
}
END_TEST

START_TEST(unconnected_line_is_harmless)
{
	irq_line_init(&line, NULL, 7, level, &wanted);
	atomic_store(&wanted, 1);
	irq_line_update(&line);
	irq_line_reset(&line);
}
END_TEST

/* The controller forgot all levels: a line that is high is told again. */
START_TEST(reset_tells_a_high_line_again)
{
	atomic_store(&wanted, 1);
	irq_line_update(&line);
	fake_irqchip_init(&fake);
	irq_line_reset(&line);
	ck_assert(fake.level[7]);
	atomic_store(&wanted, 0);
	fake_irqchip_init(&fake);
	irq_line_reset(&line);
	ck_assert_uint_eq(fake.changes, 0);
}
END_TEST

static bool level_with_a_change(const void *device)
{
	bool high = level(device);

	/* As another thread may, after the question. */
	if (!high) {
		atomic_store(&wanted, 1);
		irq_line_update(&line);
	}
	return high;
}

START_TEST(change_during_an_update_is_told)
{
	irq_line_init(&line, &fake.chip, 7, level_with_a_change, &wanted);
	irq_line_update(&line);
	ck_assert(fake.level[7]);
}
END_TEST

static atomic_uint lost;

/* Raises and lowers, and at each pause of all threads the told level must be the wanted one. */
static void *toggle(void *argument)
{
	pthread_barrier_t *barrier = argument;

	for (unsigned round = 0; round < 2000; round++) {
		for (unsigned i = 0; i < 2; i++) {
			atomic_fetch_add(&wanted, 1);
			irq_line_update(&line);
			atomic_fetch_sub(&wanted, 1);
			irq_line_update(&line);
		}
		if (round & 1)
			atomic_fetch_add(&wanted, 1);
		else if (round)
			atomic_fetch_sub(&wanted, 1);
		irq_line_update(&line);
		pthread_barrier_wait(barrier);
		if (fake.level[7] != (round & 1))
			atomic_fetch_add(&lost, 1);
		pthread_barrier_wait(barrier);
	}
	return NULL;
}

START_TEST(threads_never_leave_an_old_level)
{
	pthread_barrier_t barrier;
	pthread_t threads[2];

	pthread_barrier_init(&barrier, NULL, 2);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, toggle, &barrier), 0);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(lost, 0);
	ck_assert_uint_eq(fake.overlaps, 0);
	ck_assert_uint_eq(fake.repeats, 0);
	ck_assert_uint_gt(fake.changes, 1000);
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("irq_line");
	TCase *tcase = tcase_create("irq_line");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_set_timeout(tcase, 300);
	tcase_add_test(tcase, only_changes_are_told);
	tcase_add_test(tcase, unconnected_line_is_harmless);
	tcase_add_test(tcase, reset_tells_a_high_line_again);
	tcase_add_test(tcase, change_during_an_update_is_told);
	tcase_add_test(tcase, threads_never_leave_an_old_level);
	suite_add_tcase(suite, tcase);
	return suite;
}
