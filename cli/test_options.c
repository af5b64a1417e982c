// SPDX-License-Identifier: GPL-2.0-only
#include "cli/test_options.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/nearest.h"
#include "cli/options.h"
#include "cli/select_options.h"
#include "vcpu/placement_request.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct suite_options *suite_of(void *options)
{
	return &((struct test_options *)options)->suite;
}

static int take_pattern(void *options, const char *word)
{
	struct suite_options *suite = suite_of(options);

	return options_pattern("test", word, suite->patterns, &suite->pattern_count,
			       SUITE_PATTERNS);
}

static int take_tier(void *options, const char *value)
{
	static const char *const names[] = {
		[TEST_TIER_QUICK] = "quick",
		[TEST_TIER_FULL] = "full",
		[TEST_TIER_SOAK] = "soak",
	};
	int tier = options_choice("--tier", value, names, COUNT(names));

	if (tier < 0)
		return tier;
	suite_of(options)->tier = tier;
	((struct test_options *)options)->has_tier = true;
	return 0;
}

static int take_irqchip(void *options, const char *value)
{
	return options_irqchips(value, &suite_of(options)->irqchips);
}

static int take_vcpus(void *options, const char *value)
{
	unsigned long cpus;
	int ret = options_number("--vcpus", value, 1, GUEST_MAX_CPUS, &cpus);

	if (!ret)
		suite_of(options)->cpus = cpus;
	return ret;
}

/* Kept as they are said, for each test and for the command that repeats one. */
static int take_place(void *options, const char *value)
{
	struct placement_request request = { 0 };

	suite_of(options)->place = value;
	return placement_parse_place(value, &request);
}

static int take_migrate(void *options, const char *value)
{
	struct placement_request request = { 0 };

	suite_of(options)->migrate = value;
	return placement_parse_migrate(value, &request);
}

static int take_list(void *options, const char *value)
{
	(void)value;
	((struct test_options *)options)->list = true;
	return 0;
}

static int take_repeat(void *options, const char *value)
{
	unsigned long repeat;
	int ret = options_number("--repeat", value, 1, 1000000, &repeat);

	if (!ret)
		suite_of(options)->repeat = repeat;
	return ret;
}

static int take_seed(void *options, const char *value)
{
	unsigned long seed;
	int ret = options_number("--seed", value, 0, LONG_MAX, &seed);

	if (ret)
		return ret;
	suite_of(options)->has_seed = true;
	suite_of(options)->seed = seed;
	return 0;
}

static int take_shuffle(void *options, const char *value)
{
	(void)value;
	suite_of(options)->shuffle = true;
	return 0;
}

static int take_stop(void *options, const char *value)
{
	(void)value;
	suite_of(options)->stop_at_failure = true;
	return 0;
}

static int take_timeout_scale(void *options, const char *value)
{
	char *end;
	double scale = isdigit((unsigned char)value[0]) ? strtod(value, &end) : 0;

	if (!isdigit((unsigned char)value[0]) || *end || scale < 0.1 || scale > 1000)
		return log_error(-EINVAL,
				 "cannot use --timeout-scale \"%s\": it must be a number from 0.1 "
				 "to 1000",
				 value);
	suite_of(options)->timeout_scale = scale;
	return 0;
}

static int take_json(void *options, const char *value)
{
	return options_record(value, &suite_of(options)->json);
}

static int take_plant(void *options, const char *value)
{
	const char *names[FAULTS + 2] = { "all" }, *meant;
	struct suite_options *suite = suite_of(options);
	size_t count = 1;

	suite->plant_all = !strcmp(value, "all");
	suite->plant = suite->plant_all ? FAULT_NONE : fault_find(value);
	if (suite->plant_all || suite->plant)
		return 0;
	for (enum fault fault = FAULT_NONE + 1; fault < FAULTS; fault++)
		if (fault_rows[fault].name)
			names[count++] = fault_rows[fault].name;
	names[count] = NULL;
	meant = nearest_name(value, names);
	return log_error(-EINVAL, "there is no fault \"%s\"%s%s%s: see `armlet test --list-faults`",
			 value, meant ? ": did you mean " : "", meant ? meant : "",
			 meant ? "?" : "");
}

static int take_list_faults(void *options, const char *value)
{
	(void)value;
	((struct test_options *)options)->list_faults = true;
	return 0;
}

static int take_hazardous(void *options, const char *value)
{
	if (value && strcmp(value, "only"))
		return log_error(-EINVAL,
				 "cannot use --hazardous=%s: it must be --hazardous alone or "
				 "--hazardous=only",
				 value);
	suite_of(options)->hazardous = value ? SUITE_HAZARDOUS_ONLY : SUITE_HAZARDOUS_TOO;
	return 0;
}

static int take_exact_time(void *options, const char *value)
{
	(void)value;
	suite_of(options)->exact_time = true;
	return 0;
}

static int take_trace(void *options, const char *value)
{
	(void)value;
	suite_of(options)->trace = true;
	return 0;
}

static int take_verbose(void *options, const char *value)
{
	(void)value;
	suite_of(options)->verbosity++;
	return 0;
}

#define HEADING(text)                        \
	{                                    \
		NULL, '\0', NULL, NULL, text \
	}

static const struct option_row rows[] = {
	HEADING("Which tests"),
	{ take_tier, '\0', "tier", "TIER",
	  "quick: a minute or two (default)\n"
	  "full: these and the longer ones, several minutes\n"
	  "soak: all of them, again and again with other seeds, until ended" },
	{ take_irqchip, '\0', "irqchip", "KIND",
	  "interrupt controller: gicv3, gicv2, user, or all that this host can make (default)" },
	{ take_hazardous, '\0', "hazardous", "[=only]",
	  "run also those that can hang a faulty host, last; or only those" },
	{ take_list, '\0', "list", NULL, "list them instead of running them" },

	HEADING("How to run them"),
	{ take_vcpus, '\0', "vcpus", "N", "give those tests N vCPUs that use more than one" },
	{ take_place, '\0', "place", "POLICY",
	  "bind their vCPUs' threads: none, spread, pack or pin:LIST" },
	{ take_migrate, '\0', "migrate", "WHEN",
	  "move their vCPUs meanwhile: round-robin:TIME, random:MIN-MAX[:SEED] or on-exit:N" },
	{ take_repeat, '\0', "repeat", "N", "run all of them N times, with other seeds" },
	{ take_seed, '\0', "seed", "N",
	  "the same random numbers as the run that said this seed (default: others each time)" },
	{ take_shuffle, '\0', "shuffle", NULL, "in an order that follows from the seed" },
	{ take_stop, 'x', "stop", NULL, "end at the first failure" },
	{ take_timeout_scale, '\0', "timeout-scale", "X",
	  "multiply the time after which a test counts as hung (default: 1)" },
	{ take_exact_time, '\0', "exact-time", NULL,
	  "time does not depend on load here: lateness is a verdict, too" },

	HEADING("What to tell"),
	{ take_json, '\0', "json", "FILE", "write a record of all runs as a JSON object" },
	{ take_trace, '\0', "trace", NULL,
	  "record KVM's tracepoints, and show the last ones of a "
	  "failure" },
	{ take_verbose, 'v', "verbose", NULL, "tell of tests that pass as well" },

	HEADING("Showing that the tests can fail"),
	{ take_plant, '\0', "plant", "FAULT",
	  "misbehave in this way, and run the tests that have to notice it\n"
	  "all: each fault with each test that has to notice it" },
	{ take_list_faults, '\0', "list-faults", NULL, "list the faults" },
	{ 0 },
};

static const struct options_table table = {
	.command = "test",
	.synopsis = "[PATTERN]... [OPTION]...",
	.summary = "Tests this host's KVM: what a guest can observe of its timers and interrupts. "
		   "PATTERN selects tests by id, family, part of an id, or wildcards; by default "
		   "all are run. The report on stdout is KTAP.",
	.rows = rows,
	.take_argument = take_pattern,
	.notes =
		"Exit status:\n"
		"  0      all tests passed that could be run; with --plant: all noticed the fault\n"
		"  1      a test failed; with --plant: one did not notice the fault\n"
		"  125    nothing could be run or told here; `git bisect run` skips the revision\n"
		"  128+N  ended by signal N: 130 by SIGINT, 143 by SIGTERM\n"
		"  129    wrong usage\n",
};

int test_options_parse(struct test_options *options, int argc, char **argv)
{
	int ret;

	*options = (struct test_options){ .suite = { .repeat = 1, .timeout_scale = 1 } };
	ret = options_parse(&table, argc, argv, options);
	/* A list shows what there is. */
	if (options->list && !options->has_tier)
		options->suite.tier = TEST_TIER_SOAK;
	return ret;
}
