// SPDX-License-Identifier: GPL-2.0-only
/* What a script does to a VM that runs: parks, moves, signals and resets it, and talks to it. */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "harness/fault_play.h"
#include "harness/run.h"
#include "harness/run_private.h"
#include "harness/test_vm_private.h"

int test_vm_bind(struct test_vm *vm, pid_t tid, unsigned host_cpu)
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

void test_vm_keep_parked(struct test_vm *vm, unsigned cpu)
{
	pthread_mutex_lock(&vm->lock);
	vm->parks[cpu]++;
	vcpu_order(&vm->machine.vcpus[cpu], VCPU_ORDER_PARK);
	pthread_mutex_unlock(&vm->lock);
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
	test_vm_keep_parked(vm, cpu);
	return wait_parked(&vm->machine.vcpus[cpu], timeout_ns);
}

void test_vm_park(struct test_vm *vm, unsigned cpu)
{
	test_vm_keep_parked(vm, cpu);
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
		test_vm_keep_parked(vm, i);
	for (unsigned i = 0; i < vm->machine.cpus; i++)
		vcpu_wait_parked(&vm->machine.vcpus[i]);
	ret = machine_reset(&vm->machine);
	ret = ret ? ret : test_vm_load(vm);
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
	test_vm_bind(vm, tid, host_cpu);
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

bool test_vm_is_blocked(const struct test_vm *vm, unsigned cpu)
{
	char path[64], line[256], *state;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)vm->tids[cpu]);
	file = fopen(path, "re");
	if (!file)
		return false;
	state = fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
	fclose(file);
	return state && state[1] == ' ' && state[2] == 'S';
}
