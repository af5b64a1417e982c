// SPDX-License-Identifier: GPL-2.0-only
/* What is said of a failed run, and with -v of any run. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/guest_tests.h"
#include "harness/ktap.h"

#define SYMBOL 96

static const char *timer_of(uint64_t timer)
{
	return timer == 0 ? "virtual" : timer == 1 ? "physical" : "?";
}

static void describe_event(const struct guest_event *event, char *text, size_t size)
{
	char symbol[SYMBOL];

	switch (event->kind) {
	case GUEST_EVENT_IRQ:
		snprintf(text, size, "interrupt %" PRIu64 " at 0x%" PRIx64 " %s", event->a,
			 event->b, guest_symbol_describe(event->b, symbol, sizeof(symbol)));
		return;
	case GUEST_EVENT_EOI:
		snprintf(text, size, "end of interrupt %" PRIu64, event->a);
		return;
	case GUEST_EVENT_CVAL:
		snprintf(text, size, "%s CVAL or TVAL = 0x%" PRIx64, timer_of(event->a), event->b);
		return;
	case GUEST_EVENT_CTL:
		snprintf(text, size, "%s CTL = 0x%" PRIx64, timer_of(event->a), event->b);
		return;
	case GUEST_EVENT_WFI:
		snprintf(text, size, "WFI");
		return;
	case GUEST_EVENT_WAKE:
		snprintf(text, size, "goes on after WFI");
		return;
	case GUEST_EVENT_CALL:
		snprintf(text, size, "calls function %" PRIu64 " of the script", event->a);
		return;
	case GUEST_EVENT_EXCEPTION:
		snprintf(text, size, "exception, ESR 0x%" PRIx64 ", at 0x%" PRIx64 " %s", event->a,
			 event->b, guest_symbol_describe(event->b, symbol, sizeof(symbol)));
		return;
	default:
		snprintf(text, size, "event 0x%" PRIx64 " 0x%" PRIx64, event->a, event->b);
	}
}

/* Microseconds from `from` to `to`; counts, when the frequency is not known. */
static double us_between(const struct result_cpu *cpu, uint64_t from, uint64_t to)
{
	double counts = (int64_t)(to - from);

	return cpu->frequency ? counts * 1e6 / cpu->frequency : counts;
}

static void describe_events(struct ktap *ktap, const struct result_cpu *cpu)
{
	const char *unit = cpu->frequency ? "us" : "counts";
	char text[200];

	if (!cpu->event_count)
		return;
	ktap_note(ktap,
		  "    its last events, in %s since the failure (CNTVCT 0x%" PRIx64 "):", unit,
		  cpu->count);
	for (unsigned i = 0; i < cpu->event_count && i < RESULT_EVENTS; i++) {
		describe_event(&cpu->events[i], text, sizeof(text));
		ktap_note(ktap, "      %12.3f %s",
			  us_between(cpu, cpu->count, cpu->events[i].count), text);
	}
}

static void describe_timers(struct ktap *ktap, const struct result_cpu *cpu)
{
	for (unsigned i = 0; i < 2; i++) {
		const struct result_timer *timer = &cpu->timers[i];
		double ahead = us_between(cpu, timer->count, timer->cval);

		if (!timer->known)
			continue;
		ktap_note(ktap,
			  "    %s timer: CTL 0x%" PRIx64 "%s%s%s, CVAL 0x%" PRIx64 ", %.3f us %s",
			  timer_of(i), timer->ctl, timer->ctl & 1 ? " enabled" : " disabled",
			  timer->ctl & 2 ? " masked" : "", timer->ctl & 4 ? " expired" : "",
			  timer->cval, fabs(ahead), ahead > 0 ? "ahead" : "ago");
	}
}

static void describe_registers(struct ktap *ktap, const struct result_cpu *cpu)
{
	for (unsigned i = 0; i < 31; i += 4) {
		char text[200];
		int length = 0;

		for (unsigned j = i; j < i + 4 && j < 31; j++)
			length += snprintf(text + length, sizeof(text) - length,
					   " %sX%u %016" PRIx64, j < 10 ? " " : "", j, cpu->x[j]);
		ktap_note(ktap, "   %s", text);
	}
	ktap_note(ktap,
		  "     SP %016" PRIx64 "  PSTATE %" PRIx64 "  ELR_EL1 %" PRIx64
		  "  SPSR_EL1 %" PRIx64 "  ESR_EL1 %" PRIx64 "  FAR_EL1 %" PRIx64,
		  cpu->sp, cpu->pstate, cpu->elr_el1, cpu->spsr_el1, cpu->esr_el1, cpu->far_el1);
	describe_timers(ktap, cpu);
}

static void describe_place(struct ktap *ktap, const struct result_cpu *cpu, uint64_t time)
{
	char symbol[SYMBOL], callers[400] = "";
	size_t length = 0;

	if (!cpu->known) {
		ktap_note(ktap, "    at %.3f ms", time / 1e6);
		return;
	}
	for (unsigned i = 0; i < RESULT_FRAMES && cpu->frames[i] && length < sizeof(callers); i++) {
		guest_symbol_describe(cpu->frames[i], symbol, sizeof(symbol));
		if (symbol[0])
			length += snprintf(callers + length, sizeof(callers) - length, "%s%s",
					   length ? ", " : " from ", symbol);
	}
	guest_symbol_describe(cpu->pc, symbol, sizeof(symbol));
	ktap_note(ktap, "    at %.3f ms, %s's vCPU %u: PC 0x%" PRIx64 "%s%s%s", time / 1e6, cpu->vm,
		  cpu->cpu, cpu->pc, symbol[0] ? " " : "", symbol, callers);
}

static void describe_notes(struct ktap *ktap, const struct run_record *record)
{
	const struct run_result *result = record->result;

	for (unsigned i = 0; i < result_notes_kept(result); i++)
		ktap_note(ktap, "  at %.3f ms: %s", result->notes[i].time / 1e6,
			  result->notes[i].text);
	if (result->note_count > result_notes_kept(result))
		ktap_note(ktap, "  ... and %u notes more",
			  result->note_count - result_notes_kept(result));
}

static void describe_host(struct ktap *ktap, const struct run_record *record)
{
	if (record->has_complaint) {
		ktap_note(ktap, "  the host's kernel log:");
		for (unsigned i = 0; i < record->complaint.line_count; i++)
			ktap_note(ktap, "    %s", record->complaint.lines[i]);
	}
	if (record->trace_count)
		ktap_note(ktap, "  the host's last tracepoints:");
	for (unsigned i = 0; i < record->trace_count; i++)
		ktap_note(ktap, "    %s", record->trace[i]);
}

void ktap_describe_failure(struct ktap *ktap, const struct run_record *record)
{
	const struct run_result *result = record->result;
	unsigned kept = result_failures_kept(result);
	char text[RECORD_COMMAND];
	bool shown = false;

	record_name(record->job, text, sizeof(text));
	if (!result->failure_count)
		ktap_note(ktap, "%s: passed with %s planted, which it has to notice", text,
			  fault_rows[record->job->fault].name);
	else
		ktap_note(ktap, "%s: %u failure%s", text, result->failure_count,
			  result->failure_count == 1 ? "" : "s");
	for (unsigned i = 0; i < kept; i++) {
		const struct run_failure *failure = &result->failures[i];

		ktap_note(ktap, "  %s", failure->text);
		describe_place(ktap, &failure->cpu, failure->time);
		/* All of it once: later failures often follow from the first. */
		if (failure->cpu.known && (!shown || ktap->verbosity)) {
			describe_registers(ktap, &failure->cpu);
			describe_events(ktap, &failure->cpu);
			shown = true;
		}
	}
	if (result->failure_count > kept)
		ktap_note(ktap, "  ... and %u failures more", result->failure_count - kept);
	/* With -v they have been told. */
	if (!ktap->verbosity)
		describe_notes(ktap, record);
	describe_host(ktap, record);
	if (record->job->test->known)
		ktap_note(ktap, "  known: %s", record->job->test->known);
	ktap_note(ktap, "  again: %s", record_command(record, text, sizeof(text)));
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void describe_series(struct ktap *ktap, const struct run_series *series)
{
	double values[RESULT_SERIES_KEEPS];
	unsigned kept = result_values_kept(series);

	if (!kept)
		return;
	memcpy(values, series->values, kept * sizeof(values[0]));
	qsort(values, kept, sizeof(values[0]), compare);
	ktap_note(ktap, "  %s: %" PRIu64 " values, min %g, median %g, mean %g, 99%% %g, max %g",
		  series->name, series->count, series->min, values[kept / 2],
		  series->sum / series->count, values[kept - 1 - kept / 100], series->max);
}

void ktap_describe_run(struct ktap *ktap, const struct run_record *record)
{
	const struct run_result *result = record->result;
	char name[RECORD_NAME];

	ktap_note(ktap, "%s: %s", record_name(record->job, name, sizeof(name)),
		  record->job->test->title);
	describe_notes(ktap, record);
	for (unsigned i = 0; i < result->series_count && i < RESULT_SERIES; i++)
		describe_series(ktap, &result->series[i]);
	for (unsigned i = 0; i < result->counter_count && i < RESULT_COUNTERS; i++)
		ktap_note(ktap, "  %s: %" PRId64, result->counters[i].name,
			  result->counters[i].value);
}
