// SPDX-License-Identifier: GPL-2.0-only
/* Records of `armlet bench`. */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "harness/compare/report.h"

#define MOST_PLAUSIBLE 1e18 /* ns: decades; or cycles */

/* The values of one side's runs, ready to be compared. */
struct side {
	struct compare_sample *runs;
	size_t count;
	double iterations;
	bool noisy;
};

static void side_clear(struct side *side)
{
	for (size_t i = 0; i < side->count; i++)
		free((double *)side->runs[i].values);
	free(side->runs);
}

/* What no clock ever said counts as nothing measured. */
static double plausible(double value)
{
	return value >= 0 && value < MOST_PLAUSIBLE ? value : 0;
}

static double *numbers(const json_t *array, double factor)
{
	double *values = malloc((json_array_size(array) + 1) * sizeof(*values));

	for (size_t i = 0; values && i < json_array_size(array); i++)
		values[i] = plausible(json_number_value(json_array_get(array, i)) * factor);
	return values;
}

/* `what`: "ticks" or "cycles" of the batches. */
static int side_collect(struct side *side, const struct compare_group *group, int which,
			const struct compare_operation *operation, const char *what)
{
	side->runs = calloc(group->record_counts[which], sizeof(*side->runs));
	if (!side->runs)
		return -ENOMEM;
	for (size_t i = 0; i < group->record_counts[which]; i++) {
		const struct compare_record *record = group->records[which][i];
		const json_t *row = compare_find_row(record, operation->name, operation->irqchip);
		const json_t *values = json_object_get(json_object_get(row, "batches"), what);
		double frequency = compare_number(json_object_get(record->json, "environment"),
						  "counter_frequency");
		double factor = strcmp(what, "ticks") || frequency <= 0 ? 1 : 1e9 / frequency;
		struct compare_sample *run = &side->runs[side->count];

		if (!json_array_size(values))
			continue;
		run->values = numbers(values, factor);
		if (!run->values)
			return -ENOMEM;
		run->count = json_array_size(values);
		side->count++;
		side->iterations += compare_number(row, "iterations");
		side->noisy |=
			json_is_true(json_object_get(json_object_get(row, "noise"), "noisy"));
	}
	return 0;
}

static int compare_column(struct compare_group *group, struct compare_operation *operation,
			  const char *what, const struct compare_limits *limits)
{
	struct side sides[2] = { 0 };
	struct compare_timing *timing = &operation->timings[operation->timing_count];
	int ret = side_collect(&sides[0], group, 0, operation, what);

	ret = ret ? ret : side_collect(&sides[1], group, 1, operation, what);
	if (!ret && sides[0].count && sides[1].count) {
		const struct compare_side base = { sides[0].runs, sides[0].count };
		const struct compare_side new = { sides[1].runs, sides[1].count };

		timing->unit = strcmp(what, "ticks") ? "cycles" : "ns";
		timing->noisy = sides[0].noisy || sides[1].noisy;
		timing->iterations = fmin(sides[0].iterations, sides[1].iterations);
		ret = compare_sides(&base, &new, limits->alpha, limits->threshold,
				    &timing->difference);
		operation->timing_count++;
		if (timing->difference.ratio > 0)
			operation->size =
				fmax(operation->size, fabs(log(timing->difference.ratio)));
	}
	side_clear(&sides[0]);
	side_clear(&sides[1]);
	return ret ? log_error(ret, "cannot compare: not enough memory") : 0;
}

static void note_quantiles(struct compare_operation *operation, int side, const json_t *row)
{
	const json_t *ns = json_object_get(row, "ns");

	operation->quantiles[side] = (struct compare_quantiles){ compare_number(ns, "p50"),
								 compare_number(ns, "p90"),
								 compare_number(ns, "p99") };
}

/* compare_row_fn */
static int compare_row(struct compare_group *group, struct compare_operation *operation,
		       const json_t *base, const json_t *new, const struct compare_limits *limits)
{
	int ret;

	note_quantiles(operation, 0, base);
	note_quantiles(operation, 1, new);
	ret = compare_column(group, operation, "ticks", limits);
	return ret ? ret : compare_column(group, operation, "cycles", limits);
}

int compare_fill_bench(struct compare_group *group, double threshold, double alpha)
{
	return compare_each_row(group, "measured", compare_row,
				&(struct compare_limits){ threshold, alpha });
}
