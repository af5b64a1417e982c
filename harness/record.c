// SPDX-License-Identifier: GPL-2.0-only
#include "harness/record.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum record_outcome record_outcome(const struct run_record *record)
{
	enum run_verdict verdict = result_verdict(record->result);

	if (verdict == RUN_SKIPPED)
		return RECORD_SKIPPED;
	if (!record->job->fault)
		return verdict == RUN_PASSED ? RECORD_OK : RECORD_NOT_OK;
	return verdict == RUN_FAILED || !job_must_catch(record->job) ? RECORD_OK : RECORD_NOT_OK;
}

const char *record_name(const struct job *job, char *text, size_t size)
{
	if (job->fault)
		snprintf(text, size, "%s [%s] %s %s", job->test->id,
			 irqchip_kind_name(job->irqchip), job_must_catch(job) ? "notices" : "with",
			 fault_rows[job->fault].name);
	else
		snprintf(text, size, "%s [%s]", job->test->id, irqchip_kind_name(job->irqchip));
	return text;
}

static void __attribute__((format(printf, 3, 4)))
append(char *text, size_t size, const char *format, ...)
{
	size_t length = strlen(text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text + length, size - length, format, arguments);
	va_end(arguments);
}

const char *record_command(const struct run_record *record, char *text, size_t size)
{
	const struct suite_options *options = record->options;
	const struct job *job = record->job;

	snprintf(text, size, "armlet test %s --irqchip %s --seed %" PRIu64, job->test->id,
		 irqchip_kind_name(job->irqchip), record->round_seed);
	if (options->cpus && job->test->cpus > 1)
		append(text, size, " --vcpus %u", options->cpus);
	if (options->place)
		append(text, size, " --place %s", options->place);
	if (options->migrate)
		append(text, size, " --migrate %s", options->migrate);
	if (job->fault)
		append(text, size, " --plant %s", fault_rows[job->fault].name);
	if (job->hazardous)
		append(text, size, " --hazardous");
	if (options->exact_time)
		append(text, size, " --exact-time");
	if (options->timeout_scale != 1)
		append(text, size, " --timeout-scale %g", options->timeout_scale);
	return text;
}
