// SPDX-License-Identifier: GPL-2.0-only
#include "harness/bench/record.h"

#include <jansson.h>
#include <stdlib.h>

#include "harness/result.h"

json_t *bench_record_begin(const struct bench_options *options,
			   const struct bench_environment *environment, json_t *host)
{
	return json_pack(
		"{s:i, s:s, s:s, s:o?, s:{s:I, s:I, s:s}, s:{s:s, s:b, s:I, s:s}, s:[], s:b}",
		"schema", BENCH_RECORD_SCHEMA, "kind", "bench", "armlet", ARMLET_VERSION, "host",
		host, "options", "iterations", (json_int_t)options->iterations, "warmup",
		(json_int_t)options->warmup, "place", environment->place, "environment", "governor",
		environment->governor, "emulated", environment->emulated, "counter_frequency",
		(json_int_t)environment->frequency, "warning", environment->why_noisy, "operations",
		"complete", 0);
}

static json_t *buckets_json(const struct bench_outcome *outcome)
{
	json_t *array = json_array();

	for (size_t i = 0; i < outcome->bucket_count; i++)
		json_array_append_new(array, json_pack("[f, I]", outcome->buckets[i].value,
						       (json_int_t)outcome->buckets[i].count));
	return array;
}

/* Takes the values. */
static json_t *values_json(double *values, size_t count)
{
	json_t *array = values ? json_array() : json_null();

	for (size_t i = 0; values && i < count; i++)
		json_array_append_new(array, json_real(values[i]));
	free(values);
	return array;
}

static json_t *batches_json(const struct bench_outcome *outcome)
{
	const struct bench_measure *measure = outcome->measure;

	return json_pack("{s:i, s:o, s:o, s:o, s:b}", "size", (int)measure->batch_size, "ticks",
			 values_json(bench_outcome_ticks(outcome), measure->batches), "cycles",
			 values_json(bench_outcome_cycles(outcome), measure->batches),
			 "instructions",
			 values_json(bench_outcome_instructions(outcome), measure->batches),
			 "shared_pmu", measure->shared_pmu);
}

static json_t *summary_json(const struct bench_summary *summary)
{
	return json_pack("{s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "min", summary->min, "p50",
			 summary->p50, "p90", summary->p90, "p99", summary->p99, "p99.9",
			 summary->p999, "max", summary->max, "mad", summary->mad);
}

static json_t *noise_json(const struct bench_noise *noise)
{
	return json_pack("{s:b, s:f, s:f, s:b}", "noisy", bench_is_noisy(noise), "spread",
			 noise->spread, "drift", noise->drift, "preempted", noise->preempted);
}

static void add_measured(json_t *object, const struct bench_outcome *outcome)
{
	const struct bench_measure *measure = outcome->measure;

	json_object_set_new(object, "iterations", json_integer(outcome->summary.count));
	json_object_set_new(object, "ns", summary_json(&outcome->summary));
	json_object_set_new(object, "buckets", buckets_json(outcome));
	json_object_set_new(object, "batches", batches_json(outcome));
	json_object_set_new(object, "noise", noise_json(&outcome->noise));
	json_object_set_new(object, "involuntary_switches",
			    json_integer(measure->involuntary_switches));
	if (measure->no_cycles[0])
		json_object_set_new(object, "no_cycles", json_string(measure->no_cycles));
}

void bench_record_add(json_t *record, const struct bench_outcome *outcome)
{
	json_t *object = json_pack(
		"{s:i, s:s, s:s, s:s, s:b}", "index", (int)outcome->index, "name",
		outcome->operation->test.id, "irqchip", irqchip_kind_name(outcome->irqchip),
		"class", bench_class_name(bench_class_of(outcome->operation, outcome->irqchip)),
		"exact", 0);

	if (outcome->skip[0])
		json_object_set_new(object, "skipped", json_string(outcome->skip));
	else if (result_verdict(outcome->result) == RUN_FAILED)
		json_object_set_new(object, "failed",
				    json_string(outcome->result->failures[0].text));
	else
		add_measured(object, outcome);
	json_array_append_new(json_object_get(record, "operations"), object);
}
