// SPDX-License-Identifier: GPL-2.0-only
#include "harness/compare/compare.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "harness/compare/report.h"

struct comparing {
	const struct compare_options *options;
	struct compare_record records[2][COMPARE_FILES];
	size_t counts[2];
	struct compare_report report;
};

static int load_side(struct comparing *comparing, int side, const char *const *paths, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int ret = compare_load(&comparing->records[side][comparing->counts[side]++],
				       paths[i]);

		if (ret)
			return ret;
	}
	return 0;
}

static struct compare_group *find_group(struct compare_report *report,
					const struct compare_record *record)
{
	char reason[256];

	for (size_t i = 0; i < report->group_count; i++) {
		struct compare_group *group = &report->groups[i];
		const struct compare_record *known = group->record_counts[0] ? group->records[0][0]
									     : group->records[1][0];

		if (compare_is_comparable(known, record, reason, sizeof(reason)))
			return group;
	}
	return NULL;
}

static struct compare_group *add_group(struct compare_report *report,
				       const struct compare_record *record)
{
	struct compare_group *groups =
		reallocarray(report->groups, report->group_count + 1, sizeof(*groups));

	if (!groups)
		return NULL;
	report->groups = groups;
	groups += report->group_count++;
	memset(groups, 0, sizeof(*groups));
	groups->kind = record->kind;
	snprintf(groups->flavour, sizeof(groups->flavour), "%s", record->flavour);
	for (int side = 0; side < 2; side++)
		groups->records[side] = calloc(COMPARE_FILES, sizeof(*groups->records[side]));
	return groups->records[0] && groups->records[1] ? groups : NULL;
}

static int sort_into_groups(struct comparing *comparing)
{
	struct compare_report *report = &comparing->report;

	for (int side = 0; side < 2; side++) {
		for (size_t i = 0; i < comparing->counts[side]; i++) {
			const struct compare_record *record = &comparing->records[side][i];
			struct compare_group *group = find_group(report, record);

			group = group ? group : add_group(report, record);
			if (!group)
				return log_error(-ENOMEM, "cannot compare: not enough memory");
			group->records[side][group->record_counts[side]++] = record;
			snprintf(side ? group->new_kernel : group->base_kernel,
				 sizeof(group->new_kernel), "%s", record->kernel);
		}
	}
	return 0;
}

/* A group that one side has nothing for: says what the nearest of the other side is unlike in. */
static void refuse(struct comparing *comparing, struct compare_group *group)
{
	int has = group->record_counts[0] ? 0 : 1;
	const struct compare_record *record = group->records[has][0], *other = NULL;
	char reason[160] = "the other side has no record of this kind";

	for (size_t i = 0; i < comparing->counts[!has] && !other; i++)
		if (comparing->records[!has][i].kind == record->kind)
			other = &comparing->records[!has][i];
	if (!other && comparing->counts[!has])
		other = &comparing->records[!has][0];
	if (other)
		compare_is_comparable(record, other, reason, sizeof(reason));
	snprintf(group->reason, sizeof(group->reason), "%s", reason);
	log_error(-EINVAL, "cannot compare %s with %s: %s", record->path,
		  other ? other->path : "anything", reason);
	comparing->report.incomparable = true;
}

static size_t count_timings(const struct compare_report *report)
{
	size_t count = 0;

	for (size_t i = 0; i < report->group_count; i++)
		if (report->groups[i].kind == COMPARE_BENCH && report->groups[i].record_counts[0])
			count += 2 * json_array_size(report->groups[i].records[0][0]->rows);
	return count ? count : 1;
}

static int fill(struct comparing *comparing)
{
	struct compare_report *report = &comparing->report;
	/* Each comparison has its share of the report's chance of a false alarm (Bonferroni). */
	double alpha = report->alpha / count_timings(report);
	int ret = 0;

	for (size_t i = 0; i < report->group_count && !ret; i++) {
		struct compare_group *group = &report->groups[i];

		if (!group->record_counts[0] || !group->record_counts[1]) {
			refuse(comparing, group);
			continue;
		}
		switch (group->kind) {
		case COMPARE_BENCH:
			ret = compare_fill_bench(group, report->threshold, alpha);
			break;
		case COMPARE_METER:
			ret = compare_fill_meter(group, report->threshold);
			break;
		case COMPARE_TEST:
			ret = compare_fill_tests(group);
			break;
		}
		report->worse |= group->worse;
	}
	return ret;
}

static int write_report(const struct compare_options *options, const struct compare_report *report)
{
	const char *name = options->output ? options->output : "stdout";
	FILE *file = options->output ? fopen(options->output, "we") : stdout;
	bool broken;

	if (!file)
		return log_error(-errno, "cannot write to %s: %s", name, strerror(errno));
	if (options->html)
		compare_write_html(report, file);
	else
		compare_write_text(report, file);
	broken = fflush(file) || ferror(file);
	if (options->output && fclose(file))
		broken = true;
	return broken ? log_error(-EIO, "cannot write to %s: %s", name, strerror(errno)) : 0;
}

static enum compare_end compare_all(struct comparing *comparing)
{
	const struct compare_options *options = comparing->options;
	struct compare_report *report = &comparing->report;

	if (load_side(comparing, 0, options->base, options->base_count) ||
	    load_side(comparing, 1, options->new, options->new_count) ||
	    sort_into_groups(comparing) || fill(comparing) || write_report(options, report))
		return COMPARE_NOT_COMPARABLE;
	if (report->incomparable)
		return COMPARE_NOT_COMPARABLE;
	return report->worse ? COMPARE_REGRESSION : COMPARE_NO_REGRESSION;
}

enum compare_end compare_run(const struct compare_options *options)
{
	struct comparing *comparing = calloc(1, sizeof(*comparing));
	enum compare_end end;

	if (!comparing) {
		log_error(-ENOMEM, "cannot compare: not enough memory");
		return COMPARE_NOT_COMPARABLE;
	}
	comparing->options = options;
	comparing->report.threshold = options->threshold / 100;
	comparing->report.alpha = COMPARE_ALPHA;
	end = compare_all(comparing);
	for (size_t i = 0; i < comparing->report.group_count; i++)
		compare_group_clear(&comparing->report.groups[i]);
	free(comparing->report.groups);
	for (int side = 0; side < 2; side++)
		for (size_t i = 0; i < comparing->counts[side]; i++)
			compare_unload(&comparing->records[side][i]);
	free(comparing);
	return end;
}
