// SPDX-License-Identifier: GPL-2.0-only
/* The operations of two records, side by side. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "harness/compare/report.h"

/* "": it has figures. */
static const char *state_of(const json_t *row)
{
	if (!row)
		return "not in the record";
	return compare_string(row, "failed", compare_string(row, "skipped", ""));
}

static int compare_row(struct compare_group *group, struct compare_operation *operation,
		       const char *done, compare_row_fn *compare,
		       const struct compare_limits *limits)
{
	const json_t *base =
		compare_find_row(group->records[0][0], operation->name, operation->irqchip);
	const json_t *new =
		compare_find_row(group->records[1][0], operation->name, operation->irqchip);
	const char *base_state = state_of(base), *new_state = state_of(new);

	if (!*base_state && !*new_state)
		return compare(group, operation, base, new, limits);
	/* Skipped on both sides is nothing to tell. */
	if (!strcmp(base_state, new_state))
		return 0;
	snprintf(operation->base_verdict, sizeof(operation->base_verdict), "%s",
		 *base_state ? base_state : done);
	snprintf(operation->new_verdict, sizeof(operation->new_verdict), "%s",
		 *new_state ? new_state : done);
	operation->verdict_worse = !*base_state && json_object_get(new, "failed");
	return 0;
}

int compare_each_row(struct compare_group *group, const char *done, compare_row_fn *compare,
		     const struct compare_limits *limits)
{
	for (int side = 0; side < 2; side++) {
		const json_t *rows = group->records[side][0]->rows;

		for (size_t i = 0; i < json_array_size(rows); i++) {
			const json_t *row = json_array_get(rows, i);
			size_t before = group->operation_count;
			struct compare_operation *operation =
				compare_add(group, compare_string(row, "name", "?"),
					    compare_string(row, "irqchip", ""),
					    compare_string(row, "class", ""));

			if (!operation)
				return -ENOMEM;
			/* Once, whichever side has it. */
			if (group->operation_count > before &&
			    compare_row(group, operation, done, compare, limits))
				return -ENOMEM;
		}
	}
	compare_sort(group);
	return 0;
}
