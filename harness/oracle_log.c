// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each read(2) of /dev/kmsg gives one record (Documentation/ABI/testing/dev-kmsg):
 * "PRIORITY,SEQUENCE,MICROSECONDS,FLAGS[,...];TEXT\n KEY=VALUE\n", bytes that are not printable
 * escaped as \xNN.
 */
#include "harness/oracle_log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How long the rest of a complaint may take to come. A slow console holds its printing up. */
#define REST_MS 200

static const char *const beginnings[] = {
	"WARNING: ", /* WARN(), and most of lockdep */
	"BUG: ",     /* KASAN, sleeping or scheduling while atomic, lockups of workqueues, ... */
	"kernel BUG at ",
	"Internal error: ",
	"Unable to handle kernel ",
	"Kernel panic",
	"UBSAN: ",
	"INFO: possible ", /* lockdep before Linux 4.11 and its kin */
	"INFO: trying to register non-static key",
	"INFO: task ", /* hung for two minutes */
	"INFO: rcu",
	"refcount_t: ",
	"list_add corruption",
	"list_del corruption",
	"unexpected IRQ trap ",
	"Bad mode in ",
};

static const char *const anywhere[] = {
	"BUG: soft lockup",	       /* behind "watchdog: " */
	"hard LOCKUP",	    "[ BUG: ", /* lockdep: bad unlock balance, invalid wait context, held
					  lock freed */
	"INFO: rcu_",	    "detected stall", "detected expedited stall",  "nobody cared",
	"hyp panic",	    "hyp BUG",	      "new suspected memory leak",
};

bool kernel_log_is_complaint(unsigned level, const char *line)
{
	/* KERN_EMERG and KERN_ALERT: nothing harmless is said so loudly. */
	if (level <= 1)
		return true;
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++)
		if (!strncmp(line, beginnings[i], strlen(beginnings[i])))
			return true;
	for (size_t i = 0; i < sizeof(anywhere) / sizeof(anywhere[0]); i++)
		if (strstr(line, anywhere[i]))
			return true;
	return false;
}

int kernel_log_open(struct kernel_log *log, const char *path)
{
	log->open = false;
	log->lost = 0;
	log->fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (log->fd < 0)
		return -errno;
	lseek(log->fd, 0, SEEK_END);
	return 0;
}

void kernel_log_close(struct kernel_log *log)
{
	if (log->fd >= 0)
		close(log->fd);
	log->fd = -1;
}

static void end_complaint(struct kernel_log *log, kernel_complaint_fn *fn, void *context)
{
	if (log->open)
		fn(context, &log->complaint);
	log->open = false;
}

static void add_line(struct kernel_log *log, const char *line)
{
	struct kernel_complaint *complaint = &log->complaint;

	if (complaint->line_count < KERNEL_LOG_LINES)
		snprintf(complaint->lines[complaint->line_count++], KERNEL_LOG_LINE, "%s", line);
}

/* An oops consists of several lines that each would begin one: they stay together. */
static bool goes_on(const struct kernel_log *log, uint64_t time)
{
	return log->open && log->complaint.line_count < KERNEL_LOG_LINES / 2 &&
	       time - log->complaint.time < 10000;
}

static void take_line(struct kernel_log *log, unsigned level, uint64_t time, const char *line,
		      kernel_complaint_fn *fn, void *context)
{
	if (kernel_log_is_complaint(level, line) && !goes_on(log, time)) {
		end_complaint(log, fn, context);
		log->open = true;
		log->complaint.time = time;
		log->complaint.line_count = 0;
	}
	if (!log->open)
		return;
	add_line(log, line);
	if (strstr(line, "---[ end trace"))
		end_complaint(log, fn, context);
}

/* The text until the record's first real newline, escapes undone, in place. */
static void unescape(char *text)
{
	char *to = text, *end;

	for (; *text && *text != '\n'; to++) {
		if (text[0] == '\\' && text[1] == 'x' && text[2] && text[3]) {
			char digits[] = { text[2], text[3], '\0' };

			*to = strtoul(digits, &end, 16);
			text += 4;
		} else {
			*to = *text++;
		}
	}
	*to = '\0';
}

static void take_record(struct kernel_log *log, kernel_complaint_fn *fn, void *context)
{
	unsigned priority;
	uint64_t time;
	char *text = strchr(log->record, ';'), *line;

	/* The upper bits are the facility: 0 is the kernel, others are programs that write here. */
	if (!text || sscanf(log->record, "%u,%*u,%" SCNu64, &priority, &time) != 2 || priority >> 3)
		return;
	unescape(++text);
	while ((line = strsep(&text, "\n")))
		take_line(log, priority & 7, time, line, fn, context);
}

/* Returns whether there was a record. */
static bool read_record(struct kernel_log *log, kernel_complaint_fn *fn, void *context)
{
	ssize_t length;

	do {
		length = read(log->fd, log->record, sizeof(log->record) - 1);
		/* Overwritten before it was read: the next read is of the oldest that is left. */
		if (length < 0 && errno == EPIPE)
			log->lost++;
	} while (length < 0 && (errno == EINTR || errno == EPIPE));
	if (length <= 0)
		return false;
	log->record[length] = '\0';
	take_record(log, fn, context);
	return true;
}

void kernel_log_read(struct kernel_log *log, kernel_complaint_fn *fn, void *context)
{
	struct pollfd ready = { .fd = log->fd, .events = POLLIN };

	if (log->fd < 0)
		return;
	do {
		while (read_record(log, fn, context))
			;
	} while (log->open && poll(&ready, 1, REST_MS) > 0 && ready.revents & POLLIN);
	end_complaint(log, fn, context);
}
