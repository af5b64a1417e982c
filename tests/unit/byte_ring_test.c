// SPDX-License-Identifier: GPL-2.0-only
#include "devices/byte_ring.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "tests/unit/unit.h"

#define SIZE 8

static _Atomic uint16_t slots[SIZE];
static struct byte_ring ring;

static void setup(void)
{
	memset(slots, 0, sizeof(slots));
	byte_ring_init(&ring, slots, SIZE);
}

START_TEST(entries_come_out_in_order)
{
	uint16_t entry;

	ck_assert(byte_ring_is_empty(&ring));
	ck_assert(!byte_ring_pop(&ring, &entry));
	/* Several laps, at changing levels. */
	for (unsigned i = 0, taken = 0; i < 100; i++) {
		ck_assert_uint_eq(byte_ring_push(&ring, 1000 + i, SIZE), i + 1 - taken);
		ck_assert(!byte_ring_is_empty(&ring));
		while (i - taken >= i % SIZE) {
			ck_assert(byte_ring_pop(&ring, &entry));
			ck_assert_uint_eq(entry, 1000 + taken++);
			if (taken > i)
				break;
		}
		ck_assert_uint_eq(byte_ring_level(&ring), i + 1 - taken);
	}
}
END_TEST

START_TEST(entry_keeps_fifteen_bits)
{
	uint16_t entry;

	byte_ring_push(&ring, 0xffff, SIZE);
	byte_ring_push(&ring, 0, SIZE);
	ck_assert(byte_ring_pop(&ring, &entry));
	ck_assert_uint_eq(entry, 0x7fff);
	ck_assert(byte_ring_pop(&ring, &entry));
	ck_assert_uint_eq(entry, 0);
	ck_assert(!byte_ring_pop(&ring, &entry));
}
END_TEST

START_TEST(full_is_exact)
{
	uint16_t entry;

	for (unsigned lap = 0; lap < 3; lap++) {
		for (unsigned i = 0; i < SIZE; i++)
			ck_assert_uint_eq(byte_ring_push(&ring, i, SIZE), i + 1);
		ck_assert_uint_eq(byte_ring_push(&ring, 99, SIZE), 0);
		for (unsigned i = 0; i < SIZE; i++) {
			ck_assert(byte_ring_pop(&ring, &entry));
			ck_assert_uint_eq(entry, i);
		}
		ck_assert(!byte_ring_pop(&ring, &entry));
	}
}
END_TEST

START_TEST(depth_limits_the_level)
{
	ck_assert_uint_eq(byte_ring_push(&ring, 1, 1), 1);
	ck_assert_uint_eq(byte_ring_push(&ring, 2, 1), 0);
	ck_assert_uint_eq(byte_ring_push(&ring, 2, 2), 2);
	ck_assert_uint_eq(byte_ring_push(&ring, 3, 1), 0);
}
END_TEST

START_TEST(bytes_come_out_in_runs)
{
	uint8_t bytes[SIZE + 1];

	for (unsigned lap = 0; lap < 10; lap++) {
		for (unsigned i = 0; i < 7; i++)
			byte_ring_push(&ring, 'a' + i, SIZE);
		ck_assert_uint_eq(byte_ring_pop_bytes(&ring, bytes, 3), 3);
		ck_assert_mem_eq(bytes, "abc", 3);
		ck_assert_uint_eq(byte_ring_pop_bytes(&ring, bytes, sizeof(bytes)), 4);
		ck_assert_mem_eq(bytes, "defg", 4);
		ck_assert_uint_eq(byte_ring_pop_bytes(&ring, bytes, sizeof(bytes)), 0);
	}
}
END_TEST

/* Near the counters' 32-bit wrap. */
START_TEST(counters_wrap)
{
	uint16_t entry;

	/* As if 2^32 - 8 entries had passed, the last lap's with their top bit clear. */
	atomic_store(&ring.ends, UINT64_C(0xfffffff8fffffff8));
	for (unsigned i = 0; i < SIZE; i++)
		slots[i] = 0x8000;
	for (unsigned i = 0; i < 40; i++) {
		ck_assert_uint_eq(byte_ring_push(&ring, i, SIZE), 1);
		ck_assert_uint_eq(byte_ring_push(&ring, i + 100, SIZE), 2);
		ck_assert(byte_ring_pop(&ring, &entry));
		ck_assert_uint_eq(entry, i);
		ck_assert(byte_ring_pop(&ring, &entry));
		ck_assert_uint_eq(entry, i + 100);
		ck_assert_uint_eq(byte_ring_level(&ring), 0);
		ck_assert(byte_ring_is_empty(&ring));
	}
}
END_TEST

/* A claimed place that is not filled yet hides those behind it, and counts. */
START_TEST(unfilled_place_is_not_taken)
{
	uint16_t entry;

	atomic_store(&ring.ends, UINT64_C(1) << 32);
	byte_ring_push(&ring, 2, SIZE);
	ck_assert_uint_eq(byte_ring_level(&ring), 2);
	ck_assert(byte_ring_is_empty(&ring));
	ck_assert(!byte_ring_pop(&ring, &entry));
	atomic_store(&slots[0], 0x8001);
	ck_assert(byte_ring_pop(&ring, &entry));
	ck_assert_uint_eq(entry, 1);
}
END_TEST

#define PRODUCERS  4
#define PER_THREAD 10000
#define SEQUENCE   0xfff /* of an entry: 3 bits of producer, 12 of its sequence */

static atomic_uint producing;

static void *produce(void *argument)
{
	unsigned id = (uintptr_t)argument;

	for (unsigned i = 0; i < PER_THREAD;)
		if (byte_ring_push(&ring, id << 12 | (i & SEQUENCE), ring.size))
			i++;
		else
			sched_yield();
	atomic_fetch_sub(&producing, 1);
	return NULL;
}

START_TEST(no_entry_is_lost_between_threads)
{
	unsigned next[PRODUCERS] = { 0 }, total = 0;
	pthread_t threads[PRODUCERS];
	uint16_t entry;

	atomic_store(&producing, PRODUCERS);
	for (uintptr_t i = 0; i < PRODUCERS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, produce, (void *)i), 0);
	while (total < PRODUCERS * PER_THREAD) {
		if (!byte_ring_pop(&ring, &entry)) {
			sched_yield();
			continue;
		}
		ck_assert_uint_lt(entry >> 12, PRODUCERS);
		ck_assert_uint_eq(entry & SEQUENCE, next[entry >> 12]++ & SEQUENCE);
		total++;
	}
	for (int i = 0; i < PRODUCERS; i++)
		pthread_join(threads[i], NULL);
	ck_assert(byte_ring_is_empty(&ring));
}
END_TEST

static _Atomic uint64_t sum, taken_count;

static void *consume(void *argument)
{
	uint8_t bytes[64];
	uint16_t entry;

	(void)argument;
	while (atomic_load(&producing) || !byte_ring_is_empty(&ring)) {
		size_t count = byte_ring_pop_bytes(&ring, bytes, sizeof(bytes));

		for (size_t i = 0; i < count; i++)
			atomic_fetch_add(&sum, bytes[i]);
		if (byte_ring_pop(&ring, &entry)) {
			atomic_fetch_add(&sum, entry & 0xff);
			count++;
		}
		atomic_fetch_add(&taken_count, count);
		if (!count)
			sched_yield();
	}
	return NULL;
}

/* Each entry is taken by exactly one of several consumers. */
START_TEST(many_consumers_share)
{
	static _Atomic uint16_t many_slots[64];
	pthread_t producers[2], consumers[2];
	uint64_t expected = 0;

	byte_ring_init(&ring, many_slots, 64);
	for (unsigned i = 0; i < PER_THREAD; i++)
		expected += 2 * (i & 0xff);
	atomic_store(&producing, 2);
	for (uintptr_t i = 0; i < 2; i++) {
		ck_assert_int_eq(pthread_create(&producers[i], NULL, produce, (void *)i), 0);
		ck_assert_int_eq(pthread_create(&consumers[i], NULL, consume, NULL), 0);
	}
	for (int i = 0; i < 2; i++) {
		pthread_join(producers[i], NULL);
		pthread_join(consumers[i], NULL);
	}
	ck_assert_uint_eq(taken_count, 2 * PER_THREAD);
	ck_assert_uint_eq(sum, expected);
}
END_TEST

static pthread_barrier_t barrier;
static atomic_uint shared;

static void *take_run(void *argument)
{
	uint8_t bytes[8192];

	(void)argument;
	for (unsigned round = 0; round < 100; round++) {
		pthread_barrier_wait(&barrier);
		atomic_fetch_add(&shared, byte_ring_pop_bytes(&ring, bytes, sizeof(bytes)));
		pthread_barrier_wait(&barrier);
	}
	return NULL;
}

/* Two that copy the same run at once: only one of them has it. */
START_TEST(run_is_taken_once)
{
	static _Atomic uint16_t many_slots[8192];
	pthread_t consumers[2];

	byte_ring_init(&ring, many_slots, 8192);
	pthread_barrier_init(&barrier, NULL, 3);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_create(&consumers[i], NULL, take_run, NULL), 0);
	for (unsigned round = 0; round < 100; round++) {
		for (unsigned i = 0; i < 8192; i++)
			ck_assert_uint_ne(byte_ring_push(&ring, i, 8192), 0);
		atomic_store(&shared, 0);
		pthread_barrier_wait(&barrier);
		pthread_barrier_wait(&barrier);
		ck_assert_uint_eq(shared, 8192);
		ck_assert_uint_eq(byte_ring_level(&ring), 0);
	}
	for (int i = 0; i < 2; i++)
		pthread_join(consumers[i], NULL);
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("byte_ring");
	TCase *tcase = tcase_create("byte_ring");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_set_timeout(tcase, 240);
	tcase_add_test(tcase, entries_come_out_in_order);
	tcase_add_test(tcase, entry_keeps_fifteen_bits);
	tcase_add_test(tcase, full_is_exact);
	tcase_add_test(tcase, depth_limits_the_level);
	tcase_add_test(tcase, bytes_come_out_in_runs);
	tcase_add_test(tcase, counters_wrap);
	tcase_add_test(tcase, unfilled_place_is_not_taken);
	tcase_add_test(tcase, no_entry_is_lost_between_threads);
	tcase_add_test(tcase, many_consumers_share);
	tcase_add_test(tcase, run_is_taken_once);
	suite_add_tcase(suite, tcase);
	return suite;
}
