// SPDX-License-Identifier: GPL-2.0-only
/*
 * One tick of a timer with the interrupt controller in userspace, and its parts: the line that
 * rises, the acknowledgement, the end. Other interrupt controllers can do the same.
 */
#include "guest-images/bench/bench.h"
#include "guest-images/lib/cpu.h"

enum part { TICK, TICK_LINE, TICK_IAR, TICK_EOI };

static uint64_t measured; /* enum part */
static volatile bool ended;

static void stop_timer(void)
{
	write_sysreg(cntv_ctl_el0, 0);
	isb();
}

/* IRQs stay masked: ISR_EL1 tells of the interrupt, as an exception would. */
static void await_pending(void)
{
	while (!(read_sysreg(isr_el1) & 1 << 7))
		;
}

static void start_if(enum part part)
{
	if (measured == part)
		bench_start();
}

static void stop_if(enum part part)
{
	if (measured == part)
		bench_stop();
}

/*
 * args: part. A timer that has expired already when it is enabled, so that no waiting is measured.
 * The handler is inline: what is measured is the interrupt controller and KVM, not a handler.
 */
GUEST_TEST(bench_tick)
{
	measured = arg(0);
	gic_enable(timer_intid(VTIMER));
	write_sysreg(cntv_cval_el0, 0);
	isb();
	bench_begin();
	while (bench_next()) {
		uint32_t iar;

		start_if(TICK);
		start_if(TICK_LINE);
		write_sysreg(cntv_ctl_el0, TIMER_ENABLE);
		isb();
		await_pending();
		stop_if(TICK_LINE);
		start_if(TICK_IAR);
		iar = gic_acknowledge();
		stop_if(TICK_IAR);
		stop_timer();
		start_if(TICK_EOI);
		gic_end(iar);
		stop_if(TICK_EOI);
		stop_if(TICK);
		if (!CHECK((iar & 0x3ff) == timer_intid(VTIMER), "acknowledged %u", iar & 0x3ff))
			break;
	}
	gic_disable(timer_intid(VTIMER));
}
