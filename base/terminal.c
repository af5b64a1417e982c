// SPDX-License-Identifier: GPL-2.0-only
#include "base/terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/log.h"

static const int fatal_signals[] = {
	SIGHUP,	 SIGINT,  SIGQUIT,   SIGTERM, SIGABRT, SIGSEGV, SIGBUS,	 SIGILL,    SIGFPE, SIGSYS,
	SIGTRAP, SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU, SIGXFSZ, SIGPOLL, SIGSTKFLT, SIGPWR, SIGUSR2,
};

static struct termios found, raw; /* valid once `taken` */
static atomic_bool taken;
static atomic_int raw_fd = -1; /* the terminal that is ours to make raw; -1: none */

/*
 * tcsetattr() from the background stops the process (SIGTTOU). That is not asked for: who runs us
 * in the background wants us to run, and the terminal has another user then. A terminal that does
 * not control our session knows no foreground.
 */
static bool in_background(int fd)
{
	pid_t foreground = tcgetpgrp(fd);

	return foreground >= 0 && foreground != getpgrp();
}

static int set_modes(int fd, const struct termios *modes)
{
	sigset_t block, before;
	int ret;

	/* The shell may put us into the background just now: then the call succeeds instead of
	 * stopping us. */
	sigemptyset(&block);
	sigaddset(&block, SIGTTOU);
	pthread_sigmask(SIG_BLOCK, &block, &before);
	/* Not TCSADRAIN: output that a stopped terminal holds back would keep us from ending. */
	do {
		ret = tcsetattr(fd, TCSANOW, modes) < 0 ? -errno : 0;
	} while (ret == -EINTR);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return ret;
}

/* Before the first time in the foreground, the modes are those of the shell's own line editor. */
static int take_terminal(int fd)
{
	if (in_background(fd))
		return 0;
	if (!atomic_load(&taken)) {
		if (tcgetattr(fd, &found) < 0)
			return -errno;
		raw = found;
		cfmakeraw(&raw);
		raw.c_oflag = found.c_oflag;
		raw.c_cc[VMIN] = 1;
		raw.c_cc[VTIME] = 0;
		atomic_store(&taken, true);
	}
	return set_modes(fd, &raw);
}

static void give_terminal_back(int fd)
{
	if (atomic_load(&taken) && !in_background(fd))
		set_modes(fd, &found);
}

void terminal_restore(void)
{
	int saved = errno, fd = atomic_exchange(&raw_fd, -1);

	if (fd >= 0)
		give_terminal_back(fd);
	errno = saved;
}

/* Installed with SA_RESETHAND: the signal, blocked until we return, then kills. */
static void on_fatal_signal(int signal_number)
{
	terminal_restore();
	raise(signal_number);
}

static void handle(int signal_number, void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags | SA_RESTART };

	sigemptyset(&action.sa_mask);
	sigaction(signal_number, &action, NULL);
}

static void on_continue(int signal_number)
{
	int saved = errno, fd = atomic_load(&raw_fd);

	(void)signal_number;
	if (fd >= 0)
		take_terminal(fd);
	errno = saved;
}

static void on_stop(int signal_number)
{
	int saved = errno, fd = atomic_load(&raw_fd);
	sigset_t unblock, before;

	if (fd >= 0)
		give_terminal_back(fd);
	handle(signal_number, SIG_DFL, 0);
	raise(signal_number);
	sigemptyset(&unblock);
	sigaddset(&unblock, signal_number);
	/* Here we stop, and here we go on. */
	pthread_sigmask(SIG_UNBLOCK, &unblock, &before);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	handle(signal_number, on_stop, 0);
	/* No SIGCONT comes when nobody was there to stop us for (an orphaned process group). */
	on_continue(SIGCONT);
	errno = saved;
}

static void handle_if_default(int signal_number, void (*handler)(int), int flags)
{
	struct sigaction action;

	if (sigaction(signal_number, NULL, &action) == 0 && action.sa_handler == SIG_DFL)
		handle(signal_number, handler, flags);
}

int terminal_make_raw(int fd)
{
	static bool registered;
	int ret;

	if (atomic_load(&raw_fd) >= 0)
		return 0;
	if (!isatty(fd))
		return -ENOTTY;

	/* First the ways back, then the change. */
	if (!registered)
		atexit(terminal_restore);
	registered = true;
	atomic_store(&taken, false);
	atomic_store(&raw_fd, fd);
	for (size_t i = 0; i < sizeof(fatal_signals) / sizeof(fatal_signals[0]); i++)
		handle_if_default(fatal_signals[i], on_fatal_signal, (int)SA_RESETHAND);
	handle_if_default(SIGTSTP, on_stop, 0);
	handle_if_default(SIGCONT, on_continue, 0);

	ret = take_terminal(fd);
	if (ret < 0) {
		atomic_store(&raw_fd, -1);
		return log_error(ret, "cannot put the terminal into raw mode: %s", strerror(-ret));
	}
	return 0;
}
