// SPDX-License-Identifier: GPL-2.0-only
#include "harness/oracle_interrupts.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *host_interrupt_name(enum host_timer_interrupt interrupt)
{
	static const char *const names[] = {
		[HOST_VTIMER] = "host.vtimer",
		[HOST_PTIMER] = "host.ptimer",
	};

	return names[interrupt];
}

/* "           CPU0       CPU1       CPU4" */
static void take_header(struct host_interrupts *interrupts, const char *line)
{
	while (interrupts->columns < HOST_INTERRUPTS_CPUS && (line = strstr(line, "CPU"))) {
		line += strlen("CPU");
		interrupts->cpus[interrupts->columns++] = strtoul(line, NULL, 10);
	}
}

/* " 13:        204        197    GIC-0  27 Level     kvm guest vtimer" */
static void take_counts(struct host_interrupts *interrupts, enum host_timer_interrupt interrupt,
			const char *line)
{
	const char *at = strchr(line, ':');
	char *end;

	for (unsigned i = 0; at && i < interrupts->columns; i++) {
		uint64_t count = strtoull(at + 1, &end, 10);

		if (end == at + 1 || !isspace((unsigned char)*end))
			return;
		interrupts->counts[interrupt][i] = count;
		at = end;
	}
	interrupts->known[interrupt] = at && interrupts->columns;
}

void host_interrupts_read(struct host_interrupts *interrupts, const char *path)
{
	char *line = NULL;
	size_t size = 0;
	FILE *file = fopen(path, "re");

	*interrupts = (struct host_interrupts){ 0 };
	if (!file)
		return;
	while (getline(&line, &size, file) > 0) {
		if (!interrupts->columns)
			take_header(interrupts, line);
		else if (strstr(line, "kvm guest vtimer"))
			take_counts(interrupts, HOST_VTIMER, line);
		else if (strstr(line, "kvm guest ptimer"))
			take_counts(interrupts, HOST_PTIMER, line);
	}
	free(line);
	fclose(file);
}

int64_t host_interrupts_sum(const struct host_interrupts *interrupts,
			    enum host_timer_interrupt interrupt)
{
	int64_t sum = 0;

	for (unsigned i = 0; i < interrupts->columns; i++)
		sum += interrupts->counts[interrupt][i];
	return interrupts->known[interrupt] ? sum : -1;
}

/* The column of a CPU, or the number of columns: CPUs can go and come. */
static unsigned column_of(const struct host_interrupts *interrupts, unsigned cpu)
{
	unsigned column = 0;

	while (column < interrupts->columns && interrupts->cpus[column] != cpu)
		column++;
	return column;
}

uint64_t host_interrupts_delta(const struct host_interrupts *before,
			       const struct host_interrupts *after,
			       enum host_timer_interrupt interrupt, unsigned cpu)
{
	unsigned first = column_of(before, cpu), second = column_of(after, cpu);

	if (!before->known[interrupt] || !after->known[interrupt] || first == before->columns ||
	    second == after->columns)
		return 0;
	return after->counts[interrupt][second] - before->counts[interrupt][first];
}
