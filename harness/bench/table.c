// SPDX-License-Identifier: GPL-2.0-only
#include "harness/bench/table.h"

#include <inttypes.h>
#include <stdlib.h>

#include "harness/result.h"

/* A time in three figures or more. */
static const char *show_ns(double ns, char text[16])
{
	static const char *const units[] = { "", "u", "m", "s" };
	unsigned unit = 0;

	if (ns >= 10000)
		for (; ns >= 1000 && unit < 3; unit++)
			ns /= 1000;
	snprintf(text, 16,
		 unit == 0  ? "%.0f%s"
		 : ns < 10  ? "%.2f%s"
		 : ns < 100 ? "%.1f%s"
			    : "%.0f%s",
		 ns, units[unit]);
	return text;
}

void bench_table_begin(FILE *stream, const struct bench_environment *environment)
{
	fprintf(stream,
		"# armlet " ARMLET_VERSION " on Linux %s, %s; governor %s; vCPUs placed: %s\n",
		environment->kernel, environment->board, environment->governor, environment->place);
	fprintf(stream,
		"# times in ns (u: us, m: ms) by a counter of %" PRIu64 " Hz: steps of %.1f ns\n",
		environment->frequency, 1e9 / environment->frequency);
	if (environment->emulated)
		fprintf(stream, "# an emulated machine: its times say nothing; tests/lab/lab meter "
				"counts\n");
	fprintf(stream, "%-24s %-6s %-9s %8s %8s %8s %8s %8s %8s %8s %8s %9s %9s\n", "# operation",
		"irqchip", "exit", "count", "min", "p50", "p90", "p99", "p99.9", "max", "MAD",
		"cycles", "instr.");
}

/* The median of what the batches say per operation, or "-". */
static const char *show_median(double *values, size_t count, char text[16])
{
	snprintf(text, 16, "-");
	if (values && count)
		snprintf(text, 16, "%.0f", bench_median(values, count));
	free(values);
	return text;
}

static void show_failure(FILE *stream, const struct bench_outcome *outcome)
{
	const struct run_result *result = outcome->result;

	for (unsigned i = 0; i < result_failures_kept(result); i++)
		fprintf(stream, "#   %s\n", result->failures[i].text);
}

void bench_table_row(FILE *stream, const struct bench_outcome *outcome)
{
	const struct bench_summary *summary = &outcome->summary;
	const char *irqchip = irqchip_kind_name(outcome->irqchip);
	const struct bench_measure *measure = outcome->measure;
	char text[9][16], noise[160];

	fprintf(stream, "%-24s %-6s ", outcome->operation->test.id, irqchip);
	if (outcome->skip[0]) {
		fprintf(stream, "skipped: %s\n", outcome->skip);
		return;
	}
	if (result_verdict(outcome->result) == RUN_FAILED) {
		fprintf(stream, "FAILED\n");
		show_failure(stream, outcome);
		return;
	}
	fprintf(stream, "%-9s %8" PRIu64 " %8s %8s %8s %8s %8s %8s %8s %9s %9s\n",
		bench_class_name(bench_class_of(outcome->operation, outcome->irqchip)),
		summary->count, show_ns(summary->min, text[0]), show_ns(summary->p50, text[1]),
		show_ns(summary->p90, text[2]), show_ns(summary->p99, text[3]),
		show_ns(summary->p999, text[4]), show_ns(summary->max, text[5]),
		show_ns(summary->mad, text[6]),
		show_median(bench_outcome_cycles(outcome), measure->batches, text[7]),
		show_median(bench_outcome_instructions(outcome), measure->batches, text[8]));
	if (bench_is_noisy(&outcome->noise))
		fprintf(stream, "#   noisy: %s\n",
			bench_noise_describe(&outcome->noise, noise, sizeof(noise)));
}

void bench_table_end(FILE *stream, const struct bench_environment *environment,
		     const struct bench_table_counts *counts, const char *no_cycles)
{
	if (no_cycles[0])
		fprintf(stream, "# no cycles: %s\n", no_cycles);
	else if (counts->measured)
		fprintf(stream, "# cycles, instr.: median of the batches, per operation: guest, "
				"hypervisor, kernel and armlet\n");
	fprintf(stream, "# %u measured, %u failed, %u skipped\n", counts->measured, counts->failed,
		counts->skipped);
	if (counts->noisy)
		fprintf(stream,
			"# too noisy to trust: %u of %u operations%s%s: compare nothing with "
			"this\n",
			counts->noisy, counts->measured, environment->why_noisy[0] ? "; " : "",
			environment->why_noisy);
	else if (environment->why_noisy[0] && counts->measured)
		fprintf(stream, "# a warning: %s\n", environment->why_noisy);
}
