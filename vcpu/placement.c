// SPDX-License-Identifier: GPL-2.0-only
#include "vcpu/placement.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "vcpu/placement_private.h"

uint64_t placement_now(void)
{
	return clock_now_ns();
}

static int check_pins(const struct placement_request *request, unsigned vcpus,
		      const struct host_cpu_set *allowed)
{
	char text[128];
	int ret = placement_check_pins(request, vcpus);

	if (ret < 0)
		return ret;
	for (unsigned i = 0; i < vcpus; i++)
		if (!host_cpu_set_has(allowed, request->pins[i]))
			return log_error(
				-ENOTSUP,
				"cannot place vCPU %u on host CPU %u: this process may use %s: see "
				"taskset(1), its cpuset, and which CPUs are online",
				i, request->pins[i],
				host_cpu_set_format(allowed, text, sizeof(text)));
	return 0;
}

/* On this thread, and back. */
static int check_rt(unsigned priority)
{
	int ret = host_cpus_set_fifo(0, priority);

	if (ret < 0)
		return log_error(-ENOTSUP,
				 "cannot give vCPU threads the real-time priority %u: %s: as root, "
				 "or where the limit on it (ulimit -r) allows it, this works%s",
				 priority, strerror(-ret),
				 ret == -EPERM ? ", unless the cgroup has no real-time share" : "");
	host_cpus_set_normal(0);
	return 0;
}

static int check(const struct placement_config *config, const struct host_cpu_set *allowed)
{
	const struct placement_request *request = &config->request;
	int ret = 0;

	if (config->vcpus > PLACEMENT_MAX_VCPUS)
		return log_error(-EINVAL, "cannot place %u vCPUs: at most %d can be placed",
				 config->vcpus, PLACEMENT_MAX_VCPUS);
	if (request->place == PLACE_PIN)
		ret = check_pins(request, config->vcpus, allowed);
	if (!ret && request->rt_priority)
		ret = check_rt(request->rt_priority);
	return ret;
}

static void init_locks(struct placement *placement)
{
	pthread_condattr_t monotonic;

	pthread_mutex_init(&placement->lock, NULL);
	pthread_mutex_init(&placement->moving, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&placement->wake, &monotonic);
	pthread_cond_init(&placement->answered, NULL);
	pthread_condattr_destroy(&monotonic);
}

/* The seed that the user may say next time. */
static void choose_seed(struct placement_request *request)
{
	if (request->migrate != MIGRATE_RANDOM || request->has_seed)
		return;
	if (getrandom(&request->seed, sizeof(request->seed), GRND_NONBLOCK) !=
	    sizeof(request->seed))
		request->seed = placement_now();
	/* What fits into any language's numbers. */
	request->seed >>= 32;
	log_info("vCPUs move at random: --migrate random:...:%" PRIu64 " repeats it",
		 request->seed);
}

int placement_create(struct placement **placement, const struct placement_config *config)
{
	struct host_cpu_set allowed;
	struct placement *made;
	int ret = host_cpus_allowed(&allowed);

	*placement = NULL;
	if (ret < 0)
		return log_error(ret, "cannot place vCPUs: cannot read this process's CPUs: %s",
				 strerror(-ret));
	ret = check(config, &allowed);
	if (ret < 0)
		return ret;
	made = calloc(1, sizeof(*made));
	if (made)
		made->vcpus = calloc(config->vcpus, sizeof(*made->vcpus));
	if (!made || !made->vcpus) {
		free(made);
		return log_error(-ENOMEM, "cannot place vCPUs: out of memory");
	}
	made->config = *config;
	choose_seed(&made->config.request);
	made->cpus_read = placement_now();
	placement_schedule_init(&made->schedule, &made->config.request, config->vcpus, &allowed);
	for (unsigned i = 0; i < config->vcpus; i++) {
		made->vcpus[i].bound = PLACEMENT_UNBOUND;
		made->vcpus[i].last_seen = PLACEMENT_UNBOUND;
	}
	if (config->request.migrate != MIGRATE_OFF && made->schedule.cpu_count < 2)
		log_warn("vCPUs will not move (--migrate): there is one host CPU to choose from");
	init_locks(made);
	*placement = made;
	return 0;
}

void placement_read_cpus(struct placement *placement)
{
	struct host_cpu_set allowed;

	placement->cpus_read = placement_now();
	if (host_cpus_allowed(&allowed) < 0)
		return;
	for (unsigned i = 0; i < HOST_CPUS_MAX / 64; i++)
		allowed.words[i] &= ~placement->unfit.words[i];
	placement_schedule_set_cpus(&placement->schedule, &allowed);
}

int placement_bind(struct placement *placement, unsigned vcpu, unsigned host_cpu)
{
	struct placement_vcpu *moved = &placement->vcpus[vcpu];
	struct placement_stats *stats = &moved->stats;
	uint64_t start = placement_now(), time;
	int ret = host_cpus_bind(moved->tid, host_cpu);

	if (ret < 0) {
		stats->failed++;
		return ret;
	}
	time = placement_now() - start;
	stats->move_ns += time;
	if (!stats->moves++ || time < stats->move_min_ns)
		stats->move_min_ns = time;
	if (time > stats->move_max_ns)
		stats->move_max_ns = time;
	host_cpu_set_add(&stats->seen, host_cpu);
	moved->bound = host_cpu;
	return 0;
}

int placement_settle(struct placement *placement, unsigned vcpu)
{
	struct placement_schedule *schedule = &placement->schedule;
	int ret = -EINVAL;

	/* A failure tells that the CPUs changed. Those that are left are all tried, unless they go
	 * as fast as we try. */
	for (unsigned tries = 0; tries <= schedule->cpu_count; tries++) {
		if (schedule->place[vcpu] == placement->vcpus[vcpu].bound)
			return 0;
		ret = placement_bind(placement, vcpu, schedule->place[vcpu]);
		if (ret != -EINVAL)
			break;
		placement_read_cpus(placement);
		placement_schedule_next(schedule, vcpu);
	}
	return ret;
}

static int begin_vcpu(struct placement *placement, unsigned vcpu)
{
	const struct placement_request *request = &placement->config.request;
	int ret = 0;

	if (request->rt_priority) {
		ret = host_cpus_set_fifo(placement->vcpus[vcpu].tid, request->rt_priority);
		if (ret < 0)
			return log_error(ret, "cannot give vCPU %u the real-time priority %u: %s",
					 vcpu, request->rt_priority, strerror(-ret));
	}
	if (request->place == PLACE_PIN)
		ret = placement_bind(placement, vcpu, request->pins[vcpu]);
	else if (request->place != PLACE_NONE)
		ret = placement_settle(placement, vcpu);
	if (ret < 0)
		return log_error(ret, "cannot place vCPU %u on host CPU %u: %s", vcpu,
				 placement->schedule.place[vcpu], strerror(-ret));
	return 0;
}

int placement_begin(struct placement *placement, const pid_t *tids)
{
	const struct placement_request *request = &placement->config.request;
	int ret = 0;

	for (unsigned i = 0; i < placement->config.vcpus; i++) {
		/* To the kernel, 0 is the thread that calls. */
		assert(tids[i] > 0);
		placement->vcpus[i].tid = tids[i];
	}
	pthread_mutex_lock(&placement->moving);
	for (unsigned i = 0; i < placement->config.vcpus && !ret; i++)
		ret = begin_vcpu(placement, i);
	/* Being put where one begins is no move. */
	for (unsigned i = 0; i < placement->config.vcpus; i++) {
		struct host_cpu_set seen = placement->vcpus[i].stats.seen;

		placement->vcpus[i].stats = (struct placement_stats){ .seen = seen };
	}
	pthread_mutex_unlock(&placement->moving);
	if (!ret && (request->place != PLACE_NONE || request->migrate != MIGRATE_OFF))
		ret = placement_start_mover(placement);
	return ret;
}

void placement_end(struct placement *placement)
{
	placement_end_mover(placement);
}

void placement_destroy(struct placement *placement)
{
	if (!placement)
		return;
	pthread_cond_destroy(&placement->wake);
	pthread_cond_destroy(&placement->answered);
	pthread_mutex_destroy(&placement->lock);
	pthread_mutex_destroy(&placement->moving);
	free(placement->vcpus);
	free(placement);
}

int placement_move(struct placement *placement, unsigned vcpu, unsigned host_cpu)
{
	int ret;

	pthread_mutex_lock(&placement->moving);
	ret = placement_bind(placement, vcpu, host_cpu);
	if (!ret)
		placement->schedule.place[vcpu] = host_cpu;
	pthread_mutex_unlock(&placement->moving);
	return ret;
}

void placement_stats(struct placement *placement, unsigned vcpu, struct placement_stats *stats)
{
	pthread_mutex_lock(&placement->moving);
	*stats = placement->vcpus[vcpu].stats;
	pthread_mutex_unlock(&placement->moving);
	for (unsigned i = 0; i < HOST_CPUS_MAX / 64; i++)
		stats->seen.words[i] |= placement->vcpus[vcpu].seen.words[i];
}

const struct placement_request *placement_request(const struct placement *placement)
{
	return &placement->config.request;
}

void placement_cpus(struct placement *placement, struct host_cpu_set *cpus)
{
	memset(cpus, 0, sizeof(*cpus));
	pthread_mutex_lock(&placement->moving);
	for (unsigned i = 0; i < placement->schedule.cpu_count; i++)
		host_cpu_set_add(cpus, placement->schedule.cpus[i]);
	pthread_mutex_unlock(&placement->moving);
}
