// SPDX-License-Identifier: GPL-2.0-only
/* What is told of runs: KTAP and JSON. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/json_report.h"
#include "harness/ktap.h"
#include "tests/unit/unit.h"

static const struct test rows[] = {
	{ .id = "basics/early",
	  .title = "never before CVAL",
	  .faults = FAULT_SET(FAULT_GUEST_EARLY),
	  .known = "fails before Linux 9.9 (abcdef)" },
};
static const size_t count = 1;
static const struct test_family family = { "basics", "the basics", rows, &count, false };

static struct suite_options options;
static struct job job;
static struct run_result *result;
static struct run_record record;
static struct ktap ktap;
static FILE *stream;
static char *said;
static size_t said_size;

static void set_up(void)
{
	options = (struct suite_options){ .timeout_scale = 1, .repeat = 1 };
	job = (struct job){ .family = &family, .test = &rows[0], .irqchip = IRQCHIP_USER };
	result = result_create();
	result_begin(result, 1);
	record = (struct run_record){
		.job = &job, .options = &options, .round_seed = 77, .result = result
	};
	stream = open_memstream(&said, &said_size);
	ktap = (struct ktap){ .stream = stream };
	unit_reset_log();
}

static void tear_down(void)
{
	fclose(stream);
	free(said);
	result_destroy(result);
}

static void expect_said(const char *text)
{
	fflush(stream);
	ck_assert_msg(strstr(said, text) != NULL, "wanted \"%s\" in:\n%s", text, said);
}

static void expect_not_said(const char *text)
{
	fflush(stream);
	ck_assert_msg(strstr(said, text) == NULL, "did not want \"%s\" in:\n%s", text, said);
}

START_TEST(test_ktap)
{
	ktap_begin(&ktap, stream, 0, 1);
	ktap_note(&ktap, "seed %d", 5);
	ktap_begin_group(&ktap, "basics", 3);
	result->duration = 1234567890;
	ktap_result(&ktap, &record);
	result_skip(result, "no #2 here");
	ktap_result(&ktap, &record);
	result_begin(result, 1);
	result_fail(result, NULL, "boom");
	result->failures[0].time = 2500000;
	ktap_result(&ktap, &record);
	ktap_end_group(&ktap, "basics");
	ktap_end(&ktap);
	fflush(stream);
	ck_assert_str_eq(said, "KTAP version 1\n"
			       "1..1\n"
			       "# seed 5\n"
			       "  KTAP version 1\n"
			       "  # Subtest: basics\n"
			       "  1..3\n"
			       "  ok 1 basics/early [user] # 1.235 s\n"
			       "  ok 2 basics/early [user] # SKIP no ?2 here\n"
			       "  # basics/early [user]: 1 failure\n"
			       "  #   boom\n"
			       "  #     at 2.500 ms\n"
			       "  #   known: fails before Linux 9.9 (abcdef)\n"
			       "  #   again: armlet test basics/early --irqchip user --seed 77\n"
			       "  not ok 3 basics/early [user] # 0.000 s\n"
			       "not ok 1 basics\n");
	ck_assert(!ktap_is_broken(&ktap));
}
END_TEST

START_TEST(test_groups)
{
	/* Without end: the plan comes when it is known. */
	ktap_begin(&ktap, stream, 0, 0);
	ktap_begin_group(&ktap, "one", 1);
	ktap_result(&ktap, &record);
	ktap_end_group(&ktap, "one");
	result_skip(result, "not here");
	ktap_begin_group(&ktap, "two", 1);
	ktap_result(&ktap, &record);
	ktap_end_group(&ktap, "two");
	ktap_end(&ktap);
	expect_said("\nok 1 one\n");
	expect_said("\nok 2 two # SKIP none of its tests could be run here\n1..2\n");
	ck_assert_ptr_eq(strstr(said, "1.."), strstr(said, "1..1\n"));
}
END_TEST

static struct result_cpu somewhere(void)
{
	struct result_cpu cpu = {
		.known = true,
		.cpu = 1,
		.vm = "vm",
		.pc = 0x40200123,
		.count = 10000,
		.frequency = 1000000,
		.event_count = 2,
		.events = { { 9000, GUEST_EVENT_CVAL, 0, 0x2710 },
			    { 9990, GUEST_EVENT_IRQ, 27, 1 } },
	};

	cpu.x[30] = 0x1234;
	cpu.timers[0] = (struct result_timer){ true, 5, 9500, 10000 };
	return cpu;
}

START_TEST(test_diagnostics)
{
	struct result_cpu cpu = somewhere();

	result_fail(result, &cpu, "expected %d\nseen %d", 1, 2);
	result_fail(result, &cpu, "and then");
	result_note(result, "a note");
	record.has_complaint = true;
	record.complaint.line_count = 1;
	strcpy(record.complaint.lines[0], "WARNING: at a.c:1");
	record.trace_count = 1;
	strcpy(record.trace[0], "kvm_exit: ...");
	ktap_result(&ktap, &record);
	expect_said("# basics/early [user]: 2 failures\n");
	expect_said("vm's vCPU 1: PC 0x40200123");
	expect_said("X30 0000000000001234");
	expect_said("virtual timer: CTL 0x5 enabled expired, CVAL 0x251c, 500.000 us ago");
	expect_said("   -1000.000 virtual CVAL or TVAL = 0x2710\n");
	expect_said("     -10.000 interrupt 27 at 0x1");
	expect_said("#   and then\n");
	expect_said(" ms: a note\n");
	expect_said("#     WARNING: at a.c:1\n");
	expect_said("#     kvm_exit: ...\n");
	/* Registers once. */
	ck_assert_ptr_null(strstr(strstr(said, "X30") + 1, "X30"));
}
END_TEST

START_TEST(test_verbose)
{
	ktap.verbosity = 1;
	for (int i = 1; i <= 100; i++)
		result_sample(result, "lateness", i);
	result_count(result, "exits.mmio_read", 12);
	result_note(result, "a note");
	ktap_result(&ktap, &record);
	expect_said("basics/early [user]: never before CVAL\n");
	expect_said("lateness: 100 values, min 1, median 51, mean 50.5, 99% 99, max 100\n");
	expect_said("exits.mmio_read: 12\n");
	expect_said("a note\n");
	expect_not_said("again:");
}
END_TEST

START_TEST(test_many)
{
	for (int i = 0; i < 1000; i++) {
		result_fail(result, NULL, "failure %d", i);
		result_note(result, "note %d", i);
	}
	ktap_result(&ktap, &record);
	expect_said("1000 failures\n");
	expect_said("... and 984 failures more\n");
	expect_said("... and 952 notes more\n");
}
END_TEST

START_TEST(test_planted)
{
	job.fault = FAULT_GUEST_EARLY;
	result_fail(result, NULL, "too early");
	ck_assert_int_eq(record_outcome(&record), RECORD_OK);
	ktap_result(&ktap, &record);
	expect_said("  ok 1 basics/early [user] notices ");
	expect_said(" s, noticed\n");
	expect_said("too early");
	result_begin(result, 1);
	ck_assert_int_eq(record_outcome(&record), RECORD_NOT_OK);
	ktap_result(&ktap, &record);
	expect_said("  not ok 2 basics/early [user] notices ");
	expect_said(" s, not noticed\n");
	expect_said("planted, which it has to notice");
	/* A fault that the row does not name. */
	job.fault = FAULT_GUEST_LATE;
	ck_assert_int_eq(record_outcome(&record), RECORD_OK);
	ktap_result(&ktap, &record);
	expect_said("  ok 3 basics/early [user] with ");
	result_skip(result, "no");
	ck_assert_int_eq(record_outcome(&record), RECORD_SKIPPED);
}
END_TEST

START_TEST(test_strange_text)
{
	job.fault = FAULT_NONE;
	result_fail(result, NULL, "%s", "\x1b[2J\x80\xff # x");
	ktap_note(&ktap, "%s", "\x1b[2J\ntwo");
	ktap_result(&ktap, &record);
	expect_said("# ?[2J\n# two\n");
	expect_not_said("\x1b");
	expect_not_said("\x80");
}
END_TEST

START_TEST(test_no_room_for_output)
{
	FILE *full = fopen("/dev/full", "w");

	ktap_begin(&ktap, full, 0, 1);
	ck_assert(ktap_is_broken(&ktap));
	fclose(full);
}
END_TEST

static json_t *load(const char *path)
{
	json_error_t error;
	json_t *object = json_load_file(path, 0, &error);

	ck_assert_msg(object != NULL, "%s", error.text);
	return object;
}

static const char *string_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

START_TEST(test_json)
{
	struct suite_counts counts = {
		.passed = 1, .failed = 1, .rounds = 1, .duration = 1500000000
	};
	const char *path = unit_make_file("old", 3);
	struct result_cpu cpu = somewhere();
	struct json_report report;
	struct stat after;
	json_t *object, *first, *second;
	mode_t mask = umask(0);

	umask(mask);
	options.patterns[0] = "a\xff";
	options.pattern_count = 1;
	ck_assert_int_eq(
		json_report_begin(&report, path, &options, 5, json_pack("{s:i}", "schema", 1)), 0);
	result_sample(result, "late", 1.5);
	result_sample(result, "late", 2.5);
	result_count(result, "exits.line", 3);
	json_report_add(&report, &record);
	result_begin(result, 1);
	result_fail(result, &cpu, "bad \x01");
	record.has_complaint = true;
	record.complaint.line_count = 1;
	strcpy(record.complaint.lines[0], "WARNING");
	json_report_add(&report, &record);
	ck_assert_int_eq(json_report_write(&report, &counts), 0);
	counts.signal = 15;
	counts.complete = true;
	ck_assert_int_eq(json_report_write(&report, &counts), 0);
	json_report_end(&report);
	stat(path, &after);
	ck_assert_uint_eq(after.st_mode & 0777, 0666 & ~mask);

	object = load(path);
	ck_assert_int_eq(json_integer_value(json_object_get(object, "schema")), 1);
	ck_assert_int_eq(json_integer_value(json_object_get(object, "seed")), 5);
	ck_assert(json_is_object(json_object_get(object, "host")));
	ck_assert_int_eq(
		json_integer_value(json_object_get(json_object_get(object, "summary"), "signal")),
		15);
	ck_assert_uint_eq(json_array_size(json_object_get(object, "results")), 2);
	first = json_array_get(json_object_get(object, "results"), 0);
	ck_assert_str_eq(string_of(first, "id"), "basics/early");
	ck_assert_str_eq(string_of(first, "irqchip"), "user");
	ck_assert_str_eq(string_of(first, "verdict"), "passed");
	ck_assert(json_is_null(json_object_get(first, "fault")));
	ck_assert_uint_eq(
		json_array_size(json_object_get(
			json_object_get(json_object_get(first, "series"), "late"), "values")),
		2);
	ck_assert_int_eq(json_integer_value(
				 json_object_get(json_object_get(first, "counters"), "exits.line")),
			 3);
	second = json_array_get(json_object_get(object, "results"), 1);
	ck_assert_str_eq(string_of(second, "verdict"), "failed");
	ck_assert_str_eq(
		string_of(json_object_get(json_array_get(json_object_get(second, "failures"), 0),
					  "at"),
			  "pc"),
		"0x40200123");
	ck_assert_uint_eq(json_array_size(json_object_get(second, "kernel_log")), 1);
	json_decref(object);
}
END_TEST

START_TEST(test_json_of_a_long_run)
{
	struct suite_counts counts = { .complete = true };
	const char *path = unit_make_file("", 0);
	struct json_report report;
	json_t *object;

	ck_assert_int_eq(json_report_begin(&report, path, &options, 5, NULL), 0);
	for (record.round = 0; record.round < 2 * JSON_REPORT_ROUNDS; record.round++)
		json_report_add(&report, &record);
	result_fail(result, NULL, "late, but kept");
	json_report_add(&report, &record);
	ck_assert_int_eq(json_report_write(&report, &counts), 0);
	json_report_end(&report);
	object = load(path);
	ck_assert_uint_eq(json_array_size(json_object_get(object, "results")),
			  JSON_REPORT_ROUNDS + 1);
	ck_assert(json_is_null(json_object_get(object, "host")));
	json_decref(object);
}
END_TEST

START_TEST(test_json_cannot_be_written)
{
	struct suite_counts counts = { .complete = true };
	struct json_report report;

	ck_assert_int_eq(json_report_begin(&report, "/nowhere/file", &options, 5, NULL), -ENOENT);
	unit_assert_logged("cannot write the results to /nowhere/file");
	json_report_add(&report, &record);
	json_report_end(&report);
	/* A device is written as it is, at the end. */
	ck_assert_int_eq(json_report_begin(&report, "/dev/full", &options, 5, NULL), 0);
	counts.complete = false;
	ck_assert_int_eq(json_report_write(&report, &counts), 0);
	counts.complete = true;
	ck_assert_int_lt(json_report_write(&report, &counts), 0);
	unit_assert_logged("/dev/full");
	json_report_end(&report);
	/* Without --json there is none. */
	ck_assert_int_eq(json_report_write(&report, &counts), 0);
	json_report_add(&report, &record);
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("report");
	TCase *tcase = tcase_create("KTAP");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, test_ktap);
	tcase_add_test(tcase, test_groups);
	tcase_add_test(tcase, test_diagnostics);
	tcase_add_test(tcase, test_verbose);
	tcase_add_test(tcase, test_many);
	tcase_add_test(tcase, test_planted);
	tcase_add_test(tcase, test_strange_text);
	tcase_add_test(tcase, test_no_room_for_output);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("JSON");
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, test_json);
	tcase_add_test(tcase, test_json_of_a_long_run);
	tcase_add_test(tcase, test_json_cannot_be_written);
	suite_add_tcase(suite, tcase);
	return suite;
}
