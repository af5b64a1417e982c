// SPDX-License-Identifier: GPL-2.0-only
/* The report for a terminal or a mail. */
#include "harness/compare/phrases.h"
#include "harness/compare/words.h"

#define LINE 100

static void write_counts(const struct compare_operation *operation, FILE *stream)
{
	char text[COMPARE_PHRASE];

	for (size_t i = 0; i < operation->count_count; i++) {
		const struct compare_count *count = &operation->counts[i];

		fprintf(stream, "    %s%s\n",
			compare_count_sentence(count->name, count->base, count->new, text,
					       sizeof(text)),
			count->exact ? "" : ", medians: not exact");
	}
}

static void write_operation(const struct compare_report *report,
			    const struct compare_operation *operation, FILE *stream)
{
	char text[COMPARE_PHRASE];

	fprintf(stream, "  %s\n", compare_operation_name(operation, text, sizeof(text)));
	if (operation->base_verdict[0] || operation->new_verdict[0])
		fprintf(stream, "    %s\n",
			compare_verdict_sentence(operation, text, sizeof(text)));
	write_counts(operation, stream);
	for (unsigned i = 0; i < compare_timings_told(operation); i++)
		fprintf(stream, "    %s\n",
			compare_timing_sentence(&operation->timings[i], report->threshold, text,
						sizeof(text)));
}

/* In lines that a mail does not break. */
static void write_unchanged(const struct compare_group *group, FILE *stream)
{
	int column = 0;

	for (size_t i = group->changed; i < group->operation_count && group->kind != COMPARE_TEST;
	     i++) {
		const struct compare_operation *operation = &group->operations[i];
		char name[96];
		int length = snprintf(name, sizeof(name), "%s [%s]", operation->name,
				      operation->irqchip);

		if (compare_is_untold(operation))
			continue;
		if (!column)
			column = fprintf(stream, "\n  No change: ") - 1;
		else if (column + 2 + length > LINE)
			column = fprintf(stream, ",\n    ") - 2;
		else
			column += fprintf(stream, ", ");
		column += fprintf(stream, "%s", name);
	}
	fputs(column ? "\n" : "", stream);
}

static void write_rest(const struct compare_report *report, const struct compare_group *group,
		       FILE *stream)
{
	bool begun = false;

	for (size_t i = group->changed; i < group->operation_count; i++) {
		if (!compare_is_untold(&group->operations[i]))
			continue;
		if (!begun)
			fprintf(stream, "\n  Of these it cannot be told:\n");
		begun = true;
		write_operation(report, &group->operations[i], stream);
	}
	write_unchanged(group, stream);
}

static void write_group(const struct compare_report *report, const struct compare_group *group,
			FILE *stream)
{
	char text[COMPARE_PHRASE];

	fprintf(stream, "== %s\n", group->flavour);
	if (group->reason[0]) {
		fprintf(stream, "not comparable: %s\n\n", group->reason);
		return;
	}
	fprintf(stream, "base %s, new %s: %s\n", group->base_kernel, group->new_kernel,
		compare_group_sentence(group, text, sizeof(text)));
	if (compare_group_caution(group, text, sizeof(text))[0])
		fprintf(stream, "(%s)\n", text);
	for (size_t i = 0; i < group->changed; i++)
		write_operation(report, &group->operations[i], stream);
	write_rest(report, group, stream);
	fputc('\n', stream);
}

void compare_write_text(const struct compare_report *report, FILE *stream)
{
	for (size_t i = 0; i < report->group_count; i++)
		write_group(report, &report->groups[i], stream);
	fprintf(stream, "%s (threshold %.3g %%)\n",
		report->worse	       ? "REGRESSION"
		: report->incomparable ? "not all could be compared; no regression in the rest"
				       : "no regression",
		report->threshold * 100);
}
