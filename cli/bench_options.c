// SPDX-License-Identifier: GPL-2.0-only
#include "cli/bench_options.h"

#include "cli/options.h"
#include "cli/select_options.h"

static struct bench_options *bench_of(void *options)
{
	return &((struct bench_command_options *)options)->bench;
}

static int take_pattern(void *options, const char *word)
{
	struct bench_options *bench = bench_of(options);

	return options_pattern("bench", word, bench->patterns, &bench->pattern_count,
			       BENCH_PATTERNS);
}

static int take_irqchip(void *options, const char *value)
{
	return options_irqchips(value, &bench_of(options)->irqchips);
}

static int take_iterations(void *options, const char *value)
{
	unsigned long number;
	int ret = options_number("--iterations", value, 1, BENCH_MAX_ITERATIONS, &number);

	if (!ret)
		bench_of(options)->iterations = number;
	return ret;
}

static int take_warmup(void *options, const char *value)
{
	unsigned long number;
	int ret = options_number("--warmup", value, 0, BENCH_MAX_ITERATIONS, &number);

	if (!ret)
		bench_of(options)->warmup = number;
	return ret;
}

static int take_place(void *options, const char *value)
{
	return placement_parse_place(value, &bench_of(options)->place);
}

static int take_json(void *options, const char *value)
{
	return options_record(value, &bench_of(options)->json);
}

static int take_list(void *options, const char *value)
{
	(void)value;
	((struct bench_command_options *)options)->list = true;
	return 0;
}

#define HEADING(text)                        \
	{                                    \
		NULL, '\0', NULL, NULL, text \
	}

static const struct option_row rows[] = {
	HEADING("What to measure"),
	{ take_irqchip, '\0', "irqchip", "KIND",
	  "interrupt controller: gicv3, gicv2, user, or all that this host can make (default)" },
	{ take_list, '\0', "list", NULL, "list the operations instead of measuring them" },

	HEADING("How to measure"),
	{ take_iterations, '\0', "iterations", "N",
	  "do each operation N times (default: each has its own number)" },
	{ take_warmup, '\0', "warmup", "N",
	  "before that, do it N times without measuring (default: 100)" },
	{ take_place, '\0', "place", "POLICY",
	  "where the vCPUs' threads are bound: none, spread (default), pack or pin:LIST" },

	HEADING("What to tell"),
	{ take_json, '\0', "json", "FILE", "write a record as a JSON object, for armlet compare" },
	{ 0 },
};

static const struct options_table table = {
	.command = "bench",
	.synopsis = "[PATTERN]... [OPTION]...",
	.summary = "Measures what operations of a guest cost on this host: exits, timers, "
		   "interrupts, VMs. PATTERN selects operations by name, part of a name, or "
		   "wildcards; by default all are measured.",
	.rows = rows,
	.take_argument = take_pattern,
	.notes = "Exit status:\n"
		 "  0      measured; operations that cannot be done here were skipped\n"
		 "  1      an operation failed\n"
		 "  125    nothing could be measured or told here\n"
		 "  128+N  ended by signal N: 130 by SIGINT, 143 by SIGTERM\n"
		 "  129    wrong usage\n",
};

int bench_options_parse(struct bench_command_options *options, int argc, char **argv)
{
	*options = (struct bench_command_options){
		.bench = { .warmup = BENCH_WARMUP,
			   .timeout_scale = 1,
			   .place = { .place = PLACE_SPREAD } },
	};
	return options_parse(&table, argc, argv, options);
}
