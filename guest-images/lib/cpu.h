/* SPDX-License-Identifier: GPL-2.0-only */
/* What the library's files share among themselves; tests see guest.h only. */
#ifndef GUEST_IMAGES_LIB_CPU_H
#define GUEST_IMAGES_LIB_CPU_H

#include <stdarg.h>

#include "guest-images/lib/guest.h"
#include "guest-images/lib/layout.h"

#define INTIDS	 256 /* SGIs, PPIs and the SPIs that every machine of armlet has */
#define SPURIOUS 1023

struct exception_frame {
	uint64_t x[31];
	uint64_t elr, spsr, esr, far, unused;
};
_Static_assert(offsetof(struct exception_frame, elr) == FRAME_ELR, "vectors.S stores it there");
_Static_assert(offsetof(struct exception_frame, esr) == FRAME_ESR, "vectors.S stores it there");
_Static_assert(sizeof(struct exception_frame) == FRAME_SIZE, "vectors.S makes room for it");

enum cpu_state { CPU_IDLE, CPU_STARTED, CPU_DONE };

struct cpu {
	uint64_t el0_return; /* SP_EL1 to go back to */
	uint64_t el0_stack;
	unsigned number;
	bool in_el0;	/* between at_el0()'s call and return */
	bool split_eoi; /* EOImode 1 */
	bool handler_ends;
	bool reporting; /* an exception: one inside of that cannot be told */
	bool probing;
	uint64_t interrupted; /* digest of what the last interrupt interrupted, and which it was */
	unsigned storm;	      /* interrupts since that changed */
	uint64_t probed;      /* syndrome of the first exception since probe_begin() */
	uint64_t random;
	volatile uint64_t interrupts; /* taken, without the spurious ones */
	uint64_t spurious;
	unsigned checks_for_more; /* by shots_no_more() */
	uint32_t ctl_at_start[TIMERS];
	/* Planted faults count what they spoil. */
	uint64_t fault_reads, fault_interrupts, fault_enables;
	cpu_fn *fn;
	void *argument;
	enum cpu_state state; /* atomic */
	struct {
		irq_fn *fn;
		void *argument;
	} handlers[INTIDS];
} __attribute__((aligned(64)));
_Static_assert(offsetof(struct cpu, el0_return) == CPU_EL0_RETURN, "vectors.S uses it");
_Static_assert(offsetof(struct cpu, el0_stack) == CPU_EL0_STACK, "vectors.S uses it");
_Static_assert(GUEST_MAX_CPUS == STACK_CPUS, "each CPU has its stacks");

/* HVC by the SMC calling convention: x0 to x3 before and after it. Nothing else stays. */
void hypercall(uint64_t regs[4]);

/* The calling CPU's; at EL0 as well. */
static inline struct cpu *cpu_here(void)
{
	return (struct cpu *)read_sysreg(tpidrro_el0);
}

/* Masks interrupts (at EL0, too) and tells how they were. */
static inline uint64_t irq_save(void)
{
	uint64_t daif = read_sysreg(daif);

	irq_disable();
	return daif;
}
static inline void irq_restore(uint64_t daif)
{
	write_sysreg(daif, daif);
}

/* Accesses that KVM can emulate: one plain register each. */
static inline uint32_t mmio_read32(uint64_t address)
{
	uint32_t value;

	asm volatile("ldr %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
	return value;
}
static inline void mmio_write32(uint64_t address, uint32_t value)
{
	asm volatile("str %w0, [%1]" ::"r"(value), "r"(address) : "memory");
}
static inline uint8_t mmio_read8(uint64_t address)
{
	uint32_t value;

	asm volatile("ldrb %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
	return value;
}
static inline void mmio_write8(uint64_t address, uint8_t value)
{
	asm volatile("strb %w0, [%1]" ::"r"(value), "r"(address) : "memory");
}
static inline uint64_t mmio_read64(uint64_t address)
{
	uint64_t value;

	asm volatile("ldr %0, [%1]" : "=r"(value) : "r"(address) : "memory");
	return value;
}
static inline void mmio_write64(uint64_t address, uint64_t value)
{
	asm volatile("str %0, [%1]" ::"r"(value), "r"(address) : "memory");
}

/* report.c */
void format_text(char *text, size_t size, const char *format, va_list arguments);

/* gic.c: this CPU's part, and with CPU 0 the distributor. */
void gic_init(void);

/* irq.c */
void irq_handle(const struct exception_frame *frame);
void irq_name_interrupt(uint32_t intid, char name[32]);

/* vectors.S, start.S */
void el0_call(cpu_fn *fn, void *argument, uint64_t spsr);
void secondary_entry(void);
extern char el0_stacks[];

/* Called from assembly. */
void cpu_main(uint64_t number);
uint64_t exception_handle(struct exception_frame *frame, uint64_t vector);

#endif
