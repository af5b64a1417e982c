// SPDX-License-Identifier: GPL-2.0-only
/* What the timers' registers read as, and what of a write counts (Arm DDI 0487, D24.10). */
#include "guest-images/tests/basics.h"

#define FAR (1ul << 62)

/* -- TVAL -- */

static const uint64_t tvals[] = {
	0,
	1,
	(uint64_t)-1,
	0xffffffff,
	0x1ffffffff,
	0x100000000,
	0x80000000,
	0xffffffff80000000,
	0x7fffffff,
	0xffffffff7fffffff,
	0xdeadbeef60000000,
	0x7fffffff80000001,
};
#define TVALS (sizeof(tvals) / sizeof(tvals[0]))

/* TVAL is signed, 32 bits wide, and counts from the moment of the write. */
static void check_tval(void *argument)
{
	struct timer_shots *shots = argument;
	uint64_t fired = 0;

	for (unsigned i = 0; i < 2 * TVALS && !failed(); i++) {
		uint64_t tval = tvals[i / 2], before, after, cval;
		int32_t value = (int32_t)tval;

		if (i % 2)
			timer_set_ctl(TIMER, TIMER_ENABLE | TIMER_IMASK);
		before = timer_count(TIMER);
		timer_set_tval(TIMER, tval);
		after = timer_count(TIMER);
		cval = timer_cval(TIMER);
		CHECK(cval - (before + value) <= after - before,
		      "TVAL 0x%lx written between 0x%lx and 0x%lx: CVAL is 0x%lx", tval, before,
		      after, cval);
		shots->armed_cval = before + value;
		timer_set_ctl(TIMER, TIMER_ENABLE);
		/* CVAL is unsigned: a counter that has not come far yet cannot look back. */
		if (value <= 1 && (value >= 0 || before > -(uint64_t)value))
			shots_await(shots, ++fired);
		timer_set_ctl(TIMER, 0);
		if (shots->fired > fired) /* INT_MAX, on a very slow machine: not before its time */
			fired = shots->fired;
	}
}

GUEST_TEST(basics_tval)
{
	struct timer_shots shots;

	shots_begin(&shots, TIMER);
	at_the_level(check_tval, &shots);
	shots_no_more(&shots, shots.fired);
	shots_end(&shots);
}

/* TVAL reads as the low half of CVAL - count, whatever is above it. */
static void check_tval_reads(void *argument)
{
	static const uint64_t offsets[] = {
		0,	     1000,	  1ul << 20, 0x7fffffff, 0x80000000,   0xffffffff,
		0x100000000, 0x180000000, 1ul << 40, -1000ul,	 -(1ul << 31), -(1ul << 33),
	};

	(void)argument;
	timer_set_ctl(TIMER, TIMER_ENABLE | TIMER_IMASK);
	for (unsigned i = 0; i < 2 * sizeof(offsets) / sizeof(offsets[0]); i++) {
		uint64_t cval = timer_count(TIMER) + offsets[i / 2], before, raw, after;

		timer_set_cval(TIMER, cval);
		if (i % 2)
			exit_to_host();
		before = timer_count(TIMER);
		raw = timer_tval_raw(TIMER);
		after = timer_count(TIMER);
		/* Between cval - after and cval - before, in 32 bits. */
		CHECK((uint32_t)(raw - (cval - after)) <= after - before,
		      "TVAL reads 0x%lx between 0x%lx and 0x%lx, CVAL 0x%lx", raw, before, after,
		      cval);
		CHECK(raw >> 32 == 0, "TVAL reads 0x%lx: the upper half is not 0", raw);
	}
	timer_set_ctl(TIMER, 0);
}

GUEST_TEST(basics_tval_reads)
{
	at_the_level(check_tval_reads, NULL);
}

/* -- CTL -- */

/* ENABLE and IMASK keep what was written; ISTATUS tells the condition; nothing else counts. */
static void check_ctl(void *argument)
{
	static const uint64_t junk[] = { 0, TIMER_ISTATUS, 0xfffffffffffffffc, 0xa5a5a5a5a5a5a5a0 };

	(void)argument;
	for (unsigned expired = 0; expired < 2; expired++) {
		timer_set_ctl(TIMER, 0);
		timer_set_cval(TIMER, expired ? 0 : FAR);
		for (unsigned i = 0; i < 32 && !failed(); i++) {
			uint64_t value = (i % 4) | junk[i / 4 % 4], raw;

			timer_set_ctl(TIMER, value);
			raw = timer_ctl_raw(TIMER);
			CHECK((raw & 3) == (value & 3), "CTL reads 0x%lx after 0x%lx", raw, value);
			/* RES0 bits may keep what was written (KVM's emulated physical timer). */
			CHECK((raw & ~7ul & ~value) == 0, "CTL reads 0x%lx after 0x%lx", raw,
			      value);
			if (!(value & TIMER_ENABLE))
				continue;
			istatus_becomes(TIMER, expired, expired ? "after CVAL" : "before CVAL");
			if (i >= 16) {
				exit_to_host();
				raw = timer_ctl_raw(TIMER);
				CHECK((raw & 7) == ((value & 3) | (expired ? TIMER_ISTATUS : 0)),
				      "CTL reads 0x%lx after 0x%lx and an exit", raw, value);
			}
		}
	}
	timer_set_ctl(TIMER, 0);
}

GUEST_TEST(basics_ctl)
{
	at_the_level(check_ctl, NULL);
}

/* Unused bits of CTL neither enable nor mask. */
GUEST_TEST(basics_ctl_unused)
{
	struct timer_shots shots;

	shots_begin(&shots, TIMER);
	for (unsigned bit = 2; bit < 64 && !failed(); bit += 3) {
		uint64_t fired = shots.fired;

		shots.armed_cval = 0;
		timer_set_cval(TIMER, 0);
		timer_set_ctl(TIMER, 1ul << bit);
		take_interrupts();
		CHECK(shots.fired == fired, "an interrupt with CTL 0x%lx", 1ul << bit);
		timer_set_ctl(TIMER, 1ul << bit | TIMER_ENABLE);
		shots_await(&shots, fired + 1);
	}
	shots_end(&shots);
}

/* ISTATUS rises when the count reaches CVAL, by itself, and follows CVAL. */
static void check_istatus(void *argument)
{
	(void)argument;
	timer_set_ctl(TIMER, TIMER_ENABLE | TIMER_IMASK);
	for (unsigned n = 0; n < 10 && !failed(); n++) {
		uint64_t cval = timer_count(TIMER) + us_to_count(50 + random_below(200)), after;

		timer_set_cval(TIMER, cval);
		wait_begin(count_to_ns(us_to_count(300)), "ISTATUS of a masked timer");
		while (!(timer_ctl(TIMER) & TIMER_ISTATUS) && !has_fault(GUEST_FAULT_ISTATUS_STUCK))
			;
		wait_end();
		after = timer_count(TIMER);
		CHECK(after >= cval, "ISTATUS is set at 0x%lx, before CVAL 0x%lx", after, cval);
		istatus_becomes(TIMER, true, "after CVAL");
		timer_set_cval(TIMER, FAR);
		istatus_becomes(TIMER, false, "with CVAL moved far away");
		timer_set_cval(TIMER, timer_count(TIMER) - 1);
		istatus_becomes(TIMER, true, "with CVAL moved into the past");
		timer_set_tval(TIMER, 0x7fffffff);
		istatus_becomes(TIMER, false, "with TVAL INT_MAX");
		timer_set_tval(TIMER, -1ul);
		istatus_becomes(TIMER, true, "with TVAL -1");
	}
	timer_set_ctl(TIMER, 0);
}

GUEST_TEST(basics_istatus)
{
	at_the_level(check_istatus, NULL);
}

/* -- CVAL, and all of them across exits -- */

static void check_kept(uint64_t cval, uint64_t ctl, const char *when)
{
	CHECK(timer_cval(TIMER) == cval, "CVAL is 0x%lx instead of 0x%lx %s", timer_cval(TIMER),
	      cval, when);
	CHECK((timer_ctl(TIMER) & 3) == ctl, "CTL is 0x%x instead of 0x%lx %s", timer_ctl(TIMER),
	      ctl, when);
}

/* Neither timer's registers change by themselves, nor by what is done to the other's. */
GUEST_TEST(basics_registers_kept)
{
	enum timer other = !TIMER;

	gic_disable(timer_intid(VTIMER));
	gic_disable(timer_intid(PTIMER));
	for (unsigned n = 0; n < 48 && !failed(); n++) {
		uint64_t cval = n == 0	 ? 0
				: n == 1 ? UINT64_MAX
				: n == 2 ? 0x0123456789abcdef
				: n == 3 ? 0xfedcba9876543210
					 : random64();
		uint64_t ctl = n % 4;

		timer_set_cval(TIMER, cval);
		timer_set_ctl(TIMER, ctl);
		check_kept(cval, ctl, "after the write");
		null_hypercall();
		check_kept(cval, ctl, "after a hypercall");
		exit_to_host();
		check_kept(cval, ctl, "after an exit to userspace");
		timer_set_cval(other, ~cval | FAR);
		timer_set_ctl(other, n / 4 % 4);
		exit_to_host();
		check_kept(cval, ctl, "after writes to the other timer");
		timer_set_ctl(other, 0);
	}
	timer_set_ctl(TIMER, 0);
}
