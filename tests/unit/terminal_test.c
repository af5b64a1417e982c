// SPDX-License-Identifier: GPL-2.0-only
#include "base/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "tests/unit/unit.h"

/*
 * Each case runs in a child, in a session of its own on a pseudo terminal, that tells the test by a
 * pipe how far it is, and by another is told to go on.
 */
static int master, slave, progress[2], go[2];
static struct termios before;

static void setup(void)
{
	unit_reset_log();
	ck_assert_int_eq(openpty(&master, &slave, NULL, NULL, NULL), 0);
	ck_assert_int_eq(tcgetattr(slave, &before), 0);
	ck_assert_int_eq(pipe(progress), 0);
	ck_assert_int_eq(pipe(go), 0);
}

static bool is_raw(void)
{
	struct termios now;

	ck_assert_int_eq(tcgetattr(slave, &now), 0);
	return !(now.c_lflag & (ICANON | ECHO | ISIG | IEXTEN)) && !(now.c_iflag & (ICRNL | IXON));
}

static bool is_as_before(void)
{
	struct termios now;

	ck_assert_int_eq(tcgetattr(slave, &now), 0);
	return now.c_lflag == before.c_lflag && now.c_iflag == before.c_iflag &&
	       now.c_oflag == before.c_oflag && now.c_cflag == before.c_cflag &&
	       memcmp(now.c_cc, before.c_cc, sizeof(now.c_cc)) == 0;
}

static void tell(char what)
{
	if (write(progress[1], &what, 1) != 1)
		_exit(101);
}

static void expect(char what)
{
	char told = 0;

	ck_assert_int_eq(read(progress[0], &told, 1), 1);
	ck_assert_int_eq(told, what);
}

/* In the child: the terminal is ours and raw, signals do what they do to any program. */
static void become_user_of_terminal(void)
{
	for (int i = 1; i < 32; i++)
		signal(i, SIG_DFL);
	if (setsid() < 0 || ioctl(slave, TIOCSCTTY, 0) < 0 || dup2(slave, STDIN_FILENO) < 0)
		_exit(102);
	if (terminal_make_raw(STDIN_FILENO) < 0)
		_exit(103);
}

static pid_t start(void (*body)(int), int argument)
{
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		become_user_of_terminal();
		tell('r');
		body(argument);
		_exit(0);
	}
	return child;
}

static int wait_for(pid_t child)
{
	int status;

	ck_assert_int_eq(waitpid(child, &status, WUNTRACED), child);
	return status;
}

START_TEST(raw_mode_and_back)
{
	struct termios now;

	ck_assert_int_eq(terminal_make_raw(slave), 0);
	ck_assert(is_raw());
	ck_assert_int_eq(tcgetattr(slave, &now), 0);
	/* Our own messages still begin at the left. */
	ck_assert_uint_eq(now.c_oflag, before.c_oflag);
	ck_assert_int_eq(now.c_cc[VMIN], 1);
	errno = ENOTTY;
	terminal_restore();
	ck_assert_int_eq(errno, ENOTTY);
	ck_assert(is_as_before());
}
END_TEST

START_TEST(restoring_again_does_nothing)
{
	struct termios other = before;

	ck_assert_int_eq(terminal_make_raw(slave), 0);
	/* A second call does not take raw mode for what was found. */
	ck_assert_int_eq(terminal_make_raw(slave), 0);
	terminal_restore();
	ck_assert(is_as_before());
	other.c_lflag ^= ECHO;
	ck_assert_int_eq(tcsetattr(slave, TCSANOW, &other), 0);
	terminal_restore();
	ck_assert(!is_as_before());
	/* And it can be taken again, as it is now. */
	ck_assert_int_eq(terminal_make_raw(slave), 0);
	ck_assert(is_raw());
	before = other;
	terminal_restore();
	ck_assert(is_as_before());
}
END_TEST

START_TEST(no_terminal_is_no_error)
{
	ck_assert_int_eq(terminal_make_raw(progress[0]), -ENOTTY);
	ck_assert_int_eq(terminal_make_raw(999), -ENOTTY);
	ck_assert_uint_eq(unit_log_count(), 0);
	terminal_restore();
}
END_TEST

static void leave_by_exit(int status)
{
	exit(status);
}

START_TEST(restored_at_exit)
{
	pid_t child = start(leave_by_exit, _i);
	int status = wait_for(child);

	expect('r');
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), _i);
	ck_assert(is_as_before());
}
END_TEST

static void leave_by_signal(int signal_number)
{
	raise(signal_number);
}

static void leave_by_fault(int unused)
{
	(void)unused;
	__builtin_trap();
}

static void leave_by_abort(int unused)
{
	(void)unused;
	abort();
}

static void wait_for_signal(int unused)
{
	(void)unused;
	for (;;)
		pause();
}

static const int fatal[] = { SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,   SIGABRT, SIGSEGV,   SIGBUS,
			     SIGILL,  SIGFPE,  SIGSYS,	SIGTRAP,   SIGALRM, SIGVTALRM, SIGPROF,
			     SIGXCPU, SIGXFSZ, SIGPOLL, SIGSTKFLT, SIGPWR,  SIGUSR2 };

START_TEST(restored_before_a_signal_kills)
{
	int status = wait_for(start(leave_by_signal, fatal[_i]));

	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), fatal[_i]);
	ck_assert(is_as_before());
}
END_TEST

START_TEST(restored_after_a_signal_from_outside)
{
	pid_t child = start(wait_for_signal, 0);
	int status;

	expect('r');
	ck_assert(is_raw());
	kill(child, fatal[_i]);
	status = wait_for(child);
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), fatal[_i]);
	ck_assert(is_as_before());
}
END_TEST

START_TEST(restored_after_a_fault)
{
	int status = wait_for(start(_i ? leave_by_abort : leave_by_fault, 0));

	ck_assert(WIFSIGNALED(status));
	if (_i)
		ck_assert_int_eq(WTERMSIG(status), SIGABRT);
	ck_assert(is_as_before());
}
END_TEST

static volatile sig_atomic_t handled;

static void own_handler(int signal_number)
{
	handled = signal_number;
}

/* In the test's own process: who handles or ignores a signal keeps doing so. */
START_TEST(handlers_of_others_are_kept)
{
	struct sigaction action;

	signal(SIGTERM, own_handler);
	signal(SIGHUP, SIG_IGN);
	ck_assert_int_eq(terminal_make_raw(slave), 0);
	raise(SIGTERM);
	ck_assert_int_eq(handled, SIGTERM);
	ck_assert_int_eq(sigaction(SIGHUP, NULL, &action), 0);
	ck_assert(action.sa_handler == SIG_IGN);
	ck_assert(is_raw());
	terminal_restore();
}
END_TEST

/* A parent outside the child's group but in its session, so that it is not orphaned. */
static void stop_and_go(int signal_number)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		setpgid(0, 0);
		for (;;)
			pause();
	}
	setpgid(child, child);
	signal(SIGTTOU, SIG_IGN);
	tcsetpgrp(STDIN_FILENO, child);
	kill(child, SIGCONT); /* in the foreground now */
	kill(child, signal_number);
	if (waitpid(child, &status, WUNTRACED) != child || !WIFSTOPPED(status))
		_exit(104);
	tell('s');
	if (read(go[0], &status, 1) != 1)
		_exit(105);
	kill(child, SIGCONT);
	while (waitpid(child, &status, WCONTINUED) != child || !WIFCONTINUED(status))
		;
	tell('c');
	if (read(go[0], &status, 1) != 1)
		_exit(106);
	kill(child, SIGTERM);
	waitpid(child, &status, 0);
	tell('e');
	wait_for_signal(0);
}

/* The modes change on another process's schedule. */
static void wait_until(bool (*condition)(void))
{
	while (!condition())
		usleep(1000);
}

START_TEST(given_back_while_stopped)
{
	pid_t child = start(stop_and_go, SIGTSTP);

	expect('r');
	expect('s');
	ck_assert(is_as_before());
	ck_assert_int_eq(write(go[1], "\n", 1), 1);
	expect('c');
	wait_until(is_raw);
	ck_assert_int_eq(write(go[1], "\n", 1), 1);
	expect('e');
	ck_assert(is_as_before());
	kill(child, SIGKILL);
	wait_for(child);
}
END_TEST

/* A shell puts its own modes in place while we are stopped; SIGCONT takes the terminal again. */
START_TEST(taken_again_after_a_stop_without_notice)
{
	pid_t child = start(stop_and_go, SIGSTOP);

	expect('r');
	expect('s');
	ck_assert_int_eq(tcsetattr(slave, TCSANOW, &before), 0);
	ck_assert_int_eq(write(go[1], "\n", 1), 1);
	expect('c');
	wait_until(is_raw);
	ck_assert_int_eq(write(go[1], "\n", 1), 1);
	expect('e');
	ck_assert(is_as_before());
	kill(child, SIGKILL);
	wait_for(child);
}
END_TEST

/* The terminal is the shell's: nothing is changed, and nothing stops us. */
static void run_in_background(int unused)
{
	pid_t child;
	int status;

	(void)unused;
	terminal_restore();
	child = fork();
	if (child == 0) {
		setpgid(0, 0);
		if (terminal_make_raw(STDIN_FILENO) < 0)
			_exit(107);
		tell('b');
		if (tcgetattr(slave, &before) < 0 || is_raw())
			_exit(108);
		terminal_restore();
		exit(0);
	}
	setpgid(child, child);
	if (waitpid(child, &status, WUNTRACED) != child || !WIFEXITED(status))
		_exit(109);
	_exit(WEXITSTATUS(status));
}

START_TEST(background_leaves_the_terminal_alone)
{
	pid_t child = start(run_in_background, 0);
	int status;

	expect('r');
	expect('b');
	status = wait_for(child);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	ck_assert(is_as_before());
}
END_TEST

Suite *unit_suite(void)
{
	int signals = sizeof(fatal) / sizeof(fatal[0]);
	Suite *suite = suite_create("terminal");
	TCase *tcase = tcase_create("terminal");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, raw_mode_and_back);
	tcase_add_test(tcase, restoring_again_does_nothing);
	tcase_add_test(tcase, no_terminal_is_no_error);
	tcase_add_loop_test(tcase, restored_at_exit, 0, 2);
	tcase_add_loop_test(tcase, restored_before_a_signal_kills, 0, signals);
	tcase_add_loop_test(tcase, restored_after_a_signal_from_outside, 0, signals);
	tcase_add_loop_test(tcase, restored_after_a_fault, 0, 2);
	tcase_add_test(tcase, handlers_of_others_are_kept);
	tcase_add_test(tcase, given_back_while_stopped);
	tcase_add_test(tcase, taken_again_after_a_stop_without_notice);
	tcase_add_test(tcase, background_leaves_the_terminal_alone);
	suite_add_tcase(suite, tcase);
	return suite;
}
