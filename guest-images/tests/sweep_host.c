// SPDX-License-Identifier: GPL-2.0-only
/*
 * Family "sweep": events that the script makes on the host, in steps from before an expiry to after
 * its handler. The guest tells when it expects the interrupt, the script does something at that
 * time, and neither the shot nor any register may show it.
 */
#include "guest-images/lib/fp.h"
#include "guest-images/lib/guest.h"
#include "guest-images/tests/sweep.h"

#define LEAD_US	   900
#define HANDSHAKES 16

static struct timer_shots shots;
static volatile uint64_t device_interrupts;

static void check_registers(struct timer_shots *fired, struct irq *irq)
{
	uint64_t cval = timer_cval(fired->timer);
	uint32_t ctl = timer_ctl(fired->timer);

	(void)irq;
	timer_set_ctl(fired->timer, 0);
	if (arg(FP_LIVE_ARG))
		fp_live_in_handler(null_hypercall);
	CHECK(cval == fired->armed_cval, "CVAL is 0x%lx in the handler instead of 0x%lx", cval,
	      fired->armed_cval);
	CHECK(ctl == (TIMER_ENABLE | TIMER_ISTATUS), "CTL is 0x%x in the handler", ctl);
}

static void take_device(struct irq *irq)
{
	(void)irq;
	device_interrupts++;
}

static void one_step(enum timer timer, uint64_t n, bool asleep)
{
	uint64_t lead = us_to_count(n % SWEEP_FAR_STEPS ? LEAD_US : LEAD_US + SWEEP_FAR_US);
	uint64_t virtual = timer_count(VTIMER), cval = timer_count(timer) + lead, after;

	fp_live_load(n);
	shots_arm(&shots, cval);
	word_set(SWEEP_WORD_CVAL, cval);
	word_set(SWEEP_WORD_WHEN, virtual + lead);
	word_set(SWEEP_WORD_STEP, n);
	if (asleep)
		shots_await_asleep(&shots, n);
	else
		shots_await(&shots, n);
	after = timer_count(VTIMER);
	word_wait(SWEEP_WORD_DONE, n);
	/* What the event did may only show behind the next entry, however late it came. */
	exit_to_host();
	shots_no_more(&shots, n);
	fp_live_check("around an expiry");
	CHECK(timer_cval(timer) == cval, "CVAL is 0x%lx instead of 0x%lx", timer_cval(timer), cval);
	CHECK(!(timer_ctl(timer) & (TIMER_ENABLE | TIMER_IMASK)), "CTL is 0x%x instead of 0",
	      timer_ctl(timer));
	CHECK(timer_count(VTIMER) >= after, "the counter went back from 0x%lx to 0x%lx", after,
	      timer_count(VTIMER));
}

/* Asleep in each other step.
 *
 * args: timer, steps, 1: each event is an interrupt of the device, -, -, -, enum fp_live */
GUEST_TEST(sweep_host_event)
{
	uint32_t intid = 32 + SWEEP_SPI;

	gic_set_edge(intid, true);
	gic_route(intid, 0);
	irq_set_handler(intid, take_device, NULL);
	gic_enable(intid);
	fp_live_begin((enum fp_live)arg(FP_LIVE_ARG), FP_OWNER_VM, FP_EVERY_LENGTH);
	shots_begin(&shots, arg(0));
	shots.on_fire = check_registers;
	irq_enable();
	for (unsigned i = 0; i < HANDSHAKES; i++)
		call_host(SWEEP_CALL_CLOCK, timer_count(VTIMER), 0, 0);
	for (uint64_t n = 1; n <= arg(1) && !failed(); n++) {
		one_step(arg(0), n, n % 2);
		CHECK(device_interrupts == (arg(2) ? n : 0),
		      "%lu interrupts of a device in %lu steps", device_interrupts, n);
	}
	shots_end(&shots);
	gic_disable(intid);
}
