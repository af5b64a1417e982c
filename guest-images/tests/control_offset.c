// SPDX-License-Identifier: GPL-2.0-only
/* KVM_ARM_SET_COUNTER_OFFSET, as the guest sees it. */
#include "guest-images/lib/guest.h"
#include "guest-images/tests/control.h"

static struct timer_shots shots[GUEST_MAX_CPUS][TIMERS];
static bool has_ecv; /* FEAT_ECV; EL0 cannot look itself */

static bool wants(enum timer timer)
{
	return arg(CONTROL_ARG_TIMERS) >> timer & 1;
}

/* Host's minus guest's counter is `offset`: as close as two readings around the host's tell. */
static bool check_counter(enum timer timer, uint64_t offset)
{
	uint64_t before = timer_count(timer);
	uint64_t host = call_host(CONTROL_CALL_HOST_COUNT, 0, 0, 0);
	uint64_t after = timer_count(timer), self_synchronised = after;
	uint64_t should = host - offset;

	/* CNTVCTSS_EL0, CNTPCTSS_EL0. */
	if (has_ecv)
		self_synchronised = timer == VTIMER ? read_sysreg(S3_3_C14_C0_6)
						    : read_sysreg(S3_3_C14_C0_5);
	return CHECK((int64_t)(should - before) >= 0 && (int64_t)(after - should) >= 0 &&
			     (int64_t)(self_synchronised - after) >= 0 &&
			     self_synchronised - after <= us_to_count(60000000),
		     "with the counter offset 0x%lx and the host's counter at 0x%lx the %s counter "
		     "is between 0x%lx and 0x%lx, then (self-synchronised) 0x%lx",
		     offset, host, timer_name(timer), before, after, self_synchronised);
}

/* Where there is KVM's PTP hypercall, it takes the offset into account as well. */
static bool check_ptp(enum timer timer)
{
	static bool has_ptp;
	uint64_t before = timer_count(timer), told;
	bool answers = timer_count_by_ptp(timer, &told);
	uint64_t after = timer_count(timer);

	has_ptp |= answers;
	if (!has_ptp)
		return true;
	return CHECK(answers && told - before <= after - before,
		     "the %s counter is 0x%lx by KVM's PTP hypercall (%s), 0x%lx before it, "
		     "0x%lx after it",
		     timer_name(timer), told, answers ? "answered" : "refused", before, after);
}

static bool check_counters(uint64_t offset)
{
	bool good = true;

	for (unsigned i = 0; i < 4 && good; i++)
		for (enum timer timer = 0; timer < TIMERS; timer++)
			if (wants(timer))
				good &= check_counter(timer, offset);
	return good;
}

/* CVAL as written, TVAL as the counter says; of both the sign. */
static void check_compare_views(enum timer timer)
{
	static const int64_t tvals[] = { 0, 1, -1, INT32_MAX, INT32_MIN, 0x100000000, 0x1ffffffff };

	for (unsigned i = 0; i < sizeof(tvals) / sizeof(tvals[0]); i++) {
		uint64_t before, after, cval, tval;

		before = timer_count(timer);
		timer_set_tval(timer, tvals[i]);
		after = timer_count(timer);
		cval = timer_cval(timer);
		CHECK((int64_t)(cval - before - (int32_t)tvals[i]) >= 0 &&
			      (int64_t)(after + (int32_t)tvals[i] - cval) >= 0,
		      "%s timer: TVAL 0x%lx written between 0x%lx and 0x%lx makes CVAL 0x%lx",
		      timer_name(timer), (uint64_t)tvals[i], before, after, cval);
		before = timer_count(timer);
		tval = timer_tval_raw(timer);
		after = timer_count(timer);
		CHECK(tval >> 32 == 0 &&
			      (int32_t)((uint32_t)(cval - before) - (uint32_t)tval) >= 0 &&
			      (int32_t)((uint32_t)tval - (uint32_t)(cval - after)) >= 0,
		      "%s timer: with CVAL 0x%lx TVAL is 0x%lx between 0x%lx and 0x%lx",
		      timer_name(timer), cval, tval, before, after);
	}
}

/*
 * ISTATUS, around an expiry, without any interrupt: never before it; after it as soon as KVM has
 * loaded the timer again. (An emulator may notice an expiry a little after the counter shows it.)
 */
static void check_status(enum timer timer)
{
	uint64_t cval = timer_count(timer) + us_to_count(300), after;
	unsigned ctl;

	timer_set_cval(timer, cval);
	timer_set_ctl(timer, TIMER_ENABLE | TIMER_IMASK);
	CHECK(timer_cval(timer) == cval, "%s timer: CVAL is 0x%lx, 0x%lx was written",
	      timer_name(timer), timer_cval(timer), cval);
	do {
		ctl = timer_ctl(timer);
		after = timer_count(timer);
		CHECK(!(ctl & TIMER_ISTATUS) || after >= cval,
		      "%s timer: CTL is 0x%x, the counter then 0x%lx and CVAL 0x%lx",
		      timer_name(timer), ctl, after, cval);
	} while (after < cval);
	exit_to_host();
	ctl = timer_ctl(timer);
	CHECK(ctl == (TIMER_ENABLE | TIMER_IMASK | TIMER_ISTATUS),
	      "%s timer: CTL is 0x%x after the counter was 0x%lx and CVAL 0x%lx", timer_name(timer),
	      ctl, after, cval);
	timer_set_ctl(timer, 0);
}

static void check_fires(enum timer timer)
{
	struct timer_shots *shot = &shots[this_cpu()][timer];

	shots_begin(shot, timer);
	for (unsigned n = 1; n <= 4; n++) {
		shots_arm(shot, timer_count(timer) + us_to_count(n == 4 ? 0 : 100 * n));
		if (!(n % 2 ? shots_await(shot, n) : shots_await_asleep(shot, n)))
			break;
	}
	shots_no_more(shot, shot->fired);
	shots_end(shot);
}

static void counters_at_el0(void *argument)
{
	check_counters((uint64_t)argument);
	for (enum timer timer = 0; timer < TIMERS; timer++) {
		if (!wants(timer))
			continue;
		check_compare_views(timer);
		check_status(timer);
	}
}

static void check_all(uint64_t offset)
{
	has_ecv = read_sysreg(id_aa64mmfr0_el1) >> 60;
	check_counters(offset);
	for (enum timer timer = 0; timer < TIMERS && !failed(); timer++) {
		if (!wants(timer))
			continue;
		check_ptp(timer);
		check_compare_views(timer);
		check_status(timer);
		check_fires(timer);
	}
	if (!failed())
		at_el0(counters_at_el0, (void *)offset, false);
	if (failed())
		note("the counter offset was 0x%lx", offset);
}

static void set_offset(uint64_t offset)
{
	uint64_t error = call_host(CONTROL_CALL_OFFSET, offset, 0, 0);

	CHECK(!error, "KVM_ARM_SET_COUNTER_OFFSET 0x%lx: error %ld", offset, -(int64_t)error);
}

/* One offset after the other: the guest's counter behind the host's, ahead of it, and far off. */
GUEST_TEST(control_offset)
{
	uint64_t second = timer_frequency();
	uint64_t host = call_host(CONTROL_CALL_HOST_COUNT, 0, 0, 0);
	const uint64_t offsets[] = {
		host,			    /* it begins anew */
		-(3600 * second),	    /* an hour ahead */
		0,			    /* the host's */
		second,			    /* a second behind */
		host - (UINT64_C(1) << 63), /* the counter is negative */
		-(UINT64_C(1) << 40),
		random64() >> 2,
	};

	for (unsigned i = 0; i < sizeof(offsets) / sizeof(offsets[0]) && !failed(); i++) {
		set_offset(offsets[i]);
		check_all(offsets[i]);
	}
}

/* Set before this guest began; then on other CPUs. */
static void offset_on_cpu(void *argument)
{
	(void)argument;
	check_all(word_get(CONTROL_WORD_OFFSET));
}

GUEST_TEST(control_offset_all_cpus)
{
	on_all_cpus(offset_on_cpu, NULL);
}

/* After it, KVM takes writes of the counters without error, and ignores them. */
GUEST_TEST(control_offset_ignores_counts)
{
	const uint64_t offset = 5 * (uint64_t)timer_frequency();
	const uint64_t values[] = { 0, 1, UINT64_C(1) << 63, UINT64_MAX };

	set_offset(offset);
	for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]) && !failed(); i++) {
		for (enum timer timer = 0; timer < TIMERS; timer++) {
			uint64_t error = call_host(CONTROL_CALL_SET, timer, 2, values[i]);

			CHECK(!error, "the write of the %s counter: error %ld", timer_name(timer),
			      -(int64_t)error);
		}
		check_counters(offset);
	}
}

/*
 * The counter jumps while a timer is armed: over its CVAL, and away from it. It stays between 0 and
 * the host's, for CVAL and counter compare without signs.
 */
GUEST_TEST(control_offset_while_armed)
{
	uint64_t part = call_host(CONTROL_CALL_HOST_COUNT, 0, 0, 0) / 4, offset = 2 * part;

	for (enum timer timer = 0; timer < TIMERS && !failed(); timer++) {
		struct timer_shots *shot = &shots[this_cpu()][timer];

		if (!wants(timer))
			continue;
		set_offset(offset);
		shots_begin(shot, timer);
		irq_enable();
		shots_arm(shot, timer_count(timer) + part);
		set_offset(offset - part - us_to_count(1));
		shots_await(shot, 1);

		/* CVAL is near, then far: the handler finds what is early. */
		shots_arm(shot, timer_count(timer) + us_to_count(8000));
		set_offset(offset);
		if (shot->fired == 2) {
			note("%s timer: it expired before the counter was set back",
			     timer_name(timer));
		} else {
			spin_us(1000);
			shots_no_more(shot, 1);
			CHECK(!(timer_ctl(timer) & TIMER_ISTATUS),
			      "%s timer: ISTATUS while the counter is 0x%lx and CVAL 0x%lx",
			      timer_name(timer), timer_count(timer), timer_cval(timer));
			set_offset(offset - part - us_to_count(1000));
			shots_await(shot, 2);
		}
		shots_no_more(shot, 2);
		irq_disable();
		shots_end(shot);
	}
}

/* Stays in the guest: no exit to userspace, until it is told. */
GUEST_TEST(control_offset_while_running)
{
	irq_disable();
	word_set(CONTROL_WORD_STATE, 1);
	word_wait(CONTROL_WORD_GO, 1);
}

/* WFIT counts by the virtual counter, with whatever offset; the harness finds one that never ends.
 */
GUEST_TEST(control_offset_wfit)
{
	const uint64_t hour = 3600 * (uint64_t)timer_frequency();
	const uint64_t offsets[] = { 0, hour, -hour, -(UINT64_C(1) << 50) };

	if (!has_wfxt())
		skip("the CPU has no WFIT");
	for (unsigned i = 0; i < 4 * arg(CONTROL_ARG_COUNT) && !failed(); i++) {
		uint64_t us = random_below(2000), until;

		set_offset(offsets[i % 4]);
		until = timer_count(VTIMER) + us_to_count(us);
		/* It may return early, at any time. */
		while (timer_count(VTIMER) < until) {
			wait_begin(us * 1000, "WFIT");
			wfit(until);
			wait_end();
		}
	}
}

/* Each timer is on time, whatever the offset; where lateness is a verdict. */
GUEST_TEST(control_offset_on_time)
{
	uint64_t host = call_host(CONTROL_CALL_HOST_COUNT, 0, 0, 0);
	const uint64_t offsets[] = { 0, host / 2, host - 1000 };
	const uint64_t allowed = us_to_count(arg(CONTROL_ARG_VARIANT));

	for (unsigned i = 0; i < 3 * arg(CONTROL_ARG_COUNT) && !failed(); i++) {
		for (enum timer timer = 0; timer < TIMERS; timer++) {
			struct timer_shots *shot = &shots[this_cpu()][timer];

			if (!wants(timer))
				continue;
			set_offset(offsets[i % 3]);
			shots_begin(shot, timer);
			irq_enable();
			shots_arm(shot, timer_count(timer) + us_to_count(200 + random_below(5000)));
			/* No exit of the guest's own making. */
			while (timer_count(timer) < shot->armed_cval + 100 * allowed &&
			       !shot->fired)
				;
			irq_disable();
			CHECK(shot->fired == 1 && shot->max_late <= allowed,
			      "%s timer, offset 0x%lx: %lu interrupts, %lu ns late",
			      timer_name(timer), offsets[i % 3], shot->fired,
			      count_to_ns(shot->fired ? shot->max_late
						      : timer_count(timer) - shot->armed_cval));
			shots_end(shot);
		}
	}
}
