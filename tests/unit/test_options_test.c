// SPDX-License-Identifier: GPL-2.0-only
/* The options of `armlet test`. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "cli/test_options.h"
#include "tests/unit/unit.h"

static struct test_options options;

/* Parses a command line given as words separated by '|'. */
static int parse(const char *line)
{
	static char words[2048];
	static char *argv[SUITE_PATTERNS + 16];
	int argc = 1;

	argv[0] = (char[]){ "test" };
	unit_reset_log();
	snprintf(words, sizeof(words), "%s", line);
	for (char *word = words; word && *line; argv[argc++] = strsep(&word, "|"))
		;
	return test_options_parse(&options, argc, argv);
}

static void refuse(const char *line, const char *message)
{
	ck_assert_msg(parse(line) == -EINVAL, "\"%s\" is accepted", line);
	unit_assert_logged(message);
	ck_assert_uint_eq(unit_log_count(), 1);
}

static void accept(const char *line)
{
	ck_assert_msg(parse(line) == OPTIONS_PARSED, "\"%s\" is refused: %s", line,
		      unit_last_log());
	ck_assert_uint_eq(unit_log_count(), 0);
}

START_TEST(test_defaults)
{
	accept("");
	ck_assert_uint_eq(options.suite.pattern_count, 0);
	ck_assert_int_eq(options.suite.tier, TEST_TIER_QUICK);
	ck_assert_uint_eq(options.suite.irqchips, 0);
	ck_assert_uint_eq(options.suite.cpus, 0);
	ck_assert_uint_eq(options.suite.repeat, 1);
	ck_assert(!options.suite.has_seed);
	ck_assert(!options.suite.shuffle && !options.suite.stop_at_failure);
	ck_assert(!options.suite.exact_time && !options.suite.trace);
	ck_assert(options.suite.timeout_scale == 1);
	ck_assert_ptr_null(options.suite.json);
	ck_assert_int_eq(options.suite.plant, FAULT_NONE);
	ck_assert(!options.suite.plant_all);
	ck_assert_int_eq(options.suite.hazardous, SUITE_HAZARDOUS_NO);
	ck_assert(!options.list && !options.list_faults);
	ck_assert_uint_eq(options.suite.verbosity, 0);
}
END_TEST

START_TEST(test_all)
{
	accept("basics|--tier|full|mov*|--irqchip=user|--vcpus|4|--repeat|50|--seed|0|--shuffle|-x|"
	       "--timeout-scale|2.5|--json|out.json|--hazardous|--trace|-v|--exact-time|--|-odd");
	ck_assert_uint_eq(options.suite.pattern_count, 3);
	ck_assert_str_eq(options.suite.patterns[0], "basics");
	ck_assert_str_eq(options.suite.patterns[1], "mov*");
	ck_assert_str_eq(options.suite.patterns[2], "-odd");
	ck_assert_int_eq(options.suite.tier, TEST_TIER_FULL);
	ck_assert_uint_eq(options.suite.irqchips, TEST_ON(IRQCHIP_USER));
	ck_assert_uint_eq(options.suite.cpus, 4);
	ck_assert_uint_eq(options.suite.repeat, 50);
	ck_assert(options.suite.has_seed && options.suite.seed == 0);
	ck_assert(options.suite.shuffle && options.suite.stop_at_failure);
	ck_assert(options.suite.exact_time && options.suite.trace);
	ck_assert(options.suite.timeout_scale == 2.5);
	ck_assert_str_eq(options.suite.json, "out.json");
	ck_assert_int_eq(options.suite.hazardous, SUITE_HAZARDOUS_TOO);
	ck_assert_uint_eq(options.suite.verbosity, 1);
	ck_assert_ptr_null(options.suite.place);
	accept("--place|pin:0,1|--migrate|random:0.3-3");
	ck_assert_str_eq(options.suite.place, "pin:0,1");
	ck_assert_str_eq(options.suite.migrate, "random:0.3-3");
	accept("--irqchip|gicv3|--irqchip|all");
	ck_assert_uint_eq(options.suite.irqchips, 0);
	accept("--hazardous=only");
	ck_assert_int_eq(options.suite.hazardous, SUITE_HAZARDOUS_ONLY);
}
END_TEST

START_TEST(test_lists)
{
	accept("--list");
	ck_assert(options.list);
	ck_assert_int_eq(options.suite.tier, TEST_TIER_SOAK);
	accept("--list|--tier|quick");
	ck_assert_int_eq(options.suite.tier, TEST_TIER_QUICK);
	accept("--list-faults");
	ck_assert(options.list_faults);
}
END_TEST

START_TEST(test_plant)
{
	char line[64];

	accept("--plant|all");
	ck_assert(options.suite.plant_all);
	ck_assert_int_eq(options.suite.plant, FAULT_NONE);
	for (enum fault fault = FAULT_NONE + 1; fault < FAULTS; fault++) {
		ck_assert_ptr_nonnull(fault_rows[fault].name);
		snprintf(line, sizeof(line), "--plant|%s", fault_rows[fault].name);
		accept(line);
		ck_assert_int_eq(options.suite.plant, fault);
		ck_assert(!options.suite.plant_all);
	}
	refuse("--plant|none", "there is no fault \"none\"");
	refuse("--plant|line-dorp", "did you mean line-drop?");
	refuse("--plant", "needs a value");
}
END_TEST

START_TEST(test_refusals)
{
	char line[3 * SUITE_PATTERNS];

	refuse("--tier|slow", "quick, full or soak");
	refuse("--place|here", "none, spread, pack or pin:LIST");
	refuse("--migrate|random:3-1", "the shortest and the longest");
	refuse("--irqchip|gic", "gicv3, gicv2, user or all");
	refuse("--vcpus|0", "from 1 to");
	refuse("--vcpus|17", "from 1 to 16");
	refuse("--repeat|0", "--repeat");
	refuse("--seed|-1", "--seed");
	refuse("--seed|0x10", "--seed");
	refuse("--timeout-scale|0", "0.1 to 1000");
	refuse("--timeout-scale|nan", "0.1 to 1000");
	refuse("--timeout-scale|2x", "0.1 to 1000");
	refuse("--timeout-scale|-1", "0.1 to 1000");
	refuse("--json|", "name of a file");
	refuse("--hazardous=yes", "--hazardous=only");
	refuse("a||b", "\"\" is no pattern");
	line[0] = 'a';
	for (size_t i = 1; i < 2 * SUITE_PATTERNS; i += 2)
		memcpy(line + i, "|a", 3);
	refuse(line, "at most 256 patterns");
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("test_options");
	TCase *tcase = tcase_create("options");

	tcase_add_test(tcase, test_defaults);
	tcase_add_test(tcase, test_all);
	tcase_add_test(tcase, test_lists);
	tcase_add_test(tcase, test_plant);
	tcase_add_test(tcase, test_refusals);
	suite_add_tcase(suite, tcase);
	return suite;
}
