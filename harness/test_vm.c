// SPDX-License-Identifier: GPL-2.0-only
#include "harness/test_vm.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "harness/capture.h"
#include "harness/fault_play.h"
#include "harness/guest_tests.h"
#include "harness/oracle_kvm_stats.h"
#include "harness/result.h"
#include "harness/run.h"
#include "harness/run_private.h"
#include "harness/test_device.h"
#include "harness/test_vm_private.h"
#include "timer/arch_timer.h"
#include "vmm/memory_map.h"

_Static_assert(GUEST_RAM_BASE == MAP_RAM_BASE && GUEST_TEST_DEVICE == MAP_TEST_BASE,
	       "guests find what they expect");

static int bind_thread(struct test_vm *vm, pid_t tid, unsigned host_cpu)
{
	unsigned number = vm->run->host_cpus[host_cpu % vm->run->host_cpu_count];
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(number, &set);
	if (sched_setaffinity(tid, sizeof(set), &set) == 0)
		return 0;
	run_fail(vm->run, "cannot bind a vCPU's thread to host CPU %u: %s", number,
		 strerror(errno));
	return -errno;
}

static int vcpu_thread_begins(void *context, struct vcpu *vcpu)
{
	struct test_vm *vm = context;
	int ret = 0;

	if (vm->first_cpu[vcpu->index] >= 0)
		ret = bind_thread(vm, 0, vm->first_cpu[vcpu->index]);
	atomic_store(&vm->tids[vcpu->index], gettid());
	return ret;
}

static void keep_parked(struct test_vm *vm, unsigned cpu)
{
	pthread_mutex_lock(&vm->lock);
	vm->parks[cpu]++;
	vcpu_order(&vm->machine.vcpus[cpu], VCPU_ORDER_PARK);
	pthread_mutex_unlock(&vm->lock);
}

void test_vm_done(struct test_vm *vm, unsigned cpu)
{
	keep_parked(vm, cpu);
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

	keep_parked(vm, vcpu->index);
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

static int load_guest(struct test_vm *vm)
{
	size_t size = guest_image_end - guest_image_start;
	struct guest_memory *memory = &vm->machine.memory;
	uint64_t end = memory->ipa + memory->size;
	void *image = guest_memory_at(memory, GUEST_IMAGE_BASE, end - GUEST_IMAGE_BASE);

	/* All that the guest wrote outside the shared block is forgotten. */
	if (!image || size > GUEST_DATA_BASE - GUEST_IMAGE_BASE)
		return log_error(-EINVAL, "cannot load the guest image: it has %zu bytes", size);
	if (madvise(image, end - GUEST_IMAGE_BASE, MADV_DONTNEED) < 0)
		return log_error(-errno, "cannot empty the guest's memory: %s", strerror(errno));
	memcpy(image, guest_image_start, size);
	return vcpu_set_entry(&vm->machine.vcpus[0], GUEST_IMAGE_BASE, 0);
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
	return load_guest(vm);
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

/* The counters of the test's own VM have short names, those of others begin with the VM's. */
static void count(struct test_vm *vm, const char *kind, const char *what, uint64_t value)
{
	bool own = vm == &vm->run->vm;
	char name[RESULT_NAME];

	snprintf(name, sizeof(name), "%s%s%s%s", own ? "" : vm->name, own ? "" : ".", kind, what);
	if (value)
		result_count(vm->run->result, name, value);
}

static void count_kvm_stat(void *context, const char *name, uint64_t value)
{
	count(context, "kvm.", name, value);
}

static void count_all(struct test_vm *vm)
{
	for (unsigned i = 0; i < vm->machine.cpus; i++) {
		struct vcpu *vcpu = &vm->machine.vcpus[i];

		for (enum vcpu_exit exit = 0; exit < VCPU_EXITS; exit++)
			count(vm, "exits.", vcpu_exit_name(exit), vcpu->stats.exits[exit]);
		kvm_stats_ask(vcpu->fd, count_kvm_stat, vm);
	}
	kvm_stats_ask(vm->machine.fd, count_kvm_stat, vm);
}

void test_vm_destroy(struct test_vm *vm)
{
	int stuck;

	if (!vm->run)
		return;
	stuck = vm->started ? test_vm_freeze(vm, run_scaled(vm->run, RUN_WAIT_SLACK_NS)) : -1;
	/* Nothing in this process can end such a thread. */
	if (stuck >= 0)
		run_abort(vm->run,
			  "vcpu%d of %s does not leave KVM_RUN: its thread cannot be "
			  "ended",
			  stuck, vm->name);
	run_remove_vm(vm->run, vm);
	machine_end_threads(&vm->machine);
	fault_detach(vm);
	count_all(vm);
	machine_destroy(&vm->machine);
	pthread_mutex_destroy(&vm->lock);
	vm->run = NULL;
}

static int wait_parked(struct vcpu *vcpu, uint64_t timeout_ns)
{
	struct timespec end;
	int ret = 0;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += timeout_ns / 1000000000;
	end.tv_nsec += timeout_ns % 1000000000;
	if (end.tv_nsec >= 1000000000) {
		end.tv_nsec -= 1000000000;
		end.tv_sec++;
	}
	pthread_mutex_lock(&vcpu->lock);
	while (!vcpu->parked && !ret)
		ret = -pthread_cond_clockwait(&vcpu->changed, &vcpu->lock, CLOCK_MONOTONIC, &end);
	ret = vcpu->parked ? 0 : ret;
	pthread_mutex_unlock(&vcpu->lock);
	return ret;
}

int test_vm_try_park(struct test_vm *vm, unsigned cpu, uint64_t timeout_ns)
{
	keep_parked(vm, cpu);
	return wait_parked(&vm->machine.vcpus[cpu], timeout_ns);
}

void test_vm_park(struct test_vm *vm, unsigned cpu)
{
	keep_parked(vm, cpu);
	vcpu_wait_parked(&vm->machine.vcpus[cpu]);
	fault_disturb(vm, cpu);
}

void test_vm_unpark(struct test_vm *vm, unsigned cpu)
{
	pthread_mutex_lock(&vm->lock);
	/* A reset has taken all parks back. */
	if (vm->parks[cpu])
		vm->parks[cpu]--;
	if (!vm->parks[cpu] && !vm->frozen)
		vcpu_order(&vm->machine.vcpus[cpu], VCPU_ORDER_RUN);
	pthread_mutex_unlock(&vm->lock);
}

int test_vm_freeze(struct test_vm *vm, uint64_t timeout_ns)
{
	pthread_mutex_lock(&vm->lock);
	vm->frozen = true;
	for (unsigned i = 0; i < vm->machine.cpus; i++)
		vcpu_order(&vm->machine.vcpus[i], VCPU_ORDER_PARK);
	pthread_mutex_unlock(&vm->lock);
	for (unsigned i = 0; i < vm->machine.cpus; i++)
		if (wait_parked(&vm->machine.vcpus[i], timeout_ns) < 0)
			return i;
	return -1;
}

int test_vm_reset(struct test_vm *vm)
{
	int ret;

	for (unsigned i = 0; i < vm->machine.cpus; i++)
		keep_parked(vm, i);
	for (unsigned i = 0; i < vm->machine.cpus; i++)
		vcpu_wait_parked(&vm->machine.vcpus[i]);
	ret = machine_reset(&vm->machine);
	ret = ret ? ret : load_guest(vm);
	if (ret < 0)
		run_fail(vm->run, "cannot reset the VM \"%s\": %s", vm->name, run_last_error());
	pthread_mutex_lock(&vm->lock);
	for (unsigned i = 0; i < vm->machine.cpus; i++) {
		vm->parks[i] = 0;
		if (!ret && !vm->frozen)
			vcpu_order(&vm->machine.vcpus[i], VCPU_ORDER_RUN);
	}
	pthread_mutex_unlock(&vm->lock);
	return ret;
}

void test_vm_signal(struct test_vm *vm, unsigned cpu)
{
	struct vcpu *vcpu = &vm->machine.vcpus[cpu];

	fault_disturb(vm, cpu);
	if (vcpu->has_thread)
		pthread_kill(vcpu->thread, VCPU_KICK_SIGNAL);
}

void test_vm_move(struct test_vm *vm, unsigned cpu, unsigned host_cpu)
{
	pid_t tid = atomic_load(&vm->tids[cpu]);

	if (!tid) {
		vm->first_cpu[cpu] = host_cpu;
		return;
	}
	bind_thread(vm, tid, host_cpu);
	fault_disturb(vm, cpu);
}

bool test_vm_wait_word(struct test_vm *vm, unsigned word, uint64_t value)
{
	while (test_vm_word(vm, word) != value) {
		if (run_is_over(vm->run))
			return false;
		run_sleep_us(100);
	}
	return true;
}

void test_vm_set_word(struct test_vm *vm, unsigned word, uint64_t value)
{
	__atomic_store_n(&vm->shared->words[word], value, __ATOMIC_RELEASE);
}

uint64_t test_vm_word(const struct test_vm *vm, unsigned word)
{
	return __atomic_load_n(&vm->shared->words[word], __ATOMIC_ACQUIRE);
}

bool test_vm_wait_done(struct test_vm *vm)
{
	while (!atomic_load(&vm->done)) {
		if (run_is_over(vm->run))
			return false;
		run_sleep_us(100);
	}
	return true;
}
