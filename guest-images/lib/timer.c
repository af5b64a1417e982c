// SPDX-License-Identifier: GPL-2.0-only
/* The architected timers; what planted faults do to them is done here. */
#include "guest-images/lib/cpu.h"

const char *timer_name(enum timer timer)
{
	return timer == VTIMER ? "virtual" : "physical";
}

uint32_t timer_intid(enum timer timer)
{
	return shared->timer_intid[timer];
}

uint32_t timer_frequency(void)
{
	uint32_t frequency = read_sysreg(cntfrq_el0);

	return has_fault(GUEST_FAULT_FREQUENCY) && this_cpu() ? 2 * frequency : frequency;
}

uint32_t timer_ctl_at_start(enum timer timer)
{
	return cpu_here()->ctl_at_start[timer];
}

uint64_t us_to_count(uint64_t us)
{
	return us * timer_frequency() / 1000000;
}

uint64_t count_to_ns(uint64_t count)
{
	uint64_t frequency = timer_frequency();

	return count / frequency * 1000000000 + count % frequency * 1000000000 / frequency;
}

static uint64_t faulty_count(enum timer timer, uint64_t count)
{
	struct cpu *cpu = cpu_here();

	if (has_fault(GUEST_FAULT_COUNTER_SKEW))
		count += us_to_count(20000 * cpu->number);
	if (has_fault(GUEST_FAULT_COUNTER_BACK) && ++cpu->fault_reads % 17 == 0)
		count -= us_to_count(1000);
	if (has_fault(GUEST_FAULT_PHYSICAL_OFFSET) && timer == PTIMER && cpu->number == 0)
		count += timer_frequency();
	return count;
}

uint64_t timer_count(enum timer timer)
{
	uint64_t count;

	/* The counter may be read ahead of what stands before. */
	isb();
	count = timer == VTIMER ? read_sysreg(cntvct_el0) : read_sysreg(cntpct_el0);
	return shared->faults ? faulty_count(timer, count) : count;
}

#define KVM_FEATURES  0x86000000
#define PTP_HYPERCALL 0x86000001
#define PTP_VIRTUAL   0
#define PTP_PHYSICAL  1

bool has_ptp_hypercall(void)
{
	uint64_t regs[4] = { KVM_FEATURES };

	hypercall(regs);
	return regs[0] >> 32 == 0 && regs[0] >> (PTP_HYPERCALL & 0xff) & 1;
}

bool timer_count_by_ptp(enum timer timer, uint64_t *count)
{
	uint64_t regs[4] = { PTP_HYPERCALL, timer == VTIMER ? PTP_VIRTUAL : PTP_PHYSICAL };

	hypercall(regs);
	/* The host's time in the first two registers, the counter in the others; or -1. */
	*count = regs[2] << 32 | (uint32_t)regs[3];
	return regs[0] >> 32 == 0;
}

uint64_t timer_cval(enum timer timer)
{
	return timer == VTIMER ? read_sysreg(cntv_cval_el0) : read_sysreg(cntp_cval_el0);
}

uint64_t timer_tval_raw(enum timer timer)
{
	isb();
	return timer == VTIMER ? read_sysreg(cntv_tval_el0) : read_sysreg(cntp_tval_el0);
}

int32_t timer_tval(enum timer timer)
{
	return timer_tval_raw(timer);
}

uint64_t timer_ctl_raw(enum timer timer)
{
	uint64_t ctl;

	isb();
	ctl = timer == VTIMER ? read_sysreg(cntv_ctl_el0) : read_sysreg(cntp_ctl_el0);
	if (has_fault(GUEST_FAULT_ISTATUS_STUCK))
		ctl &= ~(uint64_t)TIMER_ISTATUS;
	return ctl;
}

uint32_t timer_ctl(enum timer timer)
{
	return timer_ctl_raw(timer);
}

void timer_set_cval(enum timer timer, uint64_t cval)
{
	event(GUEST_EVENT_CVAL, timer, cval);
	if (has_fault(GUEST_FAULT_EARLY))
		cval -= us_to_count(20000);
	if (has_fault(GUEST_FAULT_LATE))
		cval += us_to_count(20000);
	if (timer == VTIMER)
		write_sysreg(cntv_cval_el0, cval);
	else
		write_sysreg(cntp_cval_el0, cval);
	isb();
}

void timer_set_tval(enum timer timer, uint64_t tval)
{
	if (has_fault(GUEST_FAULT_TVAL_UNSIGNED)) {
		timer_set_cval(timer, timer_count(timer) + (uint32_t)tval);
		return;
	}
	event(GUEST_EVENT_CVAL, timer, (int32_t)tval);
	if (timer == VTIMER)
		write_sysreg(cntv_tval_el0, tval);
	else
		write_sysreg(cntp_tval_el0, tval);
	isb();
}

void timer_set_ctl(enum timer timer, uint64_t ctl)
{
	event(GUEST_EVENT_CTL, timer, ctl);
	if (has_fault(GUEST_FAULT_IGNORES_IMASK))
		ctl &= ~(uint64_t)TIMER_IMASK;
	if (has_fault(GUEST_FAULT_NO_ENABLE) && ctl & TIMER_ENABLE &&
	    ++cpu_here()->fault_enables % 8 == 0)
		ctl &= ~(uint64_t)TIMER_ENABLE;
	if (timer == VTIMER)
		write_sysreg(cntv_ctl_el0, ctl);
	else
		write_sysreg(cntp_ctl_el0, ctl);
	isb();
}

void spin_until(enum timer timer, uint64_t count)
{
	while (timer_count(timer) < count)
		;
}

void spin_us(uint64_t us)
{
	spin_until(VTIMER, timer_count(VTIMER) + us_to_count(us));
}
