// SPDX-License-Identifier: GPL-2.0-only
#include "guest-images/tests/lifetime.h"
#include "guest-images/lib/guest.h"

#define PSCI_ALREADY_ON -4
#define PSCI_ON_PENDING -5
#define WAIT_NS		10000000000

/* All counted over all rounds. */
static uint64_t arrived, tried, succeeded, ran;

/* The last CPU is started by all others together. */
static unsigned target(void)
{
	return cpu_count() - 1;
}

static void wait_until(const uint64_t *counter, uint64_t value, const char *what)
{
	unsigned looks = 0;

	wait_begin(WAIT_NS, what);
	while (__atomic_load_n(counter, __ATOMIC_ACQUIRE) < value)
		look_again(&looks);
	wait_end();
}

/* Stays on until all have tried: else a later one would be right to start it again. */
static void run_target(void *round)
{
	__atomic_fetch_add(&ran, 1, __ATOMIC_ACQ_REL);
	wait_until(&tried, (uint64_t)round * target(), "all calls of CPU_ON");
}

static void try_often(void *argument)
{
	(void)argument;
	for (uint64_t round = 1; round <= arg(0) && !failed(); round++) {
		int64_t status;

		if (this_cpu() == 0)
			cpu_prepare(target(), run_target, (void *)round);
		__atomic_fetch_add(&arrived, 1, __ATOMIC_ACQ_REL);
		wait_until(&arrived, round * target(), "other CPUs that call CPU_ON");
		status = cpu_try_start(target());
		if (status == 0)
			__atomic_fetch_add(&succeeded, 1, __ATOMIC_ACQ_REL);
		else
			CHECK(status == PSCI_ALREADY_ON || status == PSCI_ON_PENDING,
			      "CPU_ON of a CPU that others start, too: %ld", status);
		__atomic_fetch_add(&tried, 1, __ATOMIC_ACQ_REL);
		if (this_cpu() != 0)
			continue;
		wait_until(&ran, round, "the CPU that was started");
		cpu_join(target());
		CHECK(succeeded == round, "%lu calls of CPU_ON succeeded in %lu rounds", succeeded,
		      round);
		CHECK(ran == round, "a CPU ran %lu times in %lu rounds", ran, round);
	}
}

GUEST_TEST(lifetime_cpu_on)
{
	word_set(LIFETIME_WORD_RUNNING, 1);
	for (unsigned cpu = 1; cpu < target(); cpu++)
		cpu_start(cpu, try_often, NULL);
	try_often(NULL);
	for (unsigned cpu = 1; cpu < target(); cpu++)
		cpu_join(cpu);
}

/* All that this VM does. */
GUEST_TEST(lifetime_hypercall)
{
	null_hypercall();
}
