// SPDX-License-Identifier: GPL-2.0-only
/* The help, written from the table that the parser works with. */
#include <stdbool.h>
#include <string.h>

#include "cli/options.h"

#define WIDTH	    90
#define TEXT_COLUMN 30

/*
 * Prints `text`, broken between words, from `column` (where the cursor is) on; lines after the
 * first begin at `indent`.
 */
static void print_wrapped(FILE *stream, const char *text, int column, int indent)
{
	bool begins = true;

	while (*text) {
		int length = strcspn(text, " \n");

		if (!begins && column + 1 + length > WIDTH) {
			fprintf(stream, "\n%*s", indent, "");
			column = indent;
			begins = true;
		}
		column += fprintf(stream, "%s%.*s", begins ? "" : " ", length, text);
		begins = false;
		text += length;
		if (*text == '\n') {
			fprintf(stream, "\n%*s", indent, "");
			column = indent;
			begins = true;
		}
		text += *text != '\0';
	}
	fputc('\n', stream);
}

static void print_row(FILE *stream, const struct option_row *row)
{
	const char *argument = row->argument ? row->argument : "";
	int column;

	if (!row->take) {
		fprintf(stream, "\n%s:\n", row->text);
		return;
	}
	column = row->letter ? fprintf(stream, "  -%c, ", row->letter) : fprintf(stream, "      ");
	column += fprintf(stream, "--%s%s%s", row->name, *argument && *argument != '[' ? " " : "",
			  argument);
	if (column > TEXT_COLUMN - 2) {
		fputc('\n', stream);
		column = 0;
	}
	fprintf(stream, "%*s", TEXT_COLUMN - column, "");
	print_wrapped(stream, row->text, TEXT_COLUMN, TEXT_COLUMN);
}

void options_print_help(const struct options_table *table, FILE *stream)
{
	int column = fprintf(stream, "usage: armlet %s ", table->command);

	print_wrapped(stream, table->synopsis, column, column);
	fputc('\n', stream);
	print_wrapped(stream, table->summary, 0, 0);
	if (table->rows->take)
		fputs("\nOptions:\n", stream);
	for (const struct option_row *row = table->rows; row->take || row->text; row++)
		print_row(stream, row);
	print_row(stream, &options_help_row);
	if (table->notes)
		fprintf(stream, "\n%s", table->notes);
}
