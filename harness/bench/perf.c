// SPDX-License-Identifier: GPL-2.0-only
#include "harness/bench/perf.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What read(2) gives of a group of two. */
struct group {
	uint64_t count, enabled, running, values[2];
};

static int open_event(uint64_t config, int leader)
{
	/* Nothing is excluded: no exclude_kernel, exclude_hv, exclude_guest. */
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.size = sizeof(attr),
		.config = config,
		.read_format = PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED |
			       PERF_FORMAT_TOTAL_TIME_RUNNING,
	};

	return syscall(SYS_perf_event_open, &attr, 0, -1, leader, PERF_FLAG_FD_CLOEXEC);
}

static const char *reason_of(int error)
{
	switch (error) {
	case ENOENT:
	case ENODEV:
	case EOPNOTSUPP:
		return "this host has no PMU that perf can count cycles with";
	case EACCES:
	case EPERM:
		return "this process may not count the kernel's cycles: run as root, or set "
		       "kernel.perf_event_paranoid to 1 or less";
	case ENOSYS:
		return "this host's kernel has no perf events";
	default:
		return strerror(error);
	}
}

bool bench_perf_open(struct bench_perf *perf, char *reason, size_t size)
{
	perf->instructions_fd = -1;
	perf->cycles_fd = open_event(PERF_COUNT_HW_CPU_CYCLES, -1);
	if (perf->cycles_fd < 0) {
		snprintf(reason, size, "%s", reason_of(errno));
		return false;
	}
	/* Cycles alone are something, too. */
	perf->instructions_fd = open_event(PERF_COUNT_HW_INSTRUCTIONS, perf->cycles_fd);
	return true;
}

void bench_perf_close(struct bench_perf *perf)
{
	if (perf->instructions_fd >= 0)
		close(perf->instructions_fd);
	if (perf->cycles_fd >= 0)
		close(perf->cycles_fd);
	perf->cycles_fd = perf->instructions_fd = -1;
}

bool bench_perf_read(const struct bench_perf *perf, struct bench_perf_values *values)
{
	struct group group = { 0 };

	*values = (struct bench_perf_values){ 0 };
	if (perf->cycles_fd < 0 || read(perf->cycles_fd, &group, sizeof(group)) < 0)
		return false;
	*values = (struct bench_perf_values){ group.values[0], group.values[1], group.enabled,
					      group.running };
	return true;
}
