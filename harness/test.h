/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A test is a row: what runs in the guest, what runs beside it on the host, and where it applies.
 *
 * The rows of a family stand in one file of harness/tests/, next to the family's host-side scripts;
 * harness/tests/families.c lists the families. docs/writing-tests.md has a whole example.
 */
#ifndef HARNESS_TEST_H
#define HARNESS_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guest-images/protocol.h"
#include "harness/fault.h"
#include "irqchip/irqchip.h"
#include "vcpu/vcpu.h"

struct test_run;
struct test_vm;

/* Each tier holds the ones before it. */
enum test_tier {
	TEST_TIER_QUICK, /* all of them at most 90 s per flavour of the lab */
	TEST_TIER_FULL,	 /* at most 5 minutes */
	TEST_TIER_SOAK,	 /* the full ones, again and again with other seeds, until ended */
};

/* Bits: the kinds of interrupt controller that a test is for. 0 means all three. */
#define TEST_ON(kind) (1u << (kind))
#define TEST_ON_VGIC  (TEST_ON(IRQCHIP_GICV3) | TEST_ON(IRQCHIP_GICV2))
#define TEST_ON_USER  TEST_ON(IRQCHIP_USER)

/* Bits: what the host must have; otherwise the test is skipped, with the reason. */
enum test_need {
	TEST_NEEDS_COUNTER_OFFSET = 1 << 0, /* KVM_CAP_COUNTER_OFFSET (6.4) */
	TEST_NEEDS_PTIMER_REGS = 1 << 1,    /* ONE_REG access to the physical timer (6.4) */
	TEST_NEEDS_TWO_HOST_CPUS = 1 << 2,  /* in this process's affinity mask */
	TEST_NEEDS_EXACT_TIME = 1 << 3,	    /* lab --icount, or hardware: lateness is a verdict */
	TEST_NEEDS_SYSTEM_SUSPEND = 1 << 4, /* KVM_CAP_ARM_SYSTEM_SUSPEND */
	TEST_NEEDS_REALTIME = 1 << 5,	    /* may use SCHED_FIFO */
	TEST_NEEDS_WFXT = 1 << 6,	    /* FEAT_WFxT in the host's ID registers */
	TEST_NEEDS_PMU = 1 << 7,
	TEST_NEEDS_SVE = 1 << 8,
	/*
	 * An offset of the physical counter has an effect. KVM's protected mode gives it none. With
	 * CNTPOFF_EL2 (FEAT_ECV, VHE) it is the machine's business, and QEMU's emulation of one
	 * without EL3 forgets it.
	 */
	TEST_NEEDS_PHYSICAL_OFFSET = 1 << 9,
};

/* What the host does beside the guest; each may be NULL. See harness/run.h for what it can call. */
struct test_script {
	/* The VM is made, its first vCPU has not run yet. */
	void (*prepare)(struct test_run *run);
	/* On a thread of its own while the guest runs. Has to return soon after run_is_over(). */
	void (*beside)(struct test_run *run);
	/* TEST_DEVICE_CALL: on the calling vCPU's thread, outside KVM_RUN. Returns call_host()'s
	 * result. */
	uint64_t (*call)(struct test_run *run, struct test_vm *vm, unsigned cpu, unsigned function,
			 const uint64_t args[3]);
	/*
	 * A vCPU stopped by PSCI: SYSTEM_RESET, or SYSTEM_SUSPEND and the end of that (the script
	 * enabled KVM_CAP_ARM_SYSTEM_SUSPEND). On the vCPU's thread, which parks itself when this
	 * has returned true: the script goes on with it, usually from `beside` by test_vm_reset()
	 * or test_vm_unpark(). False, or without this: the test fails, as it does with any other
	 * way of stopping.
	 */
	bool (*stopped)(struct test_run *run, struct test_vm *vm, unsigned cpu, enum vcpu_stop why);
	/* All vCPUs are parked, the VM still exists. */
	void (*finish)(struct test_run *run);
	/* Instead of all of these and without any VM: the script makes what it wants. */
	void (*alone)(struct test_run *run);
};

/* A guest function: its place in the guest image, by name. GUEST(x) of harness/guest_tests.h. */
typedef int guest_test_id;
#define GUEST_NONE (-1)

struct test {
	const char *id;	   /* stable, "family/name-in-words"; never reused for something else */
	const char *title; /* one line, says what must be true */
	guest_test_id guest;
	unsigned cpus;	   /* vCPUs; 0 means 1 */
	unsigned irqchips; /* TEST_ON() bits */
	unsigned needs;	   /* enum test_need bits */
	enum test_tier tier;
	bool hazardous; /* can hang a faulty host: only with --hazardous, last */
	/*
	 * The physical timer expires, enabled and unmasked. On a host without a vGIC that gives the
	 * guest the timer itself (VHE), KVM's handler masks the virtual timer's interrupt instead,
	 * and the host CPU takes the physical one for ever: hazardous there, and only there.
	 */
	bool expires_ptimer;
	uint64_t args[GUEST_ARGS];
	const struct test_script *script;
	/*
	 * The faults that it must catch, FAULT_SET(FAULT_X, FAULT_Y): the checks run each pair
	 * where the fault can be played. 0 needs a comment beside the row that says why none can be
	 * played.
	 */
	fault_set faults;
	/* A known failure on stock kernels, in words, with the commit that mends it; shown with a
	 * failure, changes no verdict. */
	const char *known;
};

struct test_family {
	const char *name; /* the first part of its tests' ids */
	const char *title;
	const struct test *tests;
	const size_t *count; /* stands in the family's own file */
	bool no_idle_vm;     /* its runs' VMs are the first and the last of the host */
};

/* All families, ended by one without a name. */
extern const struct test_family test_families[];

#endif
