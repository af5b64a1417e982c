/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the harness and its bare-metal guests agree on: where things are in the guest's memory, the
 * test device, and the memory that both sides read and write.
 *
 * Compiled for both sides; needs nothing but <stdint.h>. The guest runs with its MMU and caches on,
 * so that both see one coherent memory. A field says who writes it; the other side reads it with
 * acquire semantics where it waits for it. The harness never trusts what it finds here: the guest
 * can write all of it at any time.
 */
#ifndef GUEST_IMAGES_PROTOCOL_H
#define GUEST_IMAGES_PROTOCOL_H

#include <stdint.h>

/* Guest physical addresses. Each part has a 2 MiB block of its own, which is how the guest maps
 * them. */
#define GUEST_RAM_BASE	  0x40000000
#define GUEST_SHARED_BASE 0x40000000 /* struct guest_shared */
#define GUEST_IMAGE_BASE  0x40200000 /* code and constants; begins with the entry point */
#define GUEST_DATA_BASE	  0x40400000 /* data, stacks */
#define GUEST_RAM_SIZE	  0x02000000 /* the least RAM that a guest needs: 32 MiB */
#define GUEST_MAX_CPUS	  16
#define GUEST_TEST_DEVICE 0x0b000000

/*
 * Registers of the test device, 64 bits wide, at these offsets. A write is an exit to userspace;
 * the vCPU goes on when the harness has done what it asks. "Message" is the writing CPU's
 * guest_cpu_area.message.
 */
enum test_device_register {
	TEST_DEVICE_EXIT = 0x00,  /* read or write: an exit, and nothing else; reads as 0 */
	TEST_DEVICE_PRINT = 0x08, /* write: the message is a line of diagnostics */
	TEST_DEVICE_FAIL = 0x10,  /* write: the message says what failed; the test goes on */
	TEST_DEVICE_SKIP = 0x18,  /* write: the test cannot be done here, the message says why; ends
				     the test */
	TEST_DEVICE_DONE = 0x20,  /* write: the test is over; the writing vCPU does not go on */
	TEST_DEVICE_SAMPLE = 0x30, /* write N: one value of the series whose name the message is */
	TEST_DEVICE_CALL = 0x28,   /* write N: calls function N of the test's script on this vCPU's
				      thread, with guest_cpu_area.call */
	TEST_DEVICE_YIELD = 0x38,  /* write: lets others have the host CPU (sched_yield()) */
};

enum guest_event_kind {
	GUEST_EVENT_NONE,
	GUEST_EVENT_IRQ,       /* a: INTID, b: interrupted PC */
	GUEST_EVENT_EOI,       /* a: INTID */
	GUEST_EVENT_CVAL,      /* a: timer, b: CVAL or (sign extended) TVAL written */
	GUEST_EVENT_CTL,       /* a: timer, b: CTL written */
	GUEST_EVENT_WFI,       /* goes to sleep */
	GUEST_EVENT_WAKE,      /* goes on after WFI */
	GUEST_EVENT_CALL,      /* a: function of the script */
	GUEST_EVENT_EXCEPTION, /* a: ESR_EL1, b: ELR_EL1 */
	GUEST_EVENT_USER,      /* whatever a test wants to tell: a, b */
};

struct guest_event {
	uint64_t count; /* CNTVCT_EL0 */
	uint64_t kind, a, b;
};

#define GUEST_EVENTS  64 /* a power of two */
#define GUEST_MESSAGE 512

/* One CPU's own part. Written by that CPU of the guest, except where it says otherwise. */
struct guest_cpu_area {
	char message[GUEST_MESSAGE]; /* ends with '\0' */
	uint64_t call[4]; /* arguments of TEST_DEVICE_CALL; call[0] is its result, written by the
			     harness */
	/*
	 * While the CPU waits for something that must come: how long it may take, in nanoseconds
	 * from the moment at which `waits` changed; 0 while it does not wait. When it takes much
	 * longer (see harness/run.h), the harness fails the test with the name in `wait_for` and
	 * kicks the vCPU.
	 */
	uint64_t wait_time;
	uint64_t waits; /* grows with each wait */
	char wait_for[64];
	uint64_t events_written; /* the newest is at (events_written - 1) % GUEST_EVENTS */
	struct guest_event events[GUEST_EVENTS];
};

/* What the guest library does wrong on purpose; see harness/fault.h. Bits of guest_shared.faults.
 */
enum guest_fault {
	GUEST_FAULT_COUNTER_SKEW = 1 << 0,   /* CPU n > 0 reads counters n ms ahead */
	GUEST_FAULT_COUNTER_BACK = 1 << 1,   /* now and then a counter reads 1 ms earlier */
	GUEST_FAULT_LOST_WAKEUP = 1 << 2,    /* WFI goes on sleeping after the first interrupt */
	GUEST_FAULT_LOST_INTERRUPT = 1 << 3, /* every third interrupt of a timer is acknowledged and
						ended, the timer disabled, the handler not called */
	GUEST_FAULT_DOUBLE_INTERRUPT = 1 << 4, /* every third interrupt's handler is called twice */
	GUEST_FAULT_EARLY = 1 << 5,	       /* a CVAL is written 20 ms too early */
	GUEST_FAULT_LATE = 1 << 6,	       /* a CVAL is written 20 ms too late */
	GUEST_FAULT_PHYSICAL_OFFSET =
		1 << 7, /* the physical counter reads 1 s ahead on CPU 0 alone */
	GUEST_FAULT_TVAL_UNSIGNED = 1 << 8,  /* TVAL is not sign extended */
	GUEST_FAULT_ISTATUS_STUCK = 1 << 9,  /* CTL reads ISTATUS = 0 */
	GUEST_FAULT_IGNORES_IMASK = 1 << 10, /* IMASK is not written */
	GUEST_FAULT_NO_ENABLE = 1 << 11,     /* every eighth ENABLE is not written */
	GUEST_FAULT_FREQUENCY = 1 << 12,     /* CNTFRQ reads twice as much on CPUs above 0 */
	/* In registers that a test keeps live. */
	GUEST_FAULT_FP_FLIP = 1 << 13,	  /* a bit of V7 is flipped */
	GUEST_FAULT_FP_FPCR = 1 << 14,	  /* FPCR is lost */
	GUEST_FAULT_FP_FOREIGN = 1 << 15, /* V0 (the last lane of Z0) is the monitor's */
	GUEST_FAULT_SVE_STALE = 1 << 16,  /* the last lane of Z31 is of another round */
	GUEST_FAULT_SVE_VL = 1 << 17,	  /* the vector length has changed */
	GUEST_FAULT_FP_SWAP = 1 << 18,	  /* V31 is that of the next CPU in this round */
	GUEST_FAULT_SVE_P = 1 << 19,	  /* P15 and FFR are lost */
};

#define GUEST_WORDS 64
#define GUEST_ARGS  8

struct guest_shared {
	/* Written by the harness before the guest starts. */
	uint64_t test; /* which function: its place in guest_tests.list */
	uint64_t cpus;
	uint64_t gic; /* 2 or 3: architecture version */
	uint64_t seed;
	uint64_t faults;	 /* enum guest_fault */
	uint64_t timer_intid[2]; /* virtual, physical */
	uint64_t args[GUEST_ARGS];
	uint64_t user_irqchip; /* 1: the interrupt controller is the monitor's */
	/* Free for what a test's guest and script tell each other; zero at the start. */
	uint64_t words[GUEST_WORDS];
	struct guest_cpu_area cpu[GUEST_MAX_CPUS];
};

_Static_assert(sizeof(struct guest_shared) <= GUEST_IMAGE_BASE - GUEST_SHARED_BASE,
	       "the shared memory fits into its block");

#endif
