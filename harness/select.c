// SPDX-License-Identifier: GPL-2.0-only
#include "harness/select.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/nearest.h"
#include "harness/seed.h"

#define NAMES 1024

/* What selection_make() works with. */
struct selecting {
	struct selection *selection;
	const struct suite_options *options;
	const struct test_family *families;
	const struct host_facts *facts;
	bool matched[SUITE_PATTERNS];
	bool wrong_tier; /* of the test that is looked at */
	bool other_tier; /* a test would be run, but is of a higher tier */
	bool no_memory;
};

enum match {
	MATCH_NOT,
	MATCH_SOME, /* with others, perhaps */
	MATCH_ID,   /* this one was meant */
};

static bool is_family(const struct selecting *selecting, const char *name)
{
	for (const struct test_family *family = selecting->families; family->name; family++)
		if (!strcmp(family->name, name))
			return true;
	return false;
}

static enum match match_one(const struct selecting *selecting, const struct test_family *family,
			    const struct test *test, const char *pattern)
{
	if (!strcmp(pattern, test->id))
		return MATCH_ID;
	if (is_family(selecting, pattern))
		return strcmp(pattern, family->name) ? MATCH_NOT : MATCH_SOME;
	return strstr(test->id, pattern) || !fnmatch(pattern, test->id, 0) ? MATCH_SOME : MATCH_NOT;
}

static enum match match(struct selecting *selecting, const struct test_family *family,
			const struct test *test)
{
	const struct suite_options *options = selecting->options;
	enum match best = options->pattern_count ? MATCH_NOT : MATCH_SOME;

	for (size_t i = 0; i < options->pattern_count; i++) {
		enum match one = match_one(selecting, family, test, options->patterns[i]);

		selecting->matched[i] |= one != MATCH_NOT;
		best = one > best ? one : best;
	}
	return best;
}

/* Room for one more; NULL without memory. */
static void *grow(void *array, size_t count, size_t size)
{
	/* Powers of two, so that it is rarely moved. */
	if (count & (count - 1))
		return array;
	return realloc(array, (count ? 2 * count : 1) * size);
}

static struct job *add_job(struct selecting *selecting, const struct job *job, bool hazardous)
{
	struct selection *selection = selecting->selection;
	struct job_group *group =
		selection->group_count ? &selection->groups[selection->group_count - 1] : NULL;
	void *grown;

	if (!group || group->family != job->family || group->hazardous != hazardous) {
		grown = grow(selection->groups, selection->group_count, sizeof(*group));
		if (!grown)
			goto no_memory;
		selection->groups = grown;
		group = &selection->groups[selection->group_count++];
		*group = (struct job_group){ job->family, hazardous, selection->count, 0 };
	}
	grown = grow(selection->jobs, selection->count, sizeof(*job));
	if (!grown)
		goto no_memory;
	selection->jobs = grown;
	selection->jobs[selection->count] = *job;
	group->count++;
	return &selection->jobs[selection->count++];

no_memory:
	selecting->no_memory = true;
	return NULL;
}

static bool is_hazardous(const struct selecting *selecting, const struct test *test)
{
	return selecting->facts ? test_is_hazardous(test, selecting->facts)
				: test->hazardous || test->expires_ptimer;
}

/* Why this job is not run; "" when it is. */
static void find_skip_reason(const struct selecting *selecting, struct job *job)
{
	const struct suite_options *options = selecting->options;
	struct test test = *job->test;

	job->skip[0] = '\0';
	if (!selecting->facts)
		return;
	if (job->hazardous && options->hazardous == SUITE_HAZARDOUS_NO) {
		snprintf(job->skip, sizeof(job->skip),
			 "can hang a faulty host: --hazardous runs it");
		return;
	}
	if (job->fault && fault_rows[job->fault].exact_time && !options->exact_time) {
		snprintf(job->skip, sizeof(job->skip),
			 "%s shows only where lateness is a verdict: --exact-time",
			 fault_rows[job->fault].name);
		return;
	}
	if (options->cpus && test.cpus > 1) {
		if (options->cpus < test.cpus) {
			snprintf(job->skip, sizeof(job->skip), "needs %u vCPUs, not --vcpus %u",
				 test.cpus, options->cpus);
			return;
		}
		test.cpus = options->cpus;
	}
	test_applies(&test, job->irqchip, selecting->facts, options->exact_time, job->skip,
		     sizeof(job->skip));
}

static void add_kinds(struct selecting *selecting, const struct test_family *family,
		      const struct test *test, enum fault fault, bool late)
{
	const struct suite_options *options = selecting->options;
	enum irqchip_kind missing = IRQCHIP_AUTO;
	struct job job = { .family = family,
			   .test = test,
			   .fault = fault,
			   .hazardous = is_hazardous(selecting, test) };
	bool added = false;

	for (job.irqchip = IRQCHIP_GICV3; job.irqchip <= IRQCHIP_USER; job.irqchip++) {
		if (!test_is_for(test, job.irqchip) ||
		    (options->irqchips && !(options->irqchips & TEST_ON(job.irqchip))) ||
		    (fault && !(fault_rows[fault].irqchips & TEST_ON(job.irqchip))))
			continue;
		if (selecting->wrong_tier) {
			selecting->other_tier = true;
			return;
		}
		/* What a host lacks is worth a line only where it was asked for. */
		if (!options->irqchips && selecting->facts &&
		    !selecting->facts->irqchips[job.irqchip]) {
			missing = missing == IRQCHIP_AUTO ? job.irqchip : missing;
			continue;
		}
		find_skip_reason(selecting, &job);
		add_job(selecting, &job, late);
		added = true;
	}
	if (added || missing == IRQCHIP_AUTO)
		return;
	job.irqchip = missing;
	find_skip_reason(selecting, &job);
	add_job(selecting, &job, late);
}

static void add_faults(struct selecting *selecting, const struct test_family *family,
		       const struct test *test, bool late)
{
	const struct suite_options *options = selecting->options;

	if (options->plant_all) {
		for (enum fault fault = FAULT_NONE + 1; fault < FAULTS; fault++)
			if (test->faults & FAULT_BIT(fault))
				add_kinds(selecting, family, test, fault, late);
		return;
	}
	/* Whoever names a test wants to see what the fault does to it. */
	if (options->plant == FAULT_NONE || test->faults & FAULT_BIT(options->plant) ||
	    options->pattern_count)
		add_kinds(selecting, family, test, options->plant, late);
}

static void add_test(struct selecting *selecting, const struct test_family *family,
		     const struct test *test, bool late)
{
	const struct suite_options *options = selecting->options;
	enum match found = match(selecting, family, test);
	bool hazardous = is_hazardous(selecting, test);

	if (found == MATCH_NOT)
		return;
	if (late != (hazardous && options->hazardous != SUITE_HAZARDOUS_NO) ||
	    (!hazardous && options->hazardous == SUITE_HAZARDOUS_ONLY))
		return;
	selecting->wrong_tier = found != MATCH_ID && test->tier > options->tier;
	add_faults(selecting, family, test, late);
}

static void add_families(struct selecting *selecting, bool late)
{
	for (const struct test_family *family = selecting->families; family->name; family++)
		for (size_t i = 0; i < *family->count; i++)
			add_test(selecting, family, &family->tests[i], late);
}

/* Ids, and what stands behind their family: both are patterns. */
static int complain_of_pattern(const struct selecting *selecting, const char *pattern)
{
	const char *names[NAMES], *meant;
	size_t count = 0;

	for (const struct test_family *family = selecting->families; family->name; family++) {
		if (count < NAMES - 1)
			names[count++] = family->name;
		for (size_t i = 0; i < *family->count && count < NAMES - 2; i++) {
			const char *id = family->tests[i].id, *slash = strchr(id, '/');

			names[count++] = id;
			names[count++] = slash ? slash + 1 : id;
		}
	}
	names[count] = NULL;
	meant = nearest_name(pattern, names);
	return log_error(-EINVAL, "no test matches \"%s\"%s%s%s: see `armlet test --list`", pattern,
			 meant ? ": did you mean " : "", meant ? meant : "", meant ? "?" : "");
}

static int complain_of_nothing(const struct selecting *selecting)
{
	const struct suite_options *options = selecting->options;

	if (selecting->other_tier)
		return log_error(-EINVAL,
				 "all tests that match are of a higher tier: use --tier full");
	if (options->plant || options->plant_all)
		return log_error(-EINVAL, "no test to run: the fault can be played on none of them "
					  "with this interrupt controller: see `armlet test "
					  "--list-faults`");
	if (options->hazardous == SUITE_HAZARDOUS_ONLY)
		return log_error(-EINVAL, "no test to run: none that matches is hazardous");
	return log_error(-EINVAL, "no test to run: none that matches is for this interrupt "
				  "controller: see `armlet test --list`");
}

int selection_make(struct selection *selection, const struct suite_options *options,
		   const struct test_family *families, const struct host_facts *facts)
{
	struct selecting selecting = {
		.selection = selection, .options = options, .families = families, .facts = facts
	};

	*selection = (struct selection){ 0 };
	add_families(&selecting, false);
	add_families(&selecting, true);
	if (selecting.no_memory)
		return log_error(-ENOMEM, "cannot select tests: not enough memory");
	for (size_t i = 0; i < options->pattern_count; i++)
		if (!selecting.matched[i])
			return complain_of_pattern(&selecting, options->patterns[i]);
	return selection->count ? 0 : complain_of_nothing(&selecting);
}

void selection_clear(struct selection *selection)
{
	free(selection->jobs);
	free(selection->groups);
	*selection = (struct selection){ 0 };
}

void selection_shuffle(struct selection *selection, uint64_t seed)
{
	size_t ordinary = 0;

	while (ordinary < selection->group_count && !selection->groups[ordinary].hazardous)
		ordinary++;
	for (size_t i = 0; i < selection->group_count; i++) {
		struct job_group *group = &selection->groups[i];
		size_t begin = i < ordinary ? 0 : ordinary;
		size_t other = begin + seed_next(&seed) % (i - begin + 1);
		struct job_group swapped = *group;

		/* Jobs stay where they are when their group moves. */
		for (size_t j = 1; j < group->count; j++) {
			struct job *jobs = &selection->jobs[group->first];
			size_t k = seed_next(&seed) % (j + 1);
			struct job job = jobs[j];

			jobs[j] = jobs[k];
			jobs[k] = job;
		}
		*group = selection->groups[other];
		selection->groups[other] = swapped;
	}
}
