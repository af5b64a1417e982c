// SPDX-License-Identifier: GPL-2.0-only
/* Family "sleeping": WFIT, with and without timers beside it. Its limit is a count of CNTVCT_EL0,
 * whatever the offset. */
#include "guest-images/lib/guest.h"
#include "guest-images/tests/sleeping.h"

static const unsigned delays_us[] = { 0, 1, 10, 60, 200, 490, 510, 1000, 3000 };
#define DELAYS (sizeof(delays_us) / sizeof(delays_us[0]))

/* WFIT may go on early, as often as it likes. How often is kept as a diagnostic, for one that
 * never waits is allowed, but useless. */
static uint64_t early, waits;

static void wait_until(uint64_t until, uint64_t ns)
{
	wait_begin(ns, "the limit of WFIT");
	waits++;
	do
		wfit(until);
	while (timer_count(VTIMER) < until && ++early && !failed());
	wait_end();
}

static void tell_early(void)
{
	note("%lu waits with WFIT went on early %lu times", waits, early);
}

#define MIDR_QEMU_MAX 0x000f0510

/*
 * QEMU's emulation of EL2 up to 10.0 traps WFIT with the syndrome of WFI, and KVM does what it is
 * told. There, and only there, a limit that never comes before a much later timer ends the test.
 */
static void skip_where_wfit_traps_as_wfi(void)
{
	static struct timer_shots shots;
	unsigned ended_by_timer = 0;

	if (!has_wfxt())
		skip("no FEAT_WFxT");
	if (read_sysreg(midr_el1) != MIDR_QEMU_MAX)
		return;
	shots_begin(&shots, VTIMER);
	irq_disable();
	for (unsigned i = 0; i < 3; i++) {
		uint64_t until = timer_count(VTIMER) + us_to_count(500);

		shots_arm(&shots, timer_count(VTIMER) + us_to_count(20000));
		do
			wfit(until);
		while (timer_count(VTIMER) < until);
		ended_by_timer += (timer_ctl(VTIMER) & TIMER_ISTATUS) != 0;
		timer_set_ctl(VTIMER, 0);
		/* So that it is not pending for the next one. */
		exit_to_host();
	}
	shots_end(&shots);
	if (ended_by_timer == 3)
		skip("this emulator traps WFIT as if it were WFI");
}

/* Without a timer, and with one that must not deliver meanwhile.
 *
 * args: the other timer, rounds, enum sleeping_quiet or SLEEPING_QUIETS for none */
GUEST_TEST(sleep_wfit)
{
	static struct timer_shots shots;
	enum timer timer = arg(0);

	skip_where_wfit_traps_as_wfi();
	shots_begin(&shots, timer);
	if (arg(2) == SLEEPING_QUIET_FAR)
		shots_arm(&shots, timer_count(timer) + 3600ul * timer_frequency());
	if (arg(2) == SLEEPING_QUIET_IMASK) {
		timer_set_cval(timer, 0);
		timer_set_ctl(timer, TIMER_ENABLE | TIMER_IMASK);
	}
	irq_enable();
	for (uint64_t round = 0; round < arg(1); round++) {
		for (size_t i = 0; i < DELAYS && !failed(); i++) {
			uint64_t delay = us_to_count(delays_us[i]);

			wait_until(timer_count(VTIMER) + delay, count_to_ns(delay));
		}
		/* A limit that has passed long ago. */
		wait_until(count_before(timer_count(VTIMER), us_to_count(1000)), 0);
		wait_until(0, 0);
	}
	CHECK(shots.fired == 0, "the %s timer delivered", timer_name(timer));
	tell_early();
	shots_arm(&shots, timer_count(timer));
	shots_await(&shots, 1);
	shots_no_more(&shots, 1);
	shots_end(&shots);
}

/* The timer comes before the limit.
 *
 * args: timer, rounds */
GUEST_TEST(sleep_wfit_and_timer)
{
	static struct timer_shots shots;
	enum timer timer = arg(0);

	if (!has_wfxt())
		skip("no FEAT_WFxT");
	shots_begin(&shots, timer);
	for (uint64_t round = 1; round <= arg(1) && !failed(); round++) {
		uint64_t us = round * 71 % 1300;
		uint64_t until = round % 2 ? UINT64_MAX
					   : timer_count(VTIMER) + 3600ul * timer_frequency();

		irq_disable();
		shots_arm(&shots, timer_count(timer) + us_to_count(us));
		wait_begin(us * 1000, "a timer before the limit of WFIT");
		while (shots.fired < round && !failed()) {
			wfit(until);
			irq_enable();
			isb();
			irq_disable();
		}
		wait_end();
		irq_enable();
	}
	shots_no_more(&shots, arg(1));
	shots_end(&shots);
}
