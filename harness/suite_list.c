// SPDX-License-Identifier: GPL-2.0-only
/* `armlet test --list` and `--list-faults`. */
#include <stdio.h>
#include <string.h>

#include "harness/select.h"

static const char *tier_name(enum test_tier tier)
{
	return tier == TEST_TIER_QUICK ? "quick" : tier == TEST_TIER_FULL ? "full" : "soak";
}

static void print_test(const struct test *test)
{
	char kinds[32] = "";

	for (enum irqchip_kind kind = IRQCHIP_GICV3; kind <= IRQCHIP_USER; kind++)
		if (test_is_for(test, kind))
			snprintf(kinds + strlen(kinds), sizeof(kinds) - strlen(kinds), "%s%s",
				 kinds[0] ? "," : "", irqchip_kind_name(kind));
	printf("%-44s %-5s %-16s %2u%s  %s\n", test->id, tier_name(test->tier), kinds,
	       test->cpus ? test->cpus : 1, test->hazardous ? "!" : " ", test->title);
}

enum suite_end suite_list(const struct suite_options *options)
{
	struct suite_options all = *options;
	const struct test *last = NULL;
	struct selection selection;

	/* A list is not a danger. */
	if (all.hazardous == SUITE_HAZARDOUS_NO)
		all.hazardous = SUITE_HAZARDOUS_TOO;
	if (selection_make(&selection, &all, test_families, NULL)) {
		selection_clear(&selection);
		return SUITE_WRONG_USAGE;
	}
	printf("%-44s %-5s %-16s %s  %s\n", "id", "tier", "irqchips", "vCPUs", "what must be true");
	for (size_t i = 0; i < selection.count; i++) {
		if (selection.jobs[i].test != last)
			print_test(selection.jobs[i].test);
		last = selection.jobs[i].test;
	}
	selection_clear(&selection);
	return SUITE_PASSED;
}

static unsigned tests_that_notice(enum fault fault)
{
	unsigned count = 0;

	for (const struct test_family *family = test_families; family->name; family++)
		for (size_t i = 0; i < *family->count; i++)
			count += !!(family->tests[i].faults & FAULT_BIT(fault));
	return count;
}

void suite_list_faults(void)
{
	printf("%-24s %-16s %s  %s\n", "fault", "irqchips", "tests", "what it does");
	for (enum fault fault = FAULT_NONE + 1; fault < FAULTS; fault++) {
		const struct fault_row *row = &fault_rows[fault];
		char kinds[32] = "";

		for (enum irqchip_kind kind = IRQCHIP_GICV3; kind <= IRQCHIP_USER; kind++)
			if (row->irqchips & TEST_ON(kind))
				snprintf(kinds + strlen(kinds), sizeof(kinds) - strlen(kinds),
					 "%s%s", kinds[0] ? "," : "", irqchip_kind_name(kind));
		printf("%-24s %-16s %5u  %s%s\n", row->name ? row->name : "", kinds,
		       tests_that_notice(fault), row->title ? row->title : "",
		       row->exact_time ? " (shows only with --exact-time)" : "");
	}
}
