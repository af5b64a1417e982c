// SPDX-License-Identifier: GPL-2.0-only
/* ptrace(2) of a thread that is in KVM_RUN: it shows that thread's registers, and changes them. */
#include <errno.h>
#include <linux/elf.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest-images/fp/fp_live.h"
#include "guest-images/tests/fpsimd.h"
#include "harness/guest_tests.h"
#include "harness/tests/fpsimd.h"
#include "harness/tests/fpsimd_state.h"
#include "harness/tests/fpsimd_tracing.h"

static int registers_of(int request, pid_t tid, unsigned set, void *registers, size_t size)
{
	struct iovec vector = { registers, size };

	return ptrace(request, tid, (void *)(uintptr_t)set, &vector) < 0 ? -errno : 0;
}

/* FP: NT_PRFPREG has V0 to V31, FPCR and FPSR. */
static int look_at_fp(struct fpsimd_tracing *tracing, pid_t tid, struct fp_who monitor)
{
	struct user_fpsimd_state vectors;
	struct fp_registers expected, seen;
	int ret = registers_of(PTRACE_GETREGSET, tid, NT_PRFPREG, &vectors, sizeof(vectors));

	if (ret < 0)
		return ret;
	memcpy(seen.v, vectors.vregs, sizeof(seen.v));
	seen.fpcr = vectors.fpcr;
	seen.fpsr = vectors.fpsr;
	fp_fill(&expected, monitor);
	if (fp_compare(&expected, &seen, &tracing->first))
		atomic_store(&tracing->different, monitor.round);
	return 0;
}

static int write_fp(pid_t tid, struct fp_who tracer)
{
	struct user_fpsimd_state vectors = { 0 };
	struct fp_registers pattern;

	fp_fill(&pattern, tracer);
	memcpy(vectors.vregs, pattern.v, sizeof(pattern.v));
	vectors.fpcr = pattern.fpcr;
	vectors.fpsr = pattern.fpsr;
	return registers_of(PTRACE_SETREGSET, tid, NT_PRFPREG, &vectors, sizeof(vectors));
}

/* SVE: NT_ARM_SVE, with vectors of the thread's length. */
struct sve_regset {
	struct user_sve_header header;
	uint8_t rest[SVE_PT_SIZE(FP_SVE_MAX_BYTES / 16, SVE_PT_REGS_SVE)];
};

static int write_sve(pid_t tid, struct fp_who tracer)
{
	struct sve_regset set = { 0 };
	struct sve_registers pattern;
	uint8_t *bytes = (uint8_t *)&set;
	uint32_t fpsr, fpcr;
	unsigned vq;
	int ret = registers_of(PTRACE_GETREGSET, tid, NT_ARM_SVE, &set, sizeof(set));

	if (ret < 0)
		return ret;
	vq = set.header.vl / 16;
	sve_fill(&pattern, tracer, set.header.vl);
	set.header.size = SVE_PT_SIZE(vq, SVE_PT_REGS_SVE);
	set.header.flags = SVE_PT_REGS_SVE;
	memcpy(bytes + SVE_PT_SVE_ZREG_OFFSET(vq, 0), pattern.z, 32 * set.header.vl);
	memcpy(bytes + SVE_PT_SVE_PREG_OFFSET(vq, 0), pattern.p, 16 * set.header.vl / 8);
	memcpy(bytes + SVE_PT_SVE_FFR_OFFSET(vq), pattern.ffr, set.header.vl / 8);
	fpsr = pattern.fpsr;
	fpcr = pattern.fpcr;
	memcpy(bytes + SVE_PT_SVE_FPSR_OFFSET(vq), &fpsr, sizeof(fpsr));
	memcpy(bytes + SVE_PT_SVE_FPCR_OFFSET(vq), &fpcr, sizeof(fpcr));
	return registers_of(PTRACE_SETREGSET, tid, NT_ARM_SVE, &set, set.header.size);
}

/*
 * The thread is stopped. When that is inside of its system call: reads its V registers (of SVE a
 * system call keeps no more), and puts the tracer's pattern of this round there, with SVE in all
 * of Z, P and FFR.
 */
static int look_and_write(struct fpsimd_tracing *tracing, pid_t tid, bool sve)
{
	uint32_t round = atomic_load(&tracing->round);
	struct fp_who monitor = { FP_OWNER_MONITOR, 0, round };
	struct fp_who tracer = { FP_OWNER_HOST_TASK, 0, round };
	uintptr_t inside = (uintptr_t)(sve ? sve_syscall_return : fp_syscall_return);
	struct user_pt_regs general;
	int ret = registers_of(PTRACE_GETREGSET, tid, NT_PRSTATUS, &general, sizeof(general));

	/* It may not have gone on since the last time. */
	if (ret < 0 || general.pc != inside || round == atomic_load(&tracing->written))
		return ret;
	ret = look_at_fp(tracing, tid, monitor);
	ret = ret ? ret : sve ? write_sve(tid, tracer) : write_fp(tid, tracer);
	if (ret == 0) {
		atomic_store(&tracing->written, round);
		atomic_fetch_add(&tracing->done, 1);
	}
	return ret;
}

/* The tracer's process: stops the thread again and again. */
static void trace(struct fpsimd_tracing *tracing, pid_t tid, bool sve)
{
	int status, ret = ptrace(PTRACE_SEIZE, tid, NULL, NULL) < 0 ? -errno : 0;

	while (ret == 0 && !atomic_load(&tracing->stop)) {
		if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) < 0 ||
		    waitpid(tid, &status, __WALL) < 0)
			ret = -errno;
		else if (!WIFSTOPPED(status))
			break;
		ret = ret ? ret : look_and_write(tracing, tid, sve);
		if (ptrace(PTRACE_CONT, tid, NULL, NULL) < 0 && ret == 0)
			ret = -errno;
		usleep(300);
	}
	atomic_store(&tracing->error, ret == -ESRCH ? 0 : ret);
}

static void traced_alone(struct test_run *run)
{
	struct fpsimd_tracing *tracing = mmap(NULL, sizeof(*tracing), PROT_READ | PROT_WRITE,
					      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t tid = syscall(SYS_gettid), tracer;

	if (!RUN_CHECK(run, tracing != MAP_FAILED, "cannot share memory: %s", strerror(errno)))
		return;
	tracer = fork();
	if (tracer == 0) {
		trace(tracing, tid, run->test->args[FP_LIVE_ARG] == FP_LIVE_SVE);
		_exit(0);
	}
	if (RUN_CHECK(run, tracer > 0, "cannot start a tracer: %s", strerror(errno))) {
		fpsimd_run_alone(run, GUEST(fpsimd_until_told), tracing);
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
