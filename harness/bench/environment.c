// SPDX-License-Identifier: GPL-2.0-only
#include "harness/bench/environment.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "timer/host_counter.h"
#include "vcpu/host_cpus.h"
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

/* With the CPUs: on a machine of unlike ones they make all the difference. */
static void describe_place(const struct placement_request *place, char *text, size_t size)
{
	size_t length = snprintf(text, size, "%s", placement_place_name(place->place));

	for (unsigned i = 0; place->place == PLACE_PIN && i < place->pin_count; i++)
		if (length < size)
			length += snprintf(text + length, size - length, "%c%u", i ? ',' : ':',
					   place->pins[i]);
}

int bench_environment_check_place(const struct placement_request *place)
{
	struct host_cpu_set allowed;
	char text[128];
	int ret = host_cpus_allowed(&allowed);

	if (ret)
		return log_error(ret, "cannot tell which host CPUs may be used: %s",
				 strerror(-ret));
	for (unsigned i = 0; place->place == PLACE_PIN && i < place->pin_count; i++)
		if (!host_cpu_set_has(&allowed, place->pins[i]))
			return log_error(
				-EINVAL, "cannot measure on host CPU %u: this process may use %s",
				place->pins[i], host_cpu_set_format(&allowed, text, sizeof(text)));
	return 0;
}

void bench_environment_collect(struct bench_environment *environment, const struct host_info *info,
			       const struct bench_options *options, const char *root)
{
	*environment = (struct bench_environment){ .frequency = host_counter_frequency() };
	snprintf(environment->kernel, sizeof(environment->kernel), "%s", info->kernel.release);
	snprintf(environment->board, sizeof(environment->board), "%s",
		 info->board[0] ? info->board : "unknown board");
	describe_place(&options->place, environment->place, sizeof(environment->place));
	environment->emulated = !strcmp(info->board, "linux,dummy-virt");
	find_governor(environment, root);
	find_load(environment, root);
}
