// SPDX-License-Identifier: GPL-2.0-only
#include "harness/bench/bench.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "guest-images/lib/marker.h"
#include "harness/bench/job.h"
#include "harness/bench/record.h"
#include "harness/bench/select.h"
#include "harness/bench/table.h"
#include "harness/interruption.h"
#include "harness/json_file.h"
#include "harness/progress.h"
#include "harness/result.h"
#include "harness/runner.h"
#include "vmm/host_info.h"

struct bench_suite {
	const struct bench_options *options;
	struct host_info info;
	struct host_facts facts;
	struct bench_environment environment;
	struct run_result *result;
	struct bench_measure *measure;
	struct interruption interruption;
	json_t *record;
	unsigned index, total;
	struct bench_table_counts counts;
	char no_cycles[128];
	bool broken; /* described */
};

/* Operations of 100 us and less fit into a run's usual limit however often they are done by
 * default. */
#define ITERATIONS_PER_LIMIT 100000

static double timeout_scale(const struct bench_options *options, uint64_t iterations)
{
	double scale = options->timeout_scale;

	return iterations > ITERATIONS_PER_LIMIT ? scale * iterations / ITERATIONS_PER_LIMIT
						 : scale;
}

/* Returns 0, -EINTR after a signal, or another -errno, described. */
static int measure(struct bench_suite *suite, struct bench_outcome *outcome)
{
	const struct bench_options *options = suite->options;
	const struct bench_operation *operation = outcome->operation;
	struct bench_job job;
	struct run_request request = {
		.test = &job.test,
		.irqchip = outcome->irqchip,
		.seed = 1,
		.cancel_fd = suite->interruption.fd,
	};
	int ret;

	bench_job_init(&job, operation,
		       options->iterations ? options->iterations : operation->iterations,
		       options->warmup);
	request.timeout_scale = timeout_scale(options, job.iterations);
	job.index = outcome->index;
	job.place = &options->place;
	job.measure = suite->measure;
	bench_measure_begin(suite->measure);
	ret = run_execute(&request, suite->result);
	if (ret)
		return ret;
	bench_measure_adopt(suite->measure);
	if (result_verdict(suite->result) == RUN_SKIPPED)
		snprintf(outcome->skip, sizeof(outcome->skip), "%.*s",
			 (int)sizeof(outcome->skip) - 1, suite->result->skip_reason);
	else if (result_verdict(suite->result) == RUN_PASSED && !suite->measure->batches)
		result_fail(suite->result, NULL, "nothing was measured");
	return bench_outcome_summarise(outcome);
}

static void count(struct bench_suite *suite, const struct bench_outcome *outcome)
{
	if (outcome->skip[0]) {
		suite->counts.skipped++;
	} else if (result_verdict(suite->result) == RUN_FAILED) {
		suite->counts.failed++;
	} else {
		suite->counts.measured++;
		suite->counts.noisy += bench_is_noisy(&outcome->noise);
		if (!suite->measure->has_cycles)
			snprintf(suite->no_cycles, sizeof(suite->no_cycles), "%s",
				 suite->measure->no_cycles);
	}
}

static void run_one(struct bench_suite *suite, const struct bench_operation *operation,
		    enum irqchip_kind irqchip)
{
	struct bench_outcome outcome = {
		.operation = operation,
		.irqchip = irqchip,
		.index = suite->index++,
		.result = suite->result,
		.measure = suite->measure,
	};
	int ret = 0;

	if (operation->test.expires_ptimer && suite->facts.ptimer_hangs_host)
		snprintf(outcome.skip, sizeof(outcome.skip),
			 "a physical timer that expires can hang such a host");
	else if (test_applies(&operation->test, irqchip, &suite->facts, false, outcome.skip,
			      sizeof(outcome.skip))) {
		progress_show(suite->index - 1, suite->total, suite->counts.failed,
			      operation->test.id);
		ret = measure(suite, &outcome);
		progress_wipe();
	}
	/* What a signal ended is not told of. */
	if (interruption_signal(&suite->interruption))
		goto out;
	if (ret) {
		suite->broken = true;
		goto out;
	}
	bench_table_row(stdout, &outcome);
	fflush(stdout);
	if (suite->record)
		bench_record_add(suite->record, &outcome);
	count(suite, &outcome);
out:
	bench_outcome_clear(&outcome);
}

/* Whether the host can make any interrupt controller that the operation is for. */
static bool has_irqchip(const struct bench_suite *suite, const struct bench_operation *operation)
{
	for (enum irqchip_kind irqchip = IRQCHIP_GICV3; irqchip <= IRQCHIP_USER; irqchip++)
		if (test_is_for(&operation->test, irqchip) && suite->facts.irqchips[irqchip])
			return true;
	return false;
}

static bool is_wanted(const struct bench_suite *suite, const struct bench_operation *operation,
		      enum irqchip_kind irqchip)
{
	const struct bench_options *options = suite->options;

	if (!bench_is_selected(options, operation) || !test_is_for(&operation->test, irqchip))
		return false;
	/* One that was asked for by name gets a line that says why not, and so does an operation
	 * that can be done with none. */
	if (options->irqchips)
		return options->irqchips & TEST_ON(irqchip);
	return suite->facts.irqchips[irqchip] ||
	       (irqchip == IRQCHIP_GICV3 && !has_irqchip(suite, operation));
}

typedef void visit_fn(struct bench_suite *suite, const struct bench_operation *operation,
		      enum irqchip_kind irqchip);

static void count_one(struct bench_suite *suite, const struct bench_operation *operation,
		      enum irqchip_kind irqchip)
{
	(void)operation;
	(void)irqchip;
	suite->total++;
}

static void visit_all(struct bench_suite *suite, visit_fn *visit)
{
	const struct bench_operation *operation;

	for (enum irqchip_kind irqchip = IRQCHIP_GICV3; irqchip <= IRQCHIP_USER; irqchip++)
		for (unsigned i = 0; (operation = bench_operation_at(i)); i++)
			if (!suite->broken && !suite->interruption.signal &&
			    is_wanted(suite, operation, irqchip))
				visit(suite, operation, irqchip);
}

static enum bench_end end_of(struct bench_suite *suite, int *signal_number)
{
	*signal_number = interruption_signal(&suite->interruption);
	if (*signal_number)
		return BENCH_SIGNAL;
	if (suite->counts.failed)
		return BENCH_FAILED;
	return suite->broken || !suite->counts.measured ? BENCH_NOTHING_RUN : BENCH_MEASURED;
}

static void write_record(struct bench_suite *suite)
{
	if (!suite->record)
		return;
	json_object_set_new(suite->record, "complete",
			    json_boolean(!suite->broken && !suite->interruption.signal));
	if (json_file_write(suite->options->json, suite->record) < 0)
		suite->broken = true;
}

static enum bench_end run_all(struct bench_suite *suite, int *signal_number)
{
	bench_table_begin(stdout, &suite->environment);
	visit_all(suite, count_one);
	visit_all(suite, run_one);
	bench_table_end(stdout, &suite->environment, &suite->counts, suite->no_cycles);
	write_record(suite);
	if (fflush(stdout) || ferror(stdout)) {
		suite->broken = true;
		log_error(-EIO, "cannot write to stdout");
	}
	return end_of(suite, signal_number);
}

static int begin_record(struct bench_suite *suite)
{
	if (!suite->options->json)
		return 0;
	suite->record = bench_record_begin(suite->options, &suite->environment,
					   host_info_json(&suite->info));
	if (!suite->record)
		return log_error(-ENOMEM, "cannot keep a record: not enough memory");
	return json_file_try(suite->options->json);
}

static enum bench_end run_suite(struct bench_suite *suite, int *signal_number)
{
	enum bench_end end = BENCH_NOTHING_RUN;

	if (host_info_gather(&suite->info) || host_facts_collect(&suite->facts, &suite->info))
		return end;
	bench_environment_collect(&suite->environment, &suite->info, suite->options, "");
	suite->result = result_create();
	suite->measure = bench_measure_create();
	if (suite->result && suite->measure && begin_record(suite) == 0 &&
	    interruption_catch(&suite->interruption) == 0) {
		end = run_all(suite, signal_number);
		interruption_end(&suite->interruption);
	}
	json_decref(suite->record);
	bench_measure_destroy(suite->measure);
	result_destroy(suite->result);
	return end;
}

enum bench_end bench_run(const struct bench_options *options, int *signal_number)
{
	struct bench_suite *suite;
	enum bench_end end;

	if (bench_check_patterns(options) || bench_environment_check_place(&options->place))
		return BENCH_WRONG_USAGE;
	suite = calloc(1, sizeof(*suite));
	if (!suite) {
		log_error(-ENOMEM, "cannot measure: not enough memory");
		return BENCH_NOTHING_RUN;
	}
	/* For the lab's cost meter, if it looks. */
	marker_arm();
	suite->options = options;
	end = run_suite(suite, signal_number);
	free(suite);
	return end;
}

enum bench_end bench_list(const struct bench_options *options)
{
	const struct bench_operation *operation;

	if (bench_check_patterns(options))
		return BENCH_WRONG_USAGE;
	printf("%-24s %-9s %9s  %s\n", "operation", "exit", "count", "what");
	for (unsigned i = 0; (operation = bench_operation_at(i)); i++)
		if (bench_is_selected(options, operation))
			printf("%-24s %-9s %9llu  %s\n", operation->test.id,
			       bench_class_name(operation->class),
			       (unsigned long long)operation->iterations, operation->test.title);
	return BENCH_MEASURED;
}
