/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every virtual machine has, whatever it runs: RAM, interrupt controller, bus and vCPUs, at
 * the addresses of vmm/memory_map.h. A VM for a kernel (vmm/vm.h) and one for a test
 * (harness/test_vm.h) put their devices and their contents into it.
 *
 * It belongs to one thread, except where a function says otherwise; the vCPUs have threads of their
 * own.
 */
#ifndef VMM_MACHINE_H
#define VMM_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/guest_memory.h"
#include "devices/mmio_bus.h"
#include "irqchip/irqchip.h"
#include "vcpu/vcpu.h"

struct machine;

struct machine_config {
	unsigned cpus;
	uint64_t memory; /* bytes */
	enum irqchip_kind irqchip;
	const char *cpu_features; /* see vcpu_features_choose() */
	enum unassigned_mmio unassigned;
	/*
	 * When VM, RAM and interrupt controller exist, before the first vCPU: for what has to be
	 * settled about a VM before then. Returns 0 or -errno, described. NULL: nothing.
	 */
	int (*before_vcpus)(void *context, struct machine *machine);
	/* As in struct vcpu_group. */
	int (*thread_begin)(void *context, struct vcpu *vcpu);
	void (*stopped)(void *context, struct vcpu *vcpu, enum vcpu_stop why);
	void *context; /* of all three */
};

#define MACHINE_IRQCHIP_PARTS 2

/* KVM's memory slots from here on are not the machine's, which has its RAM in slot 0. */
#define MACHINE_FREE_SLOT 1

struct machine {
	int kvm_fd, fd;
	struct guest_memory memory;
	struct mmio_bus bus;
	struct irqchip *irqchip;
	struct mmio_ops irqchip_ops[MACHINE_IRQCHIP_PARTS]; /* of what it has on the bus */
	struct vcpu_group group;
	struct vcpu *vcpus;
	unsigned cpus; /* vCPUs made so far; all of them after machine_create() */
};

/* Nothing yet: as machine_destroy() leaves it. */
void machine_init(struct machine *machine);

/*
 * Makes everything but threads, of a machine after machine_init(). The interrupt controller is
 * final, the vCPUs can run; the RAM is empty. Returns 0 or -errno, described; -ENOTSUP means that
 * this host cannot do what was asked. After a failure machine_destroy() is due all the same.
 */
int machine_create(struct machine *machine, const struct machine_config *config);

/* Gives everything back. The threads have ended. */
void machine_destroy(struct machine *machine);

/* Starts the vCPUs' threads, parked. Returns 0 or -errno, described; machine_end_threads() is due
 * in any case. */
int machine_start_threads(struct machine *machine);
void machine_end_threads(struct machine *machine);

/* All vCPUs parked, or running again. */
void machine_park(struct machine *machine);
void machine_resume(struct machine *machine);

/* Puts the vCPUs and the interrupt controller back to their first instant. All vCPUs are parked.
 * Returns 0 or -errno, described. */
int machine_reset(struct machine *machine);

#endif
