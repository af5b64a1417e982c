/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command line's options: one table per command, from which both the parser and --help work.
 *
 * Written as people know it from GNU: `-v`, `-vv`, `-c 2`, `-c2`, `--cpus 2`, `--cpus=2`, and `--`
 * ends the options. An argument is taken as it is, whatever it looks like, also when it is empty.
 * Long names are never abbreviated, so that a new option cannot change the meaning of an old
 * script. An option given twice: the last one counts. `-h` and `--help` are understood everywhere.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stddef.h>
#include <stdio.h>

struct option_row {
	/*
	 * Takes the value (NULL for an option without one) into the command's options. Returns 0,
	 * or -EINVAL after log_error() said what is wrong and what would be right. NULL: this row
	 * is a heading in the help, or, without text, the end of the table.
	 */
	int (*take)(void *options, const char *value);
	char letter;	      /* '\0': there is only the long name */
	const char *name;     /* without the dashes */
	const char *argument; /* how the help calls it; NULL: the option has none. In brackets,
				 "[=FILE]": may be left out, and only --name=value gives it */
	const char *text;     /* for the help; '\n' begins a new line */
};

struct options_table {
	const char *command;	       /* "run" */
	const char *synopsis;	       /* what follows "usage: armlet COMMAND" */
	const char *summary;	       /* a paragraph */
	const struct option_row *rows; /* ended by an empty one */
	/* Takes an argument that belongs to no option, as a row takes a value. NULL: there is no
	 * such argument, and stray_hint tells what to do instead. */
	int (*take_argument)(void *options, const char *word);
	const char *stray_hint;
	const char *notes; /* after the options; lines as they are; or NULL */
};

enum {
	OPTIONS_PARSED = 0,
	OPTIONS_HELPED = 1, /* --help was asked for and printed on stdout: all is done */
};

/*
 * Parses argv[1] and those that follow it into `options`. Returns one of the above, or -EINVAL
 * after saying what is wrong. Values are not copied: they live as long as argv.
 */
int options_parse(const struct options_table *table, int argc, char **argv, void *options);

/* --help, which stands at the end of each table without being written there. */
extern const struct option_row options_help_row;

void options_print_help(const struct options_table *table, FILE *stream);

/*
 * A decimal number within [min, max]. Returns 0 or -EINVAL, after naming `option` ("--cpus")
 * and the range.
 */
int options_number(const char *option, const char *value, unsigned long min, unsigned long max,
		   unsigned long *number);

/*
 * The place of `value` among `count` names, or -EINVAL after saying which there are.
 */
int options_choice(const char *option, const char *value, const char *const *names, size_t count);

#endif
