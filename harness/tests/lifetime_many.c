// SPDX-License-Identifier: GPL-2.0-only
/* Many VMs at once, and several threads at one. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>

#include "harness/raw_vm.h"
#include "harness/seed.h"
#include "harness/tests/lifetime_workers.h"
#include "vmm/host_info.h"

#define THREADS 4

uint64_t worker_below(struct worker *worker, uint64_t end)
{
	return seed_next(&worker->random) % end;
}

unsigned worker_possible_kinds(struct test_run *run)
{
	unsigned kinds = 0;
	struct raw_vm vm;

	if (raw_vm_open(&vm, run)) {
		if (!kvm_test_device(vm.vm, KVM_DEV_TYPE_ARM_VGIC_V3))
			kinds |= TEST_ON(IRQCHIP_GICV3);
		if (!kvm_test_device(vm.vm, KVM_DEV_TYPE_ARM_VGIC_V2))
			kinds |= TEST_ON(IRQCHIP_GICV2);
		/* In protected mode a vCPU's inputs do not reach the guest. */
		if (kvm_check_extension(vm.kvm, KVM_CAP_ARM_USER_IRQ) > 0 &&
		    host_info_kvm_mode() != HOST_KVM_MODE_PROTECTED)
			kinds |= TEST_ON(IRQCHIP_USER);
	}
	raw_vm_close(&vm);
	return kinds;
}

enum irqchip_kind worker_any_kind(struct worker *worker)
{
	enum irqchip_kind kind;

	do
		kind = IRQCHIP_GICV3 + worker_below(worker, 3);
	while (!(worker->kinds & TEST_ON(kind)));
	return kind;
}

/* -- many VMs --------------------------------------------------------------------------------- */

/* Dies with its timer's line high. */
static void run_and_leave(struct raw_vm *vm, struct worker *worker)
{
	uint64_t cval, value;

	if (raw_set_guest(vm, 0, worker_below(worker, 2) ? RAW_GUEST_SPIN : RAW_GUEST_WFI) &&
	    raw_set_reg(vm, 0, KVM_CORE_REG_U64(regs.pstate), 0x3c5) &&
	    raw_arm(vm, 0, (int64_t)worker_below(worker, 4000) - 2000, &cval))
		raw_run(vm, 0, 1 + worker_below(worker, 3), &value);
}

/* One life of a VM: complete, or ending early in one way or another. */
static void live(struct worker *worker)
{
	struct raw_vm vm;
	int ret = 0;

	if (!raw_vm_open(&vm, worker->run))
		goto out;
	vm.kind = worker_any_kind(worker);
	switch (worker_below(worker, 8)) {
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
		raw_make_ready(&vm, 1 + worker_below(worker, 4));
		break;
	default:
		if (!raw_make_ready(&vm, 1 + worker_below(worker, 4)))
			break;
		if (worker_below(worker, 2))
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

	for (uint64_t i = 0; i < worker->rounds && lifetime_goes_on(worker->run, worker->begun);
	     i++)
		live(worker);
	return NULL;
}

bool lifetime_fresh_vm_works(struct test_run *run, enum irqchip_kind kind, const char *what)
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
	unsigned kinds = worker_possible_kinds(run), started = 0;

	for (; kinds && started < THREADS; started++) {
		workers[started] = (struct worker){ .run = run,
						    .random = run_random(run, UINT64_MAX),
						    .kinds = kinds,
						    .rounds = run->test->args[0],
						    .begun = run_now_ns() };
		if (pthread_create(&workers[started].thread, NULL, live_often, &workers[started]))
			break;
	}
	/* One beside them. */
	for (unsigned i = 0; i < 4; i++)
		lifetime_fresh_vm_works(run, run->irqchip, "a VM beside many");
	while (started)
		pthread_join(workers[--started].thread, NULL);
	for (enum irqchip_kind kind = IRQCHIP_GICV3; kind <= IRQCHIP_USER; kind++)
		if (kinds & TEST_ON(kind))
			lifetime_fresh_vm_works(run, kind, "a VM after many");
}

/* -- two threads, one VM ---------------------------------------------------------------------- */

struct race {
	struct raw_vm vm;
	bool place_beside; /* the controller's addresses, too, while vCPUs are made */
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

static bool refuses_run(struct raw_vm *vm, int refusal)
{
	bool refuses;

	vm->vcpus[0].run->immediate_exit = 1;
	refuses = raw_kvm_run(vm, 0) == refusal;
	vm->vcpus[0].run->immediate_exit = 0;
	return refuses;
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
	if (race->place_beside)
		ret = ret ? ret : raw_place_gic(vm);
	pthread_join(thread, NULL);
	if (!race->place_beside)
		ret = ret ? ret : raw_place_gic(vm);
	if (!raw_expect(vm, ret, 0, "KVM_CREATE_DEVICE beside KVM_CREATE_VCPU") ||
	    !raw_expect(vm, raw_finalize_gic(vm), 0, "KVM_DEV_ARM_VGIC_CTRL_INIT"))
		return false;
	/*
	 * A vCPU in the making gets no redistributor when the addresses are set at that moment, and
	 * before Linux 6.14 also when the device is made then. Its first run is refused, which is
	 * not nice, but clean.
	 */
	if ((race->place_beside || run_kernel_is_before(6, 14)) && refuses_run(vm, -ENXIO)) {
		run_sample(vm->test, "vCPUs without redistributor", 1);
		return true;
	}
	for (unsigned i = 0; i < vm->cpus; i++)
		if (!raw_timer_works(vm, i, RAW_GUEST_SPIN,
				     "vCPUs and interrupt controller made at once"))
			return false;
	return true;
}

void lifetime_vcpus_against_irqchip(struct test_run *run)
{
	uint64_t begun = run_now_ns();
	bool fine = true;

	for (uint64_t i = 0; fine && i < run->test->args[0] && lifetime_goes_on(run, begun); i++) {
		struct race race = { .place_beside = i % 2 };

		pthread_barrier_init(&race.begin, NULL, 2);
		fine = raw_vm_open(&race.vm, run) &&
		       race_once(&race, run_random(run, 1 << run_random(run, 18)));
		raw_vm_close(&race.vm);
		pthread_barrier_destroy(&race.begin);
	}
}
