// SPDX-License-Identifier: GPL-2.0-only
/* Children enter the sandbox, with this machine's own system calls, and do what they may or not. */
#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/if_tun.h>
#include <linux/kvm.h>
#include <linux/sockios.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/unit.h"
#include "vmm/sandbox.h"
#include "vmm/sandbox_private.h"

#define MAIN  (1 << SANDBOX_MAIN)
#define VCPU  (1 << SANDBOX_VCPU)
#define MOVER (1 << SANDBOX_MOVER)
#define DISK  (1 << SANDBOX_DISK)
#define NET   (1 << SANDBOX_NET)
#define BOTH  (MAIN | VCPU)
#define ALL   (MAIN | VCPU | MOVER | DISK | NET)

/* A system call, and the threads that may make it. */
struct call {
	int allowed;
	const char *name;
	long number, arguments[6];
};

static const struct sockaddr address = { .sa_family = AF_UNIX };
static char page[1] = "";

#define CALL(allowed, name, ...)            \
	{                                   \
		allowed, #name, SYS_##name, \
		{                           \
			__VA_ARGS__         \
		}                           \
	}

static const struct call calls[] = {
	CALL(ALL, write, -1, (long)page, 1),
	CALL(ALL, futex, (long)page, -1),
	CALL(ALL & ~DISK & ~NET, clock_gettime, 0, 0),
	CALL(MAIN, timerfd_settime, -1, 0, 0, 0),
	CALL(ALL, rt_sigprocmask, SIG_BLOCK, 0, 0, 8),
	CALL(ALL, prctl, PR_GET_NAME, 0),
	CALL(ALL, getpid),
	CALL(ALL, gettid),
	CALL(ALL, getpgid, 0),
	CALL(ALL, madvise, 0, 0, MADV_DONTNEED),
	CALL(BOTH, ioctl, -1, KVM_IRQ_LINE, 0),
	CALL(VCPU, ioctl, -1, KVM_GET_ONE_REG, 0),
	CALL(ALL, ioctl, -1, TCGETS, 0),
	CALL(ALL, ioctl, -1, TCSETS, 0),
	CALL(ALL, ioctl, -1, TIOCGPGRP, 0),

	CALL(MOVER, sched_setaffinity, -1, 0, 0),
	CALL(MOVER, sched_getaffinity, 0, 0, 0),
	CALL(VCPU, getcpu, 0, 0, 0),
	CALL(VCPU, ioctl, -1, KVM_RUN, 0),
	CALL(VCPU, ioctl, -1, KVM_SET_VCPU_EVENTS, 0),

	CALL(MAIN | DISK | NET, read, -1, 0, 0),
	CALL(MAIN, pread64, -1, 0, 0, 0),
	CALL(MAIN, recvfrom, -1, 0, 0, 0, 0, 0),
	CALL(MAIN, sendto, -1, 0, 0, 0, 0, 0),
	CALL(MAIN | NET, epoll_ctl, -1, 0, 0, 0),
	CALL(MAIN | NET, epoll_pwait, -1, 0, 0, 0, 0, 0),
	CALL(MAIN, accept4, -1, 0, 0, 0),
	CALL(MAIN, dup, -1),
	CALL(MAIN, ioctl, -1, TIOCGWINSZ, 0),
	CALL(MAIN, ppoll, 0, 0, (long)page, 0, 0),
	CALL(MAIN, getrandom, 0, 0, 0),
	CALL(MAIN, brk, 0),
	CALL(MAIN, mmap, 0, 0, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
	CALL(MAIN, mprotect, 0, 0, PROT_READ),
	CALL(MAIN, mremap, 1, 0, 0, 0),
	CALL(MAIN, munmap, 1, 0),
	CALL(MAIN, close, -1),
	CALL(MAIN, rt_sigaction, SIGTSTP, 0, 0, 8),
	CALL(MAIN, ioctl, -1, KVM_ARM_VCPU_INIT, 0),
	CALL(MAIN, ioctl, -1, KVM_ARM_PREFERRED_TARGET, 0),
	CALL(MAIN, ioctl, -1, KVM_SET_ONE_REG, 0),
	CALL(MAIN, ioctl, -1, KVM_SET_DEVICE_ATTR, 0),
	CALL(MAIN, ioctl, -1, KVM_GET_DEVICE_ATTR, 0),

	CALL(DISK, preadv2, -1, 0, 0, 0, 0, 0),
	CALL(DISK, pwritev2, -1, 0, 0, 0, 0, 0),
	CALL(DISK, fdatasync, -1),
	CALL(DISK, fallocate, -1, 0, 0, 0),
	CALL(DISK, ioctl, -1, BLKDISCARD, 0),
	CALL(NET, readv, -1, 0, 0),
	CALL(NET, writev, -1, 0, 0),
	CALL(NET, ioctl, -1, TUNSETOFFLOAD, 0),
	CALL(NET, ioctl, -1, TUNSETQUEUE, 0),

	/* Files, networks, programs, other processes. */
	CALL(0, openat, AT_FDCWD, (long)"/dev/null", O_RDONLY),
	CALL(0, openat2, AT_FDCWD, 0, 0, 0),
	CALL(0, truncate, (long)page, 0),
	CALL(0, ftruncate, -1, 0),
	CALL(0, unlinkat, -1, 0, 0),
	CALL(0, memfd_create, 0, 0),
	CALL(0, fcntl, -1, F_GETFL),
	CALL(0, newfstatat, -1, 0, 0, 0),
	CALL(0, socket, AF_INET, SOCK_STREAM, 0),
	CALL(0, socketpair, AF_UNIX, SOCK_STREAM, 0, 0),
	CALL(0, connect, -1, 0, 0),
	CALL(0, bind, -1, 0, 0),
	CALL(0, accept4, -1, (long)page, 0, 0),
	CALL(0, sendto, -1, 0, 0, 0, (long)&address, sizeof(address)),
	CALL(0, sendmsg, -1, 0, 0),
	CALL(0, recvmsg, -1, 0, 0),
	CALL(0, execve, 0, 0, 0),
	CALL(0, execveat, -1, 0, 0, 0, 0),
	CALL(0, clone, -1, 0, 0, 0, 0),
	CALL(0, clone3, 0, 0),
	CALL(0, ptrace, 0, 0, 0, 0),
	CALL(0, process_vm_readv, 0, 0, 0, 0, 0, 0),
	CALL(0, kill, 0, 0),
	CALL(0, tkill, 1, 0),
	CALL(0, tgkill, 1, 1, 0),
	CALL(0, seccomp, 0, 0, 0),
	CALL(0, bpf, -1, 0, 0),
	CALL(0, setuid, 0),
	CALL(0, mount, 0, 0, 0, 0, 0),
	CALL(0, io_uring_setup, 0, 0),
	CALL(0, userfaultfd, -1),

	CALL(0, sched_setscheduler, 0, 0, 0),

	/* The right call with the wrong argument. */
	CALL(0, sched_getaffinity, 1, 0, 0),
	CALL(0, ioctl, -1, KVM_CREATE_VM, 0),
	CALL(0, ioctl, -1, KVM_CREATE_DEVICE, 0),
	CALL(0, ioctl, -1, KVM_SET_USER_MEMORY_REGION, 0),
	CALL(0, ioctl, -1, BLKRRPART, 0),
	CALL(0, ioctl, -1, TUNSETIFF, 0),
	CALL(0, ioctl, -1, SIOCGIFMTU, 0),
	CALL(0, ioctl, -1, TIOCSTI, (long)page),
	CALL(0, ioctl, -1, TIOCLINUX, (long)page),
	CALL(0, ioctl, -1, FIONREAD, 0),
	CALL(0, ioctl, -1, (long)(KVM_IRQ_LINE | UINT64_C(1) << 32), 0),
	CALL(0, mmap, 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
	CALL(0, mmap, 0, 4096, PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
	CALL(0, mprotect, 0, 0, PROT_READ | PROT_EXEC),
	CALL(0, madvise, 0, 0, MADV_REMOVE),
	CALL(0, prctl, PR_SET_DUMPABLE, 0),
	CALL(0, prctl, PR_SET_NAME, (long)page),
};

#define CALLS ((int)(sizeof(calls) / sizeof(calls[0])))

struct outcome {
	int status; /* as wait() gives it */
	char text[512];
};

/*
 * Runs `act` in a child with stderr in a pipe. What it returns is its exit status; not by _exit(),
 * where ASan makes system calls of its own.
 */
static struct outcome in_child(int (*act)(const void *argument), const void *argument)
{
	struct outcome outcome = { 0 };
	size_t length = 0;
	ssize_t got;
	int ends[2];
	pid_t child;

	ck_assert_int_eq(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		dup2(ends[1], STDERR_FILENO);
		syscall(SYS_exit_group, act(argument));
	}
	close(ends[1]);
	while ((got = read(ends[0], outcome.text + length, sizeof(outcome.text) - 1 - length)) > 0)
		length += got;
	close(ends[0]);
	ck_assert_int_eq(waitpid(child, &outcome.status, 0), child);
	return outcome;
}

static int enter(enum sandbox_thread thread)
{
	struct sandbox sandbox;

	if (sandbox_prepare(&sandbox) < 0)
		return 98;
	return sandbox_enter(&sandbox, thread) < 0 ? 99 : 0;
}

/* Made once for all attempts: that takes longer than the attempt. Only what depends on the
 * process's own id is another process's in it. */
static struct sandbox made;

static void prepare_once(void)
{
	if (sandbox_prepare(&made) < 0)
		abort();
}

struct attempt {
	enum sandbox_thread thread;
	const struct call *call;
};

static int attempt_call(const void *argument)
{
	const struct attempt *attempt = argument;
	const long *a = attempt->call->arguments;
	int ret = sandbox_enter(&made, attempt->thread) < 0 ? 99 : 0;

	if (!ret)
		syscall(attempt->call->number, a[0], a[1], a[2], a[3], a[4], a[5]);
	return ret;
}

START_TEST(test_call)
{
	const struct call *call = &calls[_i / SANDBOX_THREADS];
	struct attempt attempt = { _i % SANDBOX_THREADS, call };
	struct outcome outcome = in_child(attempt_call, &attempt);
	bool allowed = call->allowed & 1 << attempt.thread;
	char name[64];

	ck_assert_msg(WIFEXITED(outcome.status), "%s: killed by signal %d", call->name,
		      WTERMSIG(outcome.status));
	ck_assert_msg(WEXITSTATUS(outcome.status) == (allowed ? 0 : SANDBOX_EXIT_STATUS),
		      "%s 0x%lx in thread %d: status %d, \"%s\"", call->name, call->arguments[1],
		      attempt.thread, WEXITSTATUS(outcome.status), outcome.text);
	snprintf(name, sizeof(name), "forbidden system call: %s (%ld)", call->name, call->number);
	ck_assert_msg(allowed ? !*outcome.text : strstr(outcome.text, name) != NULL, "\"%s\"",
		      outcome.text);
}
END_TEST

static void write_hook(void)
{
	if (write(STDERR_FILENO, "hook\n", 5) < 0)
		abort();
}

static void *break_rule_on_thread(void *argument)
{
	int ret;

	prctl(PR_SET_NAME, "vcpu7");
	ret = sandbox_enter(argument, SANDBOX_VCPU);
	if (!ret)
		syscall(SYS_ioctl, -1, KVM_CREATE_VCPU, 0);
	return NULL;
}

/* Only one thread is in the sandbox, but all end. */
static int break_rule_in_thread(const void *argument)
{
	struct sandbox sandbox;
	pthread_t thread;

	(void)argument;
	sandbox_set_exit_hook(write_hook);
	if (sandbox_prepare(&sandbox) < 0 ||
	    pthread_create(&thread, NULL, break_rule_on_thread, &sandbox))
		return 98;
	pthread_join(thread, NULL);
	return 96;
}

START_TEST(test_message_and_hook)
{
	struct outcome outcome = in_child(break_rule_in_thread, NULL);
	char wanted[256];

	snprintf(wanted, sizeof(wanted),
		 "armlet: sandbox: thread vcpu7 made a forbidden system call: ioctl (%d) 0xae41: "
		 "this is a bug in armlet or an attack from the guest; --no-sandbox runs without "
		 "the sandbox\nhook\n",
		 SYS_ioctl);
	ck_assert_int_eq(outcome.status, SANDBOX_EXIT_STATUS << 8);
	ck_assert_str_eq(outcome.text, wanted);
}
END_TEST

static int unknown_call(const void *argument)
{
	int ret = enter(SANDBOX_MAIN);

	(void)argument;
	if (!ret)
		syscall(4000);
	return ret;
}

START_TEST(test_unknown_call)
{
	struct outcome outcome = in_child(unknown_call, NULL);

	ck_assert_int_eq(outcome.status, SANDBOX_EXIT_STATUS << 8);
	ck_assert_ptr_nonnull(strstr(outcome.text, "system call: unknown (4000): this"));
}
END_TEST

#ifdef __x86_64__
static int foreign_call(const void *argument)
{
	int ret = enter(SANDBOX_MAIN), result;

	(void)argument;
	/* getpid() of 32-bit x86: number 20, which is writev() of x86-64. */
	if (!ret)
		asm volatile("int $0x80" : "=a"(result) : "a"(20) : "memory");
	return ret;
}

START_TEST(test_other_architecture)
{
	struct outcome outcome = in_child(foreign_call, NULL);

	ck_assert(WIFSIGNALED(outcome.status));
	ck_assert_int_eq(WTERMSIG(outcome.status), SIGSYS);
}
END_TEST
#endif

static int signal_self(const void *argument)
{
	sandbox_set_exit_hook(write_hook);
	if (enter(SANDBOX_VCPU))
		return 98;
	return raise(*(const int *)argument) ? 97 : 0;
}

/* As after an assertion, or a fault: the sandbox is not in the way of the signal. */
START_TEST(test_raise)
{
	int abort_signal = SIGABRT, sandbox_signal = SIGSYS;
	struct outcome outcome = in_child(signal_self, &abort_signal);

	ck_assert(WIFSIGNALED(outcome.status));
	ck_assert_int_eq(WTERMSIG(outcome.status), SIGABRT);
	outcome = in_child(signal_self, &sandbox_signal);
	ck_assert_int_eq(outcome.status, SANDBOX_EXIT_STATUS << 8);
	ck_assert_str_eq(outcome.text, "hook\n");
}
END_TEST

START_TEST(test_lists)
{
	struct sandbox sandbox;

	ck_assert_int_eq(sandbox_prepare(&sandbox), 0);
	for (int thread = 0; thread < SANDBOX_THREADS; thread++) {
		struct sandbox_list list = sandbox_list(thread);

		ck_assert_uint_gt(sandbox.programs[thread].length, list.count);
		for (size_t i = 0; i < list.count; i++)
			ck_assert_msg(sandbox_call_name(list.rules[i].number) != NULL,
				      "entry %zu of list %d has no name", i, thread);
	}
	ck_assert_str_eq(sandbox_call_name(SYS_openat), "openat");
	ck_assert_ptr_null(sandbox_call_name(-1));
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("sandbox");
	TCase *tests = tcase_create("sandbox");

	tcase_add_unchecked_fixture(tests, prepare_once, NULL);
	tcase_add_loop_test(tests, test_call, 0, CALLS * SANDBOX_THREADS);
	tcase_add_test(tests, test_message_and_hook);
	tcase_add_test(tests, test_unknown_call);
#ifdef __x86_64__
	tcase_add_test(tests, test_other_architecture);
#endif
	tcase_add_test(tests, test_raise);
	tcase_add_test(tests, test_lists);
	suite_add_tcase(suite, tests);
	return suite;
}
