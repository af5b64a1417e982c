// SPDX-License-Identifier: GPL-2.0-only
#include "harness/compare/report.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

bool compare_timing_is_finding(const struct compare_timing *timing)
{
	return timing->difference.verdict == COMPARE_BETTER ||
	       timing->difference.verdict == COMPARE_WORSE ||
	       timing->difference.verdict == COMPARE_SLIGHT;
}

bool compare_has_finding(const struct compare_operation *operation)
{
	for (unsigned i = 0; i < operation->timing_count; i++)
		if (compare_timing_is_finding(&operation->timings[i]))
			return true;
	return operation->count_count ||
	       (!operation->unsteady && (operation->base_verdict[0] || operation->new_verdict[0]));
}

bool compare_is_untold(const struct compare_operation *operation)
{
	if (compare_has_finding(operation))
		return false;
	for (unsigned i = 0; i < operation->timing_count; i++)
		if (operation->timings[i].difference.verdict == COMPARE_CANNOT_TELL)
			return true;
	return operation->unsteady;
}

struct compare_operation *compare_add(struct compare_group *group, const char *name,
				      const char *irqchip, const char *class)
{
	struct compare_operation *operation;

	for (size_t i = 0; i < group->operation_count; i++)
		if (!strcmp(group->operations[i].name, name) &&
		    !strcmp(group->operations[i].irqchip, irqchip))
			return &group->operations[i];
	operation = reallocarray(group->operations, group->operation_count + 1, sizeof(*operation));
	if (!operation) {
		log_error(-ENOMEM, "cannot compare: not enough memory");
		return NULL;
	}
	group->operations = operation;
	operation += group->operation_count++;
	memset(operation, 0, sizeof(*operation));
	snprintf(operation->name, sizeof(operation->name), "%s", name);
	snprintf(operation->irqchip, sizeof(operation->irqchip), "%s", irqchip);
	snprintf(operation->class, sizeof(operation->class), "%s", class);
	return operation;
}

const json_t *compare_find_row(const struct compare_record *record, const char *name,
			       const char *irqchip)
{
	for (size_t i = 0; i < json_array_size(record->rows); i++) {
		const json_t *row = json_array_get(record->rows, i);

		if (!strcmp(compare_string(row, "name", ""), name) &&
		    !strcmp(compare_string(row, "irqchip", ""), irqchip))
			return row;
	}
	return NULL;
}

static int by_size(const void *left, const void *right)
{
	const struct compare_operation *a = left, *b = right;
	int found = compare_has_finding(b) - compare_has_finding(a);

	if (found)
		return found;
	found = compare_is_untold(b) - compare_is_untold(a);
	if (found)
		return found;
	if (a->verdict_worse != b->verdict_worse)
		return b->verdict_worse - a->verdict_worse;
	return (b->size > a->size) - (b->size < a->size);
}

void compare_sort(struct compare_group *group)
{
	if (group->operation_count)
		qsort(group->operations, group->operation_count, sizeof(*group->operations),
		      by_size);
	for (size_t i = 0; i < group->operation_count; i++) {
		const struct compare_operation *operation = &group->operations[i];

		group->changed += compare_has_finding(operation);
		group->cannot_tell += compare_is_untold(operation);
		group->worse |= operation->verdict_worse;
		for (unsigned t = 0; t < operation->timing_count; t++)
			group->worse |= operation->timings[t].difference.verdict == COMPARE_WORSE;
		for (size_t c = 0; c < operation->count_count; c++)
			group->worse |= operation->counts[c].worse;
	}
}

void compare_group_clear(struct compare_group *group)
{
	for (size_t i = 0; i < group->operation_count; i++)
		free(group->operations[i].counts);
	free(group->operations);
	free(group->records[0]);
	free(group->records[1]);
}
