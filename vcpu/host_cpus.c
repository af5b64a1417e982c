// SPDX-License-Identifier: GPL-2.0-only
#include "vcpu/host_cpus.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Not glibc's wrapper: it wants a set of its own type, and a kernel for more CPUs than the set
 * holds refuses a smaller one. */
int host_cpus_allowed(struct host_cpu_set *set)
{
	memset(set, 0, sizeof(*set));
	return syscall(SYS_sched_getaffinity, 0, sizeof(*set), set) < 0 ? -errno : 0;
}

int host_cpus_bind(pid_t tid, unsigned cpu)
{
	struct host_cpu_set set = { 0 };

	host_cpu_set_add(&set, cpu);
	return syscall(SYS_sched_setaffinity, tid, sizeof(set), &set) < 0 ? -errno : 0;
}

int host_cpus_set_fifo(pid_t tid, unsigned priority)
{
	struct sched_param parameters = { .sched_priority = priority };

	return sched_setscheduler(tid, SCHED_FIFO, &parameters) < 0 ? -errno : 0;
}

int host_cpus_set_normal(pid_t tid)
{
	struct sched_param parameters = { .sched_priority = 0 };

	return sched_setscheduler(tid, SCHED_OTHER, &parameters) < 0 ? -errno : 0;
}

unsigned host_cpus_current(void)
{
	int cpu = sched_getcpu();

	return cpu < 0 ? 0 : cpu;
}
