/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages for people, one line each, on stderr.
 *
 * A failure is described once, by the function that knows its cause, in the form
 * "what we were doing: what failed: what the user can do"; everything above only
 * hands the negative errno on. All functions may be called from any thread; a message is
 * written with one write(2), so that lines of different threads never mix. None allocates.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO, /* shown with -v */
};

/* Messages above this level are not shown. Default: LOG_LEVEL_WARN. */
void log_set_level(enum log_level level);

/* The VM's name, shown in front of each message; NULL for none. Not copied. */
void log_set_name(const char *name);

/*
 * Where messages go instead of stderr (NULL: back to stderr). `message` has neither prefix nor
 * newline and is valid during the call only. For tests.
 */
typedef void log_sink_fn(void *context, enum log_level level, const char *message);
void log_set_sink(log_sink_fn *sink, void *context);

/* Describes a failure and returns `error` (a negative errno), to be written as `return
 * log_error(...)`. */
int log_error(int error, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
