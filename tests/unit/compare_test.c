// SPDX-License-Identifier: GPL-2.0-only
/* `armlet compare` from files to the report. */
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/compare/compare.h"
#include "harness/compare/words.h"
#include "tests/unit/unit.h"

#define HOST                                                                                \
	"\"host\": {\"board\": \"a board\", \"mode\": \"vhe\", \"irqchips\": [\"gicv3\"], " \
	"\"cpus\": [{\"midr\": \"0x1\"}], \"kernel\": {\"release\": \"6.12\"}}"

static char report[65536];

static const char *file(const char *text)
{
	return unit_make_file(text, strlen(text));
}

/* Compares, and has the report in `report`. */
static enum compare_end run(struct compare_options *options)
{
	const char *output = unit_make_file("", 0);
	enum compare_end end;
	FILE *stream;
	size_t length;

	options->output = output;
	unit_reset_log();
	end = compare_run(options);
	stream = fopen(output, "re");
	length = fread(report, 1, sizeof(report) - 1, stream);
	report[length] = '\0';
	fclose(stream);
	return end;
}

static enum compare_end compare(const char *base, const char *new)
{
	struct compare_options options = {
		.base = { base }, .new = { new }, .base_count = 1, .new_count = 1, .threshold = 1
	};

	return run(&options);
}

#define assert_says(text)                                                                    \
	ck_assert_msg(strstr(report, text) != NULL, "the report says \"%s\", wanted \"%s\"", \
		      report, text)
#define assert_says_not(text) \
	ck_assert_msg(strstr(report, text) == NULL, "the report says \"%s\"", report)

/* -- the meter -------------------------------------------------------------------------------- */

#define METER(operations) \
	"{\"schema\": 1, \"kind\": \"meter\", " HOST ", \"operations\": [" operations "]}"
#define HYPERCALL(exact, counts)                                                    \
	"{\"name\": \"hypercall\", \"irqchip\": \"gicv3\", \"class\": \"kernel\", " \
	"\"exact\": " exact ", \"iterations\": 48, \"discarded\": 2, \"counts\": {" counts "}"

START_TEST(equal_counts_are_no_finding)
{
	const char *record = METER(HYPERCALL("true", "\"instructions.el2\": 412") "}");

	ck_assert_int_eq(compare(file(record), file(record)), COMPARE_NO_REGRESSION);
	assert_says("0 of 1 operations changed, 1 did not");
	assert_says("No change: hypercall [gicv3]");
}
END_TEST

START_TEST(fewer_are_told_in_the_words_of_the_field)
{
	const char *base = file(METER(HYPERCALL(
		"true", "\"instructions.el2\": 412, \"gic.redistributor.write\": 3") "}"));
	const char *new = file(METER(HYPERCALL(
		"true", "\"instructions.el2\": 198, \"gic.redistributor.write\": 1") "}"));

	ck_assert_int_eq(compare(base, new), COMPARE_NO_REGRESSION);
	assert_says("hypercall [gicv3] (kernel)\n"
		    "    2 fewer redistributor writes (3 → 1)\n"
		    "    214 fewer instructions at EL2 (412 → 198)\n");
	ck_assert_int_eq(compare(new, base), COMPARE_REGRESSION);
	assert_says("2 more redistributor writes (1 → 3)");
	assert_says("REGRESSION");
}
END_TEST

START_TEST(a_count_that_one_side_lacks_is_zero)
{
	const char *base = file(METER(HYPERCALL("true", "\"exits\": 1") "}"));
	const char *new = file(METER(HYPERCALL("true", "\"exits\": 1, \"fp.saves\": 1") "}"));

	ck_assert_int_eq(compare(base, new), COMPARE_REGRESSION);
	assert_says("1 more save of all FP registers (0 → 1)");
}
END_TEST

START_TEST(a_change_within_the_threshold_is_told_and_no_regression)
{
	const char *base = file(METER(HYPERCALL("true", "\"instructions.el2\": 1000") "}"));
	const char *new = file(METER(HYPERCALL("true", "\"instructions.el2\": 1001") "}"));

	ck_assert_int_eq(compare(base, new), COMPARE_NO_REGRESSION);
	assert_says("1 more instruction at EL2 (1000 → 1001)");
}
END_TEST

START_TEST(counts_that_vary_are_findings_only_beyond_each_other)
{
	const char *base = file(
		METER(HYPERCALL("false", "\"exits\": 10") ", \"ranges\": {\"exits\": [8, 12]}}"));
	const char *near = file(
		METER(HYPERCALL("false", "\"exits\": 12") ", \"ranges\": {\"exits\": [11, 15]}}"));
	const char *far = file(
		METER(HYPERCALL("false", "\"exits\": 20") ", \"ranges\": {\"exits\": [18, 25]}}"));

	ck_assert_int_eq(compare(base, near), COMPARE_NO_REGRESSION);
	assert_says("0 of 1 operations changed");
	ck_assert_int_eq(compare(base, far), COMPARE_REGRESSION);
	assert_says("10 more exits from the guest (10 → 20), medians: not exact");
	/* Of such an operation a count that did not vary is exact all the same. */
	ck_assert_int_eq(compare(file(METER(HYPERCALL("false", "\"exits\": 10") "}")),
				 file(METER(HYPERCALL("false", "\"exits\": 20") "}"))),
			 COMPARE_REGRESSION);
	assert_says("10 more exits from the guest (10 → 20)\n");
}
END_TEST

START_TEST(repeats_of_a_side_widen_what_was_seen)
{
	struct compare_options options = { .base_count = 2, .new_count = 1, .threshold = 1 };

	options.base[0] = file(METER(HYPERCALL("true", "\"exits\": 10") "}"));
	options.base[1] = file(METER(HYPERCALL("true", "\"exits\": 14") "}"));
	options.new[0] = file(METER(HYPERCALL("true", "\"exits\": 12") "}"));
	ck_assert_int_eq(run(&options), COMPARE_NO_REGRESSION);
	assert_says("0 of 1 operations changed");
}
END_TEST

/* As two boots of one kernel may be: each count alike in all of a run, but not in both. */
START_TEST(repeats_a_little_apart_are_no_finding)
{
	struct compare_options options = { .base_count = 2, .new_count = 2, .threshold = 1 };

	options.base[0] = file(METER(HYPERCALL("true", "\"exits\": 6800") "}"));
	options.base[1] = file(METER(HYPERCALL("true", "\"exits\": 6806") "}"));
	options.new[0] = file(METER(HYPERCALL("true", "\"exits\": 6810") "}"));
	options.new[1] = file(METER(HYPERCALL("true", "\"exits\": 6812") "}"));
	ck_assert_int_eq(run(&options), COMPARE_NO_REGRESSION);
	assert_says("0 of 1 operations changed");
	options.new[0] = file(METER(HYPERCALL("true", "\"exits\": 6900") "}"));
	options.new[1] = file(METER(HYPERCALL("true", "\"exits\": 6904") "}"));
	ck_assert_int_eq(run(&options), COMPARE_REGRESSION);
}
END_TEST

START_TEST(what_did_not_change_is_told_in_lines_for_a_mail)
{
	char record[4096] = "{\"schema\": 1, \"kind\": \"meter\", " HOST ", \"operations\": [{}",
	     *end;
	unsigned lines = 0;

	end = record + strlen(record);
	for (unsigned i = 0; i < 30; i++)
		end += sprintf(end,
			       ", {\"name\": \"operation-%u\", \"irqchip\": \"gicv3\", "
			       "\"counts\": {\"exits\": 1}}",
			       i);
	strcpy(end, "]}");
	ck_assert_int_eq(compare(file(record), file(record)), COMPARE_NO_REGRESSION);
	assert_says("operation-0 [gicv3], operation-1 [gicv3]");
	assert_says("operation-29 [gicv3]\n");
	for (char *line = strstr(report, "  No change:"); *line; line += strcspn(line, "\n") + 1) {
		ck_assert_uint_le(strcspn(line, "\n"), 101);
		if (strncmp(line, "no regression", 5) == 0)
			break;
		lines++;
	}
	ck_assert_uint_gt(lines, 6);
}
END_TEST

/* It would else be a count of 0, and anything between 0 and what there was no finding. */
START_TEST(a_repeat_without_an_operation_says_nothing_of_it)
{
	struct compare_options options = { .base_count = 2, .new_count = 2, .threshold = 1 };

	options.base[0] = file(METER(HYPERCALL("true", "\"exits\": 3") "}"));
	options.base[1] = file(METER(
		"{\"name\": \"hypercall\", \"irqchip\": \"gicv3\", \"skipped\": \"for once\"}"));
	options.new[0] = file(METER(HYPERCALL("true", "\"exits\": 2") "}"));
	options.new[1] = options.new[0];
	ck_assert_int_eq(run(&options), COMPARE_NO_REGRESSION);
	assert_says("1 fewer exit from the guest (3 → 2)");
}
END_TEST

START_TEST(an_operation_that_is_gone_is_told)
{
	const char *base = file(METER(HYPERCALL("true", "\"exits\": 1") "}"));

	ck_assert_int_eq(compare(base, file(METER(""))), COMPARE_NO_REGRESSION);
	assert_says("metered before, now not in the record");
}
END_TEST

START_TEST(words_for_counts)
{
	char text[96];

	ck_assert_str_eq(compare_count_words("write.CNTV_CTL", text, sizeof(text)),
			 "writes of CNTV_CTL");
	ck_assert_str_eq(compare_count_words("write.other", text, sizeof(text)),
			 "writes of other system registers");
	ck_assert_str_eq(compare_count_words("exits.hvc64", text, sizeof(text)), "exits for hvc64");
	ck_assert_str_eq(compare_count_words("gic.redistributor.active.write", text, sizeof(text)),
			 "redistributor writes of active state");
	ck_assert_str_eq(compare_count_words("something.new", text, sizeof(text)), "something.new");
	ck_assert_str_eq(compare_count_sentence("entries", 1, 2, text, sizeof(text)),
			 "1 more entry into the guest (1 → 2)");
	ck_assert_str_eq(compare_count_sentence("interrupts.27", 1, 0, text, sizeof(text)),
			 "1 fewer physical interrupt 27 (1 → 0)");
	ck_assert_str_eq(compare_count_sentence("something.new", 1, 0, text, sizeof(text)),
			 "1 fewer something.new (1 → 0)");
	ck_assert_str_eq(compare_count_sentence("tlbi", 2, 0, text, sizeof(text)),
			 "2 fewer TLB invalidations (2 → 0)");
}
END_TEST

/* -- tests ------------------------------------------------------------------------------------ */

#define TESTS(results) \
	"{\"schema\": 1, \"kind\": \"test\", " HOST ", \"options\": {}, \"results\": [" results "]}"
#define RESULT(id, verdict, ok, more)                                          \
	"{\"id\": \"" id "\", \"irqchip\": \"gicv3\", \"verdict\": \"" verdict \
	"\", \"ok\": " ok more "}"

START_TEST(a_test_that_fails_now_is_a_regression)
{
	const char *base = file(
		TESTS(RESULT("a/b", "passed", "true", "") "," RESULT("a/c", "passed", "true", "")));
	const char *new = file(TESTS(RESULT("a/b", "passed", "true", "") "," RESULT(
		"a/c", "failed", "false", ", \"failures\": [{\"text\": \"it is late\"}]")));

	ck_assert_int_eq(compare(base, new), COMPARE_REGRESSION);
	assert_says("1 of 2 tests changed");
	assert_says("passed before, now FAILED: it is late");
	ck_assert_int_eq(compare(new, base), COMPARE_NO_REGRESSION);
	assert_says("FAILED: it is late before, now passed");
}
END_TEST

START_TEST(the_worst_round_of_a_test_counts)
{
	const char *base = file(TESTS(RESULT("a/b", "passed", "true", "")));
	const char *new = file(TESTS(RESULT("a/b", "failed", "false", "") "," RESULT(
		"a/b", "passed", "true", "") "," RESULT("a/b", "failed", "false", "")));

	ck_assert_int_eq(compare(base, new), COMPARE_REGRESSION);
	assert_says("1 of 1 tests changed");
}
END_TEST

/* It might have done so on the other kernel. */
START_TEST(a_test_that_failed_once_of_several_times_is_no_verdict)
{
	const char *base = file(TESTS(RESULT("a/b", "passed", "true", "")));
	const char *new = file(TESTS(
		RESULT("a/b", "failed", "false", "") "," RESULT("a/b", "passed", "true", "")));

	ck_assert_int_eq(compare(base, new), COMPARE_NO_REGRESSION);
	assert_says("0 of 1 tests changed");
	assert_says("of 1 it cannot be told");
	assert_says("passed before, now FAILED (once of several times)");
	ck_assert_int_eq(compare(new, base), COMPARE_NO_REGRESSION);
	assert_says("FAILED before, now passed (once of several times)");
}
END_TEST

START_TEST(a_test_that_is_skipped_now_is_told_and_no_regression)
{
	const char *base = file(TESTS(RESULT("a/b", "passed", "true", "")));
	const char *new =
		file(TESTS(RESULT("a/b", "skipped", "true", ", \"skip_reason\": \"no SVE\"")));

	ck_assert_int_eq(compare(base, new), COMPARE_NO_REGRESSION);
	assert_says("passed before, now skipped: no SVE");
	ck_assert_int_eq(compare(base, file(TESTS(""))), COMPARE_NO_REGRESSION);
	assert_says("passed before, now not run");
}
END_TEST

/* -- benchmarks ------------------------------------------------------------------------------- */

/* A record of one operation whose batches are about `ticks` of 10 ns, in a regular pattern. */
static const char *bench_file(double ticks, const char *governor)
{
	json_t *values = json_array(), *record;
	const char *path;
	char *text;

	for (int i = 0; i < 100; i++)
		json_array_append_new(values, json_real(ticks * (1 + (i * 37 % 100 - 50) * 1e-4)));
	record = json_pack("{s:i, s:s, s:{s:s, s:s, s:[s], s:[]}, s:{s:s, s:i}, s:{s:s}, "
			   "s:[{s:s, s:s, s:s, s:i, s:{s:f}, s:{s:o}, s:{s:b}}]}",
			   "schema", 1, "kind", "bench", "host", "board", "a board", "mode", "vhe",
			   "irqchips", "gicv3", "cpus", "environment", "governor", governor,
			   "counter_frequency", 100000000, "options", "place", "spread",
			   "operations", "name", "hypercall", "irqchip", "gicv3", "class", "kernel",
			   "iterations", 5000, "ns", "p50", ticks * 10, "batches", "ticks", values,
			   "noise", "noisy", 0);
	text = json_dumps(record, 0);
	path = unit_make_file(text, strlen(text));
	free(text);
	json_decref(record);
	return path;
}

START_TEST(times_that_differ_are_told_with_their_interval)
{
	const char *base = bench_file(50, "performance"), *new = bench_file(51, "performance");

	ck_assert_int_eq(compare(base, new), COMPARE_REGRESSION);
	assert_says("time: 2.00 % more (500 → 510 ns, between +1.7");
	ck_assert_int_eq(compare(new, base), COMPARE_NO_REGRESSION);
	assert_says("time: 1.96 % less");
	ck_assert_int_eq(compare(base, base), COMPARE_NO_REGRESSION);
	assert_says("No change: hypercall [gicv3]");
	assert_says("one run of a side");
}
END_TEST

START_TEST(times_that_no_clock_says_are_no_values)
{
	const char *base = bench_file(50, "performance");

	ck_assert_int_eq(compare(base, bench_file(1e300, "performance")), COMPARE_NO_REGRESSION);
	assert_says("time: cannot tell: there are no values");
	assert_says_not("nan");
	assert_says_not("inf");
}
END_TEST

START_TEST(a_run_that_was_ended_early_is_told_of)
{
	const char *whole = file(METER(HYPERCALL("true", "\"exits\": 1") "}"));
	const char *part = file("{\"schema\": 1, \"kind\": \"meter\", " HOST
				", \"complete\": false, \"operations\": []}");

	ck_assert_int_eq(compare(whole, part), COMPARE_NO_REGRESSION);
	assert_says("a run of the new kernel was ended before all was done");
	ck_assert_int_eq(compare(part, whole), COMPARE_NO_REGRESSION);
	assert_says("a run of the base was ended before all was done");
	ck_assert_int_eq(compare(whole, whole), COMPARE_NO_REGRESSION);
	assert_says_not("ended before");
	part = file("{\"schema\": 1, \"kind\": \"test\", " HOST
		    ", \"summary\": {\"complete\": false}, \"results\": []}");
	ck_assert_int_eq(compare(part, part), COMPARE_NO_REGRESSION);
	assert_says("a run of each side was ended before all was done");
}
END_TEST

START_TEST(other_conditions_are_refused_with_the_reason)
{
	const char *base = bench_file(50, "performance"), *new = bench_file(50, "powersave");

	ck_assert_int_eq(compare(base, new), COMPARE_NOT_COMPARABLE);
	assert_says("not comparable: governor: performance in the one, powersave in the other");
	unit_assert_logged("governor: ");
	ck_assert_int_eq(compare(base, file(METER(""))), COMPARE_NOT_COMPARABLE);
	assert_says("kind: bench in the one, meter in the other");
}
END_TEST

START_TEST(pairs_of_several_kinds_make_one_report)
{
	struct compare_options options = { .base_count = 2, .new_count = 2, .threshold = 1 };

	options.base[0] = file(METER(HYPERCALL("true", "\"exits\": 1") "}"));
	options.new[0] = file(METER(HYPERCALL("true", "\"exits\": 1") "}"));
	options.base[1] = file(TESTS(RESULT("a/b", "passed", "true", "")));
	options.new[1] = file(TESTS(RESULT("a/b", "failed", "false", "")));
	ck_assert_int_eq(run(&options), COMPARE_REGRESSION);
	assert_says("== meter, a board");
	assert_says("== test, a board");
	/* What cannot be compared is worse than a regression. */
	options.new_count = 1;
	options.new[0] = options.new[1];
	ck_assert_int_eq(run(&options), COMPARE_NOT_COMPARABLE);
}
END_TEST

START_TEST(html_is_one_file_and_names_are_only_text)
{
	struct compare_options options = {
		.base_count = 2, .new_count = 2, .threshold = 1, .html = true
	};

	options.base[0] = bench_file(50, "performance");
	options.new[0] = bench_file(60, "performance");
	options.base[1] =
		file(METER("{\"name\": \"<script>\", \"irqchip\": \"&\", \"exact\": true, "
			   "\"counts\": {\"exits\": 1}}"));
	options.new[1] = file(METER("{\"name\": \"<script>\", \"irqchip\": \"&\", \"exact\": true, "
				    "\"counts\": {\"exits\": 2}}"));
	ck_assert_int_eq(run(&options), COMPARE_REGRESSION);
	assert_says("<svg");
	assert_says("&lt;script&gt;");
	assert_says_not("<script");
	assert_says_not("src=");
	assert_says_not("href=");
	assert_says("</html>");
}
END_TEST

/* -- files ------------------------------------------------------------------------------------ */

START_TEST(what_is_no_record_is_refused)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{ "", "no whole JSON" },
		{ "{\"schema\": 1, \"kind\": \"bench\", \"operations\": [{\"name\": \"hyper",
		  "no whole JSON" },
		{ "hello", "no whole JSON" },
		{ "[]", "it is no JSON object" },
		{ "{}", "it has no schema" },
		{ "{\"schema\": \"1\"}", "it has no schema" },
		{ "{\"schema\": 2, \"kind\": \"bench\"}", "its schema is 2, this armlet knows 1" },
		{ "{\"schema\": 1, \"kind\": \"bench\"}", "it has no operations" },
		{ "{\"schema\": 1, \"kind\": \"bench\", \"operations\": {}}",
		  "it has no operations" },
		{ "{\"schema\": 1, \"kind\": \"recipe\", \"operations\": []}",
		  "it says that it is something else" },
		{ "{\"schema\": 1}", "it has no results" },
	};
	char *good = strdup(file(METER("")));

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_int_eq(compare(good, file(bad[i].text)), COMPARE_NOT_COMPARABLE);
		unit_assert_logged(bad[i].says);
		ck_assert_int_eq(compare(file(bad[i].text), good), COMPARE_NOT_COMPARABLE);
		unit_assert_logged(bad[i].says);
	}
	ck_assert_int_eq(compare("/nowhere/a.json", good), COMPARE_NOT_COMPARABLE);
	unit_assert_logged("cannot read /nowhere/a.json: No such file");
	free(good);
}
END_TEST

/* Nothing that takes all time and memory. */
START_TEST(files_far_too_large_are_refused)
{
	char path[] = "/tmp/armlet-large-XXXXXX";
	int fd = mkstemp(path);
	char *good = strdup(file(METER(""))), *many = malloc(16384), *end = many;

	ck_assert_int_eq(ftruncate(fd, (256 << 20) + 1), 0);
	close(fd);
	ck_assert_int_eq(compare(good, path), COMPARE_NOT_COMPARABLE);
	unit_assert_logged("it is longer than any record");
	unlink(path);
	end += sprintf(end, "{\"schema\": 1, \"kind\": \"meter\", \"operations\": [0");
	for (unsigned i = 0; i < 1000; i++)
		end += sprintf(end, ",%u", i);
	sprintf(end, "]}");
	ck_assert_int_eq(compare(good, file(many)), COMPARE_NOT_COMPARABLE);
	unit_assert_logged("it has too many operations");
	ck_assert_int_eq(compare(good, "/tmp"), COMPARE_NOT_COMPARABLE);
	unit_assert_logged("cannot read /tmp: Is a directory");
	free(many);
	free(good);
}
END_TEST

/* Fields of other types than they should be count as missing; nothing crashes. */
START_TEST(records_full_of_nonsense_are_survived)
{
	const char *texts[] = {
		METER("1, null, \"x\", [], {}, {\"name\": 3, \"irqchip\": {}, \"counts\": 7}, "
		      "{\"name\": \"a\", \"counts\": {\"exits\": \"many\"}, \"ranges\": "
		      "{\"exits\": [1]}}"),
		"{\"schema\": 1, \"kind\": \"bench\", \"host\": 5, \"environment\": [], "
		"\"operations\": "
		"[{\"name\": \"a\", \"batches\": {\"ticks\": [1, \"x\", null, {}], \"cycles\": "
		"3}}, {}]}",
		TESTS("{}, 1, {\"id\": [], \"failures\": {}}, {\"id\": \"a\", \"ok\": 3}"),
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const char *path = file(texts[i]);

		ck_assert_int_eq(compare(path, path), COMPARE_NO_REGRESSION);
	}
}
END_TEST

/* Cut after each byte. */
START_TEST(truncated_records_are_refused)
{
	const char *whole = METER(HYPERCALL("true", "\"exits\": 1") "}");
	char *good = strdup(file(whole));

	for (size_t length = 0; length < strlen(whole); length += 7) {
		char path[] = "/tmp/armlet-truncated-XXXXXX";
		int fd = mkstemp(path);

		ck_assert_int_eq(write(fd, whole, length), (ssize_t)length);
		close(fd);
		ck_assert_int_eq(compare(good, path), COMPARE_NOT_COMPARABLE);
		unlink(path);
	}
	ck_assert_int_eq(compare(good, good), COMPARE_NO_REGRESSION);
	free(good);
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("compare");
	TCase *tests = tcase_create("compare");

	tcase_add_test(tests, equal_counts_are_no_finding);
	tcase_add_test(tests, fewer_are_told_in_the_words_of_the_field);
	tcase_add_test(tests, a_count_that_one_side_lacks_is_zero);
	tcase_add_test(tests, a_change_within_the_threshold_is_told_and_no_regression);
	tcase_add_test(tests, counts_that_vary_are_findings_only_beyond_each_other);
	tcase_add_test(tests, repeats_of_a_side_widen_what_was_seen);
	tcase_add_test(tests, repeats_a_little_apart_are_no_finding);
	tcase_add_test(tests, what_did_not_change_is_told_in_lines_for_a_mail);
	tcase_add_test(tests, a_repeat_without_an_operation_says_nothing_of_it);
	tcase_add_test(tests, an_operation_that_is_gone_is_told);
	tcase_add_test(tests, words_for_counts);
	tcase_add_test(tests, a_test_that_fails_now_is_a_regression);
	tcase_add_test(tests, the_worst_round_of_a_test_counts);
	tcase_add_test(tests, a_test_that_failed_once_of_several_times_is_no_verdict);
	tcase_add_test(tests, a_test_that_is_skipped_now_is_told_and_no_regression);
	tcase_add_test(tests, times_that_differ_are_told_with_their_interval);
	tcase_add_test(tests, times_that_no_clock_says_are_no_values);
	tcase_add_test(tests, a_run_that_was_ended_early_is_told_of);
	tcase_add_test(tests, other_conditions_are_refused_with_the_reason);
	tcase_add_test(tests, pairs_of_several_kinds_make_one_report);
	tcase_add_test(tests, html_is_one_file_and_names_are_only_text);
	tcase_add_test(tests, what_is_no_record_is_refused);
	tcase_add_test(tests, files_far_too_large_are_refused);
	tcase_add_test(tests, records_full_of_nonsense_are_survived);
	tcase_add_test(tests, truncated_records_are_refused);
	suite_add_tcase(suite, tests);
	return suite;
}
