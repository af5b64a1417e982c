// SPDX-License-Identifier: GPL-2.0-only
/* Shows that the bench itself works: the library and what it stands on, before any timer is
 * judged. */
#include "guest-images/lib/guest.h"

GUEST_TEST(selftest_reports)
{
	note("a number %d, %u, 0x%016lx, text '%s', '%c', %5u%%", -5, 7u, 0x123456789abcdeful,
	     "abc", 'x', 42u);
	exit_to_host();
	null_hypercall();
	CHECK(!failed(), "has failed before it began");
	CHECK(this_cpu() == 0, "this is CPU %u", this_cpu());
	CHECK(cpu_count() >= 1 && cpu_count() <= GUEST_MAX_CPUS, "%u CPUs", cpu_count());
	CHECK(timer_frequency() >= 1000000, "the counter runs at %u Hz", timer_frequency());
	CHECK(random64() != random64(), "random numbers repeat");
}

/* -- CPUs -- */

static uint64_t visits[GUEST_MAX_CPUS], sum;

static void visit(void *argument)
{
	unsigned cpu = this_cpu();

	CHECK(argument == visits, "CPU %u got the argument %p", cpu, argument);
	CHECK((read_sysreg(mpidr_el1) & 0xff) == cpu, "CPU %u has MPIDR 0x%lx", cpu,
	      read_sysreg(mpidr_el1));
	for (unsigned round = 1; round <= 5; round++) {
		visits[cpu]++;
		__atomic_fetch_add(&sum, 1, __ATOMIC_RELAXED);
		barrier();
		for (unsigned other = 0; other < cpu_count(); other++)
			CHECK(__atomic_load_n(&visits[other], __ATOMIC_RELAXED) == round,
			      "CPU %u is in round %lu, not %u", other, visits[other], round);
		barrier();
	}
}

GUEST_TEST(selftest_all_cpus)
{
	for (unsigned round = 1; round <= 3 && !failed(); round++) {
		for (unsigned cpu = 0; cpu < cpu_count(); cpu++)
			visits[cpu] = 0;
		on_all_cpus(visit, visits);
		CHECK(sum == round * 5 * cpu_count(), "counted to %lu in round %u", sum, round);
	}
}

/* -- EL0 -- */

static uint64_t el0_sees;

static void el0_function(void *argument)
{
	uint64_t start = timer_count(VTIMER);

	note("at EL0, CPU %u", this_cpu());
	CHECK(argument == &el0_sees, "EL0 got the argument %p", argument);
	event(GUEST_EVENT_USER, 1, 2);
	exit_to_host();
	spin_us(10);
	CHECK(timer_count(VTIMER) > start, "the counter stands still at EL0");
	CHECK(timer_count(PTIMER) != 0, "the physical counter reads 0 at EL0");
	probe_begin();
	asm volatile("hvc #0" ::: "x0", "x1", "x2", "x3");
	CHECK(probe_end() >> 26 == 0, "HVC is not undefined at EL0");
	el0_sees++;
}

GUEST_TEST(selftest_el0)
{
	uint64_t daif = read_sysreg(daif);

	for (unsigned round = 1; round <= 10; round++) {
		at_el0(el0_function, &el0_sees, round % 2);
		CHECK(el0_sees == round, "EL0's function ran %lu times, not %u", el0_sees, round);
		CHECK(read_sysreg(daif) == daif, "DAIF is 0x%lx after EL0, not 0x%lx",
		      read_sysreg(daif), daif);
	}
}

/* -- SGIs -- */

#define SGI 5

static volatile uint64_t sgis[GUEST_MAX_CPUS];

static void count_sgi(struct irq *irq)
{
	CHECK(irq->argument == (void *)sgis, "the handler got the argument %p", irq->argument);
	sgis[this_cpu()] = sgis[this_cpu()] + 1;
}

static void take_sgis(void *argument)
{
	unsigned cpu = this_cpu(), next = (cpu + 1) % cpu_count();

	(void)argument;
	irq_set_handler(SGI, count_sgi, (void *)sgis);
	gic_enable(SGI);
	barrier();
	for (unsigned round = 1; round <= 20; round++) {
		gic_send_sgi(SGI, next);
		while (sgis[cpu] < round) {
			/* Half of them are taken out of sleep. */
			if (round % 2)
				wait_for_interrupt(0, "an SGI");
			irq_enable();
			isb();
			irq_disable();
		}
		CHECK(sgis[cpu] == round, "CPU %u took %lu SGIs, not %u", cpu, sgis[cpu], round);
		barrier();
	}
	gic_disable(SGI);
}

GUEST_TEST(selftest_sgi)
{
	on_all_cpus(take_sgis, NULL);
}

/* -- exceptions -- */

GUEST_TEST(selftest_probe)
{
	probe_begin();
	CHECK(probe_end() == 0, "a syndrome out of nothing");
	probe_begin();
	(void)*(volatile uint32_t *)0x50000000;
	CHECK(probe_end() >> 26 == 0x25, "no data abort where nothing is mapped");
	probe_begin();
	*(volatile uint32_t *)GUEST_IMAGE_BASE = 0;
	CHECK(probe_end() >> 26 == 0x25, "the image can be written");
	probe_begin();
	asm volatile("udf #0");
	CHECK(probe_end() >> 26 == 0, "udf is defined");
	probe_begin();
	asm volatile("svc #7");
	CHECK(probe_end() >> 26 == 0x15, "svc is no SVC");
}

/* -- GIC registers -- */

static void check_round_trip(const char *what, uint32_t intid, void (*set)(uint32_t),
			     void (*clear)(uint32_t), bool (*is_set)(uint32_t))
{
	CHECK(!is_set(intid), "INTID %u is %s at the start", intid, what);
	set(intid);
	CHECK(is_set(intid), "INTID %u is not %s after set", intid, what);
	clear(intid);
	CHECK(!is_set(intid), "INTID %u is %s after clear", intid, what);
}

static void check_gic(void *argument)
{
	static const uint32_t intids[] = { 0, 7, 15, 20, 27, 30, 31, 32, 40, 255 };

	(void)argument;
	for (unsigned i = 0; i < sizeof(intids) / sizeof(intids[0]); i++) {
		uint32_t intid = intids[i];

		if (intid >= 32 && this_cpu() != 0)
			break;
		/* A GICv2 may keep SGIs enabled. */
		if (intid >= 16)
			check_round_trip("enabled", intid, gic_enable, gic_disable, gic_is_enabled);
		/* KVM shows the level of a timer's interrupt instead. */
		if (intid != timer_intid(VTIMER) && intid != timer_intid(PTIMER))
			check_round_trip("pending", intid, gic_set_pending, gic_clear_pending,
					 gic_is_pending);
		check_round_trip("active", intid, gic_set_active, gic_clear_active, gic_is_active);
	}
	CHECK(gic_acknowledge() % 1024 == 1023, "an interrupt out of nothing");
	CHECK(gic_highest_pending() == 1023, "INTID %u is pending out of nothing",
	      gic_highest_pending());
	CHECK(gic_running_priority() == 0xff, "running priority 0x%x", gic_running_priority());
	CHECK(gic_priority_step() && gic_priority_step() <= 16, "priority step %u",
	      gic_priority_step());
}

GUEST_TEST(selftest_gic)
{
	on_all_cpus(check_gic, NULL);
}

static volatile uint64_t taken;

static void take_once(struct irq *irq)
{
	CHECK(irq->intid == 40, "INTID %u instead of 40", irq->intid);
	CHECK(gic_is_active(40), "not active in its handler");
	CHECK(gic_running_priority() == 0xa0, "running priority 0x%x", gic_running_priority());
	taken = taken + 1;
}

GUEST_TEST(selftest_spi)
{
	irq_set_handler(40, take_once, NULL);
	gic_route(40, 0);
	gic_set_edge(40, true);
	gic_enable(40);
	irq_enable();
	for (unsigned round = 1; round <= 5; round++) {
		gic_set_pending(40);
		exit_to_host();
		CHECK(taken == round, "%lu interrupts, not %u", taken, round);
		CHECK(!gic_is_active(40), "active after its handler");
	}
}

/* -- timers -- */

GUEST_TEST(selftest_timer)
{
	struct timer_shots shots;
	enum timer timer = arg(0);

	shots_begin(&shots, timer);
	shots_arm(&shots, timer_count(timer) + us_to_count(20000));
	shots_await(&shots, 1);
	shots_arm(&shots, timer_count(timer) + us_to_count(500));
	shots_await_asleep(&shots, 2);
	shots_arm(&shots, timer_count(timer));
	shots_await(&shots, 3);
	shots_no_more(&shots, 3);
	shots_end(&shots);
}
