// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registers of the thread that calls KVM_RUN: kept across it, whatever it returns for, and
 * shown and changed by ptrace(2).
 */
#include <errno.h>
#include <linux/elf.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/kvm.h"
#include "devices/mmio_bus.h"
#include "guest-images/tests/fpsimd.h"
#include "harness/guest_tests.h"
#include "harness/tests/fpsimd.h"
#include "harness/tests/fpsimd_state.h"

/* What the tracer and the traced thread tell each other: one page, shared across fork(). */
struct tracing {
	_Atomic uint32_t round;	  /* whose pattern the thread has in its registers */
	_Atomic uint32_t written; /* the last round for which the tracer put its own there */
	_Atomic uint32_t done;	  /* how often it did */
	_Atomic bool stop;
	struct fp_difference first;
	_Atomic uint32_t different; /* round in which the tracer saw `first`; 0: never */
	_Atomic int error;	    /* of ptrace() */
};

/* One KVM_RUN with the monitor's pattern in all registers, by the thread that looks at them. With a
 * tracer, the pattern that comes back is the tracer's where it wrote one. */
static int run_with_pattern(struct test_run *run, struct vcpu *vcpu, uint32_t round,
			    struct tracing *tracing)
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

/* The vCPU's run loop, by hand: its thread was not started. */
static void run_by_hand(struct test_run *run, struct test_vm *vm, struct tracing *tracing)
{
	struct vcpu *vcpu = &vm->machine.vcpus[0];
	uint32_t round = 0;

	while (!atomic_load(&vm->done) && !run_is_over(run)) {
		int ret;

		if (tracing && (atomic_load(&tracing->done) >= run->test->args[FPSIMD_ARG_ROUNDS] ||
				atomic_load(&tracing->error)))
			test_vm_set_word(vm, FPSIMD_WORD_STOP, 1);
		irqchip_vcpu_enters(vm->machine.irqchip, 0);
		ret = run_with_pattern(run, vcpu, ++round, tracing);
		irqchip_vcpu_exited(vm->machine.irqchip, 0, vcpu->run->s.regs.device_irq_level);
		if (ret == -EINTR || ret == -EAGAIN)
			continue;
		if (!RUN_CHECK(run, ret == 0, "KVM_RUN failed: %s", strerror(-ret)))
			return;
		if (!RUN_CHECK(run,
			       vcpu->run->exit_reason == KVM_EXIT_MMIO && emulate_access(vm, vcpu),
			       "the vCPU left for reason %u", vcpu->run->exit_reason))
			return;
	}
	run_sample(run, "times that the monitor's registers were looked at", round);
}

static void run_alone(struct test_run *run, guest_test_id guest, struct tracing *tracing)
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
		run_by_hand(run, &vm, tracing);
	test_vm_destroy(&vm);
}

static void monitor_keeps_alone(struct test_run *run)
{
	run_alone(run, GUEST(fpsimd_mixed), NULL);
}

const struct test_script fpsimd_monitor_keeps = { .alone = monitor_keeps_alone };

/* -- ptrace -------------------------------------------------------------------------------------
 */

static int registers_of(int request, pid_t tid, unsigned set, void *registers, size_t size)
{
	struct iovec vector = { registers, size };

	return ptrace(request, tid, (void *)(uintptr_t)set, &vector) < 0 ? -errno : 0;
}

/* The thread is stopped. When that is inside of its system call: reads its registers, and puts the
 * tracer's pattern of this round there. */
static int look_and_write(struct tracing *tracing, pid_t tid)
{
	uint32_t round = atomic_load(&tracing->round);
	struct fp_who monitor = { FP_OWNER_MONITOR, 0, round },
		      tracer = { FP_OWNER_HOST_TASK, 0, round };
	struct user_pt_regs general;
	struct user_fpsimd_state vectors;
	struct fp_registers expected, seen;
	int ret = registers_of(PTRACE_GETREGSET, tid, NT_PRSTATUS, &general, sizeof(general));

	/* It may not have gone on since the last time. */
	if (ret < 0 || general.pc != (uintptr_t)fp_syscall_return ||
	    round == atomic_load(&tracing->written))
		return ret;
	ret = registers_of(PTRACE_GETREGSET, tid, NT_PRFPREG, &vectors, sizeof(vectors));
	if (ret < 0)
		return ret;
	memcpy(seen.v, vectors.vregs, sizeof(seen.v));
	seen.fpcr = vectors.fpcr;
	seen.fpsr = vectors.fpsr;
	fp_fill(&expected, monitor);
	if (fp_compare(&expected, &seen, &tracing->first))
		atomic_store(&tracing->different, round);
	fp_fill(&expected, tracer);
	memcpy(vectors.vregs, expected.v, sizeof(expected.v));
	vectors.fpcr = expected.fpcr;
	vectors.fpsr = expected.fpsr;
	ret = registers_of(PTRACE_SETREGSET, tid, NT_PRFPREG, &vectors, sizeof(vectors));
	if (ret == 0) {
		atomic_store(&tracing->written, round);
		atomic_fetch_add(&tracing->done, 1);
	}
	return ret;
}

/* The tracer's process: stops the thread again and again. */
static void trace(struct tracing *tracing, pid_t tid)
{
	int status, ret = ptrace(PTRACE_SEIZE, tid, NULL, NULL) < 0 ? -errno : 0;

	while (ret == 0 && !atomic_load(&tracing->stop)) {
		if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) < 0 ||
		    waitpid(tid, &status, __WALL) < 0)
			ret = -errno;
		else if (!WIFSTOPPED(status))
			break;
		ret = ret ? ret : look_and_write(tracing, tid);
		if (ptrace(PTRACE_CONT, tid, NULL, NULL) < 0 && ret == 0)
			ret = -errno;
		usleep(300);
	}
	atomic_store(&tracing->error, ret == -ESRCH ? 0 : ret);
}

static void traced_alone(struct test_run *run)
{
	struct tracing *tracing = mmap(NULL, sizeof(*tracing), PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t tid = syscall(SYS_gettid), tracer;

	if (!RUN_CHECK(run, tracing != MAP_FAILED, "cannot share memory: %s", strerror(errno)))
		return;
	tracer = fork();
	if (tracer == 0) {
		trace(tracing, tid);
		_exit(0);
	}
	if (RUN_CHECK(run, tracer > 0, "cannot start a tracer: %s", strerror(errno))) {
		run_alone(run, GUEST(fpsimd_until_told), tracing);
		atomic_store(&tracing->stop, true);
		kill(tracer, SIGKILL);
		waitpid(tracer, NULL, 0);
		if (atomic_load(&tracing->different))
			fpsimd_fail(run, "the traced thread's", "read by ptrace inside KVM_RUN",
				    tracing->different, &tracing->first);
		RUN_CHECK(run, !tracing->error, "ptrace failed: %s", strerror(-tracing->error));
		run_sample(run, "times that a tracer read and wrote the registers", tracing->done);
	}
	munmap(tracing, sizeof(*tracing));
}

const struct test_script fpsimd_traced = { .alone = traced_alone };
