// SPDX-License-Identifier: GPL-2.0-only
#include "harness/bench/select.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/nearest.h"

#define NAMES 128

const struct bench_operation *bench_operation_at(unsigned place)
{
	for (unsigned table = 0; bench_operations[table]; table++)
		for (const struct bench_operation *row = bench_operations[table]; row->test.id;
		     row++)
			if (!place--)
				return row;
	return NULL;
}

static bool is_name(const char *pattern)
{
	const struct bench_operation *operation;

	for (unsigned i = 0; (operation = bench_operation_at(i)); i++)
		if (!strcmp(operation->test.id, pattern))
			return true;
	return false;
}

static bool selects(const char *pattern, const struct bench_operation *operation)
{
	if (is_name(pattern))
		return !strcmp(pattern, operation->test.id);
	return strstr(operation->test.id, pattern) || !fnmatch(pattern, operation->test.id, 0);
}

bool bench_is_selected(const struct bench_options *options, const struct bench_operation *operation)
{
	for (size_t i = 0; i < options->pattern_count; i++)
		if (selects(options->patterns[i], operation))
			return true;
	return !options->pattern_count;
}

static bool selects_any(const char *pattern)
{
	const struct bench_operation *operation;

	for (unsigned i = 0; (operation = bench_operation_at(i)); i++)
		if (selects(pattern, operation))
			return true;
	return false;
}

static const char *nearest_operation(const char *pattern)
{
	const char *names[NAMES + 1] = { NULL };
	const struct bench_operation *operation;

	for (unsigned i = 0; i < NAMES && (operation = bench_operation_at(i)); i++)
		names[i] = operation->test.id;
	return nearest_name(pattern, names);
}

int bench_check_patterns(const struct bench_options *options)
{
	for (size_t i = 0; i < options->pattern_count; i++) {
		const char *pattern = options->patterns[i], *meant;

		if (selects_any(pattern))
			continue;
		meant = nearest_operation(pattern);
		return log_error(-EINVAL,
				 "there is no operation \"%s\"%s%s%s: see `armlet bench --list`",
				 pattern, meant ? ": did you mean " : "", meant ? meant : "",
				 meant ? "?" : "");
	}
	return 0;
}
