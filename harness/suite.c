// SPDX-License-Identifier: GPL-2.0-only
#include "harness/suite.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "harness/guest_image.h"
#include "harness/idle_vm.h"
#include "harness/interruption.h"
#include "harness/json_report.h"
#include "harness/ktap.h"
#include "harness/oracle_interrupts.h"
#include "harness/oracle_trace.h"
#include "harness/progress.h"
#include "harness/runner.h"
#include "harness/seed.h"
#include "harness/select.h"
#include "harness/test_mover.h"
#include "vmm/host_info.h"

/* The record is written anew each time, and grows. */
#define RECORD_PERIOD_NS UINT64_C(10000000000)

/* What is listed at the end; more are counted. */
#define LISTED 64

struct suite {
	const struct suite_options *options;
	uint64_t seed;
	struct host_info info;
	struct host_facts facts;
	struct selection selection;
	struct run_result *result;
	struct run_record record;
	struct ktap ktap;
	struct json_report json;
	int image_fd, idle_vm; /* -1: none */
	struct kernel_log log;
	int log_error; /* why there is none */
	struct kernel_trace trace;
	struct host_interrupts before, after;
	struct suite_counts counts;
	uint64_t begun;
	uint64_t record_due; /* suite->counts.duration */
	size_t done;	     /* jobs, of the round */
	struct interruption interruption;
	bool broken;  /* cannot go on, described */
	bool stopped; /* -x */
	unsigned listed_count;
	char listed[LISTED][RECORD_NAME];
};

/* A signal that came is kept in counts.signal. */
static bool interrupted(struct suite *suite)
{
	suite->counts.signal = interruption_signal(&suite->interruption);
	return suite->counts.signal;
}

static bool ends(struct suite *suite)
{
	if (!suite->broken && ktap_is_broken(&suite->ktap)) {
		suite->broken = true;
		log_error(-EIO, "cannot write to stdout: no more tests are run");
	}
	return suite->broken || suite->stopped || interrupted(suite);
}

/* -- one run ---------------------------------------------------------------------------------- */

static void take_complaint(void *context, const struct kernel_complaint *complaint)
{
	struct suite *suite = context;

	result_fail(suite->result, NULL, "the host's kernel: %s", complaint->lines[0]);
	if (!suite->record.has_complaint)
		suite->record.complaint = *complaint;
	suite->record.has_complaint = true;
}

static void take_trace(void *context, const char *line)
{
	struct run_record *record = context;

	if (record->trace_count < RECORD_TRACE_LINES)
		snprintf(record->trace[record->trace_count++], RECORD_TRACE_LINE, "%s", line);
}

static void count_interrupts(struct suite *suite)
{
	char name[RESULT_NAME];

	for (unsigned i = 0; i < HOST_TIMER_INTERRUPTS; i++) {
		uint64_t sum = 0;

		for (unsigned c = 0; c < suite->after.columns; c++) {
			unsigned cpu = suite->after.cpus[c];
			uint64_t delta =
				host_interrupts_delta(&suite->before, &suite->after, i, cpu);

			snprintf(name, sizeof(name), "%s.cpu%u", host_interrupt_name(i), cpu);
			if (delta)
				result_count(suite->result, name, delta);
			sum += delta;
		}
		if (suite->before.known[i] && suite->after.known[i])
			result_count(suite->result, host_interrupt_name(i), sum);
	}
}

/* Returns 0, -EINTR after a signal, or another -errno, described. */
static int execute(struct suite *suite, const struct job *job)
{
	const struct suite_options *options = suite->options;
	struct run_record *record = &suite->record;
	struct run_request request = {
		.test = job->test,
		.irqchip = job->irqchip,
		.fault = job->fault,
		.seed = seed_of_test(record->round_seed, job->test->id, job->irqchip),
		.timeout_scale = options->timeout_scale,
		.exact_time = options->exact_time,
		.cpus = options->cpus,
		.image_fd = suite->image_fd,
		.place = options->place,
		.migrate = options->migrate,
		.cancel_fd = suite->interruption.fd,
	};
	int ret;

	kernel_trace_clear(&suite->trace);
	host_interrupts_read(&suite->before, "/proc/interrupts");
	ret = run_execute(&request, suite->result);
	host_interrupts_read(&suite->after, "/proc/interrupts");
	kernel_log_read(&suite->log, take_complaint, suite);
	if (ret)
		return ret;
	count_interrupts(suite);
	if (result_verdict(suite->result) == RUN_FAILED)
		kernel_trace_last(&suite->trace, RECORD_TRACE_LINES, take_trace, record);
	return 0;
}

static void count_outcome(struct suite *suite)
{
	enum record_outcome outcome = record_outcome(&suite->record);

	suite->counts.passed += outcome == RECORD_OK;
	suite->counts.failed += outcome == RECORD_NOT_OK;
	suite->counts.skipped += outcome == RECORD_SKIPPED;
	if (outcome != RECORD_NOT_OK)
		return;
	if (suite->listed_count < LISTED)
		record_name(suite->record.job, suite->listed[suite->listed_count], RECORD_NAME);
	suite->listed_count++;
	suite->stopped = suite->options->stop_at_failure;
}

static void run_job(struct suite *suite, const struct job *job)
{
	struct run_record *record = &suite->record;
	char name[RECORD_NAME];
	int ret = 0;

	record->job = job;
	record->has_complaint = false;
	record->trace_count = 0;
	if (job->skip[0]) {
		result_begin(suite->result, 0);
		result_skip(suite->result, "%s", job->skip);
	} else {
		progress_show(suite->done, suite->selection.count, suite->counts.failed,
			      record_name(job, name, sizeof(name)));
		ret = execute(suite, job);
		progress_wipe();
	}
	suite->done++;
	if (interrupted(suite)) {
		ktap_note(&suite->ktap, "ended by signal %d (%s) in %s", suite->counts.signal,
			  strsignal(suite->counts.signal), record_name(job, name, sizeof(name)));
		return;
	}
	if (ret) {
		suite->broken = true;
		return;
	}
	ktap_result(&suite->ktap, record);
	json_report_add(&suite->json, record);
	count_outcome(suite);
}

/* -- all runs --------------------------------------------------------------------------------- */

static void keep_idle_vm(struct suite *suite, bool keep)
{
	if (keep && suite->idle_vm < 0) {
		suite->idle_vm = idle_vm_create();
	} else if (!keep && suite->idle_vm >= 0) {
		close(suite->idle_vm);
		suite->idle_vm = -1;
	}
}

static void run_group(struct suite *suite, const struct job_group *group)
{
	char name[96], round[32] = "";
	size_t i;

	if (suite->record.round)
		snprintf(round, sizeof(round), " (round %u)", suite->record.round + 1);
	snprintf(name, sizeof(name), "%s%s%s", group->family->name,
		 group->hazardous ? "-hazardous" : "", round);
	ktap_begin_group(&suite->ktap, name, group->count);
	keep_idle_vm(suite, !group->family->no_idle_vm);
	for (i = 0; i < group->count && !ends(suite); i++)
		run_job(suite, &suite->selection.jobs[group->first + i]);
	if (suite->stopped && i < group->count)
		ktap_note(&suite->ktap, "stopped at the first failure");
	if ((i == group->count || suite->stopped) && !suite->counts.signal)
		ktap_end_group(&suite->ktap, name);
	suite->counts.duration = clock_now_ns() - suite->begun;
	if (suite->counts.duration < suite->record_due)
		return;
	suite->record_due = suite->counts.duration + RECORD_PERIOD_NS;
	if (json_report_write(&suite->json, &suite->counts) < 0)
		suite->broken = true;
}

static void run_round(struct suite *suite)
{
	struct run_record *record = &suite->record;

	record->round_seed = seed_of_round(suite->seed, record->round);
	if (record->round)
		ktap_note(&suite->ktap, "round %u, seed %" PRIu64, record->round + 1,
			  record->round_seed);
	if (suite->options->shuffle)
		selection_shuffle(&suite->selection, record->round_seed);
	suite->done = 0;
	suite->counts.rounds++;
	for (size_t i = 0; i < suite->selection.group_count && !ends(suite); i++)
		run_group(suite, &suite->selection.groups[i]);
}

static void tell_host(struct suite *suite)
{
	const struct host_info *info = &suite->info;
	char list[64] = "";

	for (enum irqchip_kind kind = IRQCHIP_GICV3; kind <= IRQCHIP_USER; kind++)
		if (suite->facts.irqchips[kind])
			snprintf(list + strlen(list), sizeof(list) - strlen(list), " %s",
				 irqchip_kind_name(kind));
	ktap_note(&suite->ktap,
		  "armlet " ARMLET_VERSION " on Linux %s, %s; interrupt controllers:%s",
		  info->kernel.release, info->board[0] ? info->board : "unknown board", list);
	ktap_note(&suite->ktap, "seed %" PRIu64, suite->seed);
	if (suite->log.fd < 0)
		ktap_note(&suite->ktap,
			  "the host's kernel log is not readable (/dev/kmsg: %s): what "
			  "the kernel complains of is not noticed",
			  strerror(suite->log_error));
}

static void tell_summary(struct suite *suite)
{
	const struct suite_counts *counts = &suite->counts;

	if (suite->log.lost)
		ktap_note(&suite->ktap, "parts of the host's kernel log were overwritten before "
					"they were read");
	for (unsigned i = 0; i < suite->listed_count && i < LISTED; i++)
		ktap_note(&suite->ktap, "%s: %s",
			  suite->options->plant || suite->options->plant_all ? "not noticed"
									     : "failed",
			  suite->listed[i]);
	if (suite->listed_count > LISTED)
		ktap_note(&suite->ktap, "... and %u more", suite->listed_count - LISTED);
	ktap_note(&suite->ktap, "%u passed, %u failed, %u skipped in %.1f s%s", counts->passed,
		  counts->failed, counts->skipped, counts->duration / 1e9,
		  counts->signal ? ", ended by a signal" : "");
}

/* What the kernel had to say after the last test. */
static void take_late_complaint(void *context, const struct kernel_complaint *complaint)
{
	struct suite *suite = context;

	ktap_note(&suite->ktap, "the host's kernel after the last test:");
	for (unsigned i = 0; i < complaint->line_count; i++)
		ktap_note(&suite->ktap, "  %s", complaint->lines[i]);
	suite->counts.failed++;
}

static void run_all(struct suite *suite)
{
	const struct suite_options *options = suite->options;
	bool endless = options->tier == TEST_TIER_SOAK;
	unsigned rounds = options->repeat ? options->repeat : 1;

	for (; !ends(suite) && (endless || suite->record.round < rounds); suite->record.round++)
		run_round(suite);
	suite->counts.duration = clock_now_ns() - suite->begun;
	ktap_end(&suite->ktap);
	kernel_log_read(&suite->log, take_late_complaint, suite);
	tell_summary(suite);
	suite->counts.complete = true;
	if (json_report_write(&suite->json, &suite->counts) < 0)
		suite->broken = true;
}

/* -- begin and end ---------------------------------------------------------------------------- */

static int begin_reports(struct suite *suite)
{
	const struct suite_options *options = suite->options;
	int ret = kernel_log_open(&suite->log, "/dev/kmsg");

	suite->log_error = -ret;
	if (options->trace && kernel_trace_begin(&suite->trace, "/sys/kernel/tracing") < 0)
		return -EIO;
	if (options->json) {
		ret = json_report_begin(&suite->json, options->json, options, suite->seed,
					host_info_json(&suite->info));
		if (ret)
			return ret;
	}
	suite->begun = clock_now_ns();
	ktap_begin(&suite->ktap, stdout, options->verbosity,
		   options->tier == TEST_TIER_SOAK
			   ? 0
			   : suite->selection.group_count *
				     (options->repeat ? options->repeat : 1));
	tell_host(suite);
	return 0;
}

static enum suite_end end_of(const struct suite *suite, int *signal_number)
{
	*signal_number = suite->counts.signal;
	if (suite->counts.signal)
		return SUITE_SIGNAL;
	if (suite->counts.failed)
		return SUITE_FAILED;
	return suite->broken || !suite->counts.passed ? SUITE_NOTHING_RUN : SUITE_PASSED;
}

static enum suite_end run_selected(struct suite *suite, int *signal_number)
{
	enum suite_end end = SUITE_NOTHING_RUN;

	suite->result = result_create();
	suite->image_fd = guest_image_open();
	if (suite->result && suite->image_fd >= 0 &&
	    interruption_catch(&suite->interruption) == 0) {
		if (begin_reports(suite) == 0) {
			suite->record.result = suite->result;
			run_all(suite);
			end = end_of(suite, signal_number);
		}
		interruption_end(&suite->interruption);
	}
	json_report_end(&suite->json);
	kernel_trace_end(&suite->trace);
	kernel_log_close(&suite->log);
	result_destroy(suite->result);
	keep_idle_vm(suite, false);
	if (suite->image_fd >= 0)
		close(suite->image_fd);
	return end;
}

static bool host_can_run(struct suite *suite)
{
	return host_info_gather(&suite->info) == 0 &&
	       host_facts_collect(&suite->facts, &suite->info) == 0;
}

enum suite_end suite_run(const struct suite_options *options, int *signal_number)
{
	struct suite *suite = calloc(1, sizeof(*suite));
	enum suite_end end = SUITE_NOTHING_RUN;
	int ret;

	if (!suite) {
		log_error(-ENOMEM, "cannot run tests: not enough memory");
		return end;
	}
	suite->options = suite->record.options = options;
	suite->seed = options->has_seed ? options->seed : seed_random();
	suite->log.fd = -1;
	suite->idle_vm = -1;
	ret = selection_make(&suite->selection, options, test_families, NULL);
	if (ret == -EINVAL)
		end = SUITE_WRONG_USAGE;
	selection_clear(&suite->selection);
	if (ret == 0 &&
	    (test_mover_check(options->place, options->migrate) || !host_can_run(suite)))
		puts("KTAP version 1\n1..0 # SKIP nothing can be run here: stderr says why");
	else if (ret == 0 &&
		 selection_make(&suite->selection, options, test_families, &suite->facts) == 0)
		end = run_selected(suite, signal_number);
	selection_clear(&suite->selection);
	free(suite);
	return end;
}
