/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The EL1 virtual and physical timer of one vCPU: its registers, as KVM_GET_ONE_REG and
 * KVM_SET_ONE_REG reach them, and its state as a whole, for pause, snapshot and migration.
 *
 * KVM's ids for the virtual timer's count and compare registers are swapped for ever
 * (Documentation/virt/kvm/api.rst, 4.68): the ids here are those of <asm/kvm.h> by name, never
 * built from encodings. Hosts before Linux 6.4 give no access to the physical timer's registers:
 * -ENOENT.
 *
 * The vCPU is not in KVM_RUN while any of these is called (KVM would make the caller wait).
 * Functions return 0 or -errno; timer_state_save() and timer_state_load() describe a failure, the
 * accessors do not.
 */
#ifndef TIMER_TIMER_STATE_H
#define TIMER_TIMER_STATE_H

#include <stdbool.h>
#include <stdint.h>

enum arch_timer { ARCH_TIMER_VIRTUAL, ARCH_TIMER_PHYSICAL, ARCH_TIMERS };

enum arch_timer_reg {
	ARCH_TIMER_CTL,
	ARCH_TIMER_CVAL,
	ARCH_TIMER_CNT, /* the counter: the whole VM's, whichever vCPU it is asked of */
	ARCH_TIMER_REGS
};

/* CNTV_CTL_EL0, CNTP_CTL_EL0. */
#define ARCH_TIMER_CTL_ENABLE  (UINT64_C(1) << 0)
#define ARCH_TIMER_CTL_IMASK   (UINT64_C(1) << 1)
#define ARCH_TIMER_CTL_ISTATUS (UINT64_C(1) << 2) /* read only */

const char *arch_timer_name(enum arch_timer timer); /* "virtual", "physical" */
const char *arch_timer_reg_name(enum arch_timer timer, enum arch_timer_reg reg); /* "CNTV_CTL" */

uint64_t arch_timer_reg_id(enum arch_timer timer, enum arch_timer_reg reg);
int arch_timer_get(int vcpu_fd, enum arch_timer timer, enum arch_timer_reg reg, uint64_t *value);
int arch_timer_set(int vcpu_fd, enum arch_timer timer, enum arch_timer_reg reg, uint64_t value);

/*
 * The state is either *loaded* (KVM has it) or *saved* (this struct has it), never both. Zeroed
 * memory says that it is loaded.
 */
struct timer_state {
	bool saved;
	bool has_physical; /* the host gave the physical timer's registers too */
	uint64_t regs[ARCH_TIMERS][ARCH_TIMER_REGS];
};

/*
 * Takes the state out of KVM, and disables the timers there, so that nothing of it can come twice.
 * Does nothing when it is saved already. After a failure it is loaded, as it was before.
 */
int timer_state_save(struct timer_state *state, int vcpu_fd);

enum timer_counters {
	TIMER_COUNTERS_KEEP, /* the VM's counters go on as they are in KVM */
	/*
	 * The VM's counters go on from where they were saved: time has stood still. All vCPUs share
	 * them: load them with the first one, keep them with the others. Without effect where the
	 * offset was set by KVM_ARM_SET_COUNTER_OFFSET (timer/counter_offset.h).
	 */
	TIMER_COUNTERS_LOAD,
};

/*
 * Gives the state to KVM, of this vCPU or of another one. Does nothing when it is loaded already.
 * After a failure it is still saved, and the timers in KVM are disabled if that was possible.
 */
int timer_state_load(struct timer_state *state, int vcpu_fd, enum timer_counters counters);

#endif
