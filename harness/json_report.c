// SPDX-License-Identifier: GPL-2.0-only
#include "harness/json_report.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "harness/json_file.h"

static const char *const tier_names[] = {
	[TEST_TIER_QUICK] = "quick",
	[TEST_TIER_FULL] = "full",
	[TEST_TIER_SOAK] = "soak",
};

/* Registers and seeds have 64 bits and no sign, which JSON's numbers do not have everywhere. */
static json_t *hex(uint64_t value)
{
	return json_sprintf("0x%" PRIx64, value);
}

/* Text of a guest or of a damaged log is not always UTF-8. */
static json_t *text(const char *from)
{
	char *copy = strdup(from);
	json_t *string;

	for (char *c = copy; c && *c; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	string = copy ? json_string(copy) : NULL;
	free(copy);
	return string;
}

static json_t *options_json(const struct suite_options *options)
{
	json_t *patterns = json_array();

	for (size_t i = 0; i < options->pattern_count; i++)
		json_array_append_new(patterns, text(options->patterns[i]));
	return json_pack("{s:o, s:s, s:b, s:f, s:i, s:s?, s:s?, s:s?}", "patterns", patterns,
			 "tier", tier_names[options->tier], "exact_time", options->exact_time,
			 "timeout_scale", options->timeout_scale, "vcpus", (int)options->cpus,
			 "place", options->place, "migrate", options->migrate, "plant",
			 options->plant_all ? "all"
			 : options->plant   ? fault_rows[options->plant].name
					    : NULL);
}

int json_report_begin(struct json_report *report, const char *path,
		      const struct suite_options *options, uint64_t seed, struct json_t *host)
{
	*report = (struct json_report){ .path = path };
	report->object = json_pack("{s:i, s:s, s:s, s:o?, s:o, s:o, s:[]}", "schema",
				   JSON_REPORT_SCHEMA, "kind", "test", "armlet", ARMLET_VERSION,
				   "host", host, "options", options_json(options), "seed",
				   json_integer(seed), "results");
	if (!report->object)
		return log_error(-ENOMEM, "cannot write the results to %s: not enough memory",
				 path);
	report->results = json_object_get(report->object, "results");
	return json_file_try(path);
}

static json_t *cpu_json(const struct result_cpu *cpu)
{
	json_t *timers = json_array();

	if (!cpu->known) {
		json_decref(timers);
		return json_null();
	}
	for (unsigned i = 0; i < 2; i++)
		json_array_append_new(timers, cpu->timers[i].known
						      ? json_pack("{s:o, s:o, s:o}", "ctl",
								  hex(cpu->timers[i].ctl), "cval",
								  hex(cpu->timers[i].cval), "count",
								  hex(cpu->timers[i].count))
						      : json_null());
	return json_pack("{s:o, s:i, s:o, s:o, s:o}", "vm", text(cpu->vm), "vcpu", (int)cpu->cpu,
			 "pc", hex(cpu->pc), "pstate", hex(cpu->pstate), "timers", timers);
}

static json_t *failures_json(const struct run_result *result)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < result_failures_kept(result); i++)
		json_array_append_new(array, json_pack("{s:o, s:f, s:o}", "text",
						       text(result->failures[i].text), "time",
						       result->failures[i].time / 1e9, "at",
						       cpu_json(&result->failures[i].cpu)));
	return array;
}

static json_t *notes_json(const struct run_result *result)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < result_notes_kept(result); i++)
		json_array_append_new(array, text(result->notes[i].text));
	return array;
}

static json_t *counters_json(const struct run_result *result)
{
	json_t *object = json_object();

	for (unsigned i = 0; i < result->counter_count && i < RESULT_COUNTERS; i++)
		json_object_set_new(object, result->counters[i].name,
				    json_integer(result->counters[i].value));
	return object;
}

static json_t *series_json(const struct run_result *result)
{
	json_t *object = json_object();

	for (unsigned i = 0; i < result->series_count && i < RESULT_SERIES; i++) {
		const struct run_series *series = &result->series[i];
		json_t *values = json_array();

		for (unsigned j = 0; j < result_values_kept(series); j++)
			json_array_append_new(values, json_real(series->values[j]));
		json_object_set_new(object, series->name,
				    json_pack("{s:I, s:f, s:f, s:f, s:o}", "count",
					      (json_int_t)series->count, "sum", series->sum, "min",
					      series->min, "max", series->max, "values", values));
	}
	return object;
}

static json_t *log_json(const struct run_record *record)
{
	json_t *array = json_array();

	if (record->has_complaint)
		for (unsigned i = 0; i < record->complaint.line_count; i++)
			json_array_append_new(array, text(record->complaint.lines[i]));
	return array;
}

void json_report_add(struct json_report *report, const struct run_record *record)
{
	static const char *const verdicts[] = {
		[RUN_PASSED] = "passed",
		[RUN_FAILED] = "failed",
		[RUN_SKIPPED] = "skipped",
	};
	const struct run_result *result = record->result;
	const struct job *job = record->job;
	enum record_outcome outcome = record_outcome(record);
	char command[RECORD_COMMAND];
	json_t *object;

	if (!report->object || (record->round >= JSON_REPORT_ROUNDS && outcome != RECORD_NOT_OK))
		return;
	object = json_pack(
		"{s:s, s:s, s:i, s:s, s:b, s:s?, s:b, s:f, s:f, s:o, s:o, s:o, s:o, s:o, s:o}",
		"id", job->test->id, "irqchip", irqchip_kind_name(job->irqchip), "round",
		(int)record->round, "verdict", verdicts[result_verdict(result)], "ok",
		outcome != RECORD_NOT_OK, "fault", job->fault ? fault_rows[job->fault].name : NULL,
		"must_notice", job_must_catch(job), "duration", result->duration / 1e9,
		"guest_duration", result->guest_duration / 1e9, "failures", failures_json(result),
		"skip_reason",
		result_verdict(result) == RUN_SKIPPED ? text(result->skip_reason) : json_null(),
		"notes", notes_json(result), "counters", counters_json(result), "series",
		series_json(result), "kernel_log", log_json(record));
	json_object_set_new(object, "known",
			    job->test->known ? text(job->test->known) : json_null());
	json_object_set_new(object, "repeat",
			    text(record_command(record, command, sizeof(command))));
	json_array_append_new(report->results, object);
}

static json_t *summary_json(const struct suite_counts *counts)
{
	return json_pack("{s:i, s:i, s:i, s:f, s:i, s:b, s:o}", "passed", (int)counts->passed,
			 "failed", (int)counts->failed, "skipped", (int)counts->skipped, "duration",
			 counts->duration / 1e9, "rounds", (int)counts->rounds, "complete",
			 counts->complete, "signal",
			 counts->signal ? json_integer(counts->signal) : json_null());
}

int json_report_write(struct json_report *report, const struct suite_counts *counts)
{
	if (!report->object || (!counts->complete && !json_file_is_replaced(report->path)))
		return 0;
	json_object_set_new(report->object, "summary", summary_json(counts));
	return json_file_write(report->path, report->object);
}

void json_report_end(struct json_report *report)
{
	json_decref(report->object);
	*report = (struct json_report){ 0 };
}
