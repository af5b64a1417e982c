// SPDX-License-Identifier: GPL-2.0-only
/* What /proc/interrupts tells of KVM's own timer interrupts. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/run.h"
#include "harness/run_private.h"

/* The sum over all CPUs in " 12:  123  456  GICv3  27 Level  kvm guest vtimer". */
static int64_t sum_line(const char *line)
{
	const char *next = strchr(line, ':');
	int64_t sum = 0;

	if (!next)
		return 0;
	for (next++;;) {
		char *end;
		unsigned long long number;

		while (isspace((unsigned char)*next))
			next++;
		if (!isdigit((unsigned char)*next))
			return sum;
		number = strtoull(next, &end, 10);
		/* Behind the counts there may be a word that begins with a digit. */
		if (!isspace((unsigned char)*end))
			return sum;
		sum += number;
		next = end;
	}
}

int64_t run_read_host_timer_interrupts(void)
{
	FILE *file = fopen("/proc/interrupts", "re");
	char *line = NULL;
	size_t size = 0;
	int64_t sum = -1;

	if (!file)
		return -1;
	while (getline(&line, &size, file) > 0)
		if (strstr(line, "kvm guest vtimer") || strstr(line, "kvm guest ptimer"))
			sum = (sum < 0 ? 0 : sum) + sum_line(line);
	free(line);
	fclose(file);
	return sum;
}

int64_t run_host_timer_interrupts(struct test_run *run)
{
	int64_t now = run_read_host_timer_interrupts();

	return now < 0 || run->host_interrupts < 0 ? -1 : now - run->host_interrupts;
}
