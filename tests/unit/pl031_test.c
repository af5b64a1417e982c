// SPDX-License-Identifier: GPL-2.0-only
#include "devices/pl031.h"

#include <time.h>

#include "tests/unit/fake_irqchip.h"
#include "tests/unit/unit.h"

#define SPI 2

enum { DR = 0, MR = 4, LR = 8, CR = 0xc, IMSC = 0x10, RIS = 0x14, MIS = 0x18, ICR = 0x1c };

static struct fake_irqchip fake;
static struct event_loop loop;
static struct pl031 rtc;

static uint32_t get(uint64_t offset)
{
	return pl031_ops.read(&rtc, offset, 4, 0);
}

static void put(uint64_t offset, uint32_t value)
{
	pl031_ops.write(&rtc, offset, value, 4, 0);
}

static void setup(void)
{
	fake_irqchip_init(&fake);
	ck_assert_int_eq(event_loop_init(&loop), 0);
	ck_assert_int_eq(pl031_init(&rtc, &loop, &fake.chip, SPI), 0);
}

static void teardown(void)
{
	pl031_destroy(&rtc);
	event_loop_destroy(&loop);
}

/* Runs what is due now. */
static void settle(void)
{
	while (event_loop_once(&loop, 0) > 0)
		;
}

/* Runs the loop until the interrupt, which the test's timeout bounds. */
static void wait_for_match(void)
{
	while (!get(RIS))
		ck_assert_int_ge(event_loop_once(&loop, 1000), 0);
}

START_TEST(tells_the_hosts_time)
{
	uint32_t before = (uint32_t)time(NULL), now = get(DR), after = (uint32_t)time(NULL);

	ck_assert_uint_ge(now, before);
	ck_assert_uint_le(now, after);
}
END_TEST

START_TEST(guest_sets_the_time)
{
	uint32_t now;

	put(LR, 1000);
	now = get(DR);
	ck_assert_uint_ge(now, 1000);
	ck_assert_uint_le(now, 1002);
	ck_assert_uint_eq(get(LR), 1000);
	/* Past the end of 32 bits it begins again. */
	put(LR, UINT32_MAX);
	ck_assert_uint_le(get(DR) + 1, 2);
}
END_TEST

static const struct {
	unsigned offset;
	uint32_t reset, writable;
} registers[] = {
	{ MR, 0, UINT32_MAX }, { LR, 0, UINT32_MAX }, { CR, 1, 0 },	  { IMSC, 0, 1 },
	{ RIS, 0, 0 },	       { MIS, 0, 0 },	      { ICR, 0, 0 },	  { 0xfe0, 0x31, 0 },
	{ 0xfe4, 0x10, 0 },    { 0xfe8, 0x14, 0 },    { 0xfec, 0, 0 },	  { 0xff0, 0x0d, 0 },
	{ 0xff4, 0xf0, 0 },    { 0xff8, 0x05, 0 },    { 0xffc, 0xb1, 0 }, { 0x20, 0, 0 },
};

START_TEST(register_keeps_its_bits)
{
	ck_assert_uint_eq(get(registers[_i].offset), registers[_i].reset);
	put(registers[_i].offset, UINT32_MAX);
	ck_assert_uint_eq(get(registers[_i].offset),
			  registers[_i].writable ? registers[_i].writable : registers[_i].reset);
	pl031_reset(&rtc);
	ck_assert_uint_eq(get(registers[_i].offset), registers[_i].reset);
}
END_TEST

START_TEST(odd_access_does_nothing)
{
	pl031_ops.write(&rtc, MR + 1, UINT32_MAX, 1, 0);
	pl031_ops.write(&rtc, MR, UINT32_MAX, 8, 0);
	ck_assert_uint_eq(get(MR), 0);
	ck_assert_uint_eq(pl031_ops.read(&rtc, 0xfe1, 1, 0), 0);
	ck_assert_uint_eq(pl031_ops.read(&rtc, 0xfe0, 8, 0), 0);
	ck_assert_uint_eq(pl031_ops.read(&rtc, 0xfe0, 1, 0), 0x31);
}
END_TEST

START_TEST(match_comes_at_its_second)
{
	uint32_t start;

	put(IMSC, 1);
	put(LR, 5000);
	start = get(DR);
	put(MR, start + 1);
	settle();
	ck_assert(!fake.level[SPI] || get(DR) != start);
	wait_for_match();
	ck_assert_uint_ge(get(DR), start + 1);
	ck_assert_uint_eq(get(MIS), 1);
	ck_assert(fake.level[SPI]);
	put(ICR, 1);
	ck_assert_uint_eq(get(RIS), 0);
	ck_assert(!fake.level[SPI]);
	/* Once. */
	settle();
	ck_assert_uint_eq(get(RIS), 0);
}
END_TEST

START_TEST(match_of_this_very_second)
{
	put(LR, 7);
	put(MR, 7);
	settle();
	ck_assert_uint_eq(get(RIS), 1);
	ck_assert_uint_eq(get(MIS), 0);
	ck_assert(!fake.level[SPI]);
	put(IMSC, 1);
	ck_assert(fake.level[SPI]);
	put(IMSC, 0);
	ck_assert(!fake.level[SPI]);
}
END_TEST

/* The loop's thread comes late: the match has passed, and is not missed. */
START_TEST(match_before_the_loop_ran)
{
	uint32_t start;

	put(LR, 100);
	start = get(DR);
	put(MR, start + 1);
	while (get(DR) < start + 2)
		;
	settle();
	ck_assert_uint_eq(get(RIS), 1);
}
END_TEST

START_TEST(match_in_the_past_does_not_come)
{
	put(LR, 1000);
	put(MR, 999);
	settle();
	ck_assert_uint_eq(get(RIS), 0);
	/* The clock is set back: now it is in the future. */
	put(LR, 998);
	wait_for_match();
}
END_TEST

START_TEST(later_match_replaces_the_first)
{
	uint32_t start;

	put(LR, 1000);
	start = get(DR);
	put(MR, start + 1);
	settle();
	put(MR, start + 100);
	while (get(DR) < start + 1)
		ck_assert_int_ge(event_loop_once(&loop, 100), 0);
	ck_assert_int_eq(event_loop_once(&loop, 50), 0);
	ck_assert_uint_eq(get(RIS), 0);
	put(LR, start + 100);
	settle();
	ck_assert_uint_eq(get(RIS), 1);
}
END_TEST

START_TEST(reset_forgets_the_match)
{
	put(IMSC, 1);
	put(LR, 7);
	put(MR, 7);
	settle();
	ck_assert(fake.level[SPI]);
	put(LR, 6);
	fake_irqchip_init(&fake);
	pl031_reset(&rtc);
	for (uint32_t start = get(DR); get(DR) < start + 1;)
		ck_assert_int_ge(event_loop_once(&loop, 100), 0);
	ck_assert_int_eq(event_loop_once(&loop, 50), 0);
	ck_assert_uint_eq(get(RIS), 0);
	ck_assert(!fake.level[SPI]);
	ck_assert_uint_ge(get(DR), (uint32_t)time(NULL) - 1);
}
END_TEST

Suite *unit_suite(void)
{
	const TTest *tests[] = {
		tells_the_hosts_time,
		guest_sets_the_time,
		odd_access_does_nothing,
		match_comes_at_its_second,
		match_of_this_very_second,
		match_before_the_loop_ran,
		match_in_the_past_does_not_come,
		later_match_replaces_the_first,
		reset_forgets_the_match,
	};
	Suite *suite = suite_create("pl031");
	TCase *tcase = tcase_create("pl031");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, register_keeps_its_bits, 0,
			    sizeof(registers) / sizeof(registers[0]));
	for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	return suite;
}
