// SPDX-License-Identifier: GPL-2.0-only
/* Sleeping, and telling the harness for how long. */
#include "guest-images/lib/cpu.h"

void wait_begin(uint64_t ns, const char *what)
{
	volatile struct guest_cpu_area *area = &shared->cpu[this_cpu()];
	unsigned i = 0;

	for (; i < sizeof(area->wait_for) - 1 && what[i]; i++)
		area->wait_for[i] = what[i];
	area->wait_for[i] = '\0';
	__atomic_store_n(&area->waits, area->waits + 1, __ATOMIC_RELEASE);
	/* 0 would mean that it does not wait. */
	__atomic_store_n(&area->wait_time, ns ? ns : 1, __ATOMIC_RELEASE);
}

void wait_end(void)
{
	__atomic_store_n(&shared->cpu[this_cpu()].wait_time, 0, __ATOMIC_RELEASE);
}

static void wfi(void)
{
	asm volatile("dsb sy\n\twfi" ::: "memory");
}

void wait_for_interrupt(uint64_t ns, const char *what)
{
	event(GUEST_EVENT_WFI, 0, 0);
	wait_begin(ns, what);
	wfi();
	if (has_fault(GUEST_FAULT_LOST_WAKEUP)) {
		struct cpu *cpu = cpu_here();
		uint64_t interrupts = cpu->interrupts;

		/* Takes what has woken it, and sleeps on. */
		irq_enable();
		isb();
		irq_disable();
		if (cpu->interrupts != interrupts)
			wfi();
	}
	wait_end();
	event(GUEST_EVENT_WAKE, 0, 0);
}

void wfe(void)
{
	asm volatile("wfe" ::: "memory");
}

bool has_wfxt(void)
{
	return (read_sysreg(s3_0_c0_c6_2) & 0xf) >= 2; /* ID_AA64ISAR2_EL1.WFxT */
}

void wfit(uint64_t until)
{
	register uint64_t x0 asm("x0") = until;

	asm volatile("dsb sy\n\t.inst 0xd5031020 // wfit x0" ::"r"(x0) : "memory");
}
