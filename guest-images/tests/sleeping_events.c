// SPDX-License-Identifier: GPL-2.0-only
/* Family "sleeping": other things than timers that end a sleep, and other instructions than WFI
 * that begin one. */
#include "guest-images/lib/guest.h"
#include "guest-images/tests/sleeping.h"

#define SGI	   3
#define PRIORITY   0x80
#define ALLOW_NONE 0x40
#define ALLOW_ALL  0xf0

static volatile uint64_t taken;

static void take(struct irq *irq)
{
	(void)irq;
	taken++;
}

/* WFI until `taken` is `wanted`. */
static void sleep_until_taken(uint64_t wanted, const char *what)
{
	irq_disable();
	while (taken < wanted && !failed()) {
		wait_for_interrupt(1000000, what);
		irq_enable();
		isb();
		irq_disable();
	}
	irq_enable();
}

/*
 * A timer that will not deliver, registers that must not change while something else ends the
 * sleeps, and a shot of it at the end.
 */
static void sleep_with_timer(enum timer timer, enum sleeping_quiet how, uint64_t rounds,
			     uint32_t intid, void (*round_begins)(uint64_t round), const char *what)
{
	static struct timer_shots shots;
	uint32_t ctl = how == SLEEPING_QUIET_IMASK	? TIMER_ENABLE | TIMER_IMASK
		       : how == SLEEPING_QUIET_DISABLED ? 0
							: TIMER_ENABLE;
	uint64_t cval;

	shots_begin(&shots, timer);
	irq_set_handler(intid, take, NULL);
	gic_enable(intid);
	irq_enable();
	cval = how == SLEEPING_QUIET_FAR ? timer_count(timer) + 3600ul * timer_frequency()
					 : timer_count(timer);
	shots.armed_cval = cval;
	if (how == SLEEPING_QUIET_PPI)
		gic_disable(timer_intid(timer));
	timer_set_cval(timer, cval);
	timer_set_ctl(timer, ctl);
	for (uint64_t round = 1; round <= rounds && !failed(); round++) {
		round_begins(round);
		sleep_until_taken(round, what);
		CHECK(shots.fired == 0, "the %s timer delivered", timer_name(timer));
		CHECK(timer_cval(timer) == cval, "CVAL is 0x%lx instead of 0x%lx",
		      timer_cval(timer), cval);
		CHECK((timer_ctl(timer) & (TIMER_ENABLE | TIMER_IMASK)) == ctl,
		      "CTL is 0x%x instead of 0x%x", timer_ctl(timer), ctl);
	}
	exit_to_host();
	CHECK(taken == rounds, "%lu interrupts instead of %lu", taken, rounds);
	/* Armed while it is enabled, it would come between the two writes and once more. */
	timer_set_ctl(timer, 0);
	gic_enable(timer_intid(timer));
	shots_arm(&shots, timer_count(timer) + us_to_count(300));
	shots_await_asleep(&shots, 1);
	shots_no_more(&shots, 1);
	shots_end(&shots);
	gic_disable(intid);
}

static void tell_round(uint64_t round)
{
	word_set(SLEEPING_WORD_ROUND, round);
}

/* The script raises and lowers an edge-triggered SPI once per round.
 *
 * args: timer, rounds, enum sleeping_quiet */
GUEST_TEST(sleep_until_device)
{
	uint32_t intid = 32 + SLEEPING_SPI;

	gic_set_edge(intid, true);
	gic_route(intid, 0);
	sleep_with_timer(arg(0), arg(2), arg(1), intid, tell_round, "a device's interrupt");
}

static uint64_t rounds_asked;

static void send_sgis(void *argument)
{
	(void)argument;
	for (uint64_t round = 1; round <= arg(1); round++) {
		while (__atomic_load_n(&rounds_asked, __ATOMIC_ACQUIRE) < round && !failed())
			null_hypercall();
		spin_us(random_below(round % 2 ? 10 : 800));
		gic_send_sgi(SGI, 0);
	}
}

static void ask_round(uint64_t round)
{
	__atomic_store_n(&rounds_asked, round, __ATOMIC_RELEASE);
}

/* args: timer, rounds, enum sleeping_quiet */
GUEST_TEST(sleep_until_cpu)
{
	cpu_start(1, send_sgis, NULL);
	sleep_with_timer(arg(0), arg(2), arg(1), SGI, ask_round, "an interrupt from another CPU");
	cpu_join(1);
}

/*
 * An interrupt that was pending all the time, and is let through by the last instruction before
 * WFI. The hypervisor may know an older state of the CPU interface (kernel bug 5eeaf10eec39).
 *
 * args: -, rounds, 0: the priority mask lets it through, 1: the distributor
 */
GUEST_TEST(sleep_after_letting_through)
{
	irq_set_handler(SGI, take, NULL);
	gic_set_priority(SGI, PRIORITY);
	gic_disable(SGI);
	if (arg(2) && gic_is_enabled(SGI))
		skip("this GIC cannot disable SGIs");
	if (!arg(2))
		gic_enable(SGI);
	for (uint64_t round = 1; round <= arg(1) && !failed(); round++) {
		irq_disable();
		if (arg(2))
			gic_disable(SGI);
		else
			gic_set_priority_mask(ALLOW_NONE);
		gic_send_sgi(SGI, this_cpu());
		irq_enable();
		exit_to_host();
		null_hypercall();
		CHECK(taken == round - 1, "an interrupt was taken that was not let through");
		irq_disable();
		if (arg(2))
			gic_enable(SGI);
		else
			gic_set_priority_mask(ALLOW_ALL);
		wait_for_interrupt(0, "a pending interrupt that was just let through");
		irq_enable();
		sleep_until_taken(round, "a pending interrupt that was just let through");
	}
	exit_to_host();
	CHECK(taken == arg(1), "%lu interrupts instead of %lu", taken, arg(1));
	gic_set_priority_mask(ALLOW_ALL);
	gic_disable(SGI);
}

/* WFE may go on at any time and for no reason: only the interrupt is expected, and in time.
 *
 * args: timer, rounds */
GUEST_TEST(sleep_wfe)
{
	static struct timer_shots shots;

	shots_begin(&shots, arg(0));
	irq_enable();
	for (uint64_t round = 1; round <= arg(1) && !failed(); round++) {
		uint64_t delay = round * 97 % 1500;

		wait_begin(delay * 1000, "a timer's interrupt in WFE");
		shots_arm(&shots, timer_count(arg(0)) + us_to_count(delay));
		while (shots.fired < round && !failed())
			wfe();
		wait_end();
	}
	shots_no_more(&shots, arg(1));
	shots_end(&shots);
}

/* Standby by PSCI: KVM does as for WFI.
 *
 * args: timer, rounds */
GUEST_TEST(sleep_cpu_suspend)
{
	static struct timer_shots shots;

	shots_begin(&shots, arg(0));
	for (uint64_t round = 1; round <= arg(1) && !failed(); round++) {
		uint64_t delay = round * 131 % 1700, result;

		irq_disable();
		shots_arm(&shots, timer_count(arg(0)) + us_to_count(delay));
		while (shots.fired < round && !failed()) {
			wait_begin(delay * 1000, "a timer's interrupt in CPU_SUSPEND");
			result = psci(PSCI_CPU_SUSPEND, 0, 0, 0);
			wait_end();
			CHECK(result == 0, "CPU_SUSPEND returned 0x%lx", result);
			irq_enable();
			isb();
			irq_disable();
		}
		irq_enable();
	}
	shots_no_more(&shots, arg(1));
	shots_end(&shots);
}
