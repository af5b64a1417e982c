// SPDX-License-Identifier: GPL-2.0-only
#include "harness/ktap.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

static const char *indent(const struct ktap *ktap)
{
	return ktap->in_group ? "  " : "";
}

static void end_line(struct ktap *ktap)
{
	fputc('\n', ktap->stream);
	fflush(ktap->stream);
}

/* '#' would begin a directive; what is not printable is a guest's or a damaged log's. */
static void put_text(struct ktap *ktap, const char *text, bool description)
{
	for (; *text; text++) {
		unsigned char c = *text;

		fputc(!isprint(c) || (description && c == '#') ? '?' : c, ktap->stream);
	}
}

void ktap_begin(struct ktap *ktap, FILE *stream, unsigned verbosity, size_t groups)
{
	*ktap = (struct ktap){ .stream = stream, .verbosity = verbosity, .planned = groups };
	fputs("KTAP version 1", stream);
	end_line(ktap);
	if (groups) {
		fprintf(stream, "1..%zu", groups);
		end_line(ktap);
	}
}

void ktap_note(struct ktap *ktap, const char *format, ...)
{
	char text[1024], *next = text, *line;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	while ((line = strsep(&next, "\n"))) {
		fprintf(ktap->stream, "%s# ", indent(ktap));
		put_text(ktap, line, false);
		end_line(ktap);
	}
}

void ktap_begin_group(struct ktap *ktap, const char *name, size_t results)
{
	ktap->in_group = true;
	ktap->ok = ktap->not_ok = ktap->skipped = 0;
	fprintf(ktap->stream, "  KTAP version 1\n  # Subtest: %s\n  1..%zu", name, results);
	end_line(ktap);
}

static const char *reason(const struct run_record *record)
{
	return record->result->skip_reason[0] ? record->result->skip_reason
					      : "the test does not say why";
}

/* What stands behind the result's '#'. */
static void put_data(struct ktap *ktap, const struct run_record *record,
		     enum record_outcome outcome)
{
	if (outcome == RECORD_SKIPPED) {
		fputs(" # SKIP ", ktap->stream);
		put_text(ktap, reason(record), true);
		return;
	}
	fprintf(ktap->stream, " # %.3f s", record->result->duration / 1e9);
	if (record->job->fault)
		fputs(result_verdict(record->result) == RUN_FAILED ? ", noticed" : ", not noticed",
		      ktap->stream);
}

void ktap_result(struct ktap *ktap, const struct run_record *record)
{
	enum record_outcome outcome = record_outcome(record);
	unsigned number = ktap->ok + ktap->not_ok + ktap->skipped + 1;
	char name[RECORD_NAME];

	if (ktap->verbosity)
		ktap_describe_run(ktap, record);
	if (result_verdict(record->result) == RUN_FAILED || outcome == RECORD_NOT_OK)
		ktap_describe_failure(ktap, record);
	fprintf(ktap->stream, "  %s %u ", outcome == RECORD_NOT_OK ? "not ok" : "ok", number);
	put_text(ktap, record_name(record->job, name, sizeof(name)), true);
	put_data(ktap, record, outcome);
	end_line(ktap);
	ktap->ok += outcome == RECORD_OK;
	ktap->not_ok += outcome == RECORD_NOT_OK;
	ktap->skipped += outcome == RECORD_SKIPPED;
}

void ktap_end_group(struct ktap *ktap, const char *name)
{
	ktap->in_group = false;
	fprintf(ktap->stream, "%s %u %s", ktap->not_ok ? "not ok" : "ok", ++ktap->groups, name);
	if (!ktap->ok && !ktap->not_ok)
		fputs(" # SKIP none of its tests could be run here", ktap->stream);
	end_line(ktap);
}

void ktap_end(struct ktap *ktap)
{
	ktap->in_group = false;
	if (ktap->planned)
		return;
	fprintf(ktap->stream, "1..%u", ktap->groups);
	end_line(ktap);
}

bool ktap_is_broken(const struct ktap *ktap)
{
	return ferror(ktap->stream);
}
