// SPDX-License-Identifier: GPL-2.0-only
/* `armlet compare`: what differs between the records of two kernels. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "cli/command.h"
#include "cli/options.h"
#include "harness/compare/compare.h"

static struct compare_options *compare_of(void *options)
{
	return options;
}

static int add_file(const char **files, size_t *count, const char *name)
{
	if (!*name)
		return log_error(-EINVAL, "cannot compare \"\": it must be the name of a file");
	if (*count == COMPARE_FILES)
		return log_error(-EINVAL, "at most %d files of a side", COMPARE_FILES);
	files[(*count)++] = name;
	return 0;
}

static int take_base(void *options, const char *value)
{
	return add_file(compare_of(options)->base, &compare_of(options)->base_count, value);
}

static int take_new(void *options, const char *value)
{
	return add_file(compare_of(options)->new, &compare_of(options)->new_count, value);
}

/* BASE NEW, and again. */
static int take_file(void *options, const char *word)
{
	struct compare_options *compare = options;

	return compare->base_count > compare->new_count ? take_new(options, word)
							: take_base(options, word);
}

static int take_threshold(void *options, const char *value)
{
	char *end;
	double percent = isdigit((unsigned char)value[0]) ? strtod(value, &end) : -1;

	if (percent < 0 || *end || !(percent <= 1000))
		return log_error(-EINVAL,
				 "cannot use --threshold %s: it must be a percentage from 0 to "
				 "1000",
				 value);
	compare_of(options)->threshold = percent;
	return 0;
}

static int take_format(void *options, const char *value)
{
	static const char *const names[] = { "text", "html" };
	int format = options_choice("--format", value, names, 2);

	if (format < 0)
		return format;
	compare_of(options)->html = format;
	return 0;
}

static int take_output(void *options, const char *value)
{
	if (!*value)
		return log_error(-EINVAL,
				 "cannot use --output \"\": it must be the name of a file");
	compare_of(options)->output = value;
	return 0;
}

static const struct option_row rows[] = {
	{ take_base, '\0', "base", "FILE", "a record of the base; any number of times" },
	{ take_new, '\0', "new", "FILE", "a record of the new kernel; any number of times" },
	{ take_threshold, '\0', "threshold", "PERCENT",
	  "differences up to this are no regression (default: 1)" },
	{ take_format, '\0', "format", "FORMAT", "text (default), or html: one file with plots" },
	{ take_output, 'o', "output", "FILE", "where to write the report (default: stdout)" },
	{ 0 },
};

static const struct options_table table = {
	.command = "compare",
	.synopsis = "[OPTION]... BASE NEW [BASE NEW]...",
	.summary = "Compares records of two kernels: of armlet bench, armlet test and the lab's "
		   "meter. Records of one side that are of the same kind and host are repeats.",
	.rows = rows,
	.take_argument = take_file,
	.notes = "Exit status:\n"
		 "  0      no regression\n"
		 "  1      a regression beyond the threshold\n"
		 "  125    something could not be compared; stderr says why\n"
		 "  129    wrong usage\n",
};

int compare_command(int argc, char **argv)
{
	static struct compare_options options;
	int ret;

	options = (struct compare_options){ .threshold = COMPARE_THRESHOLD };
	ret = options_parse(&table, argc, argv, &options);
	if (ret)
		return ret == OPTIONS_HELPED ? EXIT_DONE : EXIT_USAGE;
	if (!options.base_count || !options.new_count) {
		log_error(-EINVAL, "there must be a record of each side: armlet compare BASE NEW");
		return EXIT_USAGE;
	}
	switch (compare_run(&options)) {
	case COMPARE_NO_REGRESSION:
		return EXIT_DONE;
	case COMPARE_REGRESSION:
		return EXIT_FAILED;
	case COMPARE_NOT_COMPARABLE:
		break;
	}
	return EXIT_CANNOT_TEST;
}
