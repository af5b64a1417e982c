// SPDX-License-Identifier: GPL-2.0-only
/* Operations on timers and their interrupts, on one vCPU. */
#include "harness/bench/operations.h"
#include "harness/guest_tests.h"

#define SLOW 2000
#define FAST 20000

/* As guest-images/bench/ has them. */
enum { RUNNING, ASLEEP };
enum { VIRTUAL, PHYSICAL };
enum { CVAL, CTL };
enum { TICK, TICK_LINE, TICK_IAR, TICK_EOI };

#define TIMER_ROW(name, text, timer, sleeps, exit_class)                                     \
	{                                                                                    \
		.test = { .id = name,                                                        \
			  .title = text,                                                     \
			  .guest = GUEST(bench_timer),                                       \
			  .expires_ptimer = (timer) == PHYSICAL,                             \
			  .args = { timer, sleeps } },                                       \
		.class = exit_class, .user_class = sleeps ? BENCH_BLOCKED : BENCH_USERSPACE, \
		.has_user_class = true, .iterations = SLOW,                                  \
	}

#define REPROGRAM_ROW(name, text, timer, reg)               \
	{                                                   \
		.test = { .id = name,                       \
			  .title = text,                    \
			  .guest = GUEST(bench_reprogram),  \
			  .args = { timer, reg } },         \
		.class = BENCH_NO_EXIT, .iterations = FAST, \
	}

#define TICK_ROW(name, text, part, exit_class)                                              \
	{                                                                                   \
		.test = { .id = name,                                                       \
			  .title = text,                                                    \
			  .guest = GUEST(bench_tick),                                       \
			  .args = { part } },                                               \
		.class = exit_class, .user_class = BENCH_USERSPACE, .has_user_class = true, \
		.iterations = FAST,                                                         \
	}

const struct bench_operation bench_timers[] = {
	{
		.test = { .id = "wfi-timer",
			  .title = "the virtual timer wakes a vCPU from WFI: from CVAL on",
			  .guest = GUEST(bench_wfi_timer),
			  .args = { VIRTUAL } },
		.class = BENCH_BLOCKED,
		.iterations = SLOW,
	},
	TIMER_ROW("vtimer-running", "the virtual timer interrupts a running guest: from CVAL on",
		  VIRTUAL, RUNNING, BENCH_KERNEL),
	TIMER_ROW("vtimer-blocked", "the virtual timer interrupts a guest in WFI: from CVAL on",
		  VIRTUAL, ASLEEP, BENCH_BLOCKED),
	TIMER_ROW("ptimer-running", "the physical timer interrupts a running guest: from CVAL on",
		  PHYSICAL, RUNNING, BENCH_KERNEL),
	TIMER_ROW("ptimer-blocked", "the physical timer interrupts a guest in WFI: from CVAL on",
		  PHYSICAL, ASLEEP, BENCH_BLOCKED),
	REPROGRAM_ROW("vtimer-cval", "a write of CNTV_CVAL_EL0", VIRTUAL, CVAL),
	REPROGRAM_ROW("vtimer-ctl", "a write of CNTV_CTL_EL0", VIRTUAL, CTL),
	REPROGRAM_ROW("ptimer-cval",
		      "a write of CNTP_CVAL_EL0 (an exit where KVM emulates that timer)", PHYSICAL,
		      CVAL),
	REPROGRAM_ROW("ptimer-ctl", "a write of CNTP_CTL_EL0 (likewise)", PHYSICAL, CTL),
	{
		.test = { .id = "eoi",
			  .title = "a handler ends its interrupt (EOIR)",
			  .guest = GUEST(bench_eoi) },
		.class = BENCH_NO_EXIT,
		.user_class = BENCH_USERSPACE,
		.has_user_class = true,
		.iterations = FAST,
	},
	TICK_ROW("tick", "a whole tick: the timer expires, is acknowledged, disabled and ended",
		 TICK, BENCH_KERNEL),
	TICK_ROW("tick-line", "of a tick: the timer expires, until the interrupt is pending",
		 TICK_LINE, BENCH_KERNEL),
	TICK_ROW("tick-iar", "of a tick: its acknowledgement", TICK_IAR, BENCH_NO_EXIT),
	TICK_ROW("tick-eoi", "of a tick: its end", TICK_EOI, BENCH_NO_EXIT),
	{},
};
