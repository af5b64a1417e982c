// SPDX-License-Identifier: GPL-2.0-only
#include "cli/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/nearest.h"

#define MAX_ROWS 64

static int show_help(void *options, const char *value)
{
	(void)options;
	(void)value;
	return OPTIONS_HELPED;
}

const struct option_row options_help_row = { show_help, 'h', "help", NULL, "print this help" };

static bool is_end(const struct option_row *row)
{
	return !row->take && !row->text;
}

static bool takes_optional(const struct option_row *row)
{
	return row->argument && row->argument[0] == '[';
}

/* A name matches whole; without one, the letter. */
static const struct option_row *find(const struct options_table *table, const char *name,
				     size_t length, char letter)
{
	for (const struct option_row *row = table->rows;; row++) {
		if (is_end(row))
			row = &options_help_row;
		if (row->take &&
		    (name ? strlen(row->name) == length && !memcmp(row->name, name, length)
			  : row->letter == letter))
			return row;
		if (row == &options_help_row)
			return NULL;
	}
}

static int unknown_long(const struct options_table *table, const char *name, size_t length)
{
	const char *names[MAX_ROWS];
	char word[64];
	const char *meant;
	size_t count = 0;

	for (const struct option_row *row = table->rows; !is_end(row) && count < MAX_ROWS - 1;
	     row++)
		if (row->take)
			names[count++] = row->name;
	names[count] = NULL;
	snprintf(word, sizeof(word), "%.*s", (int)length, name);
	meant = nearest_name(word, names);
	return log_error(-EINVAL, "unknown option --%.*s%s%s%s: see `armlet %s --help`",
			 (int)length, name, meant ? ": did you mean --" : "", meant ? meant : "",
			 meant ? "?" : "", table->command);
}

static int missing_value(const struct options_table *table, const struct option_row *row)
{
	return log_error(-EINVAL, "--%s needs a value: --%s %s: see `armlet %s --help`", row->name,
			 row->name, row->argument, table->command);
}

/* argv[*at] is a long option; moves *at to its last argument. */
static int parse_long(const struct options_table *table, int argc, char **argv, int *at,
		      void *options)
{
	const char *name = argv[*at] + 2;
	size_t length = strcspn(name, "=");
	const char *value = name[length] ? name + length + 1 : NULL;
	const struct option_row *row = find(table, name, length, '\0');

	if (!row)
		return unknown_long(table, name, length);
	if (value && !row->argument)
		return log_error(-EINVAL, "--%s takes no value: see `armlet %s --help`", row->name,
				 table->command);
	if (row->argument && !value && !takes_optional(row)) {
		if (*at + 1 >= argc)
			return missing_value(table, row);
		value = argv[++*at];
	}
	return row->take(options, value);
}

/* argv[*at] holds one or more letters; moves *at to the last argument. */
static int parse_letters(const struct options_table *table, int argc, char **argv, int *at,
			 void *options)
{
	for (const char *letter = argv[*at] + 1; *letter; letter++) {
		const struct option_row *row = find(table, NULL, 0, *letter);
		int ret;

		if (!row)
			return log_error(-EINVAL, "unknown option -%c: see `armlet %s --help`",
					 isprint((unsigned char)*letter) ? *letter : '?',
					 table->command);
		if (!row->argument || takes_optional(row)) {
			ret = row->take(options, NULL);
			if (ret)
				return ret;
			continue;
		}
		if (letter[1])
			return row->take(options, letter + 1);
		if (*at + 1 >= argc)
			return missing_value(table, row);
		return row->take(options, argv[++*at]);
	}
	return 0;
}

static int take_argument(const struct options_table *table, const char *word, void *options)
{
	if (table->take_argument)
		return table->take_argument(options, word);
	return log_error(-EINVAL, "do not know what to do with \"%s\": %s: see `armlet %s --help`",
			 word, table->stray_hint, table->command);
}

int options_parse(const struct options_table *table, int argc, char **argv, void *options)
{
	bool ended = false;

	for (int at = 1; at < argc; at++) {
		const char *word = argv[at];
		int ret;

		if (!ended && !strcmp(word, "--")) {
			ended = true;
			continue;
		}
		if (ended || word[0] != '-' || !word[1])
			ret = take_argument(table, word, options);
		else if (word[1] == '-')
			ret = parse_long(table, argc, argv, &at, options);
		else
			ret = parse_letters(table, argc, argv, &at, options);
		if (ret == OPTIONS_HELPED)
			options_print_help(table, stdout);
		if (ret)
			return ret;
	}
	return OPTIONS_PARSED;
}

int options_number(const char *option, const char *value, unsigned long min, unsigned long max,
		   unsigned long *number)
{
	char *end;

	errno = 0;
	*number = isdigit((unsigned char)value[0]) ? strtoul(value, &end, 10) : 0;
	if (!isdigit((unsigned char)value[0]) || *end || errno || *number < min || *number > max)
		return log_error(-EINVAL,
				 "cannot use %s \"%s\": it must be a number from %lu to %lu",
				 option, value, min, max);
	return 0;
}

int options_choice(const char *option, const char *value, const char *const *names, size_t count)
{
	char list[128];
	int length = 0;

	for (size_t i = 0; i < count; i++)
		if (!strcmp(value, names[i]))
			return i;
	list[0] = '\0';
	for (size_t i = 0; i < count && length < (int)sizeof(list); i++)
		length += snprintf(list + length, sizeof(list) - length, "%s%s",
				   i == 0	    ? ""
				   : i == count - 1 ? " or "
						    : ", ",
				   names[i]);
	return log_error(-EINVAL, "cannot use %s \"%s\": it must be %s", option, value, list);
}
