// SPDX-License-Identifier: GPL-2.0-only
#include "harness/test_vm.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "harness/capture.h"
#include "harness/fault_play.h"
#include "harness/guest_image.h"
#include "harness/guest_tests.h"
#include "harness/result.h"
#include "harness/run.h"
#include "harness/run_private.h"
#include "harness/test_device.h"
#include "harness/test_vm_private.h"
#include "timer/arch_timer.h"
#include "vmm/memory_map.h"

_Static_assert(GUEST_RAM_BASE == MAP_RAM_BASE && GUEST_TEST_DEVICE == MAP_TEST_BASE,
	       "guests find what they expect");

static int vcpu_thread_begins(void *context, struct vcpu *vcpu)
{
	struct test_vm *vm = context;
	int ret = 0;

	if (vm->first_cpu[vcpu->index] >= 0)
		ret = test_vm_bind(vm, 0, vm->first_cpu[vcpu->index]);
	atomic_store(&vm->tids[vcpu->index], gettid());
	return ret;
}

void test_vm_done(struct test_vm *vm, unsigned cpu)
{
	test_vm_keep_parked(vm, cpu);
	atomic_store(&vm->done, true);
	if (vm == &vm->run->vm)
		run_end(vm->run);
}

static const char *const stop_reasons[] = {
	[VCPU_STOP_SHUTDOWN] = "powered the machine off (PSCI SYSTEM_OFF)",
	[VCPU_STOP_RESET] = "reset the machine (PSCI SYSTEM_RESET)",
	[VCPU_STOP_SUSPEND] = "suspended the machine (PSCI SYSTEM_SUSPEND)",
	[VCPU_STOP_WAKEUP] = "was woken from suspension",
	[VCPU_STOP_CRASH] = "crashed",
	[VCPU_STOP_FAILURE] = "cannot go on",
};

static void vcpu_stopped(void *context, struct vcpu *vcpu, enum vcpu_stop why)
{
	struct test_vm *vm = context;
	const struct test_script *script = vm->run->test->script;
	struct result_cpu where;

	test_vm_keep_parked(vm, vcpu->index);
	if (script && script->stopped && script->stopped(vm->run, vm, vcpu->index, why))
		return;
	capture_cpu(&where, vm, vcpu->index);
	result_fail(vm->run->result, &where, "vcpu%u of %s %s", vcpu->index, vm->name,
		    stop_reasons[why]);
	test_vm_done(vm, vcpu->index);
}

static int machine_has_irqchip(void *context, struct machine *machine)
{
	struct test_vm *vm = context;
	int ret = fault_attach(vm);

	(void)machine;
	return ret || !vm->before_vcpus ? ret : vm->before_vcpus(vm);
}

int test_vm_load(struct test_vm *vm)
{
	size_t size = guest_image_end - guest_image_start;
	struct guest_memory *memory = &vm->machine.memory;
	uint64_t end = memory->ipa + memory->size;
	void *image = guest_memory_at(memory, GUEST_IMAGE_BASE, end - GUEST_IMAGE_BASE);
	int ret;

	/* All that the guest wrote outside the shared block is forgotten. */
	if (!image || size > GUEST_DATA_BASE - GUEST_IMAGE_BASE)
		return log_error(-EINVAL, "cannot load the guest image: it has %zu bytes", size);
	if (madvise(image, end - GUEST_IMAGE_BASE, MADV_DONTNEED) < 0)
		return log_error(-errno, "cannot empty the guest's memory: %s", strerror(errno));
	ret = guest_image_put(image, vm->run->image_fd);
	return ret ? ret : vcpu_set_entry(&vm->machine.vcpus[0], GUEST_IMAGE_BASE, 0);
}

static void fill_shared(struct test_vm *vm, const struct test_vm_config *config)
{
	volatile struct guest_shared *shared = vm->shared;

	shared->test = config->guest;
	shared->cpus = vm->machine.cpus;
	shared->gic = vm->machine.irqchip->kind == IRQCHIP_GICV3 ? 3 : 2;
	shared->user_irqchip = vm->machine.irqchip->kind == IRQCHIP_USER;
	shared->seed = vm->run->seed;
	shared->faults = fault_rows[vm->run->fault].guest;
	shared->timer_intid[0] = TIMER_INTID_VIRTUAL;
	shared->timer_intid[1] = TIMER_INTID_PHYSICAL;
	for (unsigned i = 0; i < GUEST_ARGS; i++)
		shared->args[i] = config->args[i];
}

static int create(struct test_vm *vm, const struct test_vm_config *config)
{
	const struct mmio_region device = { MAP_TEST_BASE, MAP_TEST_SIZE, &test_device_ops, vm,
					    "test device" };
	const struct machine_config machine = {
		.cpus = config->cpus ? config->cpus : 1,
		.memory = GUEST_RAM_SIZE,
		.irqchip = config->irqchip,
		.cpu_features = config->cpu_features,
		.unassigned = UNASSIGNED_MMIO_STOP,
		.before_vcpus = machine_has_irqchip,
		.thread_begin = vcpu_thread_begins,
		.stopped = vcpu_stopped,
		.context = vm,
	};
	int ret;

	if (machine.cpus > GUEST_MAX_CPUS)
		return log_error(-EINVAL, "a test's VM has at most %u CPUs, not %u", GUEST_MAX_CPUS,
				 machine.cpus);
	ret = machine_create(&vm->machine, &machine);
	ret = ret ? ret : mmio_bus_add(&vm->machine.bus, &device);
	if (ret < 0)
		return ret;
	vm->shared = guest_memory_at(&vm->machine.memory, GUEST_SHARED_BASE, sizeof(*vm->shared));
	fill_shared(vm, config);
	return test_vm_load(vm);
}

int test_vm_create(struct test_vm *vm, struct test_run *run, const struct test_vm_config *config)
{
	int ret;

	memset(vm, 0, sizeof(*vm));
	vm->run = run;
	vm->name = config->name;
	atomic_fetch_add(&run->vms_made, 1);
	vm->before_vcpus = config->before_vcpus;
	pthread_mutex_init(&vm->lock, NULL);
	for (unsigned i = 0; i < GUEST_MAX_CPUS; i++) {
		vm->first_cpu[i] = -1;
		vm->parks[i] = 1;
	}
	machine_init(&vm->machine);
	ret = create(vm, config);
	if (ret < 0) {
		run_fail(run, "cannot make the VM \"%s\": %s", vm->name, run_last_error());
		return ret;
	}
	return run_add_vm(run, vm);
}

int test_vm_start(struct test_vm *vm)
{
	int ret = machine_start_threads(&vm->machine);

	if (ret < 0) {
		run_fail(vm->run, "cannot start the VM \"%s\": %s", vm->name, run_last_error());
		return ret;
	}
	for (unsigned i = 0; i < vm->machine.cpus; i++)
		while (!atomic_load(&vm->tids[i]))
			run_sleep_us(50);
	atomic_store(&vm->started, true);
	for (unsigned i = 0; i < vm->machine.cpus; i++)
		test_vm_unpark(vm, i);
	return 0;
}

void test_vm_destroy(struct test_vm *vm)
{
	int stuck;

	if (!vm->run)
		return;
	stuck = vm->started ? test_vm_freeze(vm, run_park_time(vm->run)) : -1;
	/* Nothing in this process can end such a thread. */
	if (stuck >= 0)
		run_abort(vm->run,
			  "vcpu%d of %s does not leave KVM_RUN: its thread cannot be "
			  "ended",
			  stuck, vm->name);
	run_remove_vm(vm->run, vm);
	machine_end_threads(&vm->machine);
	fault_detach(vm);
	test_vm_count_all(vm);
	machine_destroy(&vm->machine);
	pthread_mutex_destroy(&vm->lock);
	vm->run = NULL;
}
