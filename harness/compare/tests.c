// SPDX-License-Identifier: GPL-2.0-only
/* Records of `armlet test`: verdicts that changed. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "harness/compare/report.h"

enum verdict { ABSENT, SKIPPED, PASSED, FAILED };

static const char *const verdict_names[] = { "not run", "skipped", "passed", "FAILED" };

/* While a group is filled, what was seen of a test stands in `owners` of each side. */
enum { WORST, RUNS, FAILURES };

/* Of all runs of it on a side the worst counts. */
static void note(struct compare_operation *operation, int side, enum verdict verdict,
		 const char *why)
{
	char *text = side ? operation->new_verdict : operation->base_verdict;
	double *seen = operation->owners[side];

	seen[RUNS] += verdict == PASSED || verdict == FAILED;
	seen[FAILURES] += verdict == FAILED;
	if (verdict <= seen[WORST])
		return;
	seen[WORST] = verdict;
	snprintf(text, sizeof(operation->new_verdict), "%s%s%.70s", verdict_names[verdict],
		 why[0] ? ": " : "", why);
}

static int take_row(struct compare_group *group, int side, const json_t *row)
{
	const char *verdict = compare_string(row, "verdict", "");
	const json_t *failures = json_object_get(row, "failures");
	const char *fault = compare_string(row, "fault", NULL);
	struct compare_operation *operation;
	char name[80];

	snprintf(name, sizeof(name), "%s%s%s", compare_string(row, "id", "?"),
		 fault ? " with fault " : "", fault ? fault : "");
	operation = compare_add(group, name, compare_string(row, "irqchip", ""), "");
	if (!operation)
		return -ENOMEM;
	if (json_is_false(json_object_get(row, "ok")))
		note(operation, side, FAILED,
		     compare_string(json_array_get(failures, 0), "text", ""));
	else if (!strcmp(verdict, "skipped"))
		note(operation, side, SKIPPED, compare_string(row, "skip_reason", ""));
	else
		note(operation, side, PASSED, "");
	return 0;
}

/* A side that failed once of several times: a test that is unsteady may have done that on the
 * other. */
static bool failed_once(const double *seen)
{
	return seen[FAILURES] == 1 && seen[RUNS] > 1;
}

/* Only changes are worth a line. A test that was not run says nothing of the kernel. */
static void judge(struct compare_operation *operation)
{
	enum verdict base = operation->owners[0][WORST], new = operation->owners[1][WORST];
	bool once = failed_once(operation->owners[0]) || failed_once(operation->owners[1]);

	memset(operation->owners, 0, sizeof(operation->owners));
	if (base == new) {
		operation->base_verdict[0] = operation->new_verdict[0] = '\0';
		return;
	}
	if (base == ABSENT)
		snprintf(operation->base_verdict, sizeof(operation->base_verdict), "not run");
	if (new == ABSENT)
		snprintf(operation->new_verdict, sizeof(operation->new_verdict), "not run");
	operation->unsteady = once && base >= PASSED && new >= PASSED;
	operation->verdict_worse = new == FAILED &&base == PASSED && !operation->unsteady;
	operation->size = base == FAILED || new == FAILED ? 2 : 1;
}

int compare_fill_tests(struct compare_group *group)
{
	for (int side = 0; side < 2; side++)
		for (size_t i = 0; i < group->record_counts[side]; i++)
			for (size_t j = 0; j < json_array_size(group->records[side][i]->rows); j++)
				if (take_row(group, side,
					     json_array_get(group->records[side][i]->rows, j)))
					return -ENOMEM;
	for (size_t i = 0; i < group->operation_count; i++)
		judge(&group->operations[i]);
	compare_sort(group);
	return 0;
}
