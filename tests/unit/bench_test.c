// SPDX-License-Identifier: GPL-2.0-only
/* `armlet bench` without a KVM: options, which operations, environment, and a record that compare
 * reads. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/bench_options.h"
#include "cli/options.h"
#include "harness/bench/record.h"
#include "harness/bench/select.h"
#include "harness/compare/load.h"
#include "harness/result.h"
#include "harness/test.h"
#include "tests/unit/fake_host_cpus.h"
#include "tests/unit/unit.h"
#include "vmm/host_info.h"

static struct bench_command_options options;

static int parse(const char *first, const char *second, const char *third)
{
	char *argv[] = { (char *)"bench", (char *)first, (char *)second, (char *)third, NULL };
	int argc = 1;

	while (argv[argc])
		argc++;
	unit_reset_log();
	return bench_options_parse(&options, argc, argv);
}

START_TEST(defaults)
{
	ck_assert_int_eq(parse(NULL, NULL, NULL), OPTIONS_PARSED);
	ck_assert_uint_eq(options.bench.iterations, 0);
	ck_assert_uint_eq(options.bench.warmup, BENCH_WARMUP);
	ck_assert_int_eq(options.bench.place.place, PLACE_SPREAD);
	ck_assert_uint_eq(options.bench.irqchips, 0);
}
END_TEST

START_TEST(what_is_asked_for)
{
	ck_assert_int_eq(parse("hyper*", "--iterations=50", "--warmup=0"), OPTIONS_PARSED);
	ck_assert_str_eq(options.bench.patterns[0], "hyper*");
	ck_assert_uint_eq(options.bench.iterations, 50);
	ck_assert_uint_eq(options.bench.warmup, 0);
	ck_assert_int_eq(parse("--irqchip=user", "--place=pin:3", "--json=x"), OPTIONS_PARSED);
	ck_assert_uint_eq(options.bench.irqchips, TEST_ON(IRQCHIP_USER));
	ck_assert_int_eq(options.bench.place.place, PLACE_PIN);
	ck_assert_uint_eq(options.bench.place.pins[0], 3);
}
END_TEST

START_TEST(wrong_options_are_refused)
{
	static const char *const wrong[] = {
		"--iterations=0", "--iterations=x", "--warmup=-1",	"--irqchip=gicv4",
		"--place=here",	  "--json=",	    "--iterations=1e9", ""
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		ck_assert_int_eq(parse(wrong[i], NULL, NULL), -EINVAL);
		ck_assert_uint_gt(unit_log_count(), 0);
	}
}
END_TEST

/* -- which operations ------------------------------------------------------------------------- */

static unsigned count_selected(const char *pattern)
{
	struct bench_options selecting = { .patterns = { pattern }, .pattern_count = 1 };
	const struct bench_operation *operation;
	unsigned count = 0;

	for (unsigned i = 0; (operation = bench_operation_at(i)); i++)
		count += bench_is_selected(&selecting, operation);
	return count;
}

START_TEST(patterns)
{
	struct bench_options none = { 0 },
			     wrong = { .patterns = { "hypercal" }, .pattern_count = 1 };

	ck_assert(bench_is_selected(&none, bench_operation_at(0)));
	/* A whole name is that one alone, others contain what they say. */
	ck_assert_uint_eq(count_selected("hypercall"), 1);
	ck_assert_uint_eq(count_selected("hypercall-"), 2);
	ck_assert_uint_eq(count_selected("hypercall*"), 3);
	ck_assert_uint_eq(count_selected("mmio-user"), 3);
	ck_assert_int_eq(bench_check_patterns(&none), 0);
	ck_assert_int_eq(bench_check_patterns(&wrong), 0);
	wrong.patterns[0] = "hyperkall";
	ck_assert_int_eq(bench_check_patterns(&wrong), -EINVAL);
	unit_assert_logged("did you mean hypercall?");
}
END_TEST

START_TEST(rows_are_whole_and_their_names_unique)
{
	const struct bench_operation *operation, *other;

	for (unsigned i = 0; (operation = bench_operation_at(i)); i++) {
		ck_assert_ptr_nonnull(operation->test.title);
		ck_assert_uint_gt(operation->iterations, 0);
		ck_assert(operation->alone || operation->test.guest >= 0);
		ck_assert_int_eq(!!operation->samples_beside, operation->samples_beside);
		ck_assert(!operation->samples_beside || operation->beside);
		for (unsigned j = 0; j < i; j++) {
			other = bench_operation_at(j);
			ck_assert_str_ne(operation->test.id, other->test.id);
		}
	}
}
END_TEST

/* -- environment ------------------------------------------------------------------------------ */

static void write_text(const char *root, const char *path, const char *text)
{
	char name[512], *slash;
	FILE *file;

	snprintf(name, sizeof(name), "%s%s", root, path);
	for (slash = strchr(name + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(name, 0777);
		*slash = '/';
	}
	file = fopen(name, "we");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

START_TEST(what_makes_a_machine_noisy)
{
	static struct host_info info = { .board = "linux,dummy-virt" };
	static const struct bench_options spread = { .place = { .place = PLACE_SPREAD } };
	char root[] = "/tmp/armlet-bench-XXXXXX", command[64];
	struct bench_environment environment;

	ck_assert_ptr_nonnull(mkdtemp(root));
	bench_environment_collect(&environment, &info, &spread, root);
	ck_assert_str_eq(environment.governor, "unknown");
	ck_assert_str_eq(environment.why_noisy, "");
	ck_assert(environment.emulated);
	write_text(root, "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n");
	write_text(root, "/proc/loadavg", "2.50 1.00 0.50 1/100 1234\n");
	bench_environment_collect(&environment, &info, &spread, root);
	ck_assert_str_eq(environment.governor, "performance");
	ck_assert_str_eq(environment.why_noisy,
			 "other programs were busy when it began (load 2.50)");
	write_text(root, "/sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "schedutil\n");
	bench_environment_collect(&environment, &info, &spread, root);
	ck_assert_str_eq(environment.governor, "mixed");
	ck_assert_ptr_nonnull(strstr(environment.why_noisy, "clocks follow the load"));
	snprintf(command, sizeof(command), "rm -rf %s", root);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

START_TEST(vcpus_are_placed_where_there_are_cpus)
{
	static struct host_info info = { .board = "a board" };
	static struct bench_options pinned = {
		.place = { .place = PLACE_PIN, .pins = { 3, 17 }, .pin_count = 2 }
	};
	struct bench_environment environment;

	bench_environment_collect(&environment, &info, &pinned, "/nowhere");
	ck_assert_str_eq(environment.place, "pin:3,17");
	fake_host_cpus_reset(4);
	ck_assert_int_eq(bench_environment_check_place(&pinned.place), -EINVAL);
	unit_assert_logged("cannot measure on host CPU 17: this process may use 0-3");
	pinned.place.pin_count = 1;
	ck_assert_int_eq(bench_environment_check_place(&pinned.place), 0);
	fake_host_cpus_set_allowed(3, false);
	ck_assert_int_eq(bench_environment_check_place(&pinned.place), -EINVAL);
	pinned.place.place = PLACE_PACK;
	bench_environment_collect(&environment, &info, &pinned, "/nowhere");
	ck_assert_str_eq(environment.place, "pack");
}
END_TEST

/* -- the record ------------------------------------------------------------------------------- */

static void measure_something(struct bench_measure *measure)
{
	const struct bench_perf_values spent = { .cycles = 5000, .instructions = 1000 };
	uint64_t samples[50];

	measure->has_cycles = true;
	measure->has_instructions = true;
	measure->batch_size = 50;
	for (unsigned batch = 0; batch < 20; batch++) {
		for (unsigned i = 0; i < 50; i++)
			samples[i] = 100 + (batch + i) % 7;
		bench_measure_batch(measure, samples, 50, 50, &spent);
	}
}

START_TEST(a_record_survives_a_file)
{
	static struct host_info info = { .board = "a board" };
	struct bench_outcome outcome = { .operation = bench_operation_at(0),
					 .irqchip = IRQCHIP_GICV3,
					 .index = 3 };
	struct bench_measure *measure = bench_measure_create();
	struct run_result *result = result_create();
	struct bench_environment environment;
	struct compare_record loaded;
	const json_t *row;
	json_t *record;
	char *text;

	parse(NULL, NULL, NULL);
	bench_environment_collect(&environment, &info, &options.bench, "/nowhere");
	bench_measure_begin(measure);
	measure->frequency = 100000000;
	result_begin(result, 1);
	measure_something(measure);
	outcome.measure = measure;
	outcome.result = result;
	ck_assert_int_eq(bench_outcome_summarise(&outcome), 0);
	ck_assert_double_eq(outcome.summary.min, 1000);
	ck_assert_double_eq(outcome.summary.max, 1060);
	record = bench_record_begin(&options.bench, &environment, json_pack("{s:s}", "board", "b"));
	bench_record_add(record, &outcome);
	snprintf(outcome.skip, sizeof(outcome.skip), "no such thing here");
	bench_record_add(record, &outcome);
	text = json_dumps(record, 0);
	ck_assert_int_eq(compare_load(&loaded, unit_make_file(text, strlen(text))), 0);
	ck_assert_int_eq(loaded.kind, COMPARE_BENCH);
	ck_assert_uint_eq(json_array_size(loaded.rows), 2);
	row = json_array_get(loaded.rows, 0);
	ck_assert_str_eq(compare_string(row, "name", ""), "hypercall");
	ck_assert_str_eq(compare_string(row, "class", ""), "kernel");
	ck_assert_double_eq(compare_number(row, "index"), 3);
	ck_assert_double_eq(compare_number(row, "iterations"), 1000);
	ck_assert_double_eq(compare_number(json_object_get(row, "ns"), "p50"), outcome.summary.p50);
	ck_assert_uint_eq(json_array_size(json_object_get(row, "buckets")), 7);
	ck_assert_uint_eq(
		json_array_size(json_object_get(json_object_get(row, "batches"), "cycles")), 20);
	ck_assert_double_eq(json_number_value(json_array_get(
				    json_object_get(json_object_get(row, "batches"), "cycles"), 0)),
			    100);
	ck_assert_str_eq(compare_string(json_array_get(loaded.rows, 1), "skipped", ""),
			 "no such thing here");
	compare_unload(&loaded);
	free(text);
	json_decref(record);
	bench_outcome_clear(&outcome);
	result_destroy(result);
	bench_measure_destroy(measure);
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("bench");
	TCase *tests = tcase_create("bench");

	tcase_add_test(tests, defaults);
	tcase_add_test(tests, what_is_asked_for);
	tcase_add_test(tests, wrong_options_are_refused);
	tcase_add_test(tests, patterns);
	tcase_add_test(tests, rows_are_whole_and_their_names_unique);
	tcase_add_test(tests, what_makes_a_machine_noisy);
	tcase_add_test(tests, vcpus_are_placed_where_there_are_cpus);
	tcase_add_test(tests, a_record_survives_a_file);
	suite_add_tcase(suite, tests);
	return suite;
}
