// SPDX-License-Identifier: GPL-2.0-only
/* What users write for --place, --migrate and --rt. */
#include "vcpu/placement_request.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/unit.h"
#include "vcpu/host_cpus.h"

static struct placement_request request;

static void begin(void)
{
	memset(&request, 0, sizeof(request));
	unit_reset_log();
}

static const struct {
	const char *value;
	enum place_policy place;
	unsigned count, pins[8];
} places[] = {
	{ "none", PLACE_NONE, 0, { 0 } },
	{ "spread", PLACE_SPREAD, 0, { 0 } },
	{ "pack", PLACE_PACK, 0, { 0 } },
	{ "pin:3", PLACE_PIN, 1, { 3 } },
	{ "pin:2,0,2", PLACE_PIN, 3, { 2, 0, 2 } },
	{ "pin:0-3,8", PLACE_PIN, 5, { 0, 1, 2, 3, 8 } },
	{ "pin:0-6:2", PLACE_PIN, 4, { 0, 2, 4, 6 } },
	{ "pin:5-5,4095", PLACE_PIN, 2, { 5, 4095 } },
};

START_TEST(test_place)
{
	begin();
	ck_assert_int_eq(placement_parse_place(places[_i].value, &request), 0);
	ck_assert_int_eq(request.place, places[_i].place);
	ck_assert_uint_eq(request.pin_count, places[_i].count);
	ck_assert_mem_eq(request.pins, places[_i].pins, places[_i].count * sizeof(unsigned));
	ck_assert_uint_eq(unit_log_count(), 0);
}
END_TEST

static const char *const bad_places[] = {
	"",	    "Spread", "spread ", "pin",	      "pin:",	  "pin:a",
	"pin:1,",   "pin:,1", "pin:1-",	 "pin:3-1",   "pin:0-3:", "pin:0-3:0",
	"pin:4096", "pin:-1", "pin:1 2", "pin:0-999", "pin:1:2",  "pin:18446744073709551617",
};

START_TEST(test_bad_place)
{
	begin();
	ck_assert_int_eq(placement_parse_place(bad_places[_i], &request), -EINVAL);
	unit_assert_logged("--place");
	ck_assert_uint_eq(unit_log_count(), 1);
}
END_TEST

#define US 1000ull
#define MS 1000000ull

static const struct {
	const char *value;
	struct placement_request is;
} migrations[] = {
	{ "off", { .migrate = MIGRATE_OFF } },
	{ "round-robin:5", { .migrate = MIGRATE_ROUND_ROBIN, .min_ns = 5 * MS, .max_ns = 5 * MS } },
	{ "round-robin:0.3",
	  { .migrate = MIGRATE_ROUND_ROBIN, .min_ns = 300 * US, .max_ns = 300 * US } },
	{ "round-robin:300us",
	  { .migrate = MIGRATE_ROUND_ROBIN, .min_ns = 300 * US, .max_ns = 300 * US } },
	{ "round-robin:0.0123456789123ms",
	  { .migrate = MIGRATE_ROUND_ROBIN, .min_ns = 12345, .max_ns = 12345 } },
	{ "round-robin:3600s",
	  { .migrate = MIGRATE_ROUND_ROBIN, .min_ns = 3600000 * MS, .max_ns = 3600000 * MS } },
	{ "random:1-2", { .migrate = MIGRATE_RANDOM, .min_ns = MS, .max_ns = 2 * MS } },
	{ "random:10us-10us", { .migrate = MIGRATE_RANDOM, .min_ns = 10 * US, .max_ns = 10 * US } },
	{ "random:0.5-1.5ms:0x2a",
	  { .migrate = MIGRATE_RANDOM,
	    .min_ns = 500 * US,
	    .max_ns = 1500 * US,
	    .has_seed = true,
	    .seed = 42 } },
	{ "on-exit:1", { .migrate = MIGRATE_ON_EXIT, .exits = 1 } },
	{ "on-exit:4294967295", { .migrate = MIGRATE_ON_EXIT, .exits = 4294967295 } },
};

START_TEST(test_migrate)
{
	begin();
	ck_assert_int_eq(placement_parse_migrate(migrations[_i].value, &request), 0);
	ck_assert_mem_eq(&request, &migrations[_i].is, sizeof(request));
	ck_assert_uint_eq(unit_log_count(), 0);
}
END_TEST

static const char *const bad_migrations[] = {
	"",
	"on",
	"round-robin",
	"round-robin:",
	"round-robin:0",
	"round-robin:9us",
	"round-robin:3601s",
	"round-robin:1.",
	"round-robin:.5",
	"round-robin:-1",
	"round-robin:1 ms",
	"round-robin:1ns",
	"round-robin:99999999999999999999",
	"round-robin:18446744073709551s",
	"random:1",
	"random:2-1",
	"random:1-2:",
	"random:1-2:x",
	"random:1-2:1x",
	"random:1-2:99999999999999999999",
	"on-exit:0",
	"on-exit:4294967296",
	"on-exit:1ms",
	"on-exit:",
};

START_TEST(test_bad_migrate)
{
	begin();
	ck_assert_int_eq(placement_parse_migrate(bad_migrations[_i], &request), -EINVAL);
	unit_assert_logged("--migrate");
	ck_assert_uint_eq(unit_log_count(), 1);
}
END_TEST

/* The last one counts, as with all options. */
START_TEST(test_again)
{
	begin();
	ck_assert_int_eq(placement_parse_place("pin:1,2", &request), 0);
	ck_assert_int_eq(placement_parse_place("spread", &request), 0);
	ck_assert_uint_eq(request.pin_count, 0);
	ck_assert_int_eq(placement_parse_migrate("random:1-2:3", &request), 0);
	ck_assert_int_eq(placement_parse_migrate("random:1-2", &request), 0);
	ck_assert(!request.has_seed);
	ck_assert(placement_is_wanted(&request));
}
END_TEST

START_TEST(test_rt)
{
	static const char *const bad[] = { "", "0", "99", "-1", "1x", "x" };

	begin();
	ck_assert(!placement_is_wanted(&request));
	ck_assert_int_eq(placement_parse_rt("98", &request), 0);
	ck_assert_uint_eq(request.rt_priority, 98);
	ck_assert(placement_is_wanted(&request));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		unit_reset_log();
		ck_assert_int_eq(placement_parse_rt(bad[i], &request), -EINVAL);
		unit_assert_logged("--rt");
	}
}
END_TEST

START_TEST(test_set_as_text)
{
	struct host_cpu_set set = { 0 };
	char text[64], small[12];

	ck_assert_str_eq(host_cpu_set_format(&set, text, sizeof(text)), "none");
	host_cpu_set_add(&set, 0);
	ck_assert_str_eq(host_cpu_set_format(&set, text, sizeof(text)), "0");
	host_cpu_set_add(&set, 63);
	host_cpu_set_add(&set, 64);
	host_cpu_set_add(&set, 65);
	host_cpu_set_add(&set, HOST_CPUS_MAX - 1);
	ck_assert_str_eq(host_cpu_set_format(&set, text, sizeof(text)), "0,63-65,4095");
	ck_assert_str_eq(host_cpu_set_format(&set, small, sizeof(small)), "0,63-65,...");
	ck_assert_uint_eq(host_cpu_set_count(&set), 5);
	host_cpu_set_remove(&set, 64);
	ck_assert_str_eq(host_cpu_set_format(&set, text, sizeof(text)), "0,63,65,4095");
	ck_assert(!host_cpu_set_has(&set, 1u << 20));
}
END_TEST

#define COUNT(array) (int)(sizeof(array) / sizeof((array)[0]))

Suite *unit_suite(void)
{
	Suite *suite = suite_create("placement_request");
	TCase *tests = tcase_create("placement_request");

	tcase_add_loop_test(tests, test_place, 0, COUNT(places));
	tcase_add_loop_test(tests, test_bad_place, 0, COUNT(bad_places));
	tcase_add_loop_test(tests, test_migrate, 0, COUNT(migrations));
	tcase_add_loop_test(tests, test_bad_migrate, 0, COUNT(bad_migrations));
	tcase_add_test(tests, test_again);
	tcase_add_test(tests, test_rt);
	tcase_add_test(tests, test_set_as_text);
	suite_add_tcase(suite, tests);
	return suite;
}
