// SPDX-License-Identifier: GPL-2.0-only
#include "harness/result.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"

#define MIN(a, b) ((a) < (b) ? (a) : (b))

/* Whatever state it was in. Helpers that a script forks may use it, too. */
static void make_lock(struct run_result *result)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&result->lock, &attributes);
	pthread_mutexattr_destroy(&attributes);
}

struct run_result *result_create(void)
{
	struct run_result *result = mmap(NULL, sizeof(*result), PROT_READ | PROT_WRITE,
					 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (result == MAP_FAILED) {
		log_error(-errno, "cannot make memory for a test's result: %s", strerror(errno));
		return NULL;
	}
	make_lock(result);
	return result;
}

void result_destroy(struct run_result *result)
{
	if (result)
		munmap(result, sizeof(*result));
}

void result_begin(struct run_result *result, uint64_t seed)
{
	/* Zeroes without touching what the last run has not. */
	if (madvise(result, sizeof(*result), MADV_REMOVE) < 0)
		memset(result, 0, sizeof(*result));
	make_lock(result);
	result->random = seed | 1;
	result->begun = clock_now_ns();
}

void result_adopt(struct run_result *result)
{
	make_lock(result);
	result->series_count = MIN(result->series_count, RESULT_SERIES);
	result->counter_count = MIN(result->counter_count, RESULT_COUNTERS);
	for (unsigned i = 0; i < RESULT_FAILURES; i++) {
		struct result_cpu *cpu = &result->failures[i].cpu;

		result->failures[i].text[RESULT_TEXT - 1] = '\0';
		cpu->vm[sizeof(cpu->vm) - 1] = '\0';
		cpu->event_count = MIN(cpu->event_count, RESULT_EVENTS);
	}
	for (unsigned i = 0; i < RESULT_NOTES; i++)
		result->notes[i].text[RESULT_TEXT - 1] = '\0';
	for (unsigned i = 0; i < RESULT_SERIES; i++)
		result->series[i].name[RESULT_NAME - 1] = '\0';
	for (unsigned i = 0; i < RESULT_COUNTERS; i++)
		result->counters[i].name[RESULT_NAME - 1] = '\0';
	result->skip_reason[RESULT_TEXT - 1] = '\0';
}

enum run_verdict result_verdict(const struct run_result *result)
{
	if (result->failure_count)
		return RUN_FAILED;
	return result->skipped ? RUN_SKIPPED : RUN_PASSED;
}

unsigned result_failures_kept(const struct run_result *result)
{
	return MIN(result->failure_count, RESULT_FAILURES);
}

unsigned result_notes_kept(const struct run_result *result)
{
	return MIN(result->note_count, RESULT_NOTES);
}

unsigned result_values_kept(const struct run_series *series)
{
	return MIN(series->count, RESULT_SERIES_KEEPS);
}

/* What guests say comes through here, too: the report is to stay readable whatever they say. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

void result_vfail(struct run_result *result, const struct result_cpu *cpu, const char *format,
		  va_list arguments)
{
	pthread_mutex_lock(&result->lock);
	if (result->failure_count < RESULT_FAILURES) {
		struct run_failure *failure = &result->failures[result->failure_count];

		vsnprintf(failure->text, sizeof(failure->text), format, arguments);
		make_printable(failure->text);
		failure->time = clock_now_ns() - result->begun;
		if (cpu)
			failure->cpu = *cpu;
	}
	result->failure_count++;
	pthread_mutex_unlock(&result->lock);
}

void result_fail(struct run_result *result, const struct result_cpu *cpu, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	result_vfail(result, cpu, format, arguments);
	va_end(arguments);
}

void result_vskip(struct run_result *result, const char *format, va_list arguments)
{
	pthread_mutex_lock(&result->lock);
	if (!result->skipped) {
		vsnprintf(result->skip_reason, sizeof(result->skip_reason), format, arguments);
		make_printable(result->skip_reason);
	}
	result->skipped = true;
	pthread_mutex_unlock(&result->lock);
}

void result_skip(struct run_result *result, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	result_vskip(result, format, arguments);
	va_end(arguments);
}

void result_vnote(struct run_result *result, const char *format, va_list arguments)
{
	pthread_mutex_lock(&result->lock);
	if (result->note_count < RESULT_NOTES) {
		char *text = result->notes[result->note_count].text;

		vsnprintf(text, RESULT_TEXT, format, arguments);
		make_printable(text);
		result->notes[result->note_count].time = clock_now_ns() - result->begun;
	}
	result->note_count++;
	pthread_mutex_unlock(&result->lock);
}

void result_note(struct run_result *result, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	result_vnote(result, format, arguments);
	va_end(arguments);
}

static struct run_series *find_series(struct run_result *result, const char *name)
{
	struct run_series *series;

	for (unsigned i = 0; i < result->series_count; i++)
		if (strncmp(result->series[i].name, name, RESULT_NAME - 1) == 0)
			return &result->series[i];
	if (result->series_count == RESULT_SERIES)
		return NULL;
	series = &result->series[result->series_count++];
	snprintf(series->name, sizeof(series->name), "%s", name);
	make_printable(series->name);
	return series;
}

/* Each of `count` values is kept with the same probability: reservoir sampling. */
static void keep_value(struct run_result *result, struct run_series *series, double value)
{
	uint64_t place = series->count - 1;

	if (place >= RESULT_SERIES_KEEPS) {
		result->random = result->random * UINT64_C(6364136223846793005) + 1;
		place = (result->random >> 16) % series->count;
	}
	if (place < RESULT_SERIES_KEEPS)
		series->values[place] = value;
}

void result_sample(struct run_result *result, const char *name, double value)
{
	struct run_series *series;

	pthread_mutex_lock(&result->lock);
	series = find_series(result, name);
	if (series) {
		series->count++;
		series->sum += value;
		if (series->count == 1 || value < series->min)
			series->min = value;
		if (series->count == 1 || value > series->max)
			series->max = value;
		keep_value(result, series, value);
	}
	pthread_mutex_unlock(&result->lock);
}

void result_count(struct run_result *result, const char *name, int64_t value)
{
	unsigned i = 0;

	pthread_mutex_lock(&result->lock);
	while (i < result->counter_count &&
	       strncmp(result->counters[i].name, name, RESULT_NAME - 1) != 0)
		i++;
	if (i == result->counter_count && i < RESULT_COUNTERS) {
		snprintf(result->counters[i].name, RESULT_NAME, "%s", name);
		result->counter_count++;
	}
	if (i < RESULT_COUNTERS)
		result->counters[i].value += value;
	pthread_mutex_unlock(&result->lock);
}
