/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VM for bare-metal guests: vmm/machine.h, the guest image, the test device and the shared
 * memory.
 *
 * A test has one, its script may make more. Functions that fail have described it and failed the
 * test (run_fail()) when they return.
 */
#ifndef HARNESS_TEST_VM_H
#define HARNESS_TEST_VM_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include "harness/test.h"
#include "vmm/machine.h"

struct test_vm_config {
	const char *name; /* "vm", "bystander"; in diagnostics */
	guest_test_id guest;
	unsigned cpus;
	enum irqchip_kind irqchip;
	uint64_t args[GUEST_ARGS];
	/* Between the making of the VM (with its irqchip) and its first vCPU; for
	 * KVM_ARM_SET_COUNTER_OFFSET and the like. NULL: nothing. */
	int (*before_vcpus)(struct test_vm *vm);
	const char *cpu_features; /* as --cpu-features; NULL: all that the host offers */
};

struct fault_state;

struct test_vm {
	struct test_run *run;
	const char *name;
	struct machine machine;
	volatile struct guest_shared *shared;
	_Atomic pid_t tids[GUEST_MAX_CPUS]; /* of the vCPU threads; 0: not yet */
	atomic_bool done;		    /* the guest said so, or cannot go on */

	/* What follows is the harness's own. */
	int (*before_vcpus)(struct test_vm *vm);
	pthread_mutex_t lock;		/* of the orders to vCPUs */
	unsigned parks[GUEST_MAX_CPUS]; /* who wants it parked; it runs at 0 */
	bool frozen;			/* parked for good */
	atomic_bool started;
	int first_cpu[GUEST_MAX_CPUS]; /* place in run->host_cpus to begin on; -1: any */
	atomic_bool broken;	       /* told that the guest misuses the test device */
	struct fault_state *fault;     /* the planted fault, played on this VM; or NULL */
};

/* Makes the VM, with vCPUs that have not run; test_vm_start() makes them run, once. Return 0 or
 * -errno. */
int test_vm_create(struct test_vm *vm, struct test_run *run, const struct test_vm_config *config);
int test_vm_start(struct test_vm *vm);
/* Ends its threads wherever they are, and frees it. Also after a failed create, and twice. */
void test_vm_destroy(struct test_vm *vm);

/*
 * Takes one vCPU out of the guest and back; between the two its state can be read and written. An
 * exit that was being emulated has been completed. Parks are counted: it runs again when all have
 * been taken back. Any thread but a vCPU's.
 */
void test_vm_park(struct test_vm *vm, unsigned cpu);
void test_vm_unpark(struct test_vm *vm, unsigned cpu);

/*
 * What a machine does at SYSTEM_RESET: parks all vCPUs, resets them and the interrupt controller,
 * loads the guest image anew (its data too), puts vCPU 0 at the entry, and lets all run. The shared
 * memory stays as it is, so that the guest can tell from its words that it has been here before.
 * Returns 0 or -errno, described. Not on a vCPU's thread.
 */
int test_vm_reset(struct test_vm *vm);

/* A signal to a vCPU's thread: KVM_RUN returns with -EINTR, and is entered again at once. */
void test_vm_signal(struct test_vm *vm, unsigned cpu);

/* Binds a vCPU's thread to one host CPU (a place in run->host_cpus). Returns when it is there if it
 * was running. Before test_vm_start(): where it begins. */
void test_vm_move(struct test_vm *vm, unsigned cpu, unsigned host_cpu);

/* Whether the kernel has put the vCPU's thread to sleep, as it does a while after WFI. */
bool test_vm_is_blocked(const struct test_vm *vm, unsigned cpu);

/* Waits until a word of shared memory is `value`; false when the test is over before. */
bool test_vm_wait_word(struct test_vm *vm, unsigned word, uint64_t value);
void test_vm_set_word(struct test_vm *vm, unsigned word, uint64_t value);
uint64_t test_vm_word(const struct test_vm *vm, unsigned word);
/* Waits until the guest is done; false when the test is over before. */
bool test_vm_wait_done(struct test_vm *vm);

/* Parks all vCPUs for good, but waits for each at most `timeout_ns`. Returns the number of the
 * first one that does not leave KVM_RUN, or -1. */
int test_vm_freeze(struct test_vm *vm, uint64_t timeout_ns);

#endif
