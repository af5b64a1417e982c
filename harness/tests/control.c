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

#define LOADING FAULT_SAVE_CVAL, FAULT_SAVE_CTL, FAULT_SAVE_SWAP, FAULT_SAVE_LOST, FAULT_LOAD_IMASK

const struct test control_tests[] = {
	/* INTIDs */
	{
		.id = "control/intids-changed",
		.title = "timers signal the PPIs that KVM_ARM_VCPU_TIMER_CTRL chose, on all CPUs",
		.guest = GUEST(control_intids),
		.cpus = 2,
		.irqchips = TEST_ON_VGIC,
		.script = &intids_changed,
		.args = { COUNT(2) },
		.faults = FAULT_SET(FAULT_INTID, ANY_SHOT),
	},
	{
		.id = "control/intids-swapped",
		.title = "the virtual timer signals the physical one's PPI, and vice versa",
		.guest = GUEST(control_intids),
		.cpus = 2,
		.irqchips = TEST_ON_VGIC,
		.script = &intids_swapped,
		.args = { COUNT(2) },
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
		.faults = FAULT_SET(FAULT_OFFSET, FAULT_GUEST_COUNTER_BACK,
				    FAULT_GUEST_PHYSICAL_OFFSET, FAULT_GUEST_TVAL_UNSIGNED,
				    FAULT_GUEST_ISTATUS_STUCK, FAULT_GUEST_IGNORES_IMASK, ANY_SHOT),
	},
	{
		.id = "control/offset-on-all-cpus",
		.title = "the same on all CPUs, set before the first run",
		.guest = GUEST(control_offset_all_cpus),
		.cpus = 2,
		.needs = TEST_NEEDS_COUNTER_OFFSET,
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
		.faults = FAULT_SET(FAULT_OFFSET),
	},
	{
		.id = "control/offset-while-armed",
		.title = "a timer fires when the counter jumps over its CVAL, and not when away "
			 "from it",
		.guest = GUEST(control_offset_while_armed),
		.needs = TEST_NEEDS_COUNTER_OFFSET,
		.script = &registers_by_call,
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
		.title = "both timers are on time, whatever the offset",
		.guest = GUEST(control_offset_on_time),
		.needs = TEST_NEEDS_COUNTER_OFFSET | TEST_NEEDS_EXACT_TIME,
		.script = &registers_by_call,
		.args = { COUNT(10), BOTH, [CONTROL_ARG_VARIANT] = 200 },
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
		.needs = TEST_NEEDS_PTIMER_REGS,
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
		.faults = FAULT_SET(FAULT_SAVE_CNT, FAULT_SAVE_LOST, ANY_SHOT),
	},
	{
		.id = "control/counter-written-physical",
		.title = "the same for the physical counter",
		.guest = GUEST(control_registers_count),
		.needs = TEST_NEEDS_PTIMER_REGS,
		.script = &registers_by_call,
		.args = { PHYSICAL },
		.faults = FAULT_SET(FAULT_SAVE_CNT, FAULT_SAVE_SWAP, FAULT_SAVE_LOST, ANY_SHOT),
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
		.args = { COUNT(200), VIRTUAL },
		.faults = FAULT_SET(LOADING, FAULT_GUEST_LOST_INTERRUPT),
	},
	{
		.id = "control/save-around-expiry-both",
		.title = "the same with both timers",
		.guest = GUEST(control_save),
		.needs = TEST_NEEDS_PTIMER_REGS,
		.script = &save_around_expiry,
		.args = { COUNT(200), BOTH },
		.faults = FAULT_SET(LOADING, FAULT_GUEST_LOST_INTERRUPT),
	},
	{
		.id = "control/save-while-asleep",
		.title = "a timer that a guest sleeps for wakes it after it was saved and loaded",
		.guest = GUEST(control_save),
		.needs = TEST_NEEDS_PTIMER_REGS,
		.script = &save_around_expiry,
		.args = { COUNT(150), BOTH, [CONTROL_ARG_VARIANT] = CONTROL_SAVE_ASLEEP },
		.faults = FAULT_SET(LOADING, FAULT_GUEST_LOST_WAKEUP),
	},
#define MIGRATION(name, text, variant, more)                                                      \
	{                                                                                         \
		.id = "control/load-elsewhere-" name, .title = "loaded into another VM: " text,   \
		.guest = GUEST(control_migrate), .needs = TEST_NEEDS_PTIMER_REGS,                 \
		.script = &migrate_to_this_vm, .args = { BOTH, [CONTROL_ARG_VARIANT] = variant }, \
		.faults = FAULT_SET(LOADING, FAULT_SAVE_CNT, more),                               \
	}
	MIGRATION("armed", "a timer that has not expired fires at its CVAL, once",
		  CONTROL_MIGRATE_FAR, ANY_SHOT),
	MIGRATION("expiring", "a timer that expires meanwhile comes once", CONTROL_MIGRATE_NEAR,
		  FAULT_GUEST_LOST_INTERRUPT),
	MIGRATION("expired", "an expired timer is pending, and comes once", CONTROL_MIGRATE_EXPIRED,
		  FAULT_GUEST_LOST_INTERRUPT),
	MIGRATION("masked", "an expired timer that IMASK masks stays silent",
		  CONTROL_MIGRATE_MASKED, FAULT_GUEST_IGNORES_IMASK),
	{
		.id = "control/load-elsewhere-disabled",
		.title = "loaded into another VM: a timer that is off stays off",
		.guest = GUEST(control_migrate),
		.needs = TEST_NEEDS_PTIMER_REGS,
		.script = &migrate_to_this_vm,
		.args = { BOTH, [CONTROL_ARG_VARIANT] = CONTROL_MIGRATE_DISABLED },
		.faults = FAULT_SET(FAULT_SAVE_CVAL, FAULT_SAVE_SWAP, FAULT_SAVE_LOST,
				    FAULT_LOAD_IMASK, FAULT_SAVE_CNT),
	},
	{
		.id = "control/load-elsewhere-virtual",
		.title = "the same of the virtual timer alone, for hosts that give no more",
		.guest = GUEST(control_migrate),
		.script = &migrate_to_this_vm,
		.args = { VIRTUAL, [CONTROL_ARG_VARIANT] = CONTROL_MIGRATE_FAR },
		.faults = FAULT_SET(FAULT_SAVE_CVAL, FAULT_SAVE_CTL, FAULT_SAVE_LOST,
				    FAULT_LOAD_IMASK, FAULT_SAVE_CNT, ANY_SHOT),
	},

	/* Resets */
	{
		.id = "control/system-reset",
		.title = "SYSTEM_RESET leaves no timer on and no interrupt, and timers work after "
			 "it",
		.guest = GUEST(control_system_reset),
		.script = &life_reset,
		.args = { COUNT(8), BOTH },
		.faults = FAULT_SET(ANY_SHOT),
	},
	{
		.id = "control/vcpu-init",
		.title = "the same of KVM_ARM_VCPU_INIT on a vCPU that has run",
		.guest = GUEST(control_reinit),
		.script = &life_reinit,
		.args = { COUNT(8), BOTH },
		.faults = FAULT_SET(ANY_SHOT),
	},
	{
		.id = "control/cpu-off",
		.title = "the same of CPU_OFF and CPU_ON",
		.guest = GUEST(control_cpu_off),
		.cpus = 2,
		.args = { COUNT(8), BOTH },
		.faults = FAULT_SET(ANY_SHOT),
	},
	{
		.id = "control/system-suspend",
		.title = "SYSTEM_SUSPEND ends when a timer expires, which then comes once",
		.guest = GUEST(control_system_suspend),
		.needs = TEST_NEEDS_SYSTEM_SUSPEND,
		.script = &life_suspend,
		.args = { COUNT(30), BOTH },
		.faults = FAULT_SET(ANY_SHOT),
	},
};
const size_t control_tests_count = sizeof(control_tests) / sizeof(control_tests[0]);
