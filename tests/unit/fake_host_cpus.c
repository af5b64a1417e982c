// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/fake_host_cpus.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "vcpu/host_cpus.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	struct host_cpu_set online, allowed;
	struct {
		unsigned bound, binds, fifo;
	} threads[FAKE_HOST_THREADS];
	int bind_error;
	unsigned rt_limit, current, reads;
} host;

void fake_host_cpus_reset(unsigned cpus)
{
	pthread_mutex_lock(&lock);
	memset(&host, 0, sizeof(host));
	host.rt_limit = 99;
	for (unsigned cpu = 0; cpu < cpus; cpu++) {
		host_cpu_set_add(&host.online, cpu);
		host_cpu_set_add(&host.allowed, cpu);
	}
	for (unsigned i = 0; i < FAKE_HOST_THREADS; i++)
		host.threads[i].bound = FAKE_HOST_NOWHERE;
	pthread_mutex_unlock(&lock);
}

static void set(struct host_cpu_set *cpus, unsigned cpu, bool in)
{
	pthread_mutex_lock(&lock);
	(in ? host_cpu_set_add : host_cpu_set_remove)(cpus, cpu);
	pthread_mutex_unlock(&lock);
}

void fake_host_cpus_set_online(unsigned cpu, bool online)
{
	set(&host.online, cpu, online);
}

void fake_host_cpus_set_allowed(unsigned cpu, bool allowed)
{
	set(&host.allowed, cpu, allowed);
}

/* One unsigned of the fake's state, from or to any thread. */
static unsigned get(const unsigned *value)
{
	unsigned got;

	pthread_mutex_lock(&lock);
	got = *value;
	pthread_mutex_unlock(&lock);
	return got;
}

static void put(unsigned *value, unsigned now)
{
	pthread_mutex_lock(&lock);
	*value = now;
	pthread_mutex_unlock(&lock);
}

void fake_host_cpus_fail_bind(int error)
{
	pthread_mutex_lock(&lock);
	host.bind_error = error;
	pthread_mutex_unlock(&lock);
}

void fake_host_cpus_set_rt_limit(unsigned priority)
{
	put(&host.rt_limit, priority);
}

void fake_host_cpus_set_current(unsigned cpu)
{
	put(&host.current, cpu);
}

unsigned fake_host_cpus_bound(pid_t thread)
{
	return get(&host.threads[thread % FAKE_HOST_THREADS].bound);
}

unsigned fake_host_cpus_binds(pid_t thread)
{
	return get(&host.threads[thread % FAKE_HOST_THREADS].binds);
}

unsigned fake_host_cpus_fifo(pid_t thread)
{
	return get(&host.threads[thread % FAKE_HOST_THREADS].fifo);
}

unsigned fake_host_cpus_reads(void)
{
	return get(&host.reads);
}

int host_cpus_allowed(struct host_cpu_set *cpus)
{
	pthread_mutex_lock(&lock);
	host.reads++;
	for (unsigned i = 0; i < HOST_CPUS_MAX / 64; i++)
		cpus->words[i] = host.online.words[i] & host.allowed.words[i];
	pthread_mutex_unlock(&lock);
	return 0;
}

int host_cpus_bind(pid_t tid, unsigned cpu)
{
	int ret = 0;

	pthread_mutex_lock(&lock);
	if (host.bind_error)
		ret = -host.bind_error;
	else if (!host_cpu_set_has(&host.online, cpu) || !host_cpu_set_has(&host.allowed, cpu))
		ret = -EINVAL;
	else
		host.threads[tid % FAKE_HOST_THREADS].bound = cpu;
	host.threads[tid % FAKE_HOST_THREADS].binds += !ret;
	pthread_mutex_unlock(&lock);
	return ret;
}

int host_cpus_set_fifo(pid_t tid, unsigned priority)
{
	int ret = 0;

	pthread_mutex_lock(&lock);
	if (priority > host.rt_limit)
		ret = -EPERM;
	else
		host.threads[tid % FAKE_HOST_THREADS].fifo = priority;
	pthread_mutex_unlock(&lock);
	return ret;
}

int host_cpus_set_normal(pid_t tid)
{
	put(&host.threads[tid % FAKE_HOST_THREADS].fifo, 0);
	return 0;
}

unsigned host_cpus_current(void)
{
	return get(&host.current);
}
