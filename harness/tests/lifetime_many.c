// SPDX-License-Identifier: GPL-2.0-only
/* Many VMs at once, several threads at one VM, and ioctls in any order. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/raw_guest.h"
#include "harness/raw_vm.h"
#include "harness/seed.h"
#include "harness/tests/lifetime.h"
#include "timer/timer_state.h"

#define THREADS 4

/* What one thread works with. */
struct worker {
	struct test_run *run;
	pthread_t thread;
	uint64_t random;
	unsigned kinds; /* TEST_ON() bits: what the host can make */
	uint64_t rounds;
};

static uint64_t below(struct worker *worker, uint64_t end)
{
	return seed_next(&worker->random) % end;
}

static unsigned possible_kinds(struct test_run *run)
{
	unsigned kinds = 0;
	struct raw_vm vm;

	if (raw_vm_open(&vm, run)) {
		if (!kvm_test_device(vm.vm, KVM_DEV_TYPE_ARM_VGIC_V3))
			kinds |= TEST_ON(IRQCHIP_GICV3);
		if (!kvm_test_device(vm.vm, KVM_DEV_TYPE_ARM_VGIC_V2))
			kinds |= TEST_ON(IRQCHIP_GICV2);
		if (kvm_check_extension(vm.kvm, KVM_CAP_ARM_USER_IRQ) > 0)
			kinds |= TEST_ON(IRQCHIP_USER);
	}
	raw_vm_close(&vm);
	return kinds;
}

static enum irqchip_kind any_kind(struct worker *worker)
{
	enum irqchip_kind kind;

	do
		kind = IRQCHIP_GICV3 + below(worker, 3);
	while (!(worker->kinds & TEST_ON(kind)));
	return kind;
}

/* -- many VMs --------------------------------------------------------------------------------- */

/* Dies with its timer's line high. */
static void run_and_leave(struct raw_vm *vm, struct worker *worker)
{
	uint64_t cval, value;

	if (raw_set_guest(vm, 0, below(worker, 2) ? RAW_GUEST_SPIN : RAW_GUEST_WFI) &&
	    raw_set_reg(vm, 0, KVM_CORE_REG_U64(regs.pstate), 0x3c5) &&
	    raw_arm(vm, 0, (int64_t)below(worker, 4000) - 2000, &cval))
		raw_run(vm, 0, 1 + below(worker, 3), &value);
}

/* One life of a VM: complete, or ending early in one way or another. */
static void live(struct worker *worker)
{
	struct raw_vm vm;
	int ret = 0;

	if (!raw_vm_open(&vm, worker->run))
		goto out;
	vm.kind = any_kind(worker);
	switch (below(worker, 8)) {
	case 0: /* no vCPU */
		ret = raw_add_gic(&vm);
		break;
	case 1: /* not initialised */
		ret = raw_add_vcpu(&vm);
		ret = ret ? ret : raw_kvm_run(&vm, 0) == -ENOEXEC ? 0 : -EPROTO;
		break;
	case 2: /* without addresses, or all right in userspace */
		ret = raw_add_gic(&vm);
		ret = ret ? ret : raw_add_vcpu(&vm);
		ret = ret ? ret : raw_init_vcpu(&vm, 0, 0);
		if (!ret && vm.kind == IRQCHIP_USER)
			run_and_leave(&vm, worker);
		else if (!ret)
			ret = raw_kvm_run(&vm, 0) == -ENXIO ? 0 : -EPROTO;
		break;
	case 3: /* never ran */
		raw_make_ready(&vm, 1 + below(worker, 4));
		break;
	default:
		if (!raw_make_ready(&vm, 1 + below(worker, 4)))
			break;
		if (below(worker, 2))
			raw_timer_works(&vm, 0, RAW_GUEST_SPIN, "a VM among many");
		else
			run_and_leave(&vm, worker);
		break;
	}
	raw_expect(&vm, ret, 0, "one of many VMs");
out:
	raw_vm_close(&vm);
}

static void *live_often(void *context)
{
	struct worker *worker = context;

	for (uint64_t i = 0; i < worker->rounds; i++)
		live(worker);
	return NULL;
}

static bool fresh_vm_works(struct test_run *run, enum irqchip_kind kind, const char *what)
{
	bool works = false;
	struct raw_vm vm;

	if (raw_vm_open(&vm, run)) {
		vm.kind = kind;
		works = raw_make_ready(&vm, 2) && raw_timer_works(&vm, 0, RAW_GUEST_WFI, what) &&
			raw_timer_works(&vm, 1, RAW_GUEST_SPIN, what);
	}
	raw_vm_close(&vm);
	return works;
}

void lifetime_many_at_once(struct test_run *run)
{
	struct worker workers[THREADS];
	unsigned kinds = possible_kinds(run), started = 0;

	for (; kinds && started < THREADS; started++) {
		workers[started] = (struct worker){ .run = run,
						    .random = run_random(run, UINT64_MAX),
						    .kinds = kinds,
						    .rounds = run->test->args[0] };
		if (pthread_create(&workers[started].thread, NULL, live_often, &workers[started]))
			break;
	}
	/* One beside them. */
	for (unsigned i = 0; i < 4; i++)
		fresh_vm_works(run, run->irqchip, "a VM beside many");
	while (started)
		pthread_join(workers[--started].thread, NULL);
	for (enum irqchip_kind kind = IRQCHIP_GICV3; kind <= IRQCHIP_USER; kind++)
		if (kinds & TEST_ON(kind))
			fresh_vm_works(run, kind, "a VM after many");
}

/* -- two threads, one VM ---------------------------------------------------------------------- */

struct race {
	struct raw_vm vm;
	pthread_barrier_t begin;
};

static void *add_vcpus(void *context)
{
	struct race *race = context;

	pthread_barrier_wait(&race->begin);
	for (unsigned i = 0; i < 4; i++) {
		int ret = raw_add_vcpu(&race->vm);

		if (!raw_expect(&race->vm, ret, 0, "KVM_CREATE_VCPU beside KVM_CREATE_DEVICE") ||
		    !raw_expect(&race->vm, raw_init_vcpu(&race->vm, i, 0), 0,
				"KVM_ARM_VCPU_INIT beside KVM_CREATE_DEVICE"))
			break;
	}
	return NULL;
}

static bool race_once(struct race *race, uint64_t delay)
{
	struct raw_vm *vm = &race->vm;
	pthread_t thread;
	int ret;

	if (!raw_expect(vm, -pthread_create(&thread, NULL, add_vcpus, race), 0, "making a thread"))
		return false;
	pthread_barrier_wait(&race->begin);
	for (uint64_t i = 0; i < delay; i++)
		__asm__ volatile("" ::: "memory");
	/* It needs the locks of all vCPUs, and does not wait for them. */
	do
		ret = raw_add_gic(vm);
	while (ret == -EBUSY);
	ret = ret ? ret : raw_place_gic(vm);
	pthread_join(thread, NULL);
	if (!raw_expect(vm, ret, 0, "KVM_CREATE_DEVICE beside KVM_CREATE_VCPU") ||
	    !raw_expect(vm, raw_finalize_gic(vm), 0, "KVM_DEV_ARM_VGIC_CTRL_INIT"))
		return false;
	for (unsigned i = 0; i < vm->cpus; i++)
		if (!raw_timer_works(vm, i, RAW_GUEST_SPIN,
				     "vCPUs and interrupt controller made at once"))
			return false;
	return true;
}

void lifetime_vcpus_against_irqchip(struct test_run *run)
{
	bool fine = true;

	for (uint64_t i = 0; fine && i < run->test->args[0]; i++) {
		struct race race;

		pthread_barrier_init(&race.begin, NULL, 2);
		fine = raw_vm_open(&race.vm, run) &&
		       race_once(&race, run_random(run, 1 << run_random(run, 18)));
		raw_vm_close(&race.vm);
		pthread_barrier_destroy(&race.begin);
	}
}

/* -- any order -------------------------------------------------------------------------------- */

static int timer_attr(struct raw_vm *vm, unsigned cpu, struct worker *worker)
{
	int intid = 16 + below(worker, 20);

	return kvm_set_device_attr(vm->vcpus[cpu].fd, KVM_ARM_VCPU_TIMER_CTRL, below(worker, 3),
				   &intid);
}

static int pmu_attr(struct raw_vm *vm, unsigned cpu, struct worker *worker)
{
	int intid = 16 + below(worker, 20);

	return kvm_set_device_attr(vm->vcpus[cpu].fd, KVM_ARM_VCPU_PMU_V3_CTRL, below(worker, 3),
				   &intid);
}

static int timer_reg(struct raw_vm *vm, unsigned cpu, struct worker *worker)
{
	uint64_t value = seed_next(&worker->random) >> below(worker, 64);
	enum arch_timer timer = below(worker, ARCH_TIMERS);
	enum arch_timer_reg reg = below(worker, ARCH_TIMER_REGS);

	return arch_timer_set(vm->vcpus[cpu].fd, timer, reg, value);
}

static int irq_line(struct raw_vm *vm, unsigned cpu, struct worker *worker)
{
	struct kvm_irq_level line = {
		.irq = below(worker, 4) << KVM_ARM_IRQ_TYPE_SHIFT | cpu << KVM_ARM_IRQ_VCPU_SHIFT |
		       below(worker, 48),
		.level = below(worker, 2),
	};

	return kvm_ioctl(vm->vm, KVM_IRQ_LINE, (uintptr_t)&line);
}

static int counter_offset(struct raw_vm *vm, struct worker *worker)
{
	struct kvm_arm_counter_offset offset = { .counter_offset = seed_next(&worker->random) >>
								   below(worker, 64) };

	return kvm_ioctl(vm->vm, KVM_ARM_SET_COUNTER_OFFSET, (uintptr_t)&offset);
}

static int mp_state(struct raw_vm *vm, unsigned cpu, struct worker *worker)
{
	struct kvm_mp_state state = { .mp_state = below(worker, 2) ? KVM_MP_STATE_STOPPED
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
	if (ret != -EINTR || !raw_set_guest(vm, cpu, below(worker, RAW_GUEST_LOAD)))
		return ret;
	raw_run(vm, cpu, 1, &value);
	return 0;
}

static int one_step(struct raw_vm *vm, struct worker *worker)
{
	static const uint32_t features[] = { 0,
					     0,
					     0,
					     1u << KVM_ARM_VCPU_POWER_OFF,
					     1u << KVM_ARM_VCPU_PMU_V3,
					     1u << KVM_ARM_VCPU_SVE,
					     1u << 30 };
	unsigned step = below(worker, 15), cpu = vm->cpus ? below(worker, vm->cpus) : 0;

	if (step < 2 || (step > 4 && !vm->cpus))
		return raw_add_vcpu(vm);
	if (step < 5 && vm->gic < 0)
		vm->kind = any_kind(worker);
	switch (step) {
	case 2:
		return raw_add_gic(vm);
	case 3:
		return raw_place_gic(vm);
	case 4:
		return raw_finalize_gic(vm);
	case 5:
	case 6:
		return raw_init_vcpu(vm, cpu,
				     features[below(worker, sizeof(features) / sizeof(*features))]);
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

void lifetime_random_orders(struct test_run *run)
{
	struct worker worker = { .run = run,
				 .random = run_random(run, UINT64_MAX),
				 .kinds = possible_kinds(run) };
	bool fine = worker.kinds;

	for (uint64_t i = 0; fine && i < run->test->args[0]; i++) {
		unsigned steps = 10 + below(&worker, 50);
		struct raw_vm vm;

		fine = raw_vm_open(&vm, run);
		vm.kind = any_kind(&worker);
		while (fine && steps--) {
			int ret = one_step(&vm, &worker);

			if (run->fault == FAULT_IOCTL_RESULT && !ret)
				ret = -EPROTO;
			fine = RUN_CHECK(run, is_documented(ret), "an ioctl in a random order: %s",
					 strerror(-ret));
		}
		raw_vm_close(&vm);
	}
	fresh_vm_works(run, run->irqchip, "ioctls in random orders");
}
