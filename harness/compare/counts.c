// SPDX-License-Identifier: GPL-2.0-only
/* The meter's records: any difference of an exact count is a finding. */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "harness/compare/report.h"

static const char *const owners[COMPARE_OWNERS] = {
	"instructions.guest",
	"instructions.el2",
	"instructions.host_kernel",
	"instructions.armlet",
};

/* What was seen of a count on one side: over all runs of it. */
struct seen {
	double value, low, high;
	bool exact;
};

static struct seen look(const struct compare_group *group, int side, const char *operation,
			const char *irqchip, const char *count)
{
	struct seen seen = { .exact = true };
	bool first = true;

	for (size_t i = 0; i < group->record_counts[side]; i++) {
		const json_t *row = compare_find_row(group->records[side][i], operation, irqchip);
		const json_t *range = json_object_get(json_object_get(row, "ranges"), count);
		double value = compare_number(json_object_get(row, "counts"), count);
		double low = value, high = value;

		/* A repeat that has not measured it says nothing, least of all 0. */
		if (!json_object_get(row, "counts"))
			continue;
		if (json_array_size(range) == 2) {
			low = json_number_value(json_array_get(range, 0));
			high = json_number_value(json_array_get(range, 1));
		}
		seen.low = !first && seen.low < low ? seen.low : low;
		seen.high = !first && seen.high > high ? seen.high : high;
		/* The first run stands for all where they agree. */
		seen.value = first ? value : seen.value;
		seen.exact &= json_is_true(json_object_get(row, "exact"));
		first = false;
	}
	seen.exact &= seen.low == seen.high;
	return seen;
}

static int add_count(struct compare_operation *operation, const struct compare_count *count)
{
	struct compare_count *counts = reallocarray(operation->counts, operation->count_count + 1,
						    sizeof(*operation->counts));

	if (!counts)
		return log_error(-ENOMEM, "cannot compare: not enough memory");
	operation->counts = counts;
	operation->counts[operation->count_count++] = *count;
	return 0;
}

static double change_of(double base, double new)
{
	double most = fmax(base, new);

	return most > 0 ? fabs(new - base) / most : 0;
}

static int compare_count(struct compare_group *group, struct compare_operation *operation,
			 const char *name, double threshold)
{
	struct seen base = look(group, 0, operation->name, operation->irqchip, name);
	struct seen new = look(group, 1, operation->name, operation->irqchip, name);
	struct compare_count count = {
		.name = name,
		.base = base.value,
		.new = new.value,
		.exact = base.low == base.high &&new.low == new.high,
		.worse = new.value > base.value *(1 + threshold),
	};

	if (base.low == new.low && base.high == new.high)
		return 0;
	/*
	 * Counts that vary tell nothing where they overlap; nor where they are a little apart, as
	 * two boots of one kernel may be.
	 */
	if ((base.low <= new.high &&new.low <= base.high) ||
	    (!(base.exact && new.exact) && change_of(base.value, new.value) <= threshold)) {
		operation->inexact++;
		return 0;
	}
	return add_count(operation, &count);
}

/* What came or went whole first, then by share, then by number. */
static int by_change(const void *left, const void *right)
{
	const struct compare_count *a = left, *b = right;
	double x = change_of(a->base, a->new), y = change_of(b->base, b->new);

	if (x == y) {
		x = fabs(a->new - a->base);
		y = fabs(b->new - b->base);
	}
	return (y > x) - (y < x);
}

static void note_owners(struct compare_group *group, struct compare_operation *operation)
{
	double sums[2] = { 0 };

	for (int side = 0; side < 2; side++) {
		for (int i = 0; i < COMPARE_OWNERS; i++) {
			operation->owners[side][i] =
				look(group, side, operation->name, operation->irqchip, owners[i])
					.value;
			/* What the guest does is its own. */
			sums[side] += i ? operation->owners[side][i] : 0;
		}
	}
	operation->size = change_of(sums[0], sums[1]);
}

/* compare_row_fn */
static int compare_rows(struct compare_group *group, struct compare_operation *operation,
			const json_t *base, const json_t *new, const struct compare_limits *limits)
{
	json_t *names = json_object(); /* of both */
	const char *name;
	json_t *value;
	int ret = names ? 0 : log_error(-ENOMEM, "cannot compare: not enough memory");

	json_object_update(names, json_object_get(base, "counts"));
	json_object_update(names, json_object_get(new, "counts"));
	json_object_foreach(names, name, value)
	{
		/* A name that lives as long as the records. */
		const json_t *owner = json_object_get(json_object_get(base, "counts"), name)
					      ? json_object_get(base, "counts")
					      : json_object_get(new, "counts");
		const char *kept = json_object_iter_key(json_object_iter_at((json_t *)owner, name));

		ret = ret ? ret : compare_count(group, operation, kept, limits->threshold);
	}
	json_decref(names);
	note_owners(group, operation);
	if (operation->count_count)
		qsort(operation->counts, operation->count_count, sizeof(*operation->counts),
		      by_change);
	return ret;
}

int compare_fill_meter(struct compare_group *group, double threshold)
{
	return compare_each_row(group, "metered", compare_rows,
				&(struct compare_limits){ threshold, 0 });
}
