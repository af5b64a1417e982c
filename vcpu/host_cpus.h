/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's CPUs and who may run where: the system calls that vcpu/placement.c stands on, and
 * nothing else, so that unit tests can play them.
 */
#ifndef VCPU_HOST_CPUS_H
#define VCPU_HOST_CPUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define HOST_CPUS_MAX 4096

struct host_cpu_set {
	uint64_t words[HOST_CPUS_MAX / 64];
};

static inline bool host_cpu_set_has(const struct host_cpu_set *set, unsigned cpu)
{
	return cpu < HOST_CPUS_MAX && set->words[cpu / 64] >> cpu % 64 & 1;
}

static inline void host_cpu_set_add(struct host_cpu_set *set, unsigned cpu)
{
	set->words[cpu / 64] |= UINT64_C(1) << cpu % 64;
}

static inline void host_cpu_set_remove(struct host_cpu_set *set, unsigned cpu)
{
	set->words[cpu / 64] &= ~(UINT64_C(1) << cpu % 64);
}

unsigned host_cpu_set_count(const struct host_cpu_set *set);

/* Writes the set as taskset(1) does ("0-3,8"; "none"), cut off with "..." where it does not fit;
 * returns `text`. */
char *host_cpu_set_format(const struct host_cpu_set *set, char *text, size_t size);

/* The CPUs on which the calling thread may run now: online, in its affinity mask and its cpuset.
 * Returns 0 or -errno, not described; likewise below. */
int host_cpus_allowed(struct host_cpu_set *set);

/* Binds a thread to one CPU. When it was running elsewhere it has moved when this returns. -EINVAL:
 * the CPU is offline or not in the cpuset. */
int host_cpus_bind(pid_t tid, unsigned cpu);

/* SCHED_FIFO with this priority for a thread (0: the calling one), and back to SCHED_OTHER. */
int host_cpus_set_fifo(pid_t tid, unsigned priority);
int host_cpus_set_normal(pid_t tid);

/* On which CPU the calling thread is; cheap. */
unsigned host_cpus_current(void);

#endif
