/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a guest that took over armlet could still ask of the host's kernel: the system calls on a
 * short list per kind of thread (seccomp(2), by libseccomp), and none else.
 *
 * The lists are vmm/sandbox_rules.c; each entry has its reason. They are for the time in which the
 * guest runs, and for the end: files are opened, threads started and KVM's objects made before.
 *
 * A thread that makes any other system call ends the process: stderr gets one line with the name
 * of the call and of the thread, the exit hook runs, and the exit status is SANDBOX_EXIT_STATUS. A
 * system call of another architecture (32-bit) kills the process with SIGSYS at once.
 */
#ifndef VMM_SANDBOX_H
#define VMM_SANDBOX_H

#include <linux/filter.h>

/* 128 + SIGSYS, as if the signal had killed. */
#define SANDBOX_EXIT_STATUS 159

/* The longest program that is prepared, in BPF instructions. */
#define SANDBOX_PROGRAM_MAX 384

enum sandbox_thread {
	SANDBOX_MAIN,  /* the event loop; resets and ends the VM */
	SANDBOX_VCPU,  /* KVM_RUN and what it exits for */
	SANDBOX_MOVER, /* moves vCPUs' threads between host CPUs */
	SANDBOX_DISK,  /* carries out requests of a disk */
	SANDBOX_NET,   /* carries packets */
	SANDBOX_THREADS
};

struct sandbox {
	struct sandbox_program {
		unsigned short length;
		struct sock_filter code[SANDBOX_PROGRAM_MAX];
	} programs[SANDBOX_THREADS];
};

/*
 * Makes the programs and installs the handler of SIGSYS (for the whole process; later handlers
 * must leave that signal alone). No thread is restricted yet. Before the first sandbox_enter(), in
 * the process that will call it. Returns 0 or -errno, described.
 */
int sandbox_prepare(struct sandbox *sandbox);

/*
 * Restricts the calling thread, for ever, and the threads and programs that it could start as well.
 * Uses no heap. SIGSYS must not be blocked, else a forbidden call kills without a word. Returns 0
 * or -errno, described.
 */
int sandbox_enter(const struct sandbox *sandbox, enum sandbox_thread thread);

/*
 * Called on the offending thread before the process ends, e.g. to restore the terminal; NULL: no
 * hook. It must be async-signal-safe, and itself make only calls that both lists allow: see there.
 */
void sandbox_set_exit_hook(void (*hook)(void));

#endif
