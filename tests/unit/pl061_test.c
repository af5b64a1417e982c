// SPDX-License-Identifier: GPL-2.0-only
#include "devices/pl061.h"

#include "tests/unit/fake_irqchip.h"
#include "tests/unit/unit.h"

#define SPI 7
#define PIN 3

enum {
	ALL = 0x3fc,
	DIR = 0x400,
	IS = 0x404,
	IBE = 0x408,
	IEV = 0x40c,
	IE = 0x410,
	RIS = 0x414,
	MIS = 0x418,
	IC = 0x41c,
};

static struct fake_irqchip fake;
static struct event_loop loop;
static struct pl061 gpio;

static uint32_t get(uint64_t offset)
{
	return pl061_ops.read(&gpio, offset, 4, 0);
}

static void put(uint64_t offset, uint32_t value)
{
	pl061_ops.write(&gpio, offset, value, 4, 0);
}

static void setup(void)
{
	fake_irqchip_init(&fake);
	ck_assert_int_eq(event_loop_init(&loop), 0);
	ck_assert_int_eq(pl061_init(&gpio, &loop, &fake.chip, SPI), 0);
}

static void teardown(void)
{
	pl061_destroy(&gpio);
	event_loop_destroy(&loop);
}

static void wait_for_release(void)
{
	while (get(ALL))
		ck_assert_int_ge(event_loop_once(&loop, 1000), 0);
}

START_TEST(identification)
{
	static const uint8_t id[8] = { 0x61, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

	for (unsigned i = 0; i < 8; i++)
		ck_assert_uint_eq(get(0xfe0 + 4 * i), id[i]);
	ck_assert_uint_eq(pl061_ops.read(&gpio, 0xfe1, 1, 0), 0);
}
END_TEST

START_TEST(data_is_masked_by_its_address)
{
	put(ALL, 0xff);
	ck_assert_uint_eq(get(ALL), 0); /* all inputs */
	put(DIR, 0xf0);
	ck_assert_uint_eq(get(ALL), 0xf0);
	put(0x30 << 2, 0);
	ck_assert_uint_eq(get(ALL), 0xc0);
	ck_assert_uint_eq(get(0x50 << 2), 0x40);
}
END_TEST

START_TEST(key_goes_down_and_up)
{
	ck_assert(!pl061_is_watched(&gpio, PIN));
	put(IE, 1 << PIN);
	put(IBE, 1 << PIN);
	ck_assert(pl061_is_watched(&gpio, PIN));
	ck_assert(!pl061_is_watched(&gpio, PIN + 1));
	pl061_press(&gpio, PIN);
	ck_assert(fake.level[SPI]);
	ck_assert_uint_eq(get(MIS), 1 << PIN);
	ck_assert_uint_eq(get(ALL), 1 << PIN);
	put(IC, 1 << PIN);
	ck_assert(!fake.level[SPI]);
	wait_for_release();
	ck_assert(fake.level[SPI]);
	put(IC, 0xff);
	ck_assert_uint_eq(get(RIS), 0);
}
END_TEST

START_TEST(edges_are_chosen)
{
	/* Falling edges only. */
	put(IE, 1 << PIN);
	pl061_press(&gpio, PIN);
	ck_assert_uint_eq(get(RIS), 0);
	wait_for_release();
	ck_assert_uint_eq(get(RIS), 1 << PIN);
	put(IC, 1 << PIN);
	/* Rising ones only; masked, they are only latched. */
	put(IE, 0);
	put(IEV, 1 << PIN);
	pl061_press(&gpio, PIN);
	ck_assert_uint_eq(get(RIS), 1 << PIN);
	ck_assert_uint_eq(get(MIS), 0);
	ck_assert(!fake.level[SPI]);
	put(IE, 1 << PIN);
	ck_assert(fake.level[SPI]);
	put(IC, 1 << PIN);
	wait_for_release();
	ck_assert_uint_eq(get(RIS), 0);
}
END_TEST

START_TEST(levels_are_sensed)
{
	put(IS, 1 << PIN);
	put(IEV, 1 << PIN);
	put(IE, 1 << PIN);
	ck_assert(!fake.level[SPI]);
	pl061_press(&gpio, PIN);
	ck_assert(fake.level[SPI]);
	put(IC, 1 << PIN); /* means nothing to a level */
	ck_assert(fake.level[SPI]);
	wait_for_release();
	ck_assert(!fake.level[SPI]);
	put(IEV, 0);
	ck_assert(fake.level[SPI]);
}
END_TEST

START_TEST(reset_forgets)
{
	put(IE, 1 << PIN);
	put(IEV, 1 << PIN);
	pl061_press(&gpio, PIN);
	/* The interrupt controller's own reset. */
	fake.level[SPI] = false;
	pl061_reset(&gpio);
	ck_assert(!fake.level[SPI]);
	ck_assert(!pl061_is_watched(&gpio, PIN));
	ck_assert_uint_eq(get(ALL), 0);
	ck_assert_uint_eq(get(RIS), 0);
	ck_assert_int_eq(event_loop_once(&loop, 2 * PL061_PRESS_MS), 0);
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("pl061");
	TCase *tests = tcase_create("pl061");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, identification);
	tcase_add_test(tests, data_is_masked_by_its_address);
	tcase_add_test(tests, key_goes_down_and_up);
	tcase_add_test(tests, edges_are_chosen);
	tcase_add_test(tests, levels_are_sensed);
	tcase_add_test(tests, reset_forgets);
	suite_add_tcase(suite, tests);
	return suite;
}
