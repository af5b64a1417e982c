// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "harness/record.h"
#include "harness/seed.h"
#include "harness/select.h"
#include "tests/unit/unit.h"

static const struct test basics[] = {
	{ .id = "basics/early", .faults = FAULT_SET(FAULT_GUEST_EARLY, FAULT_LINE_EARLY) },
	{ .id = "basics/far", .tier = TEST_TIER_FULL, .expires_ptimer = true },
	{ .id = "basics/vgic-only", .irqchips = TEST_ON_VGIC },
	{ .id = "basics/moving-on", .cpus = 2 },
};
static const size_t basics_count = 4;

static const struct test moving[] = {
	{ .id = "moving/hop", .cpus = 4 },
	{ .id = "moving/dangerous", .hazardous = true, .irqchips = TEST_ON_USER },
	{ .id = "moving/exact",
	  .needs = TEST_NEEDS_EXACT_TIME,
	  .faults = FAULT_SET(FAULT_LINE_DELAY) },
};
static const size_t moving_count = 3;

static const struct test_family families[] = {
	{ "basics", "the basics", basics, &basics_count, false },
	{ "moving", "on the move", moving, &moving_count, false },
	{},
};

static struct suite_options options;
static struct host_facts facts;
static struct selection selection;

static void set_up(void)
{
	options = (struct suite_options){ .repeat = 1, .timeout_scale = 1 };
	facts = (struct host_facts){
		.irqchips = { [IRQCHIP_GICV3] = true, [IRQCHIP_USER] = true },
		.irqchip_reasons = { [IRQCHIP_GICV2] = "no GICv2 here" },
		.max_cpus = 8,
	};
	unit_reset_log();
}

static void tear_down(void)
{
	selection_clear(&selection);
}

static int select_tests(void)
{
	selection_clear(&selection);
	return selection_make(&selection, &options, families, &facts);
}

/* "basics/early:3 basics/early:u ..."; those that are skipped in parentheses. */
static const char *selected(void)
{
	static const char letters[] = {
		[IRQCHIP_GICV3] = '3', [IRQCHIP_GICV2] = '2', [IRQCHIP_USER] = 'u'
	};
	static char text[1024];
	int length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < selection.count; i++) {
		const struct job *job = &selection.jobs[i];

		length += snprintf(text + length, sizeof(text) - length, "%s%s%s:%c%s",
				   i ? " " : "", job->skip[0] ? "(" : "", job->test->id,
				   letters[job->irqchip], job->skip[0] ? ")" : "");
	}
	return text;
}

static void expect(const char *pattern, const char *jobs)
{
	options.patterns[0] = pattern;
	options.pattern_count = pattern != NULL;
	ck_assert_int_eq(select_tests(), 0);
	ck_assert_str_eq(selected(), jobs);
}

static void refuse(const char *pattern, const char *message)
{
	options.patterns[0] = pattern;
	options.pattern_count = pattern != NULL;
	unit_reset_log();
	ck_assert_int_eq(select_tests(), -EINVAL);
	unit_assert_logged(message);
	ck_assert_uint_eq(unit_log_count(), 1);
}

START_TEST(test_patterns)
{
	expect("basics/early", "basics/early:3 basics/early:u");
	/* A family's name is that, and no part of others' ids. */
	expect("moving", "moving/hop:3 moving/hop:u (moving/dangerous:u) (moving/exact:3) "
			 "(moving/exact:u)");
	expect("movin", "basics/moving-on:3 basics/moving-on:u moving/hop:3 moving/hop:u "
			"(moving/dangerous:u) (moving/exact:3) (moving/exact:u)");
	expect("*/h?p", "moving/hop:3 moving/hop:u");
	expect("vgic-only", "basics/vgic-only:3");
	refuse("basics/erly", "did you mean basics/early?");
	refuse("hopp", "did you mean hop?");
	refuse("movign", "did you mean moving?");
	refuse("frobnication", "no test matches \"frobnication\": see");
	options.patterns[1] = "nothing-like-this";
	options.patterns[0] = "basics";
	options.pattern_count = 2;
	ck_assert_int_eq(select_tests(), -EINVAL);
	unit_assert_logged("nothing-like-this");
}
END_TEST

START_TEST(test_tiers)
{
	expect("basics", "basics/early:3 basics/early:u basics/vgic-only:3 basics/moving-on:3 "
			 "basics/moving-on:u");
	/* Who says a whole id means that test. */
	expect("basics/far", "basics/far:3 basics/far:u");
	refuse("far", "use --tier full");
	options.tier = TEST_TIER_FULL;
	expect("far", "basics/far:3 basics/far:u");
	options.tier = TEST_TIER_SOAK;
	expect("far", "basics/far:3 basics/far:u");
}
END_TEST

START_TEST(test_irqchips)
{
	/* Asked for, what the host lacks is told. */
	options.irqchips = TEST_ON(IRQCHIP_GICV2);
	expect("basics/early", "(basics/early:2)");
	ck_assert_str_eq(selection.jobs[0].skip, "no GICv2 here");
	options.irqchips = TEST_ON(IRQCHIP_USER);
	expect("basics", "basics/early:u basics/moving-on:u");
	refuse("vgic-only", "none that matches is for this interrupt controller");
	/* A test that no interrupt controller of the host's can run is told once. */
	options.irqchips = 0;
	facts.irqchips[IRQCHIP_GICV3] = false;
	facts.irqchip_reasons[IRQCHIP_GICV3] = "no GICv3 either";
	expect("vgic-only", "(basics/vgic-only:3)");
	ck_assert_str_eq(selection.jobs[0].skip, "no GICv3 either");
}
END_TEST

START_TEST(test_hazardous)
{
	expect("dangerous", "(moving/dangerous:u)");
	ck_assert_ptr_nonnull(strstr(selection.jobs[0].skip, "--hazardous"));
	options.hazardous = SUITE_HAZARDOUS_TOO;
	expect(NULL, "basics/early:3 basics/early:u basics/vgic-only:3 basics/moving-on:3 "
		     "basics/moving-on:u moving/hop:3 moving/hop:u (moving/exact:3) "
		     "(moving/exact:u) moving/dangerous:u");
	ck_assert_uint_eq(selection.group_count, 3);
	ck_assert(!selection.groups[1].hazardous);
	ck_assert_uint_eq(selection.groups[1].count, 4);
	ck_assert(selection.groups[2].hazardous);
	ck_assert_uint_eq(selection.groups[2].first, 9);
	options.hazardous = SUITE_HAZARDOUS_ONLY;
	expect(NULL, "moving/dangerous:u");
	refuse("basics", "none that matches is hazardous");
}
END_TEST

START_TEST(test_needs)
{
	options.exact_time = true;
	expect("exact", "moving/exact:3 moving/exact:u");
	facts.max_cpus = 2;
	expect("hop", "(moving/hop:3) (moving/hop:u)");
}
END_TEST

START_TEST(test_vcpus)
{
	options.cpus = 2;
	expect("hop", "(moving/hop:3) (moving/hop:u)");
	ck_assert_str_eq(selection.jobs[0].skip, "needs 4 vCPUs, not --vcpus 2");
	options.cpus = 8;
	expect("hop", "moving/hop:3 moving/hop:u");
	/* More than there can be. */
	options.cpus = 9;
	expect("hop", "(moving/hop:3) (moving/hop:u)");
	/* Who uses one does not care. */
	expect("early", "basics/early:3 basics/early:u");
}
END_TEST

START_TEST(test_plants)
{
	options.plant = FAULT_GUEST_EARLY;
	expect(NULL, "basics/early:3 basics/early:u");
	ck_assert(job_must_catch(&selection.jobs[0]));
	/* One that it does not name, for who asks. */
	expect("hop", "moving/hop:3 moving/hop:u");
	ck_assert_int_eq(selection.jobs[0].fault, FAULT_GUEST_EARLY);
	ck_assert(!job_must_catch(&selection.jobs[0]));
	/* Lines are armlet's own only with the userspace irqchip. */
	options.plant = FAULT_LINE_EARLY;
	expect(NULL, "basics/early:u");
	options.irqchips = TEST_ON(IRQCHIP_GICV3);
	refuse(NULL, "the fault can be played on none");
	options.irqchips = 0;
	options.plant = FAULT_NONE;
	options.plant_all = true;
	expect("basics", "basics/early:u basics/early:3 basics/early:u");
	ck_assert_int_eq(selection.jobs[0].fault, FAULT_LINE_EARLY);
	ck_assert_int_eq(selection.jobs[2].fault, FAULT_GUEST_EARLY);
	refuse("hop", "the fault can be played on none");
}
END_TEST

START_TEST(test_without_facts)
{
	ck_assert_int_eq(selection_make(&selection, &options, families, NULL), 0);
	ck_assert_uint_eq(selection.count, 3 + 2 + 3 + 3 + 1 + 3);
	for (size_t i = 0; i < selection.count; i++)
		ck_assert_str_eq(selection.jobs[i].skip, "");
}
END_TEST

START_TEST(test_shuffle)
{
	static char first[1024];
	unsigned differ = 0;

	options.hazardous = SUITE_HAZARDOUS_TOO;
	ck_assert_int_eq(select_tests(), 0);
	selection_shuffle(&selection, 7);
	snprintf(first, sizeof(first), "%s", selected());
	for (unsigned seed = 0; seed < 20; seed++) {
		size_t jobs = 0;

		ck_assert_int_eq(select_tests(), 0);
		selection_shuffle(&selection, seed);
		differ += strcmp(first, selected()) != 0;
		if (seed == 7)
			ck_assert_str_eq(first, selected());
		ck_assert(selection.groups[2].hazardous);
		for (size_t i = 0; i < selection.group_count; i++) {
			const struct job_group *group = &selection.groups[i];

			for (size_t j = 0; j < group->count; j++)
				ck_assert_ptr_eq(selection.jobs[group->first + j].family,
						 group->family);
			jobs += group->count;
		}
		ck_assert_uint_eq(jobs, selection.count);
	}
	ck_assert_uint_ge(differ, 15);
}
END_TEST

START_TEST(test_seeds)
{
	ck_assert_uint_eq(seed_of_round(123, 0), 123);
	ck_assert_uint_ne(seed_of_round(123, 1), 123);
	ck_assert_uint_ne(seed_of_round(123, 1), seed_of_round(123, 2));
	ck_assert_uint_ne(seed_of_round(123, 1), seed_of_round(124, 1));
	ck_assert_uint_le(seed_of_round(UINT64_MAX, 3), UINT32_MAX);
	ck_assert_uint_eq(seed_of_test(5, "a/b", IRQCHIP_USER),
			  seed_of_test(5, "a/b", IRQCHIP_USER));
	ck_assert_uint_ne(seed_of_test(5, "a/b", IRQCHIP_USER),
			  seed_of_test(6, "a/b", IRQCHIP_USER));
	ck_assert_uint_ne(seed_of_test(5, "a/b", IRQCHIP_USER),
			  seed_of_test(5, "a/c", IRQCHIP_USER));
	ck_assert_uint_ne(seed_of_test(5, "a/b", IRQCHIP_USER),
			  seed_of_test(5, "a/b", IRQCHIP_GICV3));
	ck_assert_uint_le(seed_random(), UINT32_MAX);
}
END_TEST

START_TEST(test_commands)
{
	struct run_record record = { .options = &options, .round_seed = 42 };
	char text[RECORD_COMMAND];

	expect("hop", "moving/hop:3 moving/hop:u");
	record.job = &selection.jobs[1];
	ck_assert_str_eq(record_command(&record, text, sizeof(text)),
			 "armlet test moving/hop --irqchip user --seed 42");
	ck_assert_str_eq(record_name(record.job, text, sizeof(text)), "moving/hop [user]");
	options.cpus = 6;
	options.place = "pack";
	options.migrate = "random:0.3-3";
	options.timeout_scale = 2.5;
	options.exact_time = true;
	ck_assert_str_eq(record_command(&record, text, sizeof(text)),
			 "armlet test moving/hop --irqchip user --seed 42 --vcpus 6 --place pack "
			 "--migrate random:0.3-3 --exact-time --timeout-scale 2.5");
	options = (struct suite_options){ .timeout_scale = 1, .plant = FAULT_GUEST_EARLY };
	expect("early", "basics/early:3 basics/early:u");
	record.job = &selection.jobs[0];
	snprintf(text, sizeof(text),
		 "armlet test basics/early --irqchip gicv3 --seed 42 --plant %s",
		 fault_rows[FAULT_GUEST_EARLY].name);
	ck_assert_str_eq(record_command(&record, (char[RECORD_COMMAND]){ 0 }, RECORD_COMMAND),
			 text);
	options = (struct suite_options){ .timeout_scale = 1, .hazardous = SUITE_HAZARDOUS_TOO };
	expect("dangerous", "moving/dangerous:u");
	record.job = &selection.jobs[0];
	ck_assert_str_eq(record_command(&record, text, sizeof(text)),
			 "armlet test moving/dangerous --irqchip user --seed 42 --hazardous");
}
END_TEST

START_TEST(test_physical_timer)
{
	expect("basics/far", "basics/far:3 basics/far:u");
	facts.ptimer_hangs_host = true;
	expect("basics/far", "(basics/far:3) (basics/far:u)");
	ck_assert_ptr_nonnull(strstr(selection.jobs[0].skip, "--hazardous"));
	options.hazardous = SUITE_HAZARDOUS_ONLY;
	expect("basics/far", "basics/far:3 basics/far:u");
	ck_assert(selection.groups[0].hazardous);
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("select");
	TCase *tcase = tcase_create("select");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, test_patterns);
	tcase_add_test(tcase, test_tiers);
	tcase_add_test(tcase, test_irqchips);
	tcase_add_test(tcase, test_hazardous);
	tcase_add_test(tcase, test_physical_timer);
	tcase_add_test(tcase, test_needs);
	tcase_add_test(tcase, test_vcpus);
	tcase_add_test(tcase, test_plants);
	tcase_add_test(tcase, test_without_facts);
	tcase_add_test(tcase, test_shuffle);
	tcase_add_test(tcase, test_seeds);
	tcase_add_test(tcase, test_commands);
	suite_add_tcase(suite, tcase);
	return suite;
}
