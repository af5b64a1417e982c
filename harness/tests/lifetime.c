// SPDX-License-Identifier: GPL-2.0-only
/* Family "lifetime": ioctls in odd orders, VMs that come and go. */
#include "harness/tests/lifetime.h"
#include "harness/guest_tests.h"
#include "harness/tests/families.h"

#define ALONE(function)                                            \
	.guest = GUEST_NONE, .script = &(const struct test_script) \
	{                                                          \
		.alone = function                                  \
	}

static const struct test_script creator = { .beside = lifetime_create_beside };

const struct test lifetime_tests[] = {
	{
		.id = "lifetime/irqchip-after-vcpus",
		.title = "an interrupt controller that comes after the vCPUs works",
		ALONE(lifetime_irqchip_after_vcpus),
		.irqchips = TEST_ON_VGIC,
		.faults = FAULT_SET(FAULT_IOCTL_RESULT, FAULT_RAW_NO_ENABLE, FAULT_RAW_EARLY),
	},
	{
		.id = "lifetime/irqchip-after-run",
		.title = "an interrupt controller that comes after the first run is refused, and "
			 "leaves nothing",
		ALONE(lifetime_irqchip_after_run),
		.irqchips = TEST_ON_VGIC,
		.faults = FAULT_SET(FAULT_IOCTL_RESULT),
	},
	{
		.id = "lifetime/offset-before-vcpus",
		.title = "a counter offset that was set before the vCPUs stays",
		ALONE(lifetime_offset_before_vcpus),
		.needs = TEST_NEEDS_COUNTER_OFFSET,
		.faults = FAULT_SET(FAULT_IOCTL_RESULT),
	},
	{
		.id = "lifetime/irqchip-twice",
		.title = "a second interrupt controller is refused, and leaves the first as it is",
		ALONE(lifetime_irqchip_twice),
		.irqchips = TEST_ON_VGIC,
		.faults = FAULT_SET(FAULT_IOCTL_RESULT, FAULT_RAW_NO_ENABLE, FAULT_RAW_EARLY),
	},
	{
		.id = "lifetime/vcpu-after-finalize",
		.title = "a vCPU that comes after the interrupt controller is final is refused",
		ALONE(lifetime_vcpu_after_finalize),
		.irqchips = TEST_ON_VGIC,
		.faults = FAULT_SET(FAULT_IOCTL_RESULT, FAULT_RAW_EARLY),
	},
	{
		.id = "lifetime/vcpu-after-run",
		.title = "without an interrupt controller in KVM, a vCPU that comes after a run "
			 "works",
		ALONE(lifetime_vcpu_after_run),
		.irqchips = TEST_ON_USER,
		.faults = FAULT_SET(FAULT_IOCTL_RESULT, FAULT_RAW_EARLY),
	},
	{
		.id = "lifetime/run-before-init",
		.title = "before KVM_ARM_VCPU_INIT a vCPU neither runs nor has registers",
		ALONE(lifetime_run_before_init),
		.faults = FAULT_SET(FAULT_IOCTL_RESULT, FAULT_RAW_EARLY),
	},
	{
		.id = "lifetime/run-before-finalize",
		.title = "runs before the interrupt controller is final are refused, later ones "
			 "work",
		ALONE(lifetime_run_before_finalize),
		.irqchips = TEST_ON_VGIC,
		.faults = FAULT_SET(FAULT_IOCTL_RESULT, FAULT_RAW_EARLY),
	},
	{
		.id = "lifetime/attributes",
		.title = "device attributes at the wrong time or of the wrong kind are refused, "
			 "and change nothing",
		ALONE(lifetime_attributes),
		.irqchips = TEST_ON_VGIC,
		.faults = FAULT_SET(FAULT_IOCTL_RESULT, FAULT_RAW_EARLY),
	},
	{
		.id = "lifetime/timer-before-run",
		.title = "a timer armed by ONE_REG before the first run interrupts that",
		ALONE(lifetime_timer_before_run),
		.faults = FAULT_SET(FAULT_RAW_NO_ENABLE, FAULT_RAW_EARLY),
	},
	{
		.id = "lifetime/failed-first-run",
		.title = "first runs that fail, with KVM_ARM_VCPU_INIT after each, leave a VM that "
			 "works",
		ALONE(lifetime_failed_first_run),
		.needs = TEST_NEEDS_PMU,
		.faults = FAULT_SET(FAULT_IOCTL_RESULT, FAULT_RAW_NO_ENABLE, FAULT_RAW_EARLY),
		.known = "a WARN in kvm_timer_update_irq() without \"KVM: arm64: Get rid of "
			 "userspace_irqchip_in_use\" (CVE-2024-53195; in stable trees "
			 "fccc2cac5173), which 6.1 has not got",
	},
	{
		.id = "lifetime/irqchip-after-failed-run",
		.title = "an interrupt controller may come after a first run that failed",
		ALONE(lifetime_irqchip_after_failed_run),
		.irqchips = TEST_ON_VGIC,
		.needs = TEST_NEEDS_PMU,
		.hazardous = true,
		.faults = FAULT_SET(FAULT_IOCTL_RESULT),
		.known = "6.12: KVM_ARM_VCPU_INIT dereferences NULL in kvm_timer_vcpu_reset(); "
			 "7.2: the timer is never connected, its interrupt does not come",
	},
	{
		.id = "lifetime/init-again",
		.title = "KVM_ARM_VCPU_INIT again disables the timer and takes its interrupt back",
		ALONE(lifetime_init_again),
		.args = { 3 },
		.faults = FAULT_SET(FAULT_IOCTL_RESULT, FAULT_RAW_EARLY),
	},
	{
		.id = "lifetime/init-again-often",
		.title = "the same many times",
		ALONE(lifetime_init_again),
		.tier = TEST_TIER_FULL,
		.args = { 60 },
		.faults = FAULT_SET(FAULT_IOCTL_RESULT),
	},
	{
		.id = "lifetime/init-otherwise",
		.title = "KVM_ARM_VCPU_INIT with other features is refused, and the armed timer "
			 "still comes",
		ALONE(lifetime_init_otherwise),
		.faults = FAULT_SET(FAULT_IOCTL_RESULT, FAULT_RAW_EARLY),
	},
	{
		.id = "lifetime/powered-off",
		.title = "a vCPU that is off does not run when its timer expires, and is "
			 "interrupted when it is on",
		ALONE(lifetime_powered_off),
		.faults = FAULT_SET(FAULT_IOCTL_RESULT, FAULT_RAW_NO_ENABLE),
	},
	{
		.id = "lifetime/other-threads",
		.title = "a timer armed under one thread interrupts under another one, on another "
			 "host CPU",
		ALONE(lifetime_other_threads),
		.args = { 8 },
		.faults = FAULT_SET(FAULT_RAW_NO_ENABLE, FAULT_RAW_EARLY),
	},
	{
		.id = "lifetime/other-threads-often",
		.title = "the same many times",
		ALONE(lifetime_other_threads),
		.tier = TEST_TIER_FULL,
		.args = { 300 },
		.faults = FAULT_SET(FAULT_RAW_NO_ENABLE, FAULT_RAW_EARLY),
	},
	{
		.id = "lifetime/other-process",
		.title = "a child process may not use the VM, and does it no harm",
		ALONE(lifetime_other_process),
		.faults = FAULT_SET(FAULT_IOCTL_RESULT, FAULT_RAW_EARLY),
	},
	{
		.id = "lifetime/closed-vm",
		.title = "vCPUs go on when the descriptors of VM and interrupt controller are "
			 "closed",
		ALONE(lifetime_closed_vm),
		/* A line cannot be carried to a vCPU without the VM's descriptor. */
		.irqchips = TEST_ON_VGIC,
		.faults = FAULT_SET(FAULT_RAW_NO_ENABLE, FAULT_RAW_EARLY),
	},
	{
		.id = "lifetime/aborted-access",
		.title = "a load is executed when it has its value, and not when it is aborted",
		ALONE(lifetime_aborted_access),
		.args = { 10 },
		.faults = FAULT_SET(FAULT_IOCTL_RESULT),
	},
	{
		.id = "lifetime/pc-is-final",
		.title = "a vCPU that was asleep or initialised begins where userspace says",
		ALONE(lifetime_pc_is_final),
		.args = { 12 },
		.faults = FAULT_SET(FAULT_IOCTL_RESULT),
	},
	{
		.id = "lifetime/same-id-registers",
		.title = "vCPUs without an interrupt controller in KVM have the same ID registers",
		ALONE(lifetime_same_id_registers),
		.irqchips = TEST_ON_USER,
		.faults = FAULT_SET(FAULT_IOCTL_RESULT, FAULT_RAW_EARLY),
	},
	{
		.id = "lifetime/many-at-once",
		.title =
			"VMs of all kinds, complete or not, come and go beside each other, and the "
			"next ones work",
		ALONE(lifetime_many_at_once),
		.args = { 6 },
		.faults = FAULT_SET(FAULT_IOCTL_RESULT, FAULT_RAW_EARLY),
	},
	/* No fault: nothing that can be planted makes armlet forget to give memory back. */
	{
		.id = "lifetime/hundred-leave-nothing",
		.title = "a hundred VMs are made, run for one hypercall and destroyed, and the process "
			 "does not grow",
		ALONE(lifetime_hundred),
		.tier = TEST_TIER_FULL,
		.args = { 100 },
	},
	{
		.id = "lifetime/very-many-at-once",
		.title = "the same with very many",
		ALONE(lifetime_many_at_once),
		.tier = TEST_TIER_FULL,
		.args = { 150 },
		.faults = FAULT_SET(FAULT_IOCTL_RESULT, FAULT_RAW_EARLY),
	},
	{
		.id = "lifetime/vcpus-against-irqchip",
		.title = "vCPUs and interrupt controller can be made at the same time",
		ALONE(lifetime_vcpus_against_irqchip),
		.irqchips = TEST_ON_VGIC,
		.args = { 5 },
		.faults = FAULT_SET(FAULT_IOCTL_RESULT, FAULT_RAW_EARLY),
	},
	{
		.id = "lifetime/vcpus-against-irqchip-often",
		.title = "the same many times",
		ALONE(lifetime_vcpus_against_irqchip),
		.irqchips = TEST_ON_VGIC,
		.tier = TEST_TIER_FULL,
		.args = { 300 },
		.faults = FAULT_SET(FAULT_IOCTL_RESULT, FAULT_RAW_EARLY),
	},
	{
		.id = "lifetime/random-orders",
		.title = "ioctls in random orders work or are refused, and the next VM works",
		ALONE(lifetime_random_orders),
		.args = { 12 },
		.faults = FAULT_SET(FAULT_IOCTL_RESULT, FAULT_RAW_EARLY),
	},
	{
		.id = "lifetime/random-orders-often",
		.title = "the same many times",
		ALONE(lifetime_random_orders),
		.tier = TEST_TIER_FULL,
		.args = { 400 },
		.faults = FAULT_SET(FAULT_IOCTL_RESULT, FAULT_RAW_EARLY),
	},
	/* No fault that can be planted touches PSCI. */
	{
		.id = "lifetime/cpu-on-by-many",
		.title = "of many CPU_ON at once for one CPU, one succeeds, while ioctls want its "
			 "locks",
		.guest = GUEST(lifetime_cpu_on),
		.cpus = 4,
		.args = { 8 },
		.script = &creator,
	},
	{
		.id = "lifetime/cpu-on-by-many-often",
		.title = "the same many times",
		.guest = GUEST(lifetime_cpu_on),
		.cpus = 4,
		.tier = TEST_TIER_FULL,
		.args = { 100 },
		.script = &creator,
	},
};
const size_t lifetime_tests_count = sizeof(lifetime_tests) / sizeof(lifetime_tests[0]);
