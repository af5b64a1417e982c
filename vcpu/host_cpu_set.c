// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "vcpu/host_cpus.h"

unsigned host_cpu_set_count(const struct host_cpu_set *set)
{
	unsigned count = 0;

	for (unsigned i = 0; i < HOST_CPUS_MAX / 64; i++)
		count += __builtin_popcountll(set->words[i]);
	return count;
}

/* The end of the run of CPUs in the set that begins with `first`. */
static unsigned last_of_run(const struct host_cpu_set *set, unsigned first)
{
	unsigned last = first;

	while (host_cpu_set_has(set, last + 1))
		last++;
	return last;
}

char *host_cpu_set_format(const struct host_cpu_set *set, char *text, size_t size)
{
	size_t length = 0;

	snprintf(text, size, "none");
	for (unsigned first = 0; first < HOST_CPUS_MAX; first++) {
		char part[32];
		unsigned last;

		if (!host_cpu_set_has(set, first))
			continue;
		last = last_of_run(set, first);
		if (last > first)
			snprintf(part, sizeof(part), "%s%u-%u", length ? "," : "", first, last);
		else
			snprintf(part, sizeof(part), "%s%u", length ? "," : "", first);
		if (length + strlen(part) + sizeof(",...") > size) {
			snprintf(text + length, size - length, ",...");
			break;
		}
		strcpy(text + length, part);
		length += strlen(part);
		first = last;
	}
	return text;
}
