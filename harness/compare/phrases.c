// SPDX-License-Identifier: GPL-2.0-only
#include "harness/compare/phrases.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>

static const char *what_of(const struct compare_timing *timing)
{
	return timing->unit[0] == 'n' ? "time" : "cycles";
}

/* Four figures, without an exponent. Returns `text`. */
static const char *figure(double value, char text[32])
{
	snprintf(text, 32, value < 1000 ? "%.4g" : "%.0f", value);
	return text;
}

/* Two figures: it is an estimate. Returns `text`. */
static const char *estimate(double value, char text[32])
{
	double step = pow(10, floor(log10(fmax(value, 10))) - 1);

	snprintf(text, 32, "%.0f", ceil(value / step) * step);
	return text;
}

static void cannot_tell(const struct compare_timing *timing, double threshold, char *text,
			size_t size)
{
	const struct compare_difference *difference = &timing->difference;
	char base[32], new[32], wanted[32];

	if (!difference->factor)
		snprintf(text, size, "%s: cannot tell: there are no values", what_of(timing));
	else if (difference->ratio <= 0)
		snprintf(text, size,
			 "%s: cannot tell: too few batches, or none took any time: --iterations "
			 "%.0f or more would do",
			 what_of(timing), ceil(timing->iterations * difference->factor));
	else
		snprintf(text, size,
			 "%s: cannot tell whether it differs by %.3g %% (%s → %s %s, between "
			 "%+.1f %% and %+.1f %%): about %s operations would settle it, %.0f were "
			 "done",
			 what_of(timing), threshold * 100, figure(difference->base, base),
			 figure(difference->new, new), timing->unit, (difference->low - 1) * 100,
			 (difference->high - 1) * 100,
			 estimate(timing->iterations * difference->factor, wanted),
			 timing->iterations);
}

const char *compare_timing_sentence(const struct compare_timing *timing, double threshold,
				    char *text, size_t size)
{
	const struct compare_difference *difference = &timing->difference;
	const char *noisy = timing->noisy ? "; the machine was noisy" : "";
	double percent = (difference->ratio - 1) * 100;
	char base[32], new[32];

	switch (difference->verdict) {
	case COMPARE_CANNOT_TELL:
		cannot_tell(timing, threshold, text, size);
		break;
	case COMPARE_SAME:
		snprintf(text, size, "%s: no difference of %.3g %% (%s → %s %s)%s", what_of(timing),
			 threshold * 100, figure(difference->base, base),
			 figure(difference->new, new), timing->unit, noisy);
		break;
	default:
		snprintf(text, size,
			 "%s: %.2f %% %s (%s → %s %s, between %+.2f %% and %+.2f %%)%s%s",
			 what_of(timing), fabs(percent), percent > 0 ? "more" : "less",
			 figure(difference->base, base), figure(difference->new, new), timing->unit,
			 (difference->low - 1) * 100, (difference->high - 1) * 100,
			 difference->verdict == COMPARE_SLIGHT ? ", within the threshold" : "",
			 noisy);
		break;
	}
	return text;
}

unsigned compare_timings_told(const struct compare_operation *operation)
{
	/* Too few batches of the one are too few of the other. */
	return operation->timing_count && operation->timings[0].difference.ratio <= 0
		       ? 1
		       : operation->timing_count;
}

const char *compare_verdict_sentence(const struct compare_operation *operation, char *text,
				     size_t size)
{
	snprintf(text, size, "%s before, now %s%s", operation->base_verdict, operation->new_verdict,
		 operation->unsteady ? " (once of several times)" : "");
	return text;
}

const char *compare_operation_name(const struct compare_operation *operation, char *text,
				   size_t size)
{
	snprintf(text, size, "%s [%s]%s%s%s", operation->name, operation->irqchip,
		 operation->class[0] ? " (" : "", operation->class, operation->class[0] ? ")" : "");
	return text;
}

const char *compare_group_sentence(const struct compare_group *group, char *text, size_t size)
{
	const char *things = group->kind == COMPARE_TEST ? "tests" : "operations";
	char untold[64] = "";

	if (group->cannot_tell)
		snprintf(untold, sizeof(untold), ", of %zu it cannot be told", group->cannot_tell);
	snprintf(text, size, "%zu of %zu %s changed, %zu did not%s", group->changed,
		 group->operation_count, things,
		 group->operation_count - group->changed - group->cannot_tell, untold);
	return text;
}

/* Whether a side has a record of a run that was ended before its end. */
static bool is_partial(const struct compare_group *group, int side)
{
	for (size_t i = 0; i < group->record_counts[side]; i++) {
		const json_t *record = group->records[side][i]->json;
		const json_t *place =
			group->kind == COMPARE_TEST ? json_object_get(record, "summary") : record;

		if (json_is_false(json_object_get(place, "complete")))
			return true;
	}
	return false;
}

const char *compare_group_caution(const struct compare_group *group, char *text, size_t size)
{
	const json_t *environment = json_object_get(
		group->records[0][0] ? group->records[0][0]->json : NULL, "environment");
	bool base = is_partial(group, 0), new = is_partial(group, 1);

	text[0] = '\0';
	if (base || new)
		snprintf(text, size,
			 "%s was ended before all was done: what it lacks says nothing of the "
			 "kernel",
			 base && new ? "a run of each side"
			 : base	     ? "a run of the base"
				     : "a run of the new kernel");
	else if (group->kind != COMPARE_BENCH)
		return text;
	else if (json_is_true(json_object_get(environment, "emulated")))
		snprintf(text, size,
			 "an emulated machine: its times say nothing of hardware; compare counts");
	else if (group->record_counts[0] < 2 || group->record_counts[1] < 2)
		snprintf(text, size,
			 "one run of a side: what differs from boot to boot by chance is not "
			 "known, and is taken for a difference; several runs of each side tell");
	return text;
}
