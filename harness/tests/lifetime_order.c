// SPDX-License-Identifier: GPL-2.0-only
/*
 * What comes before what: vCPUs, interrupt controller, its attributes, the first run. The refusals
 * are those of Documentation/virt/kvm/api.rst and devices/arm-vgic*.rst, and the same from
 * Linux 6.1 on.
 */
#include <errno.h>
#include <string.h>

#include "harness/raw_vm.h"
#include "harness/tests/lifetime.h"
#include "timer/host_counter.h"
#include "timer/timer_state.h"
#include "vmm/memory_map.h"

/* Any step that has to work: false ends the test. */
#define STEP(vm, call, what) raw_expect(vm, call, 0, what)

static bool add_vcpus(struct raw_vm *vm, unsigned cpus)
{
	for (unsigned i = 0; i < cpus; i++)
		if (!STEP(vm, raw_add_vcpu(vm), "KVM_CREATE_VCPU") ||
		    !STEP(vm, raw_init_vcpu(vm, i, 0), "KVM_ARM_VCPU_INIT"))
			return false;
	return true;
}

static bool all_timers_work(struct raw_vm *vm, const char *what)
{
	for (unsigned i = 0; i < vm->cpus; i++)
		if (!raw_timer_works(vm, i, i % 2 ? RAW_GUEST_WFI : RAW_GUEST_SPIN, what))
			return false;
	return true;
}

void lifetime_irqchip_after_vcpus(struct test_run *run)
{
	struct raw_vm vm;

	if (raw_vm_open(&vm, run) && add_vcpus(&vm, 3) &&
	    STEP(&vm, raw_add_gic(&vm), "KVM_CREATE_DEVICE after the vCPUs") &&
	    STEP(&vm, raw_place_gic(&vm), "placing it") &&
	    STEP(&vm, raw_finalize_gic(&vm), "KVM_DEV_ARM_VGIC_CTRL_INIT"))
		all_timers_work(&vm, "an interrupt controller after the vCPUs");
	raw_vm_close(&vm);
}

/* What userspace chose for the VM is not for a vCPU that comes later to move. */
void lifetime_offset_before_vcpus(struct test_run *run)
{
	struct kvm_arm_counter_offset offset = { .counter_offset = host_counter() / 2 };
	struct raw_vm vm;

	if (raw_vm_open(&vm, run) &&
	    STEP(&vm, kvm_ioctl(vm.vm, KVM_ARM_SET_COUNTER_OFFSET, (uintptr_t)&offset),
		 "KVM_ARM_SET_COUNTER_OFFSET before the vCPUs") &&
	    add_vcpus(&vm, 2))
		for (unsigned i = 0; i < vm.cpus; i++) {
			uint64_t before = host_counter() - offset.counter_offset, count = 0;

			if (!STEP(&vm,
				  arch_timer_get(vm.vcpus[i].fd, ARCH_TIMER_VIRTUAL, ARCH_TIMER_CNT,
						 &count),
				  "reading CNTVCT"))
				break;
			RUN_CHECK(run,
				  count >= before &&
					  count <= host_counter() - offset.counter_offset,
				  "CNTVCT of vCPU %u is 0x%llx instead of some 0x%llx", i,
				  (unsigned long long)count, (unsigned long long)before);
		}
	raw_vm_close(&vm);
}

/* The line rises for a guest that leaves often, and falls when the timer is disabled. */
static bool line_works(struct raw_vm *vm)
{
	uint64_t cval, value, ignored;
	unsigned exits = 0;

	if (!raw_set_guest(vm, 0, RAW_GUEST_STORE) ||
	    !raw_set_reg(vm, 0, KVM_CORE_REG_U64(regs.pstate), 0x3c5) || !raw_arm(vm, 0, 0, &cval))
		return false;
	while (!raw_line(vm, 0) && exits++ < 100)
		if (raw_run(vm, 0, 10000, &value) == RAW_OTHER)
			return false;
	if (!RUN_CHECK(vm->test, raw_line(vm, 0), "the line of an expired timer is not told"))
		return false;
	arch_timer_set(vm->vcpus[0].fd, ARCH_TIMER_VIRTUAL, ARCH_TIMER_CTL, 0);
	return raw_run(vm, 0, 10000, &ignored) != RAW_OTHER &&
	       RUN_CHECK(vm->test, !raw_line(vm, 0), "the line of a disabled timer is still high");
}

/* Once a vCPU has run without one, there can be none in KVM. */
void lifetime_irqchip_after_run(struct test_run *run)
{
	struct raw_vm vm;
	uint64_t value;

	if (!raw_vm_open(&vm, run) || !add_vcpus(&vm, 2) ||
	    !raw_set_guest(&vm, 0, RAW_GUEST_STORE) || raw_run(&vm, 0, 10000, &value) != RAW_STORE)
		goto out;
	for (int i = 0; i < 3; i++)
		if (!raw_expect(&vm, raw_add_gic(&vm), -EBUSY, "KVM_CREATE_DEVICE after KVM_RUN"))
			goto out;
	/* And that it was refused must not have left half of one. */
	if (kvm_check_extension(vm.kvm, KVM_CAP_ARM_USER_IRQ) > 0)
		line_works(&vm);
out:
	raw_vm_close(&vm);
}

void lifetime_irqchip_twice(struct test_run *run)
{
	struct raw_vm vm;

	if (raw_vm_open(&vm, run) && raw_make_ready(&vm, 2) &&
	    raw_expect(&vm, raw_add_gic(&vm), -EEXIST, "KVM_CREATE_DEVICE a second time"))
		all_timers_work(&vm, "a second interrupt controller that was refused");
	raw_vm_close(&vm);
	if (raw_vm_open(&vm, run) &&
	    STEP(&vm, raw_add_gic(&vm), "KVM_CREATE_DEVICE without vCPUs") &&
	    raw_expect(&vm, raw_add_gic(&vm), -EEXIST, "KVM_CREATE_DEVICE twice without vCPUs") &&
	    STEP(&vm, raw_place_gic(&vm), "placing it") && add_vcpus(&vm, 2) &&
	    STEP(&vm, raw_finalize_gic(&vm), "KVM_DEV_ARM_VGIC_CTRL_INIT") &&
	    STEP(&vm, raw_finalize_gic(&vm), "KVM_DEV_ARM_VGIC_CTRL_INIT again"))
		all_timers_work(&vm, "an interrupt controller that was asked for twice");
	raw_vm_close(&vm);
}

void lifetime_vcpu_after_finalize(struct test_run *run)
{
	struct raw_vm vm;

	if (raw_vm_open(&vm, run) && raw_make_ready(&vm, 2) &&
	    raw_expect(&vm, raw_add_vcpu(&vm), -EBUSY,
		       "KVM_CREATE_VCPU after KVM_DEV_ARM_VGIC_CTRL_INIT") &&
	    all_timers_work(&vm, "a vCPU that came too late"))
		raw_expect(&vm, raw_add_vcpu(&vm), -EBUSY, "KVM_CREATE_VCPU after KVM_RUN");
	raw_vm_close(&vm);
}

/* Without an interrupt controller in KVM, vCPUs may come at any time. */
void lifetime_vcpu_after_run(struct test_run *run)
{
	struct raw_vm vm;

	if (raw_vm_open(&vm, run))
		for (unsigned i = 0; i < 4; i++)
			if (!STEP(&vm, raw_add_vcpu(&vm), "KVM_CREATE_VCPU after KVM_RUN") ||
			    !STEP(&vm, raw_init_vcpu(&vm, i, 0),
				  "KVM_ARM_VCPU_INIT after KVM_RUN") ||
			    !all_timers_work(&vm, "vCPUs that came after a run"))
				break;
	raw_vm_close(&vm);
}

void lifetime_run_before_init(struct test_run *run)
{
	struct raw_vm vm;
	uint64_t value;

	if (!raw_vm_open(&vm, run) || !STEP(&vm, raw_add_gic(&vm), "KVM_CREATE_DEVICE") ||
	    !STEP(&vm, raw_add_vcpu(&vm), "KVM_CREATE_VCPU"))
		goto out;
	for (int i = 0; i < 3; i++)
		if (!raw_expect(&vm, raw_kvm_run(&vm, 0), -ENOEXEC,
				"KVM_RUN before KVM_ARM_VCPU_INIT") ||
		    !raw_expect(&vm,
				arch_timer_get(vm.vcpus[0].fd, ARCH_TIMER_VIRTUAL, ARCH_TIMER_CTL,
					       &value),
				-ENOEXEC, "KVM_GET_ONE_REG before KVM_ARM_VCPU_INIT") ||
		    !raw_expect(
			    &vm,
			    arch_timer_set(vm.vcpus[0].fd, ARCH_TIMER_VIRTUAL, ARCH_TIMER_CTL, 1),
			    -ENOEXEC, "KVM_SET_ONE_REG before KVM_ARM_VCPU_INIT"))
			goto out;
	if (STEP(&vm, raw_init_vcpu(&vm, 0, 0), "KVM_ARM_VCPU_INIT after a refused run") &&
	    STEP(&vm, raw_place_gic(&vm), "placing the interrupt controller") &&
	    STEP(&vm, raw_finalize_gic(&vm), "KVM_DEV_ARM_VGIC_CTRL_INIT"))
		all_timers_work(&vm, "a run before KVM_ARM_VCPU_INIT");
out:
	raw_vm_close(&vm);
}

/*
 * What a VM is good for after a first run that its interrupt controller refused is not said: KVM
 * declares it dead since Linux 6.4 (EIO), before that it could be mended.
 */
static bool refused_run(struct raw_vm *vm, bool placed, int refusal, const char *what)
{
	int ret;

	if (!STEP(vm, raw_add_gic(vm), "KVM_CREATE_DEVICE") || !add_vcpus(vm, 2) ||
	    (placed && !STEP(vm, raw_place_gic(vm), "placing it")) ||
	    !raw_expect(vm, raw_kvm_run(vm, 0), refusal, what))
		return false;
	for (unsigned i = 0; i < 3; i++) {
		ret = raw_kvm_run(vm, i % 2);
		if (!RUN_CHECK(vm->test, ret == refusal || ret == -EIO,
			       "%s once more: expected the same or EIO, seen %s", what,
			       ret ? strerrorname_np(-ret) : "success"))
			return false;
	}
	return true;
}

void lifetime_run_before_finalize(struct test_run *run)
{
	struct raw_vm vm;

	for (unsigned i = 0; i < 3; i++) {
		bool fine = raw_vm_open(&vm, run) &&
			    refused_run(&vm, false, -ENXIO,
					"KVM_RUN before the interrupt controller has its "
					"addresses");

		raw_vm_close(&vm);
		if (!fine)
			return;
		/* A GICv2 needs no more. */
		fine = run->irqchip != IRQCHIP_GICV3 ||
		       (raw_vm_open(&vm, run) &&
			refused_run(&vm, true, -EBUSY,
				    "KVM_RUN before KVM_DEV_ARM_VGIC_CTRL_INIT"));
		raw_vm_close(&vm);
		if (!fine)
			return;
	}
	if (raw_vm_open(&vm, run) && STEP(&vm, raw_add_gic(&vm), "KVM_CREATE_DEVICE") &&
	    add_vcpus(&vm, 2) && STEP(&vm, raw_place_gic(&vm), "placing it") &&
	    (run->irqchip != IRQCHIP_GICV3 ||
	     STEP(&vm, raw_finalize_gic(&vm), "KVM_DEV_ARM_VGIC_CTRL_INIT")))
		all_timers_work(&vm, "after VMs whose runs were refused");
	raw_vm_close(&vm);
}

static bool attributes_too_early(struct raw_vm *vm)
{
	uint64_t odd = MAP_GIC_DIST_BASE + 0x800, beyond = UINT64_C(1) << 56;
	uint64_t dist = vm->kind == IRQCHIP_GICV3 ? KVM_VGIC_V3_ADDR_TYPE_DIST
						  : KVM_VGIC_V2_ADDR_TYPE_DIST;
	uint32_t few = 32, uneven = 100, right = 256, value = 0;

	/* A GICv2 is made final by the first access to its registers. */
	if (vm->kind == IRQCHIP_GICV3 &&
	    !raw_expect(vm, raw_gic_attr(vm, KVM_DEV_ARM_VGIC_GRP_DIST_REGS, 0, &value), -EBUSY,
			"access to GICD_CTLR before KVM_DEV_ARM_VGIC_CTRL_INIT"))
		return false;
	return raw_expect(vm, raw_gic_attr(vm, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &few), -EINVAL,
			  "32 interrupts") &&
	       raw_expect(vm, raw_gic_attr(vm, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &uneven), -EINVAL,
			  "100 interrupts") &&
	       STEP(vm, raw_gic_attr(vm, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &right),
		    "256 interrupts") &&
	       raw_expect(vm, raw_gic_attr(vm, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &right), -EBUSY,
			  "256 interrupts again") &&
	       raw_expect(vm, raw_gic_attr(vm, KVM_DEV_ARM_VGIC_GRP_ADDR, dist, &odd), -EINVAL,
			  "an address within a page") &&
	       raw_expect(vm, raw_gic_attr(vm, KVM_DEV_ARM_VGIC_GRP_ADDR, dist, &beyond), -E2BIG,
			  "an address beyond the guest's") &&
	       raw_expect(vm, raw_gic_attr(vm, KVM_DEV_ARM_VGIC_GRP_ADDR, 99, &odd), -ENXIO,
			  "the address of a part that there is not");
}

void lifetime_attributes(struct test_run *run)
{
	struct raw_vm vm;
	uint32_t right = 256;
	int ppi = 20, spi = 40, value = 27;

	if (!raw_vm_open(&vm, run) || !add_vcpus(&vm, 2))
		goto out;
	if (!raw_expect(&vm,
			kvm_set_device_attr(vm.vcpus[0].fd, KVM_ARM_VCPU_TIMER_CTRL,
					    KVM_ARM_VCPU_TIMER_IRQ_VTIMER, &value),
			-EINVAL, "a timer's INTID without an interrupt controller") ||
	    !STEP(&vm, raw_add_gic(&vm), "KVM_CREATE_DEVICE") || !attributes_too_early(&vm) ||
	    !raw_expect(&vm,
			kvm_set_device_attr(vm.vcpus[0].fd, KVM_ARM_VCPU_TIMER_CTRL,
					    KVM_ARM_VCPU_TIMER_IRQ_VTIMER, &spi),
			-EINVAL, "an SPI as a timer's INTID") ||
	    !STEP(&vm, raw_place_gic(&vm), "placing the interrupt controller") ||
	    !raw_expect(&vm, raw_place_gic(&vm), -EEXIST, "placing it again") ||
	    !STEP(&vm, raw_finalize_gic(&vm), "KVM_DEV_ARM_VGIC_CTRL_INIT") ||
	    !raw_expect(&vm, raw_gic_attr(&vm, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &right), -EBUSY,
			"the number of interrupts after KVM_DEV_ARM_VGIC_CTRL_INIT") ||
	    !all_timers_work(&vm, "attributes that were refused"))
		goto out;
	raw_expect(&vm,
		   kvm_set_device_attr(vm.vcpus[0].fd, KVM_ARM_VCPU_TIMER_CTRL,
				       KVM_ARM_VCPU_TIMER_IRQ_VTIMER, &ppi),
		   -EBUSY, "a timer's INTID after KVM_RUN");
	all_timers_work(&vm, "an INTID that came too late");
out:
	raw_vm_close(&vm);
}

/* Armed by ONE_REG before anything has run, in part before there is an interrupt controller. */
void lifetime_timer_before_run(struct test_run *run)
{
	struct raw_vm vm;
	uint64_t cval, count;

	for (int late = 0; late < 2; late++) {
		if (!raw_vm_open(&vm, run) ||
		    !(late ? add_vcpus(&vm, 1) : raw_make_ready(&vm, 1)) ||
		    !raw_arm(&vm, 0, late ? -1000 : 1000, &cval))
			goto out;
		if (late && (!STEP(&vm, raw_add_gic(&vm), "KVM_CREATE_DEVICE") ||
			     !STEP(&vm, raw_place_gic(&vm), "placing it") ||
			     !STEP(&vm, raw_finalize_gic(&vm), "KVM_DEV_ARM_VGIC_CTRL_INIT")))
			goto out;
		if (!raw_enable_interrupt(&vm, 0) || !raw_set_guest(&vm, 0, RAW_GUEST_WFI) ||
		    !RUN_CHECK(run, raw_run(&vm, 0, 10000, &count) == RAW_INTERRUPT,
			       "a timer that was armed %s does not interrupt the first run",
			       late ? "before there was an interrupt controller"
				    : "before the first run") ||
		    !RUN_CHECK(run, count >= cval, "it interrupts before CVAL") ||
		    !raw_timer_is_quiet(&vm, 0, "a timer that was armed before the first run"))
			goto out;
		raw_vm_close(&vm);
	}
out:
	raw_vm_close(&vm);
}
