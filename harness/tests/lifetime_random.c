// SPDX-License-Identifier: GPL-2.0-only
/* Ioctls in any order. */
#include <errno.h>
#include <string.h>

#include "guest-images/tests/lifetime.h"
#include "harness/raw_guest.h"
#include "harness/seed.h"
#include "harness/tests/lifetime_workers.h"
#include "timer/timer_state.h"
#include "vmm/host_info.h"

static int timer_attr(struct raw_vm *vm, unsigned cpu, struct worker *worker)
{
	int intid = 16 + worker_below(worker, 20);

	return kvm_set_device_attr(vm->vcpus[cpu].fd, KVM_ARM_VCPU_TIMER_CTRL,
				   worker_below(worker, 3), &intid);
}

static int pmu_attr(struct raw_vm *vm, unsigned cpu, struct worker *worker)
{
	int intid = 16 + worker_below(worker, 20);

	return kvm_set_device_attr(vm->vcpus[cpu].fd, KVM_ARM_VCPU_PMU_V3_CTRL,
				   worker_below(worker, 3), &intid);
}

static int timer_reg(struct raw_vm *vm, unsigned cpu, struct worker *worker)
{
	uint64_t value = seed_next(&worker->random) >> worker_below(worker, 64);
	enum arch_timer timer = worker_below(worker, ARCH_TIMERS);
	enum arch_timer_reg reg = worker_below(worker, ARCH_TIMER_REGS);

	if (timer == ARCH_TIMER_PHYSICAL && worker->avoids_ptimer)
		return 0;
	return arch_timer_set(vm->vcpus[cpu].fd, timer, reg, value);
}

static int irq_line(struct raw_vm *vm, unsigned cpu, struct worker *worker)
{
	struct kvm_irq_level line = {
		.irq = worker_below(worker, 4) << KVM_ARM_IRQ_TYPE_SHIFT |
		       cpu << KVM_ARM_IRQ_VCPU_SHIFT | worker_below(worker, 48),
		.level = worker_below(worker, 2),
	};

	return kvm_ioctl(vm->vm, KVM_IRQ_LINE, (uintptr_t)&line);
}

static int counter_offset(struct raw_vm *vm, struct worker *worker)
{
	struct kvm_arm_counter_offset offset = { .counter_offset = seed_next(&worker->random) >>
								   worker_below(worker, 64) };

	return kvm_ioctl(vm->vm, KVM_ARM_SET_COUNTER_OFFSET, (uintptr_t)&offset);
}

static int mp_state(struct raw_vm *vm, unsigned cpu, struct worker *worker)
{
	struct kvm_mp_state state = { .mp_state = worker_below(worker, 2) ? KVM_MP_STATE_STOPPED
									  : KVM_MP_STATE_RUNNABLE };

	return kvm_ioctl(vm->vcpus[cpu].fd, KVM_SET_MP_STATE, (uintptr_t)&state);
}

/* A millisecond or two of whatever the guest does; a run that is refused is one, too. */
static int run_a_little(struct raw_vm *vm, unsigned cpu, struct worker *worker)
{
	uint64_t value;
	int ret;

	vm->vcpus[cpu].run->immediate_exit = 1;
	ret = raw_kvm_run(vm, cpu);
	vm->vcpus[cpu].run->immediate_exit = 0;
	if (ret != -EINTR || !raw_set_guest(vm, cpu, worker_below(worker, RAW_GUEST_LOAD)))
		return ret;
	raw_run(vm, cpu, 1, &value);
	return 0;
}

static int init_anyhow(struct raw_vm *vm, unsigned cpu, struct worker *worker)
{
	static const uint32_t features[] = {
		0,
		0,
		0,
		1u << KVM_ARM_VCPU_POWER_OFF,
		1u << KVM_ARM_VCPU_SVE,
		1u << 30,
		1u << KVM_ARM_VCPU_PMU_V3,
	};
	size_t count = sizeof(features) / sizeof(features[0]) - worker->avoids_pmu;
	uint32_t chosen = features[worker_below(worker, count)];

	/* What lifetime/irqchip-after-failed-run is for. */
	if (chosen == 1u << KVM_ARM_VCPU_PMU_V3 && vm->gic < 0)
		worker->avoids_gic = true;
	return raw_init_vcpu(vm, cpu, chosen);
}

static int add_late_vcpu(struct raw_vm *vm, struct worker *worker)
{
	return worker->avoids_late_vcpus && worker->has_run ? 0 : raw_add_vcpu(vm);
}

static int one_step(struct raw_vm *vm, struct worker *worker)
{
	unsigned step = worker_below(worker, 15),
		 cpu = vm->cpus ? worker_below(worker, vm->cpus) : 0;

	if (step < 2 || (step > 4 && !vm->cpus))
		return add_late_vcpu(vm, worker);
	if (step < 5 && vm->gic < 0)
		vm->kind = worker_any_kind(worker);
	switch (step) {
	case 2:
		return worker->avoids_gic ? 0 : raw_add_gic(vm);
	case 3:
		return raw_place_gic(vm);
	case 4:
		return raw_finalize_gic(vm);
	case 5:
	case 6:
		return init_anyhow(vm, cpu, worker);
	case 7:
		return timer_attr(vm, cpu, worker);
	case 8:
		return pmu_attr(vm, cpu, worker);
	case 9:
		return timer_reg(vm, cpu, worker);
	case 10:
		return irq_line(vm, cpu, worker);
	case 11:
		return counter_offset(vm, worker);
	case 12:
		return mp_state(vm, cpu, worker);
	default:
		worker->has_run = true;
		return run_a_little(vm, cpu, worker);
	}
}

/* What the documentation of these ioctls knows as a refusal. */
static bool is_documented(int ret)
{
	static const int refusals[] = {
		ENOENT, ENXIO, ENOEXEC, EEXIST, ENODEV, EINVAL, EBUSY, EPERM, E2BIG, ENOSPC, EBADF,
		EAGAIN, ENOTTY, EINTR,
		/* A VM whose interrupt controller could not be mapped is dead. */
		EIO
	};

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (ret == -refusals[i])
			return true;
	return ret >= 0;
}

static bool one_vm(struct worker *worker)
{
	unsigned steps = 10 + worker_below(worker, 50);
	struct raw_vm vm;
	bool fine = raw_vm_open(&vm, worker->run);

	vm.kind = worker_any_kind(worker);
	worker->has_run = worker->avoids_gic = false;
	while (fine && steps--) {
		int ret = one_step(&vm, worker);

		if (worker->run->fault == FAULT_IOCTL_RESULT && !ret)
			ret = -EPROTO;
		fine = RUN_CHECK(worker->run, is_documented(ret), "an ioctl in a random order: %s",
				 strerror(-ret));
	}
	raw_vm_close(&vm);
	return fine;
}

void lifetime_random_orders(struct test_run *run)
{
	enum host_kvm_mode mode = host_info_kvm_mode();
	unsigned kinds = worker_possible_kinds(run);
	struct worker worker = {
		.run = run,
		.random = run_random(run, UINT64_MAX),
		.kinds = kinds,
		.begun = run_now_ns(),
		/* lifetime/failed-first-run says it all. */
		.avoids_pmu = run_kernel_is_before(6, 12),
		/*
		 * The hypervisor of protected mode learns of the vCPUs when the first one runs.
		 * With one that comes later the host's kernel panics in 6.12 (an "SError" that is
		 * EINVAL, misread).
		 */
		.avoids_late_vcpus = mode == HOST_KVM_MODE_PROTECTED,
		/* See struct test, expires_ptimer: the host would hang. */
		.avoids_ptimer = kinds == TEST_ON(IRQCHIP_USER) && mode != HOST_KVM_MODE_NVHE,
	};

	for (uint64_t i = 0; i < run->test->args[0] && lifetime_goes_on(run, worker.begun); i++)
		if (!worker.kinds || !one_vm(&worker))
			break;
	lifetime_fresh_vm_works(run, run->irqchip, "ioctls in random orders");
}

/* An ioctl that wants the VM's lock and those of all its vCPUs, and is refused. */
void lifetime_create_beside(struct test_run *run)
{
	uint32_t type = run->irqchip == IRQCHIP_GICV3 ? KVM_DEV_TYPE_ARM_VGIC_V3
						      : KVM_DEV_TYPE_ARM_VGIC_V2;

	/* Before a vCPU has run, KVM would be right to make one. */
	if (!test_vm_wait_word(&run->vm, LIFETIME_WORD_RUNNING, 1))
		return;
	while (!run_is_over(run)) {
		int ret = kvm_create_device(run->vm.machine.fd, type);

		if (!RUN_CHECK(run, ret == -EBUSY || ret == -EEXIST || ret == -ENODEV,
			       "KVM_CREATE_DEVICE beside a running guest: %s",
			       ret < 0 ? strerror(-ret) : "success"))
			break;
		run_sleep_us(100);
	}
}
