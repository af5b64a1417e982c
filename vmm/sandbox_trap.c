// SPDX-License-Identifier: GPL-2.0-only
/* What happens at a forbidden system call. All of it is async-signal-safe. */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/log.h"
#include "vmm/sandbox_private.h"

#ifndef SYS_SECCOMP /* si_code; <asm-generic/siginfo.h>, which glibc does not follow in full */
#define SYS_SECCOMP 1
#endif

_Static_assert(SANDBOX_EXIT_STATUS == 128 + SIGSYS, "as a shell shows a death by SIGSYS");

static void (*_Atomic exit_hook)(void);

void sandbox_set_exit_hook(void (*hook)(void))
{
	exit_hook = hook;
}

/* One line in the making; what does not fit is cut off. */
struct line {
	char text[256];
	size_t length;
};

static void add_text(struct line *line, const char *text)
{
	while (*text && line->length < sizeof(line->text))
		line->text[line->length++] = *text++;
}

static void add_number(struct line *line, uint64_t number, unsigned base)
{
	char digits[24];
	size_t at = sizeof(digits) - 1;

	digits[at] = '\0';
	do
		digits[--at] = "0123456789abcdef"[number % base];
	while (number /= base);
	add_text(line, digits + at);
}

static uint64_t second_argument(const ucontext_t *context)
{
#ifdef __aarch64__
	return context->uc_mcontext.regs[1];
#else
	return context->uc_mcontext.gregs[REG_RSI];
#endif
}

static void describe(const siginfo_t *info, const ucontext_t *context)
{
	const char *call = sandbox_call_name(info->si_syscall);
	struct line line = { .length = 0 };
	char thread[16] = "?";

	prctl(PR_GET_NAME, thread);
	add_text(&line, "armlet: sandbox: thread ");
	add_text(&line, thread);
	add_text(&line, " made a forbidden system call: ");
	add_text(&line, call ? call : "unknown");
	add_text(&line, " (");
	add_number(&line, info->si_syscall, 10);
	add_text(&line, ")");
	if (info->si_syscall == SYS_ioctl) {
		add_text(&line, " 0x");
		add_number(&line, second_argument(context), 16);
	}
	add_text(&line, ": this is a bug in armlet or an attack from the guest; --no-sandbox runs "
			"without the sandbox\n");
	/* Nobody is left to tell when stderr is gone. */
	if (write(STDERR_FILENO, line.text, line.length) < 0)
		return;
}

static void forbidden_call(int signal, siginfo_t *info, void *context)
{
	void (*hook)(void) = exit_hook;

	(void)signal;
	/* kill(2) can send the signal as well. */
	if (info->si_code == SYS_SECCOMP)
		describe(info, context);
	if (hook)
		hook();
	/* Ends all threads; not _exit(), which sanitizers make more of. */
	syscall(SYS_exit_group, SANDBOX_EXIT_STATUS);
	__builtin_unreachable();
}

int sandbox_install_handler(void)
{
	struct sigaction action = { .sa_sigaction = forbidden_call, .sa_flags = SA_SIGINFO };

	sigfillset(&action.sa_mask);
	if (sigaction(SIGSYS, &action, NULL) < 0)
		return log_error(-errno, "cannot handle SIGSYS: %s", strerror(errno));
	return 0;
}
