// SPDX-License-Identifier: GPL-2.0-only
/* The thread that moves vCPUs: by the clock, and when they ask for it. */
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "base/log.h"
#include "base/thread.h"
#include "vcpu/placement_private.h"

/* The pause after a round of moves is at least so many times as long as the round, or so long. */
#define REST	    3
#define REST_MAX_NS UINT64_C(20000000)

/* How often the process's mask is read anew where no move fails: a CPU may have come back. */
#define READ_CPUS_NS UINT64_C(1000000000)

static struct timespec to_timespec(uint64_t ns)
{
	return (struct timespec){ ns / 1000000000, ns % 1000000000 };
}

/* With `moving` held. */
static void settle(struct placement *placement, unsigned vcpu)
{
	int ret = placement_settle(placement, vcpu);

	/* -ESRCH: the thread has ended, and so will the rest. */
	if (ret == 0 || ret == -ESRCH || ret == -EINVAL || placement->warned)
		return;
	placement->warned = true;
	log_warn("cannot move vCPU %u to host CPU %u: %s (said once)", vcpu,
		 placement->schedule.place[vcpu], strerror(-ret));
}

static void move_all(struct placement *placement)
{
	pthread_mutex_lock(&placement->moving);
	if (placement_now() - placement->cpus_read > READ_CPUS_NS)
		placement_read_cpus(placement);
	placement_schedule_round(&placement->schedule);
	for (unsigned i = 0; i < placement->config.vcpus; i++) {
		uint64_t moves = placement->vcpus[i].stats.moves;

		settle(placement, i);
		if (placement->config.moved && placement->vcpus[i].stats.moves != moves)
			placement->config.moved(placement->config.context, i);
	}
	pthread_mutex_unlock(&placement->moving);
}

static void hop(struct placement *placement, unsigned vcpu)
{
	pthread_mutex_lock(&placement->moving);
	if (placement_now() - placement->cpus_read > READ_CPUS_NS)
		placement_read_cpus(placement);
	placement_schedule_next(&placement->schedule, vcpu);
	settle(placement, vcpu);
	pthread_mutex_unlock(&placement->moving);
}

static bool leave(struct placement *placement, unsigned vcpu, unsigned refused)
{
	struct placement_vcpu *moved = &placement->vcpus[vcpu];
	bool left;

	pthread_mutex_lock(&placement->moving);
	if (!host_cpu_set_has(&placement->unfit, refused) && refused < HOST_CPUS_MAX) {
		host_cpu_set_add(&placement->unfit, refused);
		log_warn("KVM cannot run vCPU %u on host CPU %u: no vCPU is placed there any more",
			 vcpu, refused);
		placement_read_cpus(placement);
	}
	/* It may have been moved to another CPU since. */
	if (moved->bound == refused || moved->bound == PLACEMENT_UNBOUND) {
		placement_schedule_next(&placement->schedule, vcpu);
		settle(placement, vcpu);
	}
	left = moved->bound != refused;
	pthread_mutex_unlock(&placement->moving);
	return left;
}

/* With `lock` held, which is given up meanwhile. False: nobody wishes anything. */
static bool grant_a_wish(struct placement *placement)
{
	struct placement_vcpu *vcpu = placement->vcpus;
	struct placement_vcpu *end = vcpu + placement->config.vcpus;
	enum placement_wish wished;
	bool left = false;

	while (vcpu < end && vcpu->wish == PLACEMENT_WISH_NONE)
		vcpu++;
	if (vcpu == end)
		return false;
	wished = vcpu->wish;
	pthread_mutex_unlock(&placement->lock);
	if (wished == PLACEMENT_WISH_HOP)
		hop(placement, vcpu - placement->vcpus);
	else
		left = leave(placement, vcpu - placement->vcpus, vcpu->refused_cpu);
	pthread_mutex_lock(&placement->lock);
	vcpu->has_left = left;
	vcpu->wish = PLACEMENT_WISH_NONE;
	pthread_cond_broadcast(&placement->answered);
	return true;
}

/* With `lock` held: sleeps until `due` (0: for ever), a wish or the end. */
static void sleep_until(struct placement *placement, uint64_t due)
{
	struct timespec until = to_timespec(due);

	if (due)
		pthread_cond_timedwait(&placement->wake, &placement->lock, &until);
	else
		pthread_cond_wait(&placement->wake, &placement->lock);
}

/*
 * What was missed is not made up for. And where moves take longer than the time between them, the
 * vCPUs still get most of the time.
 */
static uint64_t next_round(struct placement *placement, uint64_t due, uint64_t begun)
{
	uint64_t wait = placement_schedule_wait(&placement->schedule), now = placement_now();
	uint64_t rest = REST * (now - begun);

	due += wait;
	if (due < now)
		due = now + wait;
	if (rest > REST_MAX_NS)
		rest = REST_MAX_NS;
	return due < now + rest ? now + rest : due;
}

static void move_until_the_end(struct placement *placement)
{
	bool by_clock = placement->config.request.migrate == MIGRATE_ROUND_ROBIN ||
			placement->config.request.migrate == MIGRATE_RANDOM;
	uint64_t due = by_clock ? placement_now() + placement_schedule_wait(&placement->schedule)
				: 0;

	pthread_mutex_lock(&placement->lock);
	while (!placement->ending) {
		uint64_t now;

		if (grant_a_wish(placement))
			continue;
		now = placement_now();
		if (!by_clock || now < due) {
			sleep_until(placement, due);
			continue;
		}
		pthread_mutex_unlock(&placement->lock);
		move_all(placement);
		due = next_round(placement, due, now);
		pthread_mutex_lock(&placement->lock);
	}
	/* Nobody answers wishes from here on. */
	pthread_cond_broadcast(&placement->answered);
	pthread_mutex_unlock(&placement->lock);
}

/*
 * The mover has to get a CPU when it wants one, also from vCPUs that never give theirs away:
 * without that, intervals below a scheduler's slice would not come true.
 */
static void take_priority(const struct placement *placement)
{
	unsigned priority = placement->config.request.rt_priority + 1;

	prctl(PR_SET_TIMERSLACK, 1);
	if (placement->config.request.migrate != MIGRATE_OFF && host_cpus_set_fifo(0, priority) < 0)
		log_info("vCPUs may move less often than --migrate says: the thread that moves "
			 "them may not have a real-time priority");
}

static void *mover_thread(void *argument)
{
	struct placement *placement = argument;
	const struct placement_config *config = &placement->config;

	take_priority(placement);
	if (config->thread_begin && config->thread_begin(config->context) < 0) {
		pthread_mutex_lock(&placement->lock);
		placement->ending = true;
		pthread_cond_broadcast(&placement->answered);
		pthread_mutex_unlock(&placement->lock);
		return NULL;
	}
	move_until_the_end(placement);
	return NULL;
}

int placement_start_mover(struct placement *placement)
{
	int ret = thread_start(&placement->mover, "mover", 0, mover_thread, placement);

	if (ret < 0)
		return ret;
	pthread_mutex_lock(&placement->lock);
	placement->has_mover = true;
	pthread_mutex_unlock(&placement->lock);
	return 0;
}

void placement_end_mover(struct placement *placement)
{
	if (!placement->has_mover)
		return;
	pthread_mutex_lock(&placement->lock);
	placement->ending = true;
	pthread_cond_broadcast(&placement->wake);
	pthread_cond_broadcast(&placement->answered);
	pthread_mutex_unlock(&placement->lock);
	pthread_join(placement->mover, NULL);
	pthread_mutex_lock(&placement->lock);
	placement->has_mover = false;
	pthread_mutex_unlock(&placement->lock);
}

/* On the vCPU's thread: asks the mover and waits for its answer. */
static bool wish(struct placement *placement, unsigned vcpu, enum placement_wish what)
{
	struct placement_vcpu *asking = &placement->vcpus[vcpu];
	bool left = false;

	pthread_mutex_lock(&placement->lock);
	if (placement->has_mover && !placement->ending) {
		asking->wish = what;
		asking->has_left = false;
		pthread_cond_signal(&placement->wake);
		while (asking->wish != PLACEMENT_WISH_NONE && !placement->ending)
			pthread_cond_wait(&placement->answered, &placement->lock);
		asking->wish = PLACEMENT_WISH_NONE;
		left = asking->has_left;
	}
	pthread_mutex_unlock(&placement->lock);
	return left;
}

uint64_t placement_exits_left(const struct placement *placement)
{
	if (placement->config.watch)
		return 1;
	return placement->config.request.migrate == MIGRATE_ON_EXIT
		       ? placement->config.request.exits
		       : 0;
}

uint64_t placement_vcpu_exited(struct placement *placement, unsigned vcpu)
{
	struct placement_vcpu *exited = &placement->vcpus[vcpu];
	uint64_t left = placement_exits_left(placement);
	unsigned cpu;

	exited->exits += left;
	if (placement->config.watch) {
		cpu = host_cpus_current();
		if (cpu != exited->last_seen && cpu < HOST_CPUS_MAX)
			host_cpu_set_add(&exited->seen, cpu);
		exited->last_seen = cpu;
	}
	if (placement->config.request.migrate == MIGRATE_ON_EXIT &&
	    exited->exits % placement->config.request.exits == 0)
		wish(placement, vcpu, PLACEMENT_WISH_HOP);
	return left;
}

bool placement_leave_cpu(struct placement *placement, unsigned vcpu, unsigned host_cpu)
{
	placement->vcpus[vcpu].refused_cpu = host_cpu;
	return wish(placement, vcpu, PLACEMENT_WISH_LEAVE);
}
