// SPDX-License-Identifier: GPL-2.0-only
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum log_level max_level = LOG_LEVEL_WARN;
static const char *vm_name;
static log_sink_fn *log_sink;
static void *log_sink_context;

void log_set_level(enum log_level level)
{
	max_level = level;
}

void log_set_name(const char *name)
{
	vm_name = name;
}

void log_set_sink(log_sink_fn *sink, void *context)
{
	log_sink = sink;
	log_sink_context = context;
}

static void log_message(enum log_level level, const char *format, va_list args)
{
	char line[1024];
	int prefix = 0, length;

	if (level > max_level)
		return;
	if (!log_sink) {
		prefix = snprintf(line, sizeof(line) - 1, "armlet%s%s: %s", vm_name ? " " : "",
				  vm_name ? vm_name : "",
				  level == LOG_LEVEL_WARN ? "warning: " : "");
		if (prefix >= (int)sizeof(line) / 2)
			prefix = sizeof(line) / 2;
	}
	length = vsnprintf(line + prefix, sizeof(line) - 1 - prefix, format, args);
	length = prefix + (length < 0 ? 0 : length);
	if (length > (int)sizeof(line) - 2)
		length = sizeof(line) - 2;
	if (log_sink) {
		log_sink(log_sink_context, level, line);
		return;
	}
	line[length++] = '\n';
	/* There is nobody left to tell when stderr itself is gone. */
	if (write(STDERR_FILENO, line, length) < 0)
		return;
}

int log_error(int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_message(LOG_LEVEL_ERROR, format, args);
	va_end(args);
	return error;
}

void log_warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_message(LOG_LEVEL_WARN, format, args);
	va_end(args);
}

void log_info(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_message(LOG_LEVEL_INFO, format, args);
	va_end(args);
}
