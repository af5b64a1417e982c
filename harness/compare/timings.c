// SPDX-License-Identifier: GPL-2.0-only
/* Records of `armlet bench`. */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "harness/compare/report.h"

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

static double *numbers(const json_t *array, double factor)
{
	double *values = malloc((json_array_size(array) + 1) * sizeof(*values));

	for (size_t i = 0; values && i < json_array_size(array); i++)
		values[i] = json_number_value(json_array_get(array, i)) * factor;
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
			  const char *what, double threshold, double alpha)
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
		ret = compare_sides(&base, &new, alpha, threshold, &timing->difference);
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

static const char *state_of(const json_t *row)
{
	if (!row)
		return "not in the record";
	return compare_string(row, "failed", compare_string(row, "skipped", ""));
}

static int compare_row(struct compare_group *group, const json_t *seen, double threshold,
		       double alpha)
{
	const char *name = compare_string(seen, "name", "?");
	const char *irqchip = compare_string(seen, "irqchip", "");
	const json_t *base = compare_find_row(group->records[0][0], name, irqchip);
	const json_t *new = compare_find_row(group->records[1][0], name, irqchip);
	struct compare_operation *operation =
		compare_add(group, name, irqchip, compare_string(seen, "class", ""));
	int ret;

	if (!operation)
		return -ENOMEM;
	if (!state_of(base)[0] && !state_of(new)[0]) {
		note_quantiles(operation, 0, base);
		note_quantiles(operation, 1, new);
		ret = compare_column(group, operation, "ticks", threshold, alpha);
		return ret ? ret : compare_column(group, operation, "cycles", threshold, alpha);
	}
	if (strcmp(state_of(base), state_of(new))) {
		snprintf(operation->base_verdict, sizeof(operation->base_verdict), "%s",
			 state_of(base)[0] ? state_of(base) : "measured");
		snprintf(operation->new_verdict, sizeof(operation->new_verdict), "%s",
			 state_of(new)[0] ? state_of(new) : "measured");
		operation->verdict_worse = !state_of(base)[0] && json_object_get(new, "failed");
	}
	return 0;
}

int compare_fill_bench(struct compare_group *group, double threshold, double alpha)
{
	for (int side = 0; side < 2; side++) {
		const json_t *rows = group->records[side][0]->rows;

		for (size_t i = 0; i < json_array_size(rows); i++) {
			const json_t *row = json_array_get(rows, i);
			size_t before = group->operation_count;

			if (!compare_add(group, compare_string(row, "name", "?"),
					 compare_string(row, "irqchip", ""),
					 compare_string(row, "class", "")))
				return -ENOMEM;
			if (group->operation_count > before &&
			    compare_row(group, row, threshold, alpha))
				return -ENOMEM;
		}
	}
	compare_sort(group);
	return 0;
}
