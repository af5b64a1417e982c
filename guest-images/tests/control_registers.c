// SPDX-License-Identifier: GPL-2.0-only
/* The timers' registers by KVM_GET_ONE_REG and KVM_SET_ONE_REG, while the guest uses them. */
#include "guest-images/lib/guest.h"
#include "guest-images/tests/control.h"

#define HOUR_US INT64_C(3600000000)

enum { CTL, CVAL, CNT };

static struct timer_shots shots[TIMERS];

static bool wants(enum timer timer)
{
	return arg(CONTROL_ARG_TIMERS) >> timer & 1;
}

static uint64_t host_get(enum timer timer, unsigned reg)
{
	return call_host(CONTROL_CALL_GET, timer, reg, 0);
}

static void host_set(enum timer timer, unsigned reg, uint64_t value)
{
	uint64_t error = call_host(CONTROL_CALL_SET, timer, reg, value);

	CHECK(!error, "the host writes register %u of the %s timer: error %ld", reg,
	      timer_name(timer), -(int64_t)error);
}

/* All that a timer can be, its interrupt not taken: DAIF masks it. */
static const struct state {
	const char *name;
	int64_t from_now_us;
	unsigned ctl;
} states[] = {
	{ "off", HOUR_US, 0 },
	{ "off, expired", -100, 0 },
	{ "off, masked", HOUR_US, TIMER_IMASK },
	{ "armed", HOUR_US, TIMER_ENABLE },
	{ "armed, masked", HOUR_US, TIMER_ENABLE | TIMER_IMASK },
	{ "expired", -100, TIMER_ENABLE },
	{ "expired, masked", -100, TIMER_ENABLE | TIMER_IMASK },
	{ "about to expire", 20, TIMER_ENABLE },
};
#define STATES (sizeof(states) / sizeof(states[0]))

static uint64_t put_into(enum timer timer, const struct state *state)
{
	int64_t us = state->from_now_us;
	uint64_t now = timer_count(timer);
	uint64_t cval = us < 0 ? count_before(now, us_to_count(-us)) : now + us_to_count(us);

	timer_set_ctl(timer, 0);
	timer_set_cval(timer, cval);
	timer_set_ctl(timer, state->ctl);
	return cval;
}

/* What the host reads is what the guest wrote, and reading leaves it so. */
static void check_get(enum timer timer, const struct state *state, bool fresh)
{
	uint64_t cval = put_into(timer, state);
	uint64_t before = timer_count(timer), seen_cval, seen_cnt, after;
	unsigned seen_ctl;

	seen_ctl = host_get(timer, CTL);
	seen_cval = host_get(timer, CVAL);
	seen_cnt = host_get(timer, CNT);
	after = timer_count(timer);
	CHECK(seen_cval == cval, "%s timer, %s: the host reads CVAL 0x%lx, it is 0x%lx",
	      timer_name(timer), state->name, seen_cval, cval);
	CHECK((seen_ctl & ~TIMER_ISTATUS) == state->ctl,
	      "%s timer, %s: the host reads CTL 0x%x, 0x%x was written", timer_name(timer),
	      state->name, seen_ctl, state->ctl);
	/* While it is off, ISTATUS says nothing. Where the host reads what the exit left, that of a
	 * timer which KVM emulates is never set, and that of the machine's may be behind. */
	if (state->ctl & TIMER_ENABLE && ((fresh && before >= cval) || after < cval))
		CHECK(!(seen_ctl & TIMER_ISTATUS) == (after < cval),
		      "%s timer, %s: the host reads CTL 0x%x", timer_name(timer), state->name,
		      seen_ctl);
	CHECK(before <= seen_cnt && seen_cnt <= after,
	      "%s counter: the host reads 0x%lx between 0x%lx and 0x%lx", timer_name(timer),
	      seen_cnt, before, after);
	CHECK(timer_cval(timer) == cval, "%s timer, %s: CVAL 0x%lx became 0x%lx", timer_name(timer),
	      state->name, cval, timer_cval(timer));
	CHECK((timer_ctl(timer) & ~TIMER_ISTATUS) == state->ctl,
	      "%s timer, %s: CTL 0x%x became 0x%x", timer_name(timer), state->name, state->ctl,
	      timer_ctl(timer));
	timer_set_ctl(timer, 0);
}

/* Saved before it expires, read afterwards. */
static void check_expires_outside(enum timer timer)
{
	const struct state state = { "expires outside the guest", 1000,
				     TIMER_ENABLE | TIMER_IMASK };
	unsigned seen;

	put_into(timer, &state);
	seen = call_host(CONTROL_CALL_EXPIRED, timer, 0, 0);
	CHECK(seen == (state.ctl | TIMER_ISTATUS),
	      "%s timer, %s: the host reads CTL 0x%x instead of 0x%x", timer_name(timer),
	      state.name, seen, state.ctl | TIMER_ISTATUS);
	timer_set_ctl(timer, 0);
}

GUEST_TEST(control_registers_get)
{
	/* ISTATUS is of the time at which the host reads CTL. */
	bool fresh = arg(CONTROL_ARG_COUNT) && call_host(CONTROL_CALL_ISTATUS_IS_FRESH, 0, 0, 0);

	irq_disable();
	for (unsigned i = 0; i < arg(CONTROL_ARG_COUNT) && !failed(); i++)
		for (unsigned s = 0; s < STATES; s++)
			for (enum timer timer = 0; timer < TIMERS; timer++)
				if (wants(timer))
					check_get(timer, &states[s], fresh);
	for (enum timer timer = 0; timer < TIMERS && fresh && !failed(); timer++)
		if (wants(timer))
			check_expires_outside(timer);
}

/* From each state, the host puts the timer into each other: the guest finds that, and nothing else.
 */
static void check_set(enum timer timer, const struct state *from, const struct state *to)
{
	struct timer_shots *shot = &shots[timer];
	int64_t us = to->from_now_us;
	bool fires = to->ctl == TIMER_ENABLE && us < HOUR_US;
	uint64_t now, cval;

	irq_disable();
	shots_begin(shot, timer);
	put_into(timer, from);
	/* Seen by KVM, and pending where it has expired. */
	exit_to_host();
	now = timer_count(timer);
	cval = us < 0 ? count_before(now, us_to_count(-us)) : now + us_to_count(us);
	shot->armed_cval = cval;
	/* Both orders; off in between, as a state is loaded. */
	host_set(timer, CTL, 0);
	host_set(timer, CVAL, cval);
	/* ISTATUS cannot be written. */
	host_set(timer, CTL, to->ctl | (random64() & TIMER_ISTATUS));
	CHECK(timer_cval(timer) == cval, "%s timer, from %s to %s: CVAL is 0x%lx, not 0x%lx",
	      timer_name(timer), from->name, to->name, timer_cval(timer), cval);
	CHECK((timer_ctl(timer) & ~TIMER_ISTATUS) == to->ctl,
	      "%s timer, from %s to %s: CTL is 0x%x, not 0x%x", timer_name(timer), from->name,
	      to->name, timer_ctl(timer), to->ctl);
	if (fires)
		shots_await(shot, 1);
	shots_no_more(shot, fires);
	if (failed())
		note("%s timer, from %s to %s", timer_name(timer), from->name, to->name);
	shots_end(shot);
}

GUEST_TEST(control_registers_set)
{
	for (unsigned i = 0; i < arg(CONTROL_ARG_COUNT); i++)
		for (unsigned from = 0; from < STATES; from++)
			for (unsigned to = 0; to < STATES && !failed(); to++)
				for (enum timer timer = 0; timer < TIMERS; timer++)
					if (wants(timer))
						check_set(timer, &states[from], &states[to]);
}

/* Values whose signs and widths matter; the counter goes on from what was set. */
GUEST_TEST(control_registers_count)
{
	const uint64_t values[] = { UINT64_C(1) << 63, 0,
				    UINT32_MAX,	       UINT64_C(1) << 32,
				    INT64_MAX,	       3600 * (uint64_t)timer_frequency(),
				    UINT64_C(1) << 56 };

	for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]) && !failed(); i++) {
		for (enum timer timer = 0; timer < TIMERS; timer++) {
			uint64_t count, start = call_host(CONTROL_CALL_HOST_COUNT, 0, 0, 0), passed;
			enum timer other = timer == VTIMER ? PTIMER : VTIMER;
			uint64_t other_before = timer_count(other);

			if (!wants(timer))
				continue;
			host_set(timer, CNT, values[i]);
			count = timer_count(timer);
			passed = call_host(CONTROL_CALL_HOST_COUNT, 0, 0, 0) - start;
			CHECK(count - values[i] <= passed,
			      "%s counter: set to 0x%lx it is 0x%lx, %lu ns later at most",
			      timer_name(timer), values[i], count, count_to_ns(passed));
			passed = call_host(CONTROL_CALL_HOST_COUNT, 0, 0, 0) - start;
			CHECK(timer_count(other) - other_before <=
				      call_host(CONTROL_CALL_HOST_COUNT, 0, 0, 0) - start,
			      "setting the %s counter changed the other one", timer_name(timer));
			/* Its timer goes by it. */
			shots_begin(&shots[timer], timer);
			for (unsigned n = 1; n <= 2 && !failed(); n++) {
				shots_arm(&shots[timer], timer_count(timer) + us_to_count(200));
				if (n == 1)
					shots_await(&shots[timer], n);
				else
					shots_await_asleep(&shots[timer], n);
			}
			shots_no_more(&shots[timer], shots[timer].fired);
			shots_end(&shots[timer]);
		}
	}
}

/* Whatever fetches the vCPU out of the guest leaves the registers alone. */
GUEST_TEST(control_registers_stay)
{
	uint64_t cval[TIMERS];
	static const unsigned ctl[] = { TIMER_ENABLE, TIMER_ENABLE | TIMER_IMASK, TIMER_IMASK, 0 };

	irq_disable();
	word_set(CONTROL_WORD_STATE, 1);
	for (unsigned round = 0; !word_get(CONTROL_WORD_GO) && !failed(); round++) {
		for (enum timer timer = 0; timer < TIMERS; timer++) {
			cval[timer] = timer_count(timer) + us_to_count(HOUR_US) + round;
			timer_set_cval(timer, cval[timer]);
			timer_set_ctl(timer, ctl[(round + timer) % 4]);
		}
		for (unsigned i = 0; i < 100; i++) {
			for (enum timer timer = 0; timer < TIMERS; timer++) {
				CHECK(timer_cval(timer) == cval[timer],
				      "%s timer: CVAL 0x%lx became 0x%lx", timer_name(timer),
				      cval[timer], timer_cval(timer));
				CHECK(timer_ctl(timer) == ctl[(round + timer) % 4] ||
					      !(ctl[(round + timer) % 4] & TIMER_ENABLE),
				      "%s timer: CTL 0x%x became 0x%x", timer_name(timer),
				      ctl[(round + timer) % 4], timer_ctl(timer));
			}
			if (failed())
				return;
		}
	}
}
