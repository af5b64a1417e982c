// SPDX-License-Identifier: GPL-2.0-only
/* The report as one HTML file that needs no other. */
#include "harness/compare/html.h"

#include "harness/compare/phrases.h"
#include "harness/compare/words.h"

static const char style[] =
	"body{font:15px/1.45 system-ui,sans-serif;max-width:62em;margin:2em auto;padding:0 1em;"
	"color:#1c1e21;background:#fff}\n"
	"h1{font-size:1.5em}h2{font-size:1.15em;margin-top:2em;border-bottom:1px solid #ccc}\n"
	"table{border-collapse:collapse;width:100%;margin:1em 0}\n"
	"td,th{padding:.25em .6em;border-bottom:1px solid #e4e4e4;text-align:left;"
	"vertical-align:top}\n"
	"th{font-weight:600}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;"
	"white-space:nowrap}\n"
	".worse{color:#b3261e}.better{color:#1b6e3c}.quiet{color:#666}\n"
	".verdict{display:inline-block;padding:.3em .8em;border-radius:.3em;font-weight:600}\n"
	".bad{background:#f9dedc;color:#8c1d18}.good{background:#d7f0df;color:#12512b}\n"
	".none{background:#eee;color:#444}\n"
	"svg{max-width:100%;height:auto}svg text{font:12px system-ui,sans-serif;fill:#1c1e21}\n"
	"svg .quiet{fill:#666}details{margin:1em 0}\n";

void compare_html_escape(FILE *stream, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '<':
			fputs("&lt;", stream);
			break;
		case '>':
			fputs("&gt;", stream);
			break;
		case '&':
			fputs("&amp;", stream);
			break;
		case '"':
			fputs("&quot;", stream);
			break;
		default:
			fputc(*text, stream);
		}
	}
}

static void cell(FILE *stream, const char *class, const char *text)
{
	fprintf(stream, "<td class=\"%s\">", class);
	compare_html_escape(stream, text);
	fputs("</td>", stream);
}

static void number_cell(FILE *stream, double value)
{
	fprintf(stream, "<td class=\"n\">%.10g</td>", value);
}

static void count_rows(const struct compare_operation *operation, FILE *stream)
{
	char words[96], name[128], change[64];

	for (size_t i = 0; i < operation->count_count; i++) {
		const struct compare_count *count = &operation->counts[i];
		const char *class = count->new > count->base ? "n worse" : "n better";

		fputs("<tr><td></td>", stream);
		compare_count_words(count->name, words, sizeof(words));
		snprintf(name, sizeof(name), "%s%s", words,
			 count->exact ? "" : " (medians: not exact)");
		cell(stream, count->exact ? "" : "quiet", name);
		number_cell(stream, count->base);
		number_cell(stream, count->new);
		/* What came or went whole has no percentage. */
		if (count->base > 0 && count->new > 0)
			snprintf(change, sizeof(change), "%+.10g (%+.1f %%)",
				 count->new - count->base,
				 100 * (count->new - count->base) / count->base);
		else
			snprintf(change, sizeof(change), "%+.10g", count->new - count->base);
		cell(stream, class, change);
		fputs("</tr>\n", stream);
	}
}

static const char *class_of(enum compare_verdict verdict)
{
	return verdict == COMPARE_WORSE ? "worse" : verdict == COMPARE_BETTER ? "better" : "quiet";
}

static void wide_row(FILE *stream, const char *class, const char *text)
{
	fprintf(stream, "<tr><td></td><td colspan=\"4\" class=\"%s\">", class);
	compare_html_escape(stream, text);
	fputs("</td></tr>\n", stream);
}

static void operation_rows(const struct compare_report *report,
			   const struct compare_operation *operation, FILE *stream)
{
	char text[COMPARE_PHRASE];

	fputs("<tr><th colspan=\"5\">", stream);
	compare_html_escape(stream, compare_operation_name(operation, text, sizeof(text)));
	fputs("</th></tr>\n", stream);
	if (operation->base_verdict[0] || operation->new_verdict[0])
		wide_row(stream, operation->verdict_worse ? "worse" : "",
			 compare_verdict_sentence(operation, text, sizeof(text)));
	count_rows(operation, stream);
	for (unsigned i = 0; i < compare_timings_told(operation); i++)
		wide_row(stream, class_of(operation->timings[i].difference.verdict),
			 compare_timing_sentence(&operation->timings[i], report->threshold, text,
						 sizeof(text)));
}

static void table(const struct compare_report *report, const struct compare_group *group,
		  size_t first, size_t end, FILE *stream)
{
	fputs("<table>\n", stream);
	if (group->kind == COMPARE_METER)
		fputs("<tr><th></th><th>per operation</th><th class=\"n\">base</th>"
		      "<th class=\"n\">new</th><th class=\"n\">change</th></tr>\n",
		      stream);
	for (size_t i = first; i < end; i++)
		operation_rows(report, &group->operations[i], stream);
	fputs("</table>\n", stream);
}

static void plots(const struct compare_report *report, const struct compare_group *group,
		  FILE *stream)
{
	if (group->kind == COMPARE_METER && group->changed)
		compare_svg_instructions(group, stream);
	if (group->kind == COMPARE_BENCH) {
		compare_svg_ratios(report, group, stream);
		compare_svg_times(group, stream);
	}
}

static void folded_table(const struct compare_report *report, const struct compare_group *group,
			 size_t first, size_t end, const char *what, FILE *stream)
{
	fprintf(stream, "<details><summary>%zu %s</summary>\n", end - first, what);
	table(report, group, first, end, stream);
	fputs("</details>\n", stream);
}

static void write_group(const struct compare_report *report, const struct compare_group *group,
			FILE *stream)
{
	size_t told = group->changed + group->cannot_tell;
	char text[COMPARE_PHRASE];

	fputs("<h2>", stream);
	compare_html_escape(stream, group->flavour);
	fputs("</h2>\n<p>", stream);
	if (group->reason[0]) {
		fputs("Not comparable: ", stream);
		compare_html_escape(stream, group->reason);
		fputs("</p>\n", stream);
		return;
	}
	fputs("Base: Linux ", stream);
	compare_html_escape(stream, group->base_kernel);
	fputs(". New: Linux ", stream);
	compare_html_escape(stream, group->new_kernel);
	fprintf(stream, ". %s.</p>\n", compare_group_sentence(group, text, sizeof(text)));
	if (compare_group_caution(group, text, sizeof(text))[0])
		fprintf(stream, "<p class=\"quiet\">Caution: %s.</p>\n", text);
	plots(report, group, stream);
	if (group->changed)
		table(report, group, 0, group->changed, stream);
	if (group->cannot_tell)
		folded_table(report, group, group->changed, told, "of which it cannot be told",
			     stream);
	if (told < group->operation_count)
		folded_table(report, group, told, group->operation_count, "without a change",
			     stream);
}

void compare_write_html(const struct compare_report *report, FILE *stream)
{
	const char *class = report->worse ? "bad" : report->incomparable ? "none" : "good";

	fprintf(stream,
		"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
		"<title>armlet compare</title><style>\n%s</style></head><body>\n"
		"<h1>What changed between two kernels</h1>\n"
		"<p><span class=\"verdict %s\">%s</span> beyond %.3g %%, by armlet " ARMLET_VERSION
		"</p>\n",
		style, class,
		report->worse	       ? "Regression"
		: report->incomparable ? "Not all could be compared"
				       : "No regression",
		report->threshold * 100);
	for (size_t i = 0; i < report->group_count; i++)
		write_group(report, &report->groups[i], stream);
	fputs("</body></html>\n", stream);
}
