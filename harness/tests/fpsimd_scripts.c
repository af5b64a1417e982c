// SPDX-License-Identifier: GPL-2.0-only
/* What the host does beside guests that keep patterns in their registers. */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest-images/tests/fpsimd.h"
#include "harness/guest_tests.h"
#include "harness/tests/fpsimd.h"

#define HWCAP_HAS_SVE (1ul << 22)

void fpsimd_fail(struct test_run *run, const char *whose, const char *when, unsigned round,
		 const struct fp_difference *difference)
{
	const struct fp_origin *origin = &difference->origin;
	char owner[96] = "";

	if (difference->has_origin)
		snprintf(owner, sizeof(owner), ", which is %s register %u of CPU %u in round %u",
			 fp_owner_name(origin->who.owner), origin->reg, origin->who.cpu,
			 origin->who.round);
	run_fail(run,
		 "%s registers, round %u, %s: %s lane %u bit %u: expected 0x%016llx, seen "
		 "0x%016llx%s",
		 whose, round, when, difference->name, difference->lane, difference->bit,
		 (unsigned long long)difference->expected, (unsigned long long)difference->seen,
		 owner);
}

void fpsimd_play_host_fault(const struct test_run *run, uint64_t *lane)
{
	if (run->fault == FAULT_FP_HOST_LOST)
		*lane = 0;
}

/* -- another task on the host -------------------------------------------------------------------
 */

static void fp_round(struct fpsimd_task *task, struct fp_who who)
{
	static const long no_arguments[3];
	struct fp_registers mine, after;
	struct fp_difference first;

	fp_fill(&mine, who);
	fp_syscall(&mine, &after, SYS_sched_yield, no_arguments);
	fpsimd_play_host_fault(task->run, after.v[0]);
	if (fp_compare(&mine, &after, &first))
		fpsimd_fail(task->run, "a host task's", "across sched_yield()", who.round, &first);
}

static void sve_round(struct fpsimd_task *task, struct fp_who who)
{
	static const long no_arguments[3];
	struct sve_registers mine, after;
	struct fp_difference first;

	sve_fill(&mine, who, sve_vector_bytes());
	sve_syscall(&mine, &after, SYS_sched_yield, no_arguments);
	fpsimd_play_host_fault(task->run, after.z);
	if (sve_compare_after_syscall(&mine, &after, &first))
		fpsimd_fail(task->run, "a host task's SVE", "across sched_yield()", who.round,
			    &first);
}

/* Keeps its registers while it spins for a time slice: preempted, not yielding, so that all of SVE
 * has to come back. */
static void preempted_round(struct fpsimd_task *task, struct fp_who who)
{
	struct sve_registers mine, after;
	struct fp_difference first;

	sve_fill(&mine, who, sve_vector_bytes());
	sve_spin(&mine, &after, 2000000);
	fpsimd_play_host_fault(task->run, after.z);
	if (sve_compare(&mine, &after, mine.vl, &first))
		fpsimd_fail(task->run, "a host task's SVE", "preempted", who.round, &first);
}

static void *task_thread(void *argument)
{
	struct fpsimd_task *task = argument;

	run_bind_thread(task->host_cpu);
	while (!atomic_load(&task->stop)) {
		struct fp_who who = { FP_OWNER_HOST_TASK, task->host_cpu, ++task->rounds };

		if (task->sve && task->rounds % 2)
			preempted_round(task, who);
		else if (task->sve)
			sve_round(task, who);
		else
			fp_round(task, who);
	}
	return NULL;
}

void fpsimd_task_start(struct fpsimd_task *task, struct test_run *run, unsigned host_cpu, bool sve)
{
	memset(task, 0, sizeof(*task));
	task->run = run;
	task->host_cpu = host_cpu;
	task->sve = sve && getauxval(AT_HWCAP) & HWCAP_HAS_SVE;
	task->started = pthread_create(&task->thread, NULL, task_thread, task) == 0;
	if (!task->started)
		run_fail(run, "cannot start a thread");
}

void fpsimd_task_end(struct fpsimd_task *task)
{
	if (!task->started)
		return;
	atomic_store(&task->stop, true);
	pthread_join(task->thread, NULL);
	RUN_CHECK(task->run, task->rounds > 0, "the host task beside the VM did not run");
}

/* -- scripts ------------------------------------------------------------------------------------
 */

static void signals_beside(struct test_run *run)
{
	for (uint64_t n = 0; n < run->test->args[FPSIMD_ARG_TIMES] && !run_is_over(run); n++) {
		test_vm_signal(&run->vm, n % run->vm.machine.cpus);
		run_sleep_us(run_random(run, 1000));
	}
	test_vm_set_word(&run->vm, FPSIMD_WORD_STOP, 1);
}

const struct test_script fpsimd_signals = { .beside = signals_beside };

static void moves_beside(struct test_run *run)
{
	for (uint64_t n = 0; n < run->test->args[FPSIMD_ARG_TIMES] && !run_is_over(run); n++) {
		unsigned cpu = run_random(run, run->vm.machine.cpus);

		test_vm_move(&run->vm, cpu, n % run->host_cpu_count);
		run_sleep_us(run_random(run, 1000));
	}
	test_vm_set_word(&run->vm, FPSIMD_WORD_STOP, 1);
}

const struct test_script fpsimd_moves = { .beside = moves_beside };

/* All vCPUs and a task that uses the same registers, on one host CPU. */
static void shares_cpu_beside(struct test_run *run)
{
	struct fpsimd_task task;

	for (unsigned cpu = 0; cpu < run->vm.machine.cpus; cpu++)
		test_vm_move(&run->vm, cpu, 0);
	fpsimd_task_start(&task, run, run->host_cpus[0], true);
	for (uint64_t n = 0; n < run->test->args[FPSIMD_ARG_TIMES] && !run_is_over(run); n++)
		run_sleep_us(1000);
	fpsimd_task_end(&task);
	test_vm_set_word(&run->vm, FPSIMD_WORD_STOP, 1);
}

const struct test_script fpsimd_shares_cpu = { .beside = shares_cpu_beside };

static void on_one_cpu(struct test_run *run)
{
	for (unsigned cpu = 0; cpu < run->vm.machine.cpus; cpu++)
		test_vm_move(&run->vm, cpu, 0);
}

const struct test_script fpsimd_on_one_cpu = { .beside = on_one_cpu };

/* A second VM with registers of its own, on the same host CPU; both until the time is over. */
static void run_beside(struct test_run *run, struct test_vm_config *config)
{
	struct test_vm other;

	config->name = "other";
	config->cpus = 1;
	config->irqchip = run->irqchip;
	if (test_vm_create(&other, run, config) == 0 && test_vm_start(&other) == 0) {
		test_vm_move(&run->vm, 0, 0);
		test_vm_move(&other, 0, 0);
		for (uint64_t n = 0; n < run->test->args[FPSIMD_ARG_TIMES] && !run_is_over(run);
		     n++)
			run_sleep_us(1000);
		test_vm_set_word(&other, FPSIMD_WORD_STOP, 1);
		test_vm_wait_done(&other);
	}
	test_vm_set_word(&run->vm, FPSIMD_WORD_STOP, 1);
	test_vm_destroy(&other);
}

static void two_vms_beside(struct test_run *run)
{
	struct test_vm_config config = { .guest = run->test->guest };

	memcpy(config.args, run->test->args, sizeof(config.args));
	config.args[FPSIMD_ARG_OWNER] = FP_OWNER_OTHER_VM;
	run_beside(run, &config);
}

const struct test_script fpsimd_two_vms = { .beside = two_vms_beside };

/* The other VM stays with the shortest vectors: by its own ZCR_EL1, or because it was made so. */
static void two_lengths(struct test_run *run, const char *cpu_features)
{
	struct test_vm_config config = { .guest = run->test->guest, .cpu_features = cpu_features };

	memcpy(config.args, run->test->args, sizeof(config.args));
	config.args[FPSIMD_ARG_OWNER] = FP_OWNER_OTHER_VM;
	config.args[FPSIMD_ARG_VL] = 16;
	run_beside(run, &config);
}

static void two_lengths_beside(struct test_run *run)
{
	two_lengths(run, NULL);
}

const struct test_script sve_two_lengths = { .beside = two_lengths_beside };

static void two_limits_beside(struct test_run *run)
{
	two_lengths(run, "sve-max-vl=128");
}

const struct test_script sve_two_limits = { .beside = two_limits_beside };

static void beside_none(struct test_run *run)
{
	struct test_vm_config config = { .guest = GUEST(sve_absent), .cpu_features = "-sve" };

	memcpy(config.args, run->test->args, sizeof(config.args));
	config.args[FPSIMD_ARG_OWNER] = FP_OWNER_OTHER_VM;
	config.args[FPSIMD_ARG_ROUNDS] = run->test->args[FPSIMD_ARG_TIMES];
	run_beside(run, &config);
}

const struct test_script sve_beside_none = { .beside = beside_none };

/* -- first use after reset ----------------------------------------------------------------------
 */

/* Another VM has its registers live on the host CPU on which the test's vCPUs begin. */
static void full_beside(struct test_run *run)
{
	struct test_vm_config config = {
		.name = "other",
		.guest = GUEST(fpsimd_until_told),
		.cpus = 1,
		.irqchip = run->irqchip,
	};
	struct test_vm *other = calloc(1, sizeof(*other));

	run->script_data = other;
	if (!RUN_CHECK(run, other, "out of memory"))
		return;
	memcpy(config.args, run->test->args, sizeof(config.args));
	config.args[FPSIMD_ARG_OWNER] = FP_OWNER_OTHER_VM;
	if (test_vm_create(other, run, &config) == 0) {
		test_vm_move(other, 0, 0);
		if (test_vm_start(other) == 0)
			test_vm_wait_word(other, FPSIMD_WORD_LIVE, 1);
	}
	on_one_cpu(run);
}

static void full_finish(struct test_run *run)
{
	struct test_vm *other = run->script_data;

	if (!other)
		return;
	if (other->run)
		test_vm_set_word(other, FPSIMD_WORD_STOP, 1);
	test_vm_destroy(other);
	free(other);
	run->script_data = NULL;
}

const struct test_script fpsimd_full_beside = { .prepare = full_beside, .finish = full_finish };
