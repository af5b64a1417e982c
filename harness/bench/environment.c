// SPDX-License-Identifier: GPL-2.0-only
#include "harness/bench/environment.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "timer/host_counter.h"
#include "vmm/host_info.h"

#define GOVERNORS "/sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor"

static bool read_word(const char *path, char *word, size_t size)
{
	FILE *file = fopen(path, "re");
	bool got = file && fgets(word, size, file);

	if (file)
		fclose(file);
	word[got ? strcspn(word, "\n") : 0] = '\0';
	return got;
}

static void find_governor(struct bench_environment *environment, const char *root)
{
	char pattern[256], governor[sizeof(environment->governor)];
	glob_t found;

	snprintf(environment->governor, sizeof(environment->governor), "unknown");
	snprintf(pattern, sizeof(pattern), "%s" GOVERNORS, root);
	if (glob(pattern, 0, NULL, &found))
		return;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		if (!read_word(found.gl_pathv[i], governor, sizeof(governor)))
			continue;
		if (i && strcmp(governor, environment->governor))
			snprintf(governor, sizeof(governor), "mixed");
		memcpy(environment->governor, governor, sizeof(governor));
	}
	globfree(&found);
}

static void find_load(struct bench_environment *environment, const char *root)
{
	char path[256], text[64];
	double load = 0;

	snprintf(path, sizeof(path), "%s/proc/loadavg", root);
	if (read_word(path, text, sizeof(text)))
		sscanf(text, "%lf", &load);
	if (strcmp(environment->governor, "performance") &&
	    strcmp(environment->governor, "unknown"))
		snprintf(environment->why_noisy, sizeof(environment->why_noisy),
			 "the governor is \"%s\": clocks follow the load", environment->governor);
	else if (load >= 1)
		snprintf(environment->why_noisy, sizeof(environment->why_noisy),
			 "other programs were busy when it began (load %.2f)", load);
}

void bench_environment_collect(struct bench_environment *environment, const struct host_info *info,
			       const struct bench_options *options, const char *root)
{
	*environment = (struct bench_environment){ .frequency = host_counter_frequency() };
	snprintf(environment->kernel, sizeof(environment->kernel), "%s", info->kernel.release);
	snprintf(environment->board, sizeof(environment->board), "%s",
		 info->board[0] ? info->board : "unknown board");
	snprintf(environment->placement, sizeof(environment->placement), "vCPUs placed: %s",
		 placement_place_name(options->place.place));
	environment->emulated = !strcmp(info->board, "linux,dummy-virt");
	find_governor(environment, root);
	find_load(environment, root);
}
