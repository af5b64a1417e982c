// SPDX-License-Identifier: GPL-2.0-only
/* Operations that make and end VMs and vCPUs, by plain ioctls: KVM's part, and nothing of armlet's.
 */
#include "harness/bench/job.h"
#include "harness/bench/operations.h"
#include "harness/guest_tests.h"
#include "harness/raw_vm.h"
#include "harness/result.h"

static bool goes_on(struct bench_job *job)
{
	return !run_is_over(job->run) && !job->run->result->failure_count &&
	       bench_job_host_next(job);
}

/* The first instruction of this guest stores: an exit. */
static bool run_first_instruction(struct raw_vm *vm)
{
	return raw_make_ready(vm, 1) && raw_set_guest(vm, 0, RAW_GUEST_STORE) &&
	       raw_expect(vm, raw_kvm_run(vm, 0), 0, "the first KVM_RUN");
}

static void measure_vm_create(struct bench_job *job)
{
	struct raw_vm vm;

	bench_job_host_begin(job);
	while (goes_on(job)) {
		bench_job_host_start(job);
		raw_vm_open(&vm, job->run);
		bench_job_host_stop(job);
		raw_vm_close(&vm);
	}
}

static void measure_vm_destroy(struct bench_job *job)
{
	struct raw_vm vm;

	bench_job_host_begin(job);
	while (goes_on(job)) {
		if (raw_vm_open(&vm, job->run))
			run_first_instruction(&vm);
		bench_job_host_start(job);
		raw_vm_close(&vm);
		bench_job_host_stop(job);
	}
}

static void measure_vcpu_create(struct bench_job *job)
{
	struct raw_vm vm;

	bench_job_host_begin(job);
	while (goes_on(job)) {
		if (raw_vm_open(&vm, job->run)) {
			bench_job_host_start(job);
			run_first_instruction(&vm);
			bench_job_host_stop(job);
		}
		raw_vm_close(&vm);
	}
}

#define LIFE_ROW(name, text, function)                                          \
	{                                                                       \
		.test = { .id = name, .title = text, .guest = GUEST_NONE },     \
		.class = BENCH_USERSPACE, .iterations = 500, .alone = function, \
	}

const struct bench_operation bench_lives[] = {
	LIFE_ROW("vm-create", "a VM is made, with memory, without vCPUs", measure_vm_create),
	LIFE_ROW("vcpu-create",
		 "a vCPU is made and initialised, and the interrupt controller, until the first "
		 "instruction",
		 measure_vcpu_create),
	LIFE_ROW("vm-destroy", "such a VM, which has run, is destroyed", measure_vm_destroy),
	{},
};
