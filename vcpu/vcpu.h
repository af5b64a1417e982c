/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One virtual CPU: its KVM descriptor, its thread and its run loop.
 *
 * A vCPU is made and initialised by the VM's thread, then given a thread of its own. That thread is
 * either *running* (it is in KVM_RUN or emulates an exit) or *parked*. It begins parked; the VM's
 * thread orders it to run, to park or to quit. While it is parked, the VM's thread may read and
 * write its state, and an exit that it was emulating has been completed: no part of an access is
 * left in KVM.
 */
#ifndef VCPU_VCPU_H
#define VCPU_VCPU_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "devices/mmio_bus.h"
#include "vcpu/entry.h"
#include "vcpu/features.h"

struct irqchip;
struct placement;
struct vcpu;

/* What becomes of an access to an address where there is no device. */
enum unassigned_mmio {
	UNASSIGNED_MMIO_ZERO,  /* reads as zero, writes are ignored */
	UNASSIGNED_MMIO_ABORT, /* external abort in the guest */
	UNASSIGNED_MMIO_STOP,  /* the VM stops, with a report */
};

/* Why a vCPU stopped the VM. */
enum vcpu_stop {
	VCPU_STOP_SHUTDOWN, /* PSCI SYSTEM_OFF */
	VCPU_STOP_RESET,    /* PSCI SYSTEM_RESET, SYSTEM_RESET2 */
	VCPU_STOP_SUSPEND,  /* PSCI SYSTEM_SUSPEND; only with KVM_CAP_ARM_SYSTEM_SUSPEND enabled */
	VCPU_STOP_WAKEUP,   /* what KVM_MP_STATE_SUSPENDED waited for has come */
	VCPU_STOP_CRASH,    /* the guest reports a crash of its own, or did what the user forbids;
			       reported */
	VCPU_STOP_FAILURE,  /* KVM cannot go on; reported */
};

enum vcpu_exit {
	VCPU_EXIT_MMIO_READ,
	VCPU_EXIT_MMIO_WRITE,
	VCPU_EXIT_UNDECODED, /* a load or store that KVM could not decode: KVM_EXIT_ARM_NISV,
				_LDST64B */
	VCPU_EXIT_SYSTEM_EVENT,
	VCPU_EXIT_LINE,	  /* userspace irqchip: -EINTR that tells the edge of a timer's line */
	VCPU_EXIT_SIGNAL, /* any other -EINTR: orders, interrupts from other threads (userspace
			     irqchip) */
	VCPU_EXIT_OTHER,
	VCPU_EXITS
};

/* The name of a kind of exit in statistics. */
const char *vcpu_exit_name(enum vcpu_exit exit);

/* Written by the vCPU's thread alone; stable while it is parked. */
struct vcpu_stats {
	uint64_t exits[VCPU_EXITS];
	uint64_t unassigned; /* accesses where no device is; they count as MMIO exits as well */
	uint64_t
		cpu_time; /* nanoseconds on a host CPU, guest included; set when the thread quits */
};

#define VCPU_LOGGED_PAGES 64

/* What the vCPUs of one VM share. Filled by the VM before the first vCPU is made. */
struct vcpu_group {
	int vm_fd;
	int run_size; /* KVM_GET_VCPU_MMAP_SIZE */
	struct mmio_bus *bus;
	struct irqchip *irqchip;
	enum unassigned_mmio unassigned;
	vcpu_feature_set features;
	unsigned sve_max_bits;	     /* see struct vcpu_feature_choice */
	struct placement *placement; /* NULL: threads run where the host likes. May change while
					all are parked */
	/* On the vCPU's thread, before it can run; < 0 (described) stops the VM as a failure. */
	int (*thread_begin)(void *context, struct vcpu *vcpu);
	/* On the vCPU's thread, which parks itself after this returns. Several vCPUs may stop at
	 * once. */
	void (*stopped)(void *context, struct vcpu *vcpu, enum vcpu_stop why);
	void *context;
	/* CLOCK_MONOTONIC nanoseconds just before the first KVM_RUN of any vCPU; 0: not yet. */
	_Atomic uint64_t first_run;
	/* Pages whose accesses without a device were logged: page address | 1; 0 is a free place.
	 */
	_Atomic uint64_t logged_pages[VCPU_LOGGED_PAGES];
};

enum vcpu_order {
	VCPU_ORDER_PARK,
	VCPU_ORDER_RUN,
	VCPU_ORDER_QUIT,
};

struct vcpu {
	struct vcpu_group *group;
	unsigned index;
	int fd;
	struct kvm_run *run;
	size_t run_size;
	uint64_t mpidr;
	uint64_t device_irq_level; /* userspace irqchip: as KVM told it last */

	struct mmio_cursor mmio; /* the thread's own */
	struct vcpu_entry entry; /* into KVM_RUN */
	pthread_t thread;
	bool has_thread;
	pid_t tid; /* of the thread; since it parked first */
	_Atomic enum vcpu_order order;
	bool parked; /* protected by `lock`, announced by `changed` */
	pthread_mutex_t lock;
	pthread_cond_t changed;

	struct vcpu_stats stats;
};

/*
 * Makes vCPU `index` and initialises it: the first one ready to run, the others powered off. To be
 * followed by vcpu_finish() once the interrupt controller is final. Returns 0 or -errno, described.
 */
int vcpu_create(struct vcpu *vcpu, struct vcpu_group *group, unsigned index);
int vcpu_finish(struct vcpu *vcpu);
/* Without a thread (or after vcpu_join). */
void vcpu_destroy(struct vcpu *vcpu);

/* Back to the state after vcpu_create(); the vCPU is parked or has no thread. Returns 0 or -errno,
 * described. */
int vcpu_reset(struct vcpu *vcpu);

/* Where the vCPU begins, and its X0; all other registers are as KVM resets them. Returns 0 or
 * -errno, described. */
int vcpu_set_entry(struct vcpu *vcpu, uint64_t pc, uint64_t x0);

/* Starts the thread, parked. Returns 0 or -errno, described. */
int vcpu_start_thread(struct vcpu *vcpu);
/* Gives an order and returns at once. PARK and QUIT fetch the vCPU out of the guest. */
void vcpu_order(struct vcpu *vcpu, enum vcpu_order order);
/* Waits until the vCPU is parked. It must have been ordered to. */
void vcpu_wait_parked(struct vcpu *vcpu);
/* Waits for the thread to end. It must have been ordered to quit. */
void vcpu_join(struct vcpu *vcpu);

/* Describes why the vCPU stopped, and its registers, as errors; on the vCPU's thread, or while it
 * is parked. */
void vcpu_report(struct vcpu *vcpu, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The run loop; private to vcpu/. Returns when the order is not VCPU_ORDER_RUN any more. */
void vcpu_run_loop(struct vcpu *vcpu);

#endif
