// SPDX-License-Identifier: GPL-2.0-only
#include "vcpu/placement_schedule.h"

#include <string.h>

/* SplitMix64 (Steele, Lea, Flood 2014): any seed is a good one. */
static uint64_t random64(struct placement_schedule *schedule)
{
	uint64_t z = schedule->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static bool is_pinned_to(const struct placement_request *request, unsigned cpu)
{
	for (unsigned i = 0; i < request->pin_count; i++)
		if (request->pins[i] == cpu)
			return true;
	return false;
}

static unsigned choose_cpus(struct placement_schedule *schedule, const struct host_cpu_set *allowed,
			    bool pinned)
{
	unsigned count = 0;

	for (unsigned cpu = 0; cpu < HOST_CPUS_MAX; cpu++)
		if (host_cpu_set_has(allowed, cpu) &&
		    (!pinned || is_pinned_to(&schedule->request, cpu)))
			schedule->cpus[count++] = cpu;
	return count;
}

void placement_schedule_set_cpus(struct placement_schedule *schedule,
				 const struct host_cpu_set *allowed)
{
	bool pinned = schedule->request.place == PLACE_PIN;
	unsigned count = choose_cpus(schedule, allowed, pinned);

	/* All that were listed are gone: the kernel has put the threads anywhere, so may we. */
	if (!count && pinned)
		count = choose_cpus(schedule, allowed, false);
	if (count)
		schedule->cpu_count = count;
}

void placement_schedule_init(struct placement_schedule *schedule,
			     const struct placement_request *request, unsigned vcpus,
			     const struct host_cpu_set *allowed)
{
	memset(schedule, 0, sizeof(*schedule));
	schedule->request = *request;
	schedule->vcpus = vcpus;
	schedule->random = request->seed;
	placement_schedule_set_cpus(schedule, allowed);
	for (unsigned i = 0; i < vcpus; i++)
		schedule->place[i] = request->place == PLACE_PIN ? request->pins[i]
				     : request->place == PLACE_PACK
					     ? schedule->cpus[0]
					     : schedule->cpus[i % schedule->cpu_count];
}

uint64_t placement_schedule_wait(struct placement_schedule *schedule)
{
	const struct placement_request *request = &schedule->request;
	uint64_t span = request->max_ns - request->min_ns;

	return request->min_ns + (span ? random64(schedule) % (span + 1) : 0);
}

/* The first host CPU after `cpu`, in a circle. */
static unsigned cpu_after(const struct placement_schedule *schedule, unsigned cpu)
{
	for (unsigned i = 0; i < schedule->cpu_count; i++)
		if (schedule->cpus[i] > cpu)
			return schedule->cpus[i];
	return schedule->cpus[0];
}

/* Any host CPU but `cpu`, if there is another. */
static unsigned random_other(struct placement_schedule *schedule, unsigned cpu)
{
	unsigned choice;

	if (schedule->cpu_count == 1)
		return schedule->cpus[0];
	/* One less to choose from; the last stands in for `cpu`, or is one more if it is gone. */
	choice = random64(schedule) % (schedule->cpu_count - 1);
	if (schedule->cpus[choice] == cpu)
		choice = schedule->cpu_count - 1;
	return schedule->cpus[choice];
}

void placement_schedule_next(struct placement_schedule *schedule, unsigned vcpu)
{
	schedule->place[vcpu] = cpu_after(schedule, schedule->place[vcpu]);
}

void placement_schedule_round(struct placement_schedule *schedule)
{
	bool random = schedule->request.migrate == MIGRATE_RANDOM;
	/* One moves for certain. The others may stay, so that they meet on one CPU and part again.
	 */
	unsigned mover = random ? random64(schedule) % schedule->vcpus : 0;

	for (unsigned i = 0; i < schedule->vcpus; i++) {
		if (!random)
			placement_schedule_next(schedule, i);
		else if (i == mover)
			schedule->place[i] = random_other(schedule, schedule->place[i]);
		else
			schedule->place[i] =
				schedule->cpus[random64(schedule) % schedule->cpu_count];
	}
	for (unsigned i = 0; i < schedule->vcpus && schedule->request.place == PLACE_PACK; i++)
		schedule->place[i] = schedule->place[mover];
}
