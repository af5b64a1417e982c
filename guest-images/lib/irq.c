// SPDX-License-Identifier: GPL-2.0-only
/* Taking interrupts. */
#include "guest-images/lib/cpu.h"

void irq_set_handler(uint32_t intid, irq_fn *fn, void *argument)
{
	struct cpu *cpu = cpu_here();
	uint64_t daif = irq_save();

	if (intid >= INTIDS) {
		fail("INTID %u has no place for a handler", intid);
	} else {
		cpu->handlers[intid].fn = fn;
		cpu->handlers[intid].argument = argument;
	}
	irq_restore(daif);
}

uint64_t irq_spurious(void)
{
	return __atomic_load_n(&cpu_here()->spurious, __ATOMIC_RELAXED);
}

void irq_handler_ends_it(void)
{
	cpu_here()->handler_ends = true;
}

/* Planted faults: how often the handler is called. */
static unsigned calls(struct cpu *cpu, uint32_t intid)
{
	for (enum timer timer = 0; timer < TIMERS; timer++) {
		if (intid != timer_intid(timer) || cpu->fault_interrupts++ % 3 != 2)
			continue;
		if (has_fault(GUEST_FAULT_LOST_INTERRUPT)) {
			/* Its level is high: it would come again. */
			timer_set_ctl(timer, 0);
			return 0;
		}
		if (has_fault(GUEST_FAULT_DOUBLE_INTERRUPT))
			return 2;
	}
	return 1;
}

/* So many times in a row the same interrupt found the CPU where it was, with the same registers. */
#define STORM 1000

/* A level that never falls would leave the test no chance to say so. */
static void end_storm(struct cpu *cpu, const struct exception_frame *frame, uint32_t intid)
{
	uint64_t digest = frame->elr ^ (uint64_t)intid << 32;

	for (unsigned n = 0; n < 31; n++)
		digest = digest * 31 + frame->x[n];
	if (digest != cpu->interrupted) {
		cpu->interrupted = digest;
		cpu->storm = 0;
	}
	if (++cpu->storm < STORM)
		return;
	gic_disable(intid);
	fail("interrupt %u came %u times in a row without the CPU making progress at PC 0x%lx",
	     intid, STORM, frame->elr);
	cpu->storm = 0;
}

void irq_handle(const struct exception_frame *frame)
{
	struct cpu *cpu = cpu_here();
	struct irq irq = { .iar = gic_acknowledge(), .pc = frame->elr };
	bool outer = cpu->handler_ends;

	irq.count = timer_count(VTIMER);
	irq.intid = irq.iar & 0x3ff;
	event(GUEST_EVENT_IRQ, irq.intid, irq.pc);
	if (irq.intid >= 1020) {
		cpu->spurious++;
		return;
	}
	cpu->interrupts = cpu->interrupts + 1;
	end_storm(cpu, frame, irq.intid);
	cpu->handler_ends = false;
	if (irq.intid >= INTIDS || !cpu->handlers[irq.intid].fn) {
		gic_disable(irq.intid);
		fail("interrupt %u, which nobody handles, at PC 0x%lx", irq.intid, irq.pc);
	} else {
		irq.argument = cpu->handlers[irq.intid].argument;
		for (unsigned n = shared->faults ? calls(cpu, irq.intid) : 1; n; n--)
			cpu->handlers[irq.intid].fn(&irq);
	}
	if (!cpu->handler_ends) {
		gic_end(irq.iar);
		if (cpu->split_eoi)
			gic_deactivate(irq.iar);
		event(GUEST_EVENT_EOI, irq.intid, 0);
	}
	cpu->handler_ends = outer;
}
