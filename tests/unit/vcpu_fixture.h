/* SPDX-License-Identifier: GPL-2.0-only */
/* One vCPU with a device on its bus, on a KVM that exits as the test says. */
#ifndef TESTS_UNIT_VCPU_FIXTURE_H
#define TESTS_UNIT_VCPU_FIXTURE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "devices/mmio_bus.h"
#include "irqchip/irqchip.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/unit.h"
#include "vcpu/vcpu.h"

#define DEVICE UINT64_C(0x9000000)
#define PC     KVM_CORE_REG_U64(regs.pc)

extern struct vcpu_group group;
extern struct vcpu vcpu;
extern struct mmio_bus bus;
extern uint64_t written;  /* to the device, last */
extern atomic_uint stops; /* bit n: enum vcpu_stop n */
extern int begin_result;  /* of group.thread_begin */
extern struct irqchip chip;

/* What KVM_RUN does, one after the other; then it waits to be kicked. */
struct exit_step {
	uint32_t reason;
	uint64_t ipa, value;
	unsigned length;
	bool write;
	uint32_t event;
	uint64_t entry_failure;
	int error;
	uint64_t lines; /* device_irq_level from now on */
};
extern atomic_uint next_step;
extern uint64_t read_back[1000]; /* what the guest of each step was given */
extern atomic_bool completed;	 /* KVM_RUN was called with immediate_exit */

/* An interrupt controller that only notes what it is told, and what the device had been written by
 * then. */
struct vcpu_fixture_told {
	uint64_t level, written_before;
	unsigned calls, entries, initialised;
};
extern struct vcpu_fixture_told told;

void vcpu_fixture_begin(void);
void vcpu_fixture_end(void);

/* Starts the thread and orders it to run. */
void start_steps(const struct exit_step *list, unsigned count);
/* Waits until so many steps have been done. */
void wait_for_steps(unsigned count);
/* All steps done; then parked, so that everything the vCPU did can be seen. */
void run_all(const struct exit_step *list, unsigned count);
void quit_and_join(void);

#endif
