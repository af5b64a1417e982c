/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's kernel log as an oracle: whatever the kernel complains of while a test runs fails that
 * test.
 *
 * A complaint is a WARN, BUG, oops or panic, a report of lockdep, RCU, a sanitizer or a lockup
 * detector. It is told with the lines that follow it (registers, call trace). What programs write
 * into the log is none, nor are the kernel's remarks on a slow machine.
 */
#ifndef HARNESS_ORACLE_LOG_H
#define HARNESS_ORACLE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KERNEL_LOG_RECORD                                                       \
	16384 /* the longest that /dev/kmsg gives, escapes included, is shorter \
	       */
#define KERNEL_LOG_LINE	 240
#define KERNEL_LOG_LINES 64

struct kernel_complaint {
	uint64_t time; /* microseconds since the host's boot */
	unsigned line_count;
	char lines[KERNEL_LOG_LINES][KERNEL_LOG_LINE]; /* the first says what it is */
};

/* May call kernel_log_close(), nothing else of this log. */
typedef void kernel_complaint_fn(void *context, const struct kernel_complaint *complaint);

struct kernel_log {
	int fd;	       /* -1: there is none */
	uint64_t lost; /* how often records were overwritten before they were read */
	bool open;     /* `complaint` is being told */
	struct kernel_complaint complaint;
	char record[KERNEL_LOG_RECORD];
};

/*
 * Opens the log and goes to its end; `path` is /dev/kmsg but in unit tests. Returns 0 or -errno,
 * silently: the log may be root's alone.
 */
int kernel_log_open(struct kernel_log *log, const char *path);
void kernel_log_close(struct kernel_log *log);

/*
 * Hands all complaints since the last call (or since the log was opened) to `fn`. Takes no time
 * where there are none; where there is one, waits a moment for the rest of it.
 */
void kernel_log_read(struct kernel_log *log, kernel_complaint_fn *fn, void *context);

/* Whether a line of the kernel's own begins a complaint. `level` is KERN_*: 0 to 7. */
bool kernel_log_is_complaint(unsigned level, const char *line);

#endif
