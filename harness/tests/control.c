// SPDX-License-Identifier: GPL-2.0-only
/* Family "control": what the host can do to a guest's timers (guest-images/tests/control_*.c). */
#include "guest-images/tests/control.h"
#include "harness/guest_tests.h"
#include "harness/tests/control_scripts.h"
#include "harness/tests/families.h"

#define VIRTUAL	 [CONTROL_ARG_TIMERS] = CONTROL_VIRTUAL
#define PHYSICAL [CONTROL_ARG_TIMERS] = CONTROL_PHYSICAL
#define BOTH	 [CONTROL_ARG_TIMERS] = CONTROL_VIRTUAL | CONTROL_PHYSICAL
#define COUNT(n) [CONTROL_ARG_COUNT] = (n)

/* Whatever keeps a timer from coming once. */
#define ANY_SHOT FAULT_GUEST_LOST_INTERRUPT, FAULT_GUEST_EARLY

#define LOADING FAULT_SAVE_CVAL, FAULT_SAVE_CTL, FAULT_SAVE_LOST, FAULT_LOAD_IMASK

const struct test control_tests[] = {
	/* INTIDs */
	{
		.id = "control/intids-changed",
		.title = "timers signal the PPIs that KVM_ARM_VCPU_TIMER_CTRL chose, on all CPUs",
		.guest = GUEST(control_intids),
		.cpus = 2,
		.irqchips = TEST_ON_VGIC,
		.script = &intids_changed,
		.expires_ptimer = true,
		.args = { COUNT(2), BOTH },
		.faults = FAULT_SET(FAULT_INTID, ANY_SHOT),
	},
	{
		.id = "control/intids-swapped",
		.title = "the virtual timer signals the physical one's PPI, and vice versa",
		.guest = GUEST(control_intids),
		.cpus = 2,
		.irqchips = TEST_ON_VGIC,
		.script = &intids_swapped,
		.expires_ptimer = true,
		.args = { COUNT(2), BOTH },
		.faults = FAULT_SET(FAULT_INTID, ANY_SHOT),
	},
	{
		.id = "control/intids-duplicate",
		.title = "one PPI for both timers fails the first KVM_RUN with EINVAL",
		.guest = GUEST_NONE,
		.irqchips = TEST_ON_VGIC,
		.script = &intids_duplicate,
		.faults = FAULT_SET(FAULT_INTID),
	},
	{
		.id = "control/intids-after-a-run",
		.title = "INTIDs are the VM's, each vCPU tells them, after a run they are EBUSY",
		.guest = GUEST_NONE,
		.irqchips = TEST_ON_VGIC,
		.script = &intids_after_run,
		.faults = FAULT_SET(FAULT_INTID),
	},
	{
		.id = "control/intids-that-are-no-ppis",
		.title = "only PPIs can be chosen: EINVAL, and nothing has changed",
		.guest = GUEST_NONE,
		.irqchips = TEST_ON_VGIC,
		.script = &intids_refused,
		.faults = FAULT_SET(FAULT_INTID),
	},
	{
		.id = "control/intids-without-vgic",
		.title = "without an in-kernel irqchip there is nothing to choose: EINVAL",
		.guest = GUEST_NONE,
		.irqchips = TEST_ON_USER,
		.script = &intids_without_vgic,
		/* No fault: any other INTID is EINVAL as well. */
	},

	/* The counter offset */
	{
		.id = "control/offset",
		.title = "counters, CVAL, TVAL, ISTATUS and interrupts of both timers go by the "
			 "offset",
		.guest = GUEST(control_offset),
		.needs = TEST_NEEDS_COUNTER_OFFSET,
		.script = &registers_by_call,
		.args = { VIRTUAL },
		.faults = FAULT_SET(FAULT_GUEST_COUNTER_BACK, FAULT_GUEST_TVAL_UNSIGNED,
				    FAULT_GUEST_ISTATUS_STUCK, ANY_SHOT),
	},
	{
		.id = "control/offset-physical",
		.title = "the same of both counters and timers",
		.guest = GUEST(control_offset),
		.needs = TEST_NEEDS_COUNTER_OFFSET | TEST_NEEDS_PHYSICAL_OFFSET,
		.expires_ptimer = true,
		.script = &registers_by_call,
		.args = { BOTH },
		.faults = FAULT_SET(FAULT_OFFSET, FAULT_GUEST_PHYSICAL_OFFSET,
				    FAULT_GUEST_TVAL_UNSIGNED, FAULT_GUEST_ISTATUS_STUCK, ANY_SHOT),
	},
	{
		.id = "control/offset-on-all-cpus",
		.title = "the same of both timers on all CPUs, set before the first run",
		.guest = GUEST(control_offset_all_cpus),
		.cpus = 2,
		.needs = TEST_NEEDS_COUNTER_OFFSET | TEST_NEEDS_PHYSICAL_OFFSET,
		.expires_ptimer = true,
		.args = { BOTH },
		.script = &offset_before_run,
		.faults = FAULT_SET(FAULT_OFFSET, FAULT_GUEST_COUNTER_SKEW,
				    FAULT_GUEST_PHYSICAL_OFFSET, FAULT_GUEST_TVAL_UNSIGNED),
	},
	{
		.id = "control/offset-ignores-counts",
		.title = "after it, KVM_SET_ONE_REG of a counter succeeds and changes nothing",
		.guest = GUEST(control_offset_ignores_counts),
		.needs = TEST_NEEDS_COUNTER_OFFSET,
		.script = &registers_by_call,
		.args = { VIRTUAL },
		.faults = FAULT_SET(FAULT_OFFSET),
	},
	{
		.id = "control/offset-ignores-counts-physical",
		.title = "the same of both counters",
		.guest = GUEST(control_offset_ignores_counts),
		.needs = TEST_NEEDS_COUNTER_OFFSET | TEST_NEEDS_PHYSICAL_OFFSET,
		.script = &registers_by_call,
		.args = { BOTH },
		.faults = FAULT_SET(FAULT_OFFSET),
	},
	{
		.id = "control/offset-while-armed",
		.title = "a timer fires when the counter jumps over its CVAL, and not when away "
			 "from it",
		.guest = GUEST(control_offset_while_armed),
		.needs = TEST_NEEDS_COUNTER_OFFSET,
		.script = &registers_by_call,
		.args = { VIRTUAL },
		.faults = FAULT_SET(FAULT_GUEST_EARLY),
	},
	{
		.id = "control/offset-while-armed-physical",
		.title = "the same of the physical timer",
		.guest = GUEST(control_offset_while_armed),
		.needs = TEST_NEEDS_COUNTER_OFFSET | TEST_NEEDS_PHYSICAL_OFFSET,
		.expires_ptimer = true,
		.script = &registers_by_call,
		.args = { PHYSICAL },
		.faults = FAULT_SET(FAULT_GUEST_EARLY),
	},
	{
		.id = "control/offset-while-running",
		.title = "it is EBUSY while a vCPU is in KVM_RUN",
		.guest = GUEST(control_offset_while_running),
		.needs = TEST_NEEDS_COUNTER_OFFSET,
		.script = &offset_while_running,
		.faults = FAULT_SET(FAULT_OFFSET),
	},
	{
		.id = "control/offset-refused",
		.title = "a reserved field that is not 0 is EINVAL, and has no effect",
		.guest = GUEST(control_registers_get),
		.needs = TEST_NEEDS_COUNTER_OFFSET,
		.script = &offset_refused,
		.faults = FAULT_SET(FAULT_SAVE_CNT, FAULT_SAVE_LOST),
	},
	{
		.id = "control/offset-wfit",
		.title = "WFIT ends by the virtual counter, whatever the offset",
		.guest = GUEST(control_offset_wfit),
		.needs = TEST_NEEDS_COUNTER_OFFSET | TEST_NEEDS_WFXT,
		.script = &registers_by_call,
		.args = { COUNT(15) },
		/* No fault: a WFIT that ends early, or at once, is allowed. */
	},
	{
		.id = "control/offset-on-time",
		.title = "the virtual timer is on time, whatever the offset",
		.guest = GUEST(control_offset_on_time),
		.needs = TEST_NEEDS_COUNTER_OFFSET | TEST_NEEDS_EXACT_TIME,
		.script = &registers_by_call,
		.args = { COUNT(10), VIRTUAL, [CONTROL_ARG_VARIANT] = 200 },
		.faults = FAULT_SET(FAULT_GUEST_LATE, FAULT_LINE_DELAY),
	},
	{
		.id = "control/offset-on-time-physical",
		.title = "the physical timer is on time, whatever the offset",
		.guest = GUEST(control_offset_on_time),
		.needs = TEST_NEEDS_COUNTER_OFFSET | TEST_NEEDS_EXACT_TIME |
			 TEST_NEEDS_PHYSICAL_OFFSET,
		.expires_ptimer = true,
		.script = &registers_by_call,
		.args = { COUNT(10), PHYSICAL, [CONTROL_ARG_VARIANT] = 200 },
		.faults = FAULT_SET(FAULT_GUEST_LATE, FAULT_LINE_DELAY),
	},

	/* Registers */
	{
		.id = "control/registers-of-a-new-vcpu",
		.title = "CTL, CVAL and CNT hold what is written before the first run",
		.guest = GUEST(control_intids),
		.cpus = 2,
		.script = &registers_fresh,
		.args = { COUNT(1), VIRTUAL },
		.faults = FAULT_SET(LOADING, FAULT_SAVE_CNT),
	},
	{
		.id = "control/registers-of-a-new-vcpu-physical",
		.title = "the same for the physical timer",
		.guest = GUEST(control_intids),
		.cpus = 2,
		.needs = TEST_NEEDS_PHYSICAL_OFFSET,
		.expires_ptimer = true,
		.script = &registers_fresh,
		.args = { COUNT(1), PHYSICAL },
		.faults = FAULT_SET(LOADING, FAULT_SAVE_CNT),
	},
	{
		.id = "control/registers-read",
		.title = "the host reads what the guest wrote, in every state of the timer",
		.guest = GUEST(control_registers_get),
		.script = &registers_by_call,
		.args = { COUNT(5), VIRTUAL },
		.faults = FAULT_SET(FAULT_SAVE_CVAL, FAULT_SAVE_CTL, FAULT_GUEST_EARLY,
				    FAULT_GUEST_IGNORES_IMASK, FAULT_GUEST_NO_ENABLE,
				    FAULT_GUEST_COUNTER_BACK),
	},
	{
		.id = "control/registers-read-physical",
		.title = "the same for the physical timer",
		.guest = GUEST(control_registers_get),
		.needs = TEST_NEEDS_PTIMER_REGS,
		.expires_ptimer = true,
		.script = &registers_by_call,
		.args = { COUNT(5), PHYSICAL },
		.faults = FAULT_SET(FAULT_SAVE_CVAL, FAULT_SAVE_CTL, FAULT_GUEST_EARLY,
				    FAULT_GUEST_IGNORES_IMASK, FAULT_GUEST_NO_ENABLE,
				    FAULT_GUEST_COUNTER_BACK),
	},
	{
		.id = "control/registers-written",
		.title = "a timer that the host writes fires once, or not, from each state into "
			 "each",
		.guest = GUEST(control_registers_set),
		.script = &registers_by_call,
		.args = { COUNT(1), VIRTUAL },
		.faults = FAULT_SET(FAULT_SAVE_SWAP, FAULT_SAVE_LOST, FAULT_LOAD_IMASK,
				    FAULT_GUEST_LOST_INTERRUPT),
	},
	{
		.id = "control/registers-written-physical",
		.title = "the same for the physical timer",
		.guest = GUEST(control_registers_set),
		.needs = TEST_NEEDS_PTIMER_REGS,
		.expires_ptimer = true,
		.script = &registers_by_call,
		.args = { COUNT(1), PHYSICAL },
		.faults = FAULT_SET(FAULT_SAVE_SWAP, FAULT_SAVE_LOST, FAULT_LOAD_IMASK,
				    FAULT_GUEST_LOST_INTERRUPT),
	},
	{
		.id = "control/counter-written",
		.title = "a counter goes on from what the host writes, and its timer goes by it",
		.guest = GUEST(control_registers_count),
		.script = &registers_by_call,
		.args = { VIRTUAL },
		.faults = FAULT_SET(FAULT_SAVE_CNT, FAULT_SAVE_LOST, FAULT_GUEST_LOST_INTERRUPT),
	},
	{
		.id = "control/counter-written-physical",
		.title = "the same for the physical counter",
		.guest = GUEST(control_registers_count),
		.needs = TEST_NEEDS_PHYSICAL_OFFSET,
		.expires_ptimer = true,
		.script = &registers_by_call,
		.args = { PHYSICAL },
		.faults = FAULT_SET(FAULT_SAVE_CNT, FAULT_SAVE_SWAP, FAULT_SAVE_LOST,
				    FAULT_GUEST_LOST_INTERRUPT),
	},
	{
		.id = "control/registers-under-signals",
		.title = "signals change nothing in CVAL and CTL",
		.guest = GUEST(control_registers_stay),
		.script = &registers_under_signals,
		.faults = FAULT_SET(FAULT_REG_CVAL, FAULT_REG_CTL_LOST),
	},
	{
		.id = "control/registers-while-moving",
		.title = "moves between host CPUs change nothing in CVAL and CTL",
		.guest = GUEST(control_registers_stay),
		.needs = TEST_NEEDS_TWO_HOST_CPUS,
		.script = &registers_while_moving,
		.faults = FAULT_SET(FAULT_REG_CVAL, FAULT_REG_CTL_LOST),
	},

	/* Saved and loaded */
	{
		.id = "control/save-around-expiry",
		.title = "a timer saved and loaded about its expiry comes once, never early",
		.guest = GUEST(control_save),
		.script = &save_around_expiry,
		.args = { COUNT(100), VIRTUAL },
		.faults = FAULT_SET(LOADING, FAULT_GUEST_LOST_INTERRUPT),
	},
	{
		.id = "control/save-around-expiry-both",
		.title = "the same with both timers, while the counters go on",
		.guest = GUEST(control_save),
		.needs = TEST_NEEDS_PTIMER_REGS,
		.expires_ptimer = true,
		.script = &save_around_expiry,
		.args = { COUNT(100), BOTH },
		.faults = FAULT_SET(LOADING, FAULT_SAVE_SWAP, FAULT_GUEST_LOST_INTERRUPT),
	},
	{
		.id = "control/save-around-expiry-still",
		.title = "the same while the counters may stand still",
		.guest = GUEST(control_save),
		.needs = TEST_NEEDS_PHYSICAL_OFFSET,
		.expires_ptimer = true,
		.script = &save_around_expiry,
		.args = { COUNT(100), BOTH },
		.faults = FAULT_SET(LOADING, FAULT_SAVE_SWAP, FAULT_GUEST_LOST_INTERRUPT),
	},
	{
		.id = "control/save-while-asleep",
		.title = "a timer that a guest sleeps for wakes it after it was saved and loaded",
		.guest = GUEST(control_save),
		.script = &save_around_expiry,
		.args = { COUNT(100), VIRTUAL, [CONTROL_ARG_VARIANT] = CONTROL_SAVE_ASLEEP },
		.faults = FAULT_SET(LOADING),
	},
	{
		.id = "control/save-while-asleep-both",
		.title = "the same with both timers, while the counters go on",
		.guest = GUEST(control_save),
		.needs = TEST_NEEDS_PTIMER_REGS,
		.expires_ptimer = true,
		.script = &save_around_expiry,
		.args = { COUNT(100), BOTH, [CONTROL_ARG_VARIANT] = CONTROL_SAVE_ASLEEP },
		.faults = FAULT_SET(LOADING, FAULT_SAVE_SWAP),
	},
#define MIGRATION(name, text, variant, ...)                                                        \
	{ .id = "control/load-elsewhere-" name,                                                    \
	  .title = "loaded into another VM: " text,                                                \
	  .guest = GUEST(control_migrate),                                                         \
	  .script = &migrate_to_this_vm,                                                           \
	  .args = { VIRTUAL, [CONTROL_ARG_VARIANT] = variant },                                    \
	  .faults = FAULT_SET(__VA_ARGS__, FAULT_SAVE_CVAL, FAULT_SAVE_LOST, FAULT_SAVE_CNT) },    \
	{                                                                                          \
		.id = "control/load-elsewhere-" name "-physical",                                  \
		.title = "the same with both timers and counters",                                 \
		.guest = GUEST(control_migrate), .needs = TEST_NEEDS_PHYSICAL_OFFSET,              \
		.expires_ptimer = true, .script = &migrate_to_this_vm,                             \
		.args = { BOTH, [CONTROL_ARG_VARIANT] = variant },                                 \
		.faults = FAULT_SET(__VA_ARGS__, FAULT_SAVE_CVAL, FAULT_SAVE_LOST, FAULT_SAVE_CNT, \
				    FAULT_SAVE_SWAP)                                               \
	}
	MIGRATION("armed", "a timer that has not expired fires at its CVAL, once",
		  CONTROL_MIGRATE_FAR, FAULT_SAVE_CTL, FAULT_LOAD_IMASK),
	MIGRATION("expiring", "a timer that expires meanwhile comes once", CONTROL_MIGRATE_NEAR,
		  FAULT_SAVE_CTL, FAULT_LOAD_IMASK),
	MIGRATION("expired", "an expired timer is pending, and comes once", CONTROL_MIGRATE_EXPIRED,
		  FAULT_SAVE_CTL, FAULT_LOAD_IMASK),
	MIGRATION("masked", "an expired timer that IMASK masks stays silent",
		  CONTROL_MIGRATE_MASKED, FAULT_SAVE_CTL, FAULT_GUEST_IGNORES_IMASK),
	MIGRATION("disabled", "a timer that is off stays off", CONTROL_MIGRATE_DISABLED,
		  FAULT_LOAD_IMASK),

/* Resets */
#define LIFE(name, text, guest_test, life_script, ...)                                           \
	{ .id = "control/" name,                                                                 \
	  .title = text,                                                                         \
	  .guest = GUEST(guest_test),                                                            \
	  .script = life_script,                                                                 \
	  .args = { COUNT(4), VIRTUAL },                                                         \
	  .faults = FAULT_SET(FAULT_GUEST_LOST_INTERRUPT),                                       \
	  __VA_ARGS__ },                                                                         \
	{                                                                                        \
		.id = "control/" name "-physical", .title = "the same of the physical timer",    \
		.guest = GUEST(guest_test), .script = life_script, .expires_ptimer = true,       \
		.args = { COUNT(4), PHYSICAL }, .faults = FAULT_SET(FAULT_GUEST_LOST_INTERRUPT), \
		__VA_ARGS__                                                                      \
	}
	LIFE("system-reset", "SYSTEM_RESET leaves no timer on and no interrupt; timers work after",
	     control_system_reset, &life_reset),
	LIFE("vcpu-init", "the same of KVM_ARM_VCPU_INIT on a vCPU that has run", control_reinit,
	     &life_reinit),
	LIFE("cpu-off", "the same of CPU_OFF and CPU_ON", control_cpu_off, NULL, .cpus = 2),
	LIFE("system-suspend", "SYSTEM_SUSPEND ends when a timer expires, which comes once",
	     control_system_suspend, &life_suspend, .needs = TEST_NEEDS_SYSTEM_SUSPEND),
};
const size_t control_tests_count = sizeof(control_tests) / sizeof(control_tests[0]);
