// SPDX-License-Identifier: GPL-2.0-only
/* The registers of the thread that calls KVM_RUN: kept across it, whatever it returns for. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/kvm.h"
#include "devices/mmio_bus.h"
#include "guest-images/fp/fp_live.h"
#include "guest-images/tests/fpsimd.h"
#include "harness/guest_tests.h"
#include "harness/tests/fpsimd.h"
#include "harness/tests/fpsimd_state.h"
#include "harness/tests/fpsimd_tracing.h"

/* One KVM_RUN with the monitor's pattern in all registers, by the thread that looks at them. With a
 * tracer, the pattern that comes back is the tracer's where it wrote one. */
static int run_with_pattern(struct test_run *run, struct vcpu *vcpu, uint32_t round,
			    struct fpsimd_tracing *tracing)
{
	struct fp_who who = { FP_OWNER_MONITOR, 0, round };
	const long arguments[3] = { vcpu->fd, KVM_RUN, 0 };
	struct fp_registers mine, after;
	struct fp_difference first;
	long ret;

	fp_fill(&mine, who);
	if (tracing)
		atomic_store(&tracing->round, round);
	ret = fp_syscall(&mine, &after, SYS_ioctl, arguments);
	fpsimd_play_host_fault(run, after.v[0]);
	if (tracing && atomic_load(&tracing->written) == round) {
		who.owner = FP_OWNER_HOST_TASK;
		fp_fill(&mine, who);
	}
	if (fp_compare(&mine, &after, &first)) {
		char when[64];

		snprintf(when, sizeof(when), "across KVM_RUN (result %ld, exit reason %u)", ret,
			 vcpu->run->exit_reason);
		fpsimd_fail(run,
			    who.owner == FP_OWNER_MONITOR ? "the monitor's" : "the traced thread's",
			    when, round, &first);
	}
	return ret;
}

/* The same with SVE, of which a system call need not keep all; but what a tracer wrote is whole. */
static int run_with_sve_pattern(struct test_run *run, struct vcpu *vcpu, uint32_t round,
				struct fpsimd_tracing *tracing)
{
	const long arguments[3] = { vcpu->fd, KVM_RUN, 0 };
	struct fp_who who = { FP_OWNER_MONITOR, 0, round };
	struct sve_registers mine, after;
	struct fp_difference first;
	unsigned differences;
	long ret;

	sve_fill(&mine, who, sve_vector_bytes());
	if (tracing)
		atomic_store(&tracing->round, round);
	ret = sve_syscall(&mine, &after, SYS_ioctl, arguments);
	fpsimd_play_host_fault(run, after.z);
	if (tracing && atomic_load(&tracing->written) == round) {
		who.owner = FP_OWNER_HOST_TASK;
		sve_fill(&mine, who, mine.vl);
		differences = sve_compare(&mine, &after, mine.vl, &first);
	} else {
		differences = sve_compare_after_syscall(&mine, &after, &first);
	}
	if (differences)
		fpsimd_fail(run,
			    who.owner == FP_OWNER_MONITOR ? "the monitor's SVE"
							  : "the traced thread's SVE",
			    "across KVM_RUN", round, &first);
	return ret;
}

static bool emulate_access(struct test_vm *vm, struct vcpu *vcpu)
{
	struct kvm_run *exit = vcpu->run;
	uint64_t value = 0;
	int ret;

	if (exit->mmio.is_write) {
		memcpy(&value, exit->mmio.data, exit->mmio.len);
		ret = mmio_bus_write(&vm->machine.bus, 0, exit->mmio.phys_addr, exit->mmio.len,
				     value);
	} else {
		ret = mmio_bus_read(&vm->machine.bus, 0, exit->mmio.phys_addr, exit->mmio.len,
				    &value);
		memcpy(exit->mmio.data, &value, sizeof(value));
	}
	return ret == 0;
}

/* What KVM_RUN returned for, and how often. */
enum way_out {
	FOR_ACCESS,
	FOR_SIGNAL, /* or for a device's line, with the userspace irqchip */
	FOR_IMMEDIATE_EXIT,
	FOR_SYSTEM_EVENT,
	WAYS_OUT,
};

static const char *const way_out_names[WAYS_OUT] = {
	[FOR_ACCESS] = "KVM_RUN returned for an access to a device",
	[FOR_SIGNAL] = "KVM_RUN returned for a signal",
	[FOR_IMMEDIATE_EXIT] = "KVM_RUN returned at once",
	[FOR_SYSTEM_EVENT] = "KVM_RUN returned for PSCI",
};

/* Every so many entries one is not to reach the guest, and a signal is to come. */
#define IMMEDIATE_EXIT_EVERY 7
#define SIGNAL_EVERY	     3
#define SIGNAL_AFTER_NS	     200000

static enum way_out way_out_of(const struct vcpu *vcpu, int ret)
{
	if (vcpu->run->immediate_exit)
		return FOR_IMMEDIATE_EXIT;
	if (ret == -EINTR || ret == -EAGAIN)
		return FOR_SIGNAL;
	return vcpu->run->exit_reason == KVM_EXIT_SYSTEM_EVENT ? FOR_SYSTEM_EVENT : FOR_ACCESS;
}

static bool deal_with(struct test_run *run, struct test_vm *vm, enum way_out way_out, int ret)
{
	struct vcpu *vcpu = &vm->machine.vcpus[0];

	switch (way_out) {
	case FOR_IMMEDIATE_EXIT:
	case FOR_SIGNAL:
		return RUN_CHECK(run, ret == -EINTR || ret == -EAGAIN,
				 "KVM_RUN with immediate_exit returned %d", ret);
	case FOR_ACCESS:
		return RUN_CHECK(run, ret == 0, "KVM_RUN failed: %s", strerror(-ret)) &&
		       RUN_CHECK(run,
				 vcpu->run->exit_reason == KVM_EXIT_MMIO &&
					 emulate_access(vm, vcpu),
				 "the vCPU left for reason %u", vcpu->run->exit_reason);
	default:
		return false;
	}
}

/* -- signals that fetch this thread out of KVM_RUN -- */

static void do_nothing(int signal)
{
	(void)signal;
}

static bool prepare_signals(struct test_run *run, timer_t *timer)
{
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR2 };
	const struct sigaction action = { .sa_handler = do_nothing };

	event._sigev_un._tid = syscall(SYS_gettid);
	sigaction(SIGUSR2, &action, NULL);
	return RUN_CHECK(run, timer_create(CLOCK_MONOTONIC, &event, timer) == 0,
			 "cannot make a timer: %s", strerror(errno));
}

/* One, soon. Asked for now and then only: however slow the machine is, the guest gets on between.
 */
static void ask_for_signal(timer_t timer)
{
	const struct itimerspec soon = { .it_value.tv_nsec = SIGNAL_AFTER_NS };

	timer_settime(timer, 0, &soon, NULL);
}

/* The vCPU's run loop, by hand: its thread was not started. Until the guest is done or asks PSCI to
 * reset the machine. */
static void run_by_hand(struct test_run *run, struct test_vm *vm, struct fpsimd_tracing *tracing,
			const timer_t *signals)
{
	struct vcpu *vcpu = &vm->machine.vcpus[0];
	bool sve = run->test->args[FP_LIVE_ARG] == FP_LIVE_SVE, goes_on = true;
	uint32_t round = 0, times[WAYS_OUT] = { 0 };

	while (goes_on && !atomic_load(&vm->done) && !run_is_over(run)) {
		enum way_out way_out;
		int ret;

		if (tracing && (atomic_load(&tracing->done) >= run->test->args[FPSIMD_ARG_ROUNDS] ||
				atomic_load(&tracing->error)))
			test_vm_set_word(vm, FPSIMD_WORD_STOP, 1);
		if (signals && round % SIGNAL_EVERY == 0)
			ask_for_signal(*signals);
		vcpu->run->immediate_exit = ++round % IMMEDIATE_EXIT_EVERY == 0;
		irqchip_vcpu_enters(vm->machine.irqchip, 0);
		ret = sve ? run_with_sve_pattern(run, vcpu, round, tracing)
			  : run_with_pattern(run, vcpu, round, tracing);
		/* Where it returned at once KVM has not looked at the devices' lines. */
		if (!vcpu->run->immediate_exit)
			irqchip_vcpu_exited(vm->machine.irqchip, 0,
					    vcpu->run->s.regs.device_irq_level);
		way_out = way_out_of(vcpu, ret);
		times[way_out]++;
		goes_on = deal_with(run, vm, way_out, ret);
	}
	run_sample(run, "times that its registers were looked at", round);
	for (unsigned i = 0; i < WAYS_OUT; i++)
		run_sample(run, way_out_names[i], times[i]);
}

static void run_alone(struct test_run *run, guest_test_id guest, struct fpsimd_tracing *tracing,
		      const timer_t *signals)
{
	struct test_vm_config config = {
		.name = "vm",
		.guest = guest,
		.cpus = 1,
		.irqchip = run->irqchip,
	};
	struct test_vm vm;

	memcpy(config.args, run->test->args, sizeof(config.args));
	if (test_vm_create(&vm, run, &config) == 0)
		run_by_hand(run, &vm, tracing, signals);
	test_vm_destroy(&vm);
}

void fpsimd_run_alone(struct test_run *run, guest_test_id guest, struct fpsimd_tracing *tracing)
{
	run_alone(run, guest, tracing, NULL);
}

static void monitor_keeps_alone(struct test_run *run)
{
	timer_t signals;

	if (!prepare_signals(run, &signals))
		return;
	run_alone(run, GUEST(fpsimd_mixed), NULL, &signals);
	/* This one leaves by PSCI. */
	if (!run_is_over(run))
		run_alone(run, GUEST(fpsimd_machine_reset), NULL, &signals);
	timer_delete(signals);
}

const struct test_script fpsimd_monitor_keeps = { .alone = monitor_keeps_alone };
