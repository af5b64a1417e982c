/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Planted faults (`armlet test --plant FAULT`): one named way of misbehaving, to show that the
 * tests notice it.
 *
 * Where a fault is played is part of its row: in front of the userspace irqchip (lines: with a vGIC
 * a timer's interrupt is KVM's own), in the monitor (registers by ONE_REG, INTIDs, counter offset,
 * GIC state), or in the guest library (guest-images/protocol.h, enum guest_fault).
 */
#ifndef HARNESS_FAULT_H
#define HARNESS_FAULT_H

#include <stdbool.h>
#include <stdint.h>

enum fault {
	FAULT_NONE,
	/* In front of the userspace irqchip: the lines of the timers. */
	FAULT_LINE_DROP,      /* every third rise of a line is not told */
	FAULT_LINE_DELAY,     /* every third rise is told 10 ms late */
	FAULT_LINE_DUPLICATE, /* a line that fell rises again for 3 ms */
	FAULT_LINE_STUCK,     /* a line that rose never falls */
	FAULT_LINE_EARLY,     /* a line rises while the timer has 10 ms to go */
	FAULT_LINE_SWAP,      /* the lines of the virtual and the physical timer are swapped */
	FAULT_LINE_MASKED,    /* a line rises although IMASK is set */
	FAULT_INPUT_LOST,     /* every third change of a vCPU's interrupt input is taken back */
	/* In the monitor: the timers' state, where a script saves and loads it (test_timer.h). */
	FAULT_SAVE_CVAL,  /* saved CVAL has bit 12 flipped */
	FAULT_SAVE_CTL,	  /* saved CTL has lost ENABLE */
	FAULT_SAVE_CNT,	  /* the saved counter is not loaded */
	FAULT_SAVE_SWAP,  /* virtual and physical timer are loaded into each other */
	FAULT_SAVE_LOST,  /* nothing is loaded */
	FAULT_LOAD_IMASK, /* loaded CTL has IMASK set */
	/* In the monitor: when a script moves, signals or parks a vCPU, before it goes on. */
	FAULT_REG_CVAL,	       /* CVAL of the virtual timer becomes 10 ms earlier */
	FAULT_REG_CTL_LOST,    /* CTL of the virtual timer becomes 0 */
	FAULT_REG_CNT_JUMP,    /* the virtual counter jumps back by 1 s */
	FAULT_REG_CNTKCTL,     /* CNTKCTL_EL1 becomes 0 */
	FAULT_ENABLE_LOST,     /* the timers' PPIs are disabled in the vGIC */
	FAULT_PENDING_EXTRA,   /* the virtual timer's PPI is set pending in the vGIC */
	FAULT_INTID,	       /* a timer's INTID is set to another one than asked for */
	FAULT_OFFSET,	       /* the counter offset is 1 s off for the physical counter */
	FAULT_KILLS_BYSTANDER, /* now and then, CTL of the virtual timer becomes 0 in VMs of a test
				  that has made more than one */
	/* In front of an oracle. */
	FAULT_HOST_UNCOUNTED,	/* the host's interrupts of KVM's timers are not counted */
	FAULT_HOST_OVERCOUNTED, /* one more is counted when a timer has expired unheard */
	/* In VMs that a script makes by hand (raw_vm.h). */
	FAULT_IOCTL_RESULT,  /* success is taken for EPROTO, a refusal for success */
	FAULT_RAW_NO_ENABLE, /* their timers are not enabled */
	FAULT_RAW_EARLY,     /* their timers' CVAL is 1 s too early */
	/* In the scripts of the families fpsimd and sve. */
	FAULT_FP_LOAD_FPCR, /* FPCR is not loaded with the other registers */
	FAULT_FP_LOAD_SWAP, /* V31 is loaded with V30's value */
	FAULT_FP_HOST_LOST, /* a host thread's V0 is lost */
	FAULT_SVE_LOAD_P,   /* P15 and FFR are not loaded with the other registers */
	FAULT_SVE_LENGTHS,  /* a VM is made without the limit of its vector lengths */
	/* In the guest library; in the order of enum guest_fault. */
	FAULT_GUEST_COUNTER_SKEW,
	FAULT_GUEST_COUNTER_BACK,
	FAULT_GUEST_LOST_WAKEUP,
	FAULT_GUEST_LOST_INTERRUPT,
	FAULT_GUEST_DOUBLE_INTERRUPT,
	FAULT_GUEST_EARLY,
	FAULT_GUEST_LATE,
	FAULT_GUEST_PHYSICAL_OFFSET,
	FAULT_GUEST_TVAL_UNSIGNED,
	FAULT_GUEST_ISTATUS_STUCK,
	FAULT_GUEST_IGNORES_IMASK,
	FAULT_GUEST_NO_ENABLE,
	FAULT_GUEST_FREQUENCY,
	FAULT_GUEST_FP_FLIP,
	FAULT_GUEST_FP_FPCR,
	FAULT_GUEST_FP_FOREIGN,
	FAULT_GUEST_SVE_STALE,
	FAULT_GUEST_SVE_VL,
	FAULT_GUEST_FP_SWAP,
	FAULT_GUEST_SVE_P,
	FAULTS
};

typedef uint64_t fault_set;
_Static_assert(FAULTS <= 64, "a set of faults is one word");
#define FAULT_BIT(fault) (UINT64_C(1) << (fault))

/* FAULT_SET(FAULT_X, FAULT_Y, ...), at most 12, as a constant. */
#define FAULT_SET(...) FAULT_SET_OF(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
#define FAULT_SET_OF(a, b, c, d, e, f, g, h, i, j, k, l, ...)                        \
	((FAULT_BIT(a) | FAULT_BIT(b) | FAULT_BIT(c) | FAULT_BIT(d) | FAULT_BIT(e) | \
	  FAULT_BIT(f) | FAULT_BIT(g) | FAULT_BIT(h) | FAULT_BIT(i) | FAULT_BIT(j) | \
	  FAULT_BIT(k) | FAULT_BIT(l)) &                                             \
	 ~FAULT_BIT(FAULT_NONE))

struct fault_row {
	const char *name;  /* as --plant takes it: "line-drop" */
	const char *title; /* for --list-faults */
	unsigned irqchips; /* TEST_ON() bits where it can be played */
	uint64_t guest;	   /* enum guest_fault bits, or 0: not in the guest library */
	bool exact_time;   /* shows only where lateness is a verdict */
};

extern const struct fault_row fault_rows[FAULTS];

/* FAULT_NONE when there is no such name. */
enum fault fault_find(const char *name);

#endif
