/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Raw mode for the terminal that the guest's console is on, and the way back from it, always.
 *
 * The terminal is restored by terminal_restore(), at exit(), and before the process dies of a
 * signal that nobody handles (SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGABRT, SIGSEGV, SIGBUS, SIGILL,
 * SIGFPE, SIGSYS, SIGTRAP): for each that has its default action when terminal_make_raw() is
 * called, a handler restores the terminal and lets the signal kill. Who installs a handler of his
 * own afterwards calls terminal_restore() there. When the process is stopped by SIGTSTP the
 * terminal is given back, and taken again on SIGCONT. In the background nothing is changed: the
 * terminal is the shell's then.
 *
 * There is one such terminal per process, hence no argument for it. A handler runs on the thread
 * that faulted, or on any that does not block the signal: it uses tcsetattr, tcgetpgrp, getpgrp,
 * the signal mask, raise and, for SIGTSTP, sigaction.
 */
#ifndef BASE_TERMINAL_H
#define BASE_TERMINAL_H

/*
 * Puts the terminal `fd` into raw mode: each key at once and unchanged, no echo, no signals from
 * keys; output is still processed, so that our own messages begin at the left. The first call
 * counts until terminal_restore(). `fd` must stay open until then. From one thread. Returns 0;
 * -ENOTTY when `fd` is no terminal, silently; -errno, described.
 */
int terminal_make_raw(int fd);

/* As it was found. Any thread, any number of times, async-signal-safe; keeps errno. */
void terminal_restore(void);

#endif
