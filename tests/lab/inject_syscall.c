// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: inject_syscall PID THREAD
 *        inject_syscall --crash PID THREAD
 *
 * Makes a thread of a running process execute openat(), as a guest might that took over armlet: to
 * see the sandbox bite in the real binary, which has no door for tests. Needs the right to ptrace
 * the process. For an arm64 Linux host. --crash sends it SIGSEGV instead, and prints nothing.
 *
 * Prints what became of it: "openat returned N", after which the process goes on as if nothing had
 * been, or "ended with status N" or "ended by signal N". Exit status 0 in each of these cases.
 */
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define SVC_0	     UINT32_C(0xd4000001)
#define SYSCALL_STOP (SIGTRAP | 0x80) /* with PTRACE_O_TRACESYSGOOD */
#define ATTEMPTS     1000

static pid_t thread;

static void die(const char *doing)
{
	fprintf(stderr, "inject_syscall: cannot %s: %s\n", doing, strerror(errno));
	exit(1);
}

static bool has_name(const char *process, const char *task, const char *name)
{
	char path[512], comm[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/task/%s/comm", process, task);
	file = fopen(path, "r");
	if (!file)
		return false;
	if (!fgets(comm, sizeof(comm), file))
		comm[0] = '\0';
	fclose(file);
	comm[strcspn(comm, "\n")] = '\0';
	return !strcmp(comm, name);
}

static pid_t find_thread(const char *process, const char *name)
{
	struct dirent *entry;
	char path[64];
	pid_t found = 0;
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%s/task", process);
	tasks = opendir(path);
	while (tasks && !found && (entry = readdir(tasks)))
		if (has_name(process, entry->d_name, name))
			found = atoi(entry->d_name);
	if (tasks)
		closedir(tasks);
	if (!found) {
		fprintf(stderr, "inject_syscall: process %s has no thread %s\n", process, name);
		exit(1);
	}
	return found;
}

static void trace(int request, void *address, void *data, const char *doing)
{
	if (ptrace(request, thread, address, data) < 0)
		die(doing);
}

/* Prints how the thread ended, if it did. */
static void wait_for_stop(int *signal_number)
{
	int status;

	if (waitpid(thread, &status, __WALL) < 0)
		die("wait for the thread");
	if (WIFSTOPPED(status)) {
		*signal_number = WSTOPSIG(status);
		return;
	}
	if (WIFEXITED(status))
		printf("ended with status %d\n", WEXITSTATUS(status));
	else
		printf("ended by signal %d\n", WTERMSIG(status));
	exit(0);
}

static struct user_regs_struct get_registers(void)
{
	struct user_regs_struct registers;
	struct iovec span = { &registers, sizeof(registers) };

	trace(PTRACE_GETREGSET, (void *)NT_PRSTATUS, &span, "read the registers");
	return registers;
}

static void set_registers(struct user_regs_struct registers)
{
	struct iovec span = { &registers, sizeof(registers) };

	trace(PTRACE_SETREGSET, (void *)NT_PRSTATUS, &span, "write the registers");
}

static bool is_svc(uint64_t address)
{
	errno = 0;
	return (uint32_t)ptrace(PTRACE_PEEKTEXT, thread, address, NULL) == SVC_0 && !errno;
}

/* Where the stopped thread has the instruction of the system call it was in; 0 if it was in none.
 */
static uint64_t find_svc(uint64_t pc)
{
	return is_svc(pc - 4) ? pc - 4 : is_svc(pc) ? pc : 0;
}

/* Stops the thread where it is in a system call; returns where the instruction is. */
static uint64_t stop_in_call(void)
{
	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		uint64_t svc;
		int stop;

		trace(PTRACE_INTERRUPT, NULL, NULL, "interrupt the thread");
		wait_for_stop(&stop);
		svc = find_svc(get_registers().pc);
		if (svc)
			return svc;
		trace(PTRACE_CONT, NULL, NULL, "let the thread go on");
		usleep(1000);
	}
	errno = ETIMEDOUT;
	die("find the thread in a system call");
	return 0;
}

/* From one end of a system call to the next; no other stop can come, signals are blocked. */
static void step_call(void)
{
	int stop = 0;

	trace(PTRACE_SYSCALL, NULL, NULL, "go on to the system call");
	wait_for_stop(&stop);
	if (stop != SYSCALL_STOP) {
		errno = EPROTO;
		die("follow the system call");
	}
}

int main(int argc, char **argv)
{
	struct user_regs_struct before, after;
	uint64_t svc, mask, blocked = ~(UINT64_C(1) << (SIGSYS - 1));
	int signal_number = 0;

	if (argc == 4 && !strcmp(argv[1], "--crash")) {
		if (syscall(SYS_tgkill, atoi(argv[2]), find_thread(argv[2], argv[3]), SIGSEGV) < 0)
			die("send the signal");
		return 0;
	}
	if (argc != 3) {
		fputs("usage: inject_syscall [--crash] PID THREAD\n", stderr);
		return 129;
	}
	thread = find_thread(argv[1], argv[2]);
	trace(PTRACE_SEIZE, NULL, (void *)PTRACE_O_TRACESYSGOOD, "attach to the thread");
	svc = stop_in_call();
	before = get_registers();
	trace(PTRACE_GETSIGMASK, (void *)sizeof(mask), &mask, "read the signal mask");
	trace(PTRACE_SETSIGMASK, (void *)sizeof(mask), &blocked, "block signals");

	/* openat(AT_FDCWD, NULL, O_RDONLY): -EFAULT where it is allowed. */
	after = before;
	after.pc = svc;
	after.regs[8] = SYS_openat;
	after.regs[0] = (uint64_t)AT_FDCWD;
	after.regs[1] = 0;
	after.regs[2] = O_RDONLY;
	set_registers(after);
	step_call(); /* its beginning */
	step_call(); /* its end */
	after = get_registers();

	/* seccomp undoes the call before the signal: the register has the argument again. */
	if (after.regs[0] != (uint64_t)AT_FDCWD) {
		printf("openat returned %lld\n", (long long)after.regs[0]);
		set_registers(before);
		trace(PTRACE_SETSIGMASK, (void *)sizeof(mask), &mask, "unblock signals");
		trace(PTRACE_DETACH, NULL, NULL, "detach");
		return 0;
	}
	for (;;) {
		trace(PTRACE_CONT, NULL, (void *)(intptr_t)signal_number, "let the thread go on");
		wait_for_stop(&signal_number);
	}
}
