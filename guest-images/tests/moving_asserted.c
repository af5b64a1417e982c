// SPDX-License-Identifier: GPL-2.0-only
/* Family "moving": a vCPU hops while its timer's line is high, or its interrupt active. */
#include "guest-images/lib/guest.h"
#include "guest-images/tests/moving.h"

#define SHORT_US 30
#define LATER_US 300

static struct timer_shots shots;
static uint64_t steps;

/* To another host CPU: from within an exit, or by the script while the guest runs. */
static void hop(void)
{
	if (++steps % 2) {
		call_host(MOVING_CALL_HOP, 0, 0, 0);
		return;
	}
	word_set(MOVING_WORD_STEP, steps / 2);
	word_wait(MOVING_WORD_DONE, steps / 2);
}

static void rearm(void)
{
	shots_arm(&shots, timer_count(shots.timer) + us_to_count(LATER_US));
}

static void hop_in_handler(struct timer_shots *fired, struct irq *irq)
{
	enum moving_stage stage = (uintptr_t)fired->context;

	/* Only the first time of a stage. */
	fired->context = (void *)(uintptr_t)MOVING_STAGES;
	if (stage == MOVING_REARMED_NOT_ENDED)
		rearm();
	if (stage < MOVING_STAGES) {
		hop();
		CHECK(gic_is_active(irq->intid),
		      "interrupt %u was acknowledged, and is not active after a hop", irq->intid);
	}
	if (stage != MOVING_REARMED_NOT_ENDED && stage != MOVING_ENDED_WHILE_HIGH)
		timer_set_ctl(fired->timer, 0);
}

/* Waits with interrupts masked until the line is high, and known to be, and hops. */
static void hop_with_line_high(uint64_t fired)
{
	uint32_t intid = timer_intid(shots.timer);

	shots_arm(&shots, timer_count(shots.timer) + us_to_count(SHORT_US));
	spin_until(shots.timer, shots.armed_cval);
	/* With and without an exit in which the hypervisor sees it. */
	if (random64() & 1)
		exit_to_host();
	hop();
	exit_to_host();
	CHECK(timer_ctl(shots.timer) == (TIMER_ENABLE | TIMER_ISTATUS),
	      "CTL of an expired %s timer is 0x%x after a hop", timer_name(shots.timer),
	      timer_ctl(shots.timer));
	CHECK(gic_is_pending(intid), "interrupt %u is not pending after a hop, its line is high",
	      intid);
	CHECK(!gic_is_active(intid), "interrupt %u is active and was not acknowledged", intid);
	CHECK(shots.fired == fired, "an interrupt was taken while PSTATE masked it");
}

static uint64_t untaken(enum moving_stage stage, uint64_t fired)
{
	irq_disable();
	hop_with_line_high(fired);
	if (stage == MOVING_DISABLED_UNTAKEN)
		timer_set_ctl(shots.timer, 0);
	else if (stage == MOVING_REARMED_UNTAKEN)
		rearm();
	/* A hypervisor cannot know of a fall before it looks. */
	exit_to_host();
	irq_enable();
	if (stage != MOVING_DISABLED_UNTAKEN)
		shots_await(&shots, ++fired);
	return fired;
}

static uint64_t taken(enum moving_stage stage, uint64_t fired)
{
	/* With a line that stays high, or rises later, it comes again. */
	fired += stage == MOVING_NOT_ENDED ? 1 : 2;
	shots.on_fire = hop_in_handler;
	shots.context = (void *)(uintptr_t)stage;
	shots_arm(&shots, timer_count(shots.timer) + us_to_count(SHORT_US));
	shots_await(&shots, fired);
	shots.on_fire = NULL;
	return fired;
}

/*
 * args: timers (one), rounds of the stages, first stage, last stage
 */
GUEST_TEST(moving_asserted)
{
	uint64_t fired = 0;

	shots_begin(&shots, arg(0) == MOVING_VIRTUAL ? VTIMER : PTIMER);
	irq_enable();
	for (uint64_t round = 0; round < arg(1) && !failed(); round++)
		for (enum moving_stage stage = arg(2); stage <= arg(3) && !failed(); stage++) {
			fired = stage < MOVING_NOT_ENDED ? untaken(stage, fired)
							 : taken(stage, fired);
			shots_no_more(&shots, fired);
			CHECK(timer_cval(shots.timer) == shots.armed_cval,
			      "%s timer: CVAL is 0x%lx instead of 0x%lx", timer_name(shots.timer),
			      timer_cval(shots.timer), shots.armed_cval);
			CHECK(!gic_is_pending(timer_intid(shots.timer)) &&
				      !gic_is_active(timer_intid(shots.timer)),
			      "the %s timer's interrupt is pending or active with the timer off",
			      timer_name(shots.timer));
		}
	irq_disable();
	shots_end(&shots);
	word_set(MOVING_WORD_MAX_LATE, count_to_ns(shots.max_late));
}
