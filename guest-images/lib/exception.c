// SPDX-License-Identifier: GPL-2.0-only
/* Exceptions: interrupts go to irq.c, expected ones are stepped over, all others end the test. */
#include "guest-images/lib/cpu.h"

#define ESR_CLASS(esr)	 ((esr) >> 26 & 0x3f)
#define CLASS_SVC	 0x15
#define SPSR_EL0_MASKING 0x240 /* D and F */
#define SPSR_I		 0x80
#define FROM_EL0	 8 /* vectors from here on */

static const char *const vector_kinds[] = { "synchronous exception", "IRQ", "FIQ", "SError" };

static const char *class_name(uint64_t esr)
{
	switch (ESR_CLASS(esr)) {
	case 0x00:
		return "undefined instruction";
	case 0x01:
		return "trapped WFI or WFE";
	case 0x07:
		return "trapped FP or SIMD";
	case 0x0e:
		return "illegal execution state";
	case CLASS_SVC:
		return "SVC";
	case 0x16:
		return "HVC";
	case 0x17:
		return "SMC";
	case 0x18:
		return "trapped system register";
	case 0x19:
		return "trapped SVE";
	case 0x20:
	case 0x21:
		return "instruction abort";
	case 0x22:
		return "PC alignment fault";
	case 0x24:
	case 0x25:
		return "data abort";
	case 0x26:
		return "SP alignment fault";
	case 0x3c:
		return "BRK";
	default:
		return "exception";
	}
}

static void report(const struct exception_frame *frame, uint64_t vector)
{
	struct cpu *cpu = cpu_here();
	unsigned kind = vector % 4;
	bool synchronous = kind == 0;

	if (cpu->reporting)
		finish();
	cpu->reporting = true;
	fail("unexpected %s at EL%u: ESR 0x%lx, ELR 0x%lx, FAR 0x%lx, SPSR 0x%lx",
	     synchronous ? class_name(frame->esr) : vector_kinds[kind], vector >= FROM_EL0 ? 0 : 1,
	     frame->esr, frame->elr, frame->far, frame->spsr);
	for (unsigned i = 0; i < 28; i += 4)
		note("x%02u 0x%016lx 0x%016lx 0x%016lx 0x%016lx", i, frame->x[i], frame->x[i + 1],
		     frame->x[i + 2], frame->x[i + 3]);
	note("x28 0x%016lx 0x%016lx 0x%016lx", frame->x[28], frame->x[29], frame->x[30]);
	finish();
}

/* Not 0: EL0's function has returned. */
uint64_t exception_handle(struct exception_frame *frame, uint64_t vector)
{
	struct cpu *cpu = cpu_here();

	if (vector == 5 || vector == 9) {
		irq_handle(frame);
		return 0;
	}
	if (vector == 8 && ESR_CLASS(frame->esr) == CLASS_SVC &&
	    (frame->esr & 0xffff) == EL0_RETURN_SVC)
		return 1;
	if ((vector == 4 || vector == 8) && cpu->probing) {
		if (!cpu->probed)
			cpu->probed = frame->esr;
		if (ESR_CLASS(frame->esr) != CLASS_SVC)
			frame->elr += 4;
		return 0;
	}
	event(GUEST_EVENT_EXCEPTION, frame->esr, frame->elr);
	report(frame, vector);
	return 0;
}

void at_el0(cpu_fn *fn, void *argument, bool irqs)
{
	struct cpu *cpu = cpu_here();

	cpu->in_el0 = true;
	el0_call(fn, argument, SPSR_EL0_MASKING | (irqs ? 0 : SPSR_I));
	cpu->in_el0 = false;
}

void probe_begin(void)
{
	struct cpu *cpu = cpu_here();

	cpu->probed = 0;
	cpu->probing = true;
	asm volatile("" ::: "memory");
}

uint64_t probe_end(void)
{
	struct cpu *cpu = cpu_here();

	asm volatile("" ::: "memory");
	cpu->probing = false;
	return cpu->probed;
}
