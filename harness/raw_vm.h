/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VM made by hand, one ioctl after the other, for tests of the order in which they come. Its
 * guests are a few instructions each, without stack, MMU or library.
 *
 * Functions that name one ioctl return what it returned, and judge nothing; raw_expect() judges.
 * Those that return bool have failed the test (run_fail()) when they return false.
 */
#ifndef HARNESS_RAW_VM_H
#define HARNESS_RAW_VM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/kvm.h"
#include "harness/run.h"

#define RAW_VM_CPUS 8

/* What a guest does where it begins. X1 holds the address that raw_run() tells of. */
enum raw_guest {
	RAW_GUEST_WFI,	 /* waits for interrupts by WFI, for ever */
	RAW_GUEST_SPIN,	 /* waits for them spinning */
	RAW_GUEST_STORE, /* stores X0 again and again: RAW_STORE each time */
	RAW_GUEST_LOAD,	 /* loads X0 from the same address once, then stores it */
	RAW_GUEST_ACK3,	 /* polls the GICv3 until it acknowledges an interrupt, stores the INTID */
	RAW_GUEST_ACK2,	 /* the same with a GICv2 */
};

/* How KVM_RUN ended. */
enum raw_end {
	RAW_INTERRUPT, /* the guest has taken an interrupt; value: CNTVCT_EL0 in its handler */
	RAW_EXCEPTION, /* it has taken an exception; value: its ELR_EL1 */
	RAW_STORE,     /* value: what it stored */
	RAW_LOAD,      /* it waits for the value: run->mmio.data */
	RAW_SIGNAL,    /* nothing: a signal came, usually that of raw_run()'s time limit */
	RAW_OTHER,     /* failed the test, described */
};

struct raw_vcpu {
	int fd;
	struct kvm_run *run;
	bool input; /* userspace irqchip: the level of its IRQ input */
};

struct raw_vm {
	struct test_run *test;
	enum irqchip_kind kind;
	int kvm, vm, gic; /* gic: -1 without one in KVM */
	uint8_t *memory;
	int run_size;
	unsigned cpus;
	struct raw_vcpu vcpus[RAW_VM_CPUS];
};

/* A VM with memory and guests, but neither vCPUs nor interrupt controller. raw_vm_close() is due in
 * any case, and may come twice. */
bool raw_vm_open(struct raw_vm *vm, struct test_run *test);
void raw_vm_close(struct raw_vm *vm);

int raw_add_vcpu(struct raw_vm *vm);
/* `features` besides PSCI: bits 1 << KVM_ARM_VCPU_*. */
int raw_init_vcpu(struct raw_vm *vm, unsigned cpu, uint32_t features);
/* Of the run's kind; 0 and nothing where that is in userspace. */
int raw_add_gic(struct raw_vm *vm);
int raw_place_gic(struct raw_vm *vm);
int raw_finalize_gic(struct raw_vm *vm);
int raw_gic_attr(struct raw_vm *vm, uint32_t group, uint64_t attr, const void *value);
/* All of it, in the usual order. */
bool raw_make_ready(struct raw_vm *vm, unsigned cpus);

/* KVM_RUN as it is, once; returns 0 or -errno. */
int raw_kvm_run(struct raw_vm *vm, unsigned cpu);

/* Registers for the guest to begin with; interrupts unmasked. */
bool raw_set_guest(struct raw_vm *vm, unsigned cpu, enum raw_guest guest);
bool raw_set_reg(struct raw_vm *vm, unsigned cpu, uint64_t id, uint64_t value);
bool raw_get_reg(struct raw_vm *vm, unsigned cpu, uint64_t id, uint64_t *value);
#define RAW_PC KVM_CORE_REG_U64(regs.pc)
#define RAW_X0 KVM_CORE_REG_U64(regs.regs[0])

/*
 * Runs the guest until something happens, at most about `limit_ms`: RAW_SIGNAL then. With an
 * interrupt controller in userspace it carries the virtual timer's line to the vCPU.
 */
enum raw_end raw_run(struct raw_vm *vm, unsigned cpu, unsigned limit_ms, uint64_t *value);

/* Completes an access, without entering the guest: no part of it is left in KVM. */
void raw_complete(struct raw_vm *vm, unsigned cpu);

/* The virtual timer's line as KVM told it when KVM_RUN last returned; userspace irqchip only. */
bool raw_line(const struct raw_vm *vm, unsigned cpu);

/* The vCPU's IRQ input, with an interrupt controller in userspace. raw_run() does it by itself. */
void raw_set_input(struct raw_vm *vm, unsigned cpu, bool level);

/* The guest's GIC lets the virtual timer's interrupt through. Nothing to do for one in userspace,
 * or when its descriptor is closed. */
bool raw_enable_interrupt(struct raw_vm *vm, unsigned cpu);

/* What a reset of the guest's GIC has to do after an interrupt was acknowledged and never ended. */
bool raw_forget_priorities(struct raw_vm *vm, unsigned cpu);

/* Arms the virtual timer for `us` from now (may be negative), by ONE_REG. */
bool raw_arm(struct raw_vm *vm, unsigned cpu, int64_t us, uint64_t *cval);

/*
 * The vCPU is initialised, the VM ready: arms the virtual timer and runs `guest` until its
 * interrupt comes, exactly once, and not before CVAL. `what` says after what.
 */
bool raw_timer_works(struct raw_vm *vm, unsigned cpu, enum raw_guest guest, const char *what);

/* Disables the virtual timer: no interrupt comes any more. */
bool raw_timer_is_quiet(struct raw_vm *vm, unsigned cpu, const char *what);

/* Fails the test unless `ret` is `expected`: 0 or -errno. */
bool raw_expect(struct raw_vm *vm, int ret, int expected, const char *what);

#endif
