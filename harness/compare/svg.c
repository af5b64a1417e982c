// SPDX-License-Identifier: GPL-2.0-only
/* Plots: one line for each operation. */
#include <math.h>

#include "harness/compare/html.h"

#define WIDTH	  900
#define LEFT	  250 /* of the plot; names stand before it */
#define RIGHT	  (WIDTH - 90)
#define ROW	  22
#define TOP	  44
#define MOST_ROWS 60

static void begin(FILE *stream, size_t rows, const char *title)
{
	unsigned height = TOP + rows * ROW + 12;

	fprintf(stream,
		"<svg viewBox=\"0 0 %d %u\" width=\"%d\" height=\"%u\" role=\"img\">\n"
		"<text x=\"0\" y=\"14\" style=\"font-weight:600\">%s</text>\n",
		WIDTH, height, WIDTH, height, title);
}

static void end(FILE *stream)
{
	fputs("</svg>\n", stream);
}

static void label(FILE *stream, const struct compare_operation *operation, double y)
{
	fprintf(stream, "<text x=\"%d\" y=\"%.0f\" text-anchor=\"end\">", LEFT - 8, y + 4);
	compare_html_escape(stream, operation->name);
	fputs(" <tspan class=\"quiet\">", stream);
	compare_html_escape(stream, operation->irqchip);
	fputs("</tspan></text>\n", stream);
}

static void note(FILE *stream, double x, double y, const char *anchor, const char *text)
{
	fprintf(stream,
		"<text x=\"%.1f\" y=\"%.0f\" text-anchor=\"%s\" class=\"quiet\">%s</text>\n", x, y,
		anchor, text);
}

static void line(FILE *stream, double x1, double y1, double x2, double y2, const char *colour,
		 double width)
{
	fprintf(stream,
		"<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" "
		"stroke-width=\"%.1f\"/>\n",
		x1, y1, x2, y2, colour, width);
}

static double between(double value, double low, double high)
{
	return value < low ? low : value > high ? high : value;
}

/* -- ratios ----------------------------------------------------------------------------------- */

/* The one that is shown: cycles where there are any. */
static const struct compare_difference *shown(const struct compare_operation *operation)
{
	const struct compare_difference *difference;

	if (!operation->timing_count)
		return NULL;
	difference = &operation->timings[operation->timing_count - 1].difference;
	return difference->ratio > 0 ? difference : NULL;
}

/* The plot's half width, as a logarithm: so that most fit, but never less than the threshold. */
static double widest(const struct compare_report *report, const struct compare_group *group)
{
	double most = 4 * log1p(report->threshold);

	for (size_t i = 0; i < group->operation_count; i++) {
		const struct compare_difference *difference = shown(&group->operations[i]);

		if (difference)
			most = fmax(most, 1.2 * fabs(log(difference->ratio)));
	}
	return fmin(most, log(4));
}

static const char *colour_of(enum compare_verdict verdict)
{
	switch (verdict) {
	case COMPARE_WORSE:
		return "#b3261e";
	case COMPARE_BETTER:
		return "#1b6e3c";
	case COMPARE_CANNOT_TELL:
		return "#aaa";
	default:
		return "#3c5a99";
	}
}

static double ratio_x(double ratio, double most)
{
	return (LEFT + RIGHT) / 2.0 + between(log(ratio) / most, -1, 1) * (RIGHT - LEFT) / 2.0;
}

static void ratio_row(FILE *stream, const struct compare_operation *operation,
		      const struct compare_difference *difference, double most, double y)
{
	const char *colour = colour_of(difference->verdict);
	char text[32];

	label(stream, operation, y);
	line(stream, ratio_x(difference->low, most), y, ratio_x(difference->high, most), y, colour,
	     2);
	fprintf(stream, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"%s\"/>\n",
		ratio_x(difference->ratio, most), y, colour);
	snprintf(text, sizeof(text), "%+.1f %%", (difference->ratio - 1) * 100);
	note(stream, WIDTH - 4, y + 4, "end", text);
}

void compare_svg_ratios(const struct compare_report *report, const struct compare_group *group,
			FILE *stream)
{
	double most = widest(report, group), limit = 1 + report->threshold;
	size_t rows = 0, row = 0;
	char text[32];

	for (size_t i = 0; i < group->operation_count; i++)
		rows += shown(&group->operations[i]) != NULL;
	rows = rows < MOST_ROWS ? rows : MOST_ROWS;
	if (!rows)
		return;
	begin(stream, rows, "new / base, with its confidence interval (right: slower)");
	fprintf(stream,
		"<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%zu\" fill=\"#f2f2f2\"/>\n",
		ratio_x(1 / limit, most), TOP - 8, ratio_x(limit, most) - ratio_x(1 / limit, most),
		rows * ROW + 8);
	line(stream, ratio_x(1, most), TOP - 8, ratio_x(1, most), TOP + rows * ROW, "#888", 1);
	snprintf(text, sizeof(text), "-%.0f %%", (1 - exp(-most)) * 100);
	note(stream, LEFT, TOP - 12, "start", text);
	snprintf(text, sizeof(text), "+%.0f %%", (exp(most) - 1) * 100);
	note(stream, RIGHT, TOP - 12, "end", text);
	for (size_t i = 0; i < group->operation_count && row < rows; i++)
		if (shown(&group->operations[i]))
			ratio_row(stream, &group->operations[i], shown(&group->operations[i]), most,
				  TOP + row++ * ROW + ROW / 2.0);
	end(stream);
}

/* -- instructions ----------------------------------------------------------------------------- */

static const struct {
	const char *name, *colour;
} owners[COMPARE_OWNERS] = {
	{ "guest", "#c9c9c9" },
	{ "EL2", "#3c5a99" },
	{ "host kernel", "#7f9ad1" },
	{ "armlet", "#d9903d" },
};

static double total_of(const double owned[COMPARE_OWNERS])
{
	double total = 0;

	for (int i = 0; i < COMPARE_OWNERS; i++)
		total += owned[i];
	return total;
}

static void bar(FILE *stream, const double owned[COMPARE_OWNERS], double most, double y,
		double opacity)
{
	double x = LEFT, scale = (RIGHT - LEFT) / most;
	char text[32];

	for (int i = 0; i < COMPARE_OWNERS; i++) {
		fprintf(stream,
			"<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"8\" fill=\"%s\" "
			"opacity=\"%.2f\"><title>%s: %.10g</title></rect>\n",
			x, y, owned[i] * scale, owners[i].colour, opacity, owners[i].name,
			owned[i]);
		x += owned[i] * scale;
	}
	snprintf(text, sizeof(text), "%.10g", total_of(owned));
	fprintf(stream, "<text x=\"%.1f\" y=\"%.1f\" style=\"font-size:10px\">%s</text>\n", x + 4,
		y + 8, text);
}

void compare_svg_instructions(const struct compare_group *group, FILE *stream)
{
	size_t rows = group->changed < MOST_ROWS ? group->changed : MOST_ROWS;
	double most = 1, x = LEFT;

	for (size_t i = 0; i < rows; i++)
		for (int side = 0; side < 2; side++)
			most = fmax(most, total_of(group->operations[i].owners[side]));
	begin(stream, rows, "instructions per operation: base above, new below");
	for (int i = 0; i < COMPARE_OWNERS; i++, x += 110) {
		fprintf(stream,
			"<rect x=\"%.1f\" y=\"%d\" width=\"10\" height=\"10\" fill=\"%s\"/>\n",
			x + 220, TOP - 18, owners[i].colour);
		note(stream, x + 234, TOP - 9, "start", owners[i].name);
	}
	for (size_t i = 0; i < rows; i++) {
		double y = TOP + i * ROW;

		label(stream, &group->operations[i], y + ROW / 2.0);
		bar(stream, group->operations[i].owners[0], most, y + 2, 0.55);
		bar(stream, group->operations[i].owners[1], most, y + 11, 1);
	}
	end(stream);
}

/* -- times ------------------------------------------------------------------------------------ */

static double time_x(double ns, double low, double high)
{
	return LEFT + between(log(fmax(ns, 1) / low) / log(high / low), 0, 1) * (RIGHT - LEFT);
}

static void time_row(FILE *stream, const struct compare_quantiles *quantiles, double low,
		     double high, double y, const char *colour)
{
	line(stream, time_x(quantiles->p50, low, high), y, time_x(quantiles->p99, low, high), y,
	     colour, 1.5);
	line(stream, time_x(quantiles->p90, low, high), y - 3, time_x(quantiles->p90, low, high),
	     y + 3, colour, 1.5);
	line(stream, time_x(quantiles->p99, low, high), y - 3, time_x(quantiles->p99, low, high),
	     y + 3, colour, 1.5);
	fprintf(stream, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" fill=\"%s\"/>\n",
		time_x(quantiles->p50, low, high), y, colour);
}

/* Powers of ten. */
static void time_axis(FILE *stream, size_t rows, double low, double high)
{
	static const char *const names[] = { "1 ns",   "10 ns", "100 ns", "1 us",   "10 us",
					     "100 us", "1 ms",	"10 ms",  "100 ms", "1 s" };

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		double ns = pow(10, i), x = time_x(ns, low, high);

		if (ns < low || ns > high)
			continue;
		line(stream, x, TOP - 6, x, TOP + rows * ROW, "#e0e0e0", 1);
		note(stream, x, TOP - 10, "middle", names[i]);
	}
}

void compare_svg_times(const struct compare_group *group, FILE *stream)
{
	size_t rows = 0, row = 0;
	double low = 1e9, high = 1;

	for (size_t i = 0; i < group->operation_count; i++) {
		const struct compare_operation *operation = &group->operations[i];

		if (!operation->timing_count || rows == MOST_ROWS)
			continue;
		rows++;
		for (int side = 0; side < 2; side++) {
			low = fmin(low, fmax(operation->quantiles[side].p50, 1));
			high = fmax(high, operation->quantiles[side].p99);
		}
	}
	if (!rows)
		return;
	low /= 2;
	high = fmax(high * 1.5, low * 10);
	begin(stream, rows, "time of an operation: p50 (dot), p90, p99; base grey, new blue");
	time_axis(stream, rows, low, high);
	for (size_t i = 0; i < group->operation_count && row < rows; i++) {
		const struct compare_operation *operation = &group->operations[i];
		double y = TOP + row * ROW;

		if (!operation->timing_count)
			continue;
		row++;
		label(stream, operation, y + ROW / 2.0);
		time_row(stream, &operation->quantiles[0], low, high, y + 7, "#999");
		time_row(stream, &operation->quantiles[1], low, high, y + 15, "#3c5a99");
	}
	end(stream);
}
