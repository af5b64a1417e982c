// SPDX-License-Identifier: GPL-2.0-only
/* Many interrupts at once, the timer's among them; an SGI of several senders; an SPI that goes to
 * another CPU while it is pending. */
#include "guest-images/tests/basics.h"

/* -- more interrupts than KVM has list registers for -- */

#define CROWD_SGIS  8
#define CROWD_SPIS  8
#define CROWD_SPI   64
#define CROWD_TIMES 3 /* the timer's line stays high for that many interrupts */

static volatile uint64_t crowd[CROWD_SPI + CROWD_SPIS];

static void count_crowd(struct irq *irq)
{
	crowd[irq->intid] = crowd[irq->intid] + 1;
}

static void stay_high(struct timer_shots *shots, struct irq *irq)
{
	(void)irq;
	if ((shots->fired + 1) % CROWD_TIMES == 0)
		timer_set_ctl(shots->timer, 0);
}

static void crowd_member(uint32_t intid)
{
	irq_set_handler(intid, count_crowd, NULL);
	if (intid >= 32) {
		gic_set_edge(intid, true);
		gic_route(intid, this_cpu());
	}
	/* Among those that are waiting, and at either end of them. */
	gic_set_priority(intid, 0x20 + intid % 4 * 0x40);
	gic_enable(intid);
}

static void check_crowd(uint32_t intid, uint64_t wanted)
{
	for (unsigned n = 0; n < MANY_EXITS && crowd[intid] < wanted; n++)
		take_interrupts();
	CHECK(crowd[intid] == wanted, "interrupt %u came %lu times instead of %lu", intid,
	      crowd[intid], wanted);
}

/* All at once, the timer among them: each comes once, the timer as long as its line is high. */
GUEST_TEST(basics_crowd)
{
	struct timer_shots shots;

	for (uint32_t n = 0; n < CROWD_SGIS; n++)
		crowd_member(n);
	for (uint32_t n = 0; n < CROWD_SPIS; n++)
		crowd_member(CROWD_SPI + n);
	shots_begin(&shots, TIMER);
	shots.on_fire = stay_high;
	for (unsigned round = 1; round <= 8 && !failed(); round++) {
		gic_set_split_eoi(round % 4 == 3);
		gic_set_priority(timer_intid(TIMER), round % 2 ? 0xf0 : 0x60);
		for (uint32_t n = 0; n < CROWD_SGIS; n++)
			gic_send_sgi(n, this_cpu());
		if (!expire_masked(&shots))
			break;
		for (uint32_t n = 0; n < CROWD_SPIS; n++)
			gic_set_pending(CROWD_SPI + n);
		shots_await(&shots, round * CROWD_TIMES);
		for (uint32_t n = 0; n < CROWD_SGIS; n++)
			check_crowd(n, round);
		for (uint32_t n = 0; n < CROWD_SPIS; n++)
			check_crowd(CROWD_SPI + n, round);
		shots_no_more(&shots, round * CROWD_TIMES);
	}
	gic_set_split_eoi(false);
	shots_end(&shots);
}

/* -- SGIs of several senders -- */

#define SHARED_SGIS 4

static volatile uint64_t sgis_taken[SHARED_SGIS];
static volatile uint64_t sgis_from[SHARED_SGIS][GUEST_MAX_CPUS];

static void note_sender(struct irq *irq)
{
	unsigned sender = irq->iar >> 10 & 7;

	sgis_taken[irq->intid] = sgis_taken[irq->intid] + 1;
	sgis_from[irq->intid][sender] = sgis_from[irq->intid][sender] + 1;
}

/* A GICv2 keeps one pending state for each sender; of a GICv3 it is one for all (Arm IHI 0048B,
 * 3.2.3; IHI 0069, 4.3). */
static void check_senders(uint32_t sgi, uint64_t rounds)
{
	bool tells_senders = shared->gic == 2;
	uint64_t each = tells_senders ? cpu_count() - 1 : 1;

	for (unsigned n = 0; n < MANY_EXITS && sgis_taken[sgi] < rounds * each; n++)
		take_interrupts();
	CHECK(sgis_taken[sgi] == rounds * each, "SGI %u came %lu times instead of %lu", sgi,
	      sgis_taken[sgi], rounds * each);
	for (unsigned cpu = 1; cpu < cpu_count() && tells_senders; cpu++)
		CHECK(sgis_from[sgi][cpu] == rounds,
		      "SGI %u of CPU %u came %lu times instead of %lu", sgi, cpu,
		      sgis_from[sgi][cpu], rounds);
}

#define SENDER_ROUNDS 8

static void send_and_check(void *argument)
{
	(void)argument;
	for (uint32_t sgi = 0; sgi < SHARED_SGIS && this_cpu() == 0; sgi++) {
		irq_set_handler(sgi, note_sender, NULL);
		gic_enable(sgi);
	}
	for (unsigned round = 1; round <= SENDER_ROUNDS; round++) {
		barrier();
		for (uint32_t sgi = 0; sgi < SHARED_SGIS && this_cpu() != 0; sgi++)
			gic_send_sgi(sgi, 0);
		barrier();
		if (this_cpu() != 0)
			continue;
		/* What is pending twice becomes one in an exit, while it is not taken. */
		let_settle();
		for (uint32_t sgi = 0; sgi < SHARED_SGIS; sgi++)
			check_senders(sgi, round);
	}
}

/* All others send CPU 0 the same SGIs before it takes any. */
GUEST_TEST(basics_senders)
{
	on_all_cpus(send_and_check, NULL);
}

/* -- an SPI whose route changes -- */

#define ROUTED_SPI   (CROWD_SPI + CROWD_SPIS)
#define ROUTE_ROUNDS 16

#define ROUTE_NS 10000000000 /* what CPU 0 may take to change the route */

static volatile uint64_t routed[GUEST_MAX_CPUS]; /* taken by each CPU */

static void note_routed(struct irq *irq)
{
	(void)irq;
	routed[this_cpu()] = routed[this_cpu()] + 1;
}

/* It is CPU 0's and pending there, interrupts masked; then it is CPU 1's. */
static void reroute(void)
{
	gic_route(ROUTED_SPI, 0);
	gic_set_pending(ROUTED_SPI);
	for (unsigned n = 0; n < MANY_EXITS && gic_highest_pending() != ROUTED_SPI; n++)
		exit_to_host();
	CHECK(gic_highest_pending() == ROUTED_SPI, "CPU 0 sees %u pending instead of the SPI",
	      gic_highest_pending());
	gic_route(ROUTED_SPI, 1);
	for (unsigned n = 0; n < MANY_EXITS && gic_highest_pending() == ROUTED_SPI; n++)
		exit_to_host();
	take_interrupts();
	CHECK(routed[0] == 0, "CPU 0 took an SPI that had gone to CPU 1");
}

static void take_routed(uint64_t wanted)
{
	/* Half of them end a sleep. */
	while (routed[1] < wanted && !failed()) {
		if (wanted % 2)
			wait_for_interrupt(ROUTE_NS, "an SPI that was routed here while pending");
		take_interrupts();
	}
	let_settle();
	take_interrupts();
	for (unsigned cpu = 0; cpu < cpu_count(); cpu++)
		CHECK(routed[cpu] == (cpu == 1 ? wanted : 0),
		      "CPU %u took the SPI %lu times after %lu went to CPU 1", cpu, routed[cpu],
		      wanted);
}

/* CPUs beyond the second have no part in it. None leaves the others at the barrier. */
static void route_rounds(void *argument)
{
	(void)argument;
	irq_set_handler(ROUTED_SPI, note_routed, NULL);
	for (unsigned round = 1; round <= ROUTE_ROUNDS; round++) {
		barrier();
		if (failed())
			continue;
		if (this_cpu() == 0)
			reroute();
		else if (this_cpu() == 1)
			take_routed(round);
	}
}

GUEST_TEST(basics_rerouted)
{
	gic_set_edge(ROUTED_SPI, true);
	gic_route(ROUTED_SPI, 0);
	gic_enable(ROUTED_SPI);
	on_all_cpus(route_rounds, NULL);
	gic_disable(ROUTED_SPI);
}
