// SPDX-License-Identifier: GPL-2.0-only
/* The parent's side of a run: its process, and the end of that. */
#include "harness/runner.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "harness/run.h"
#include "harness/run_private.h"

/* What a run may take longer than its limit, to say what was wrong and to tidy up. */
#define GRACE_NS UINT64_C(60000000000)

/* For a process that was killed, to be no more. */
#define DEATH_NS UINT64_C(20000000000)

static void begin_process(pid_t parent)
{
	sigset_t none;

	/* What it starts is in its group, and is ended with that. */
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	for (int signal_number = 1; signal_number < NSIG; signal_number++)
		if (signal_number != SIGKILL && signal_number != SIGSTOP)
			signal(signal_number, SIG_DFL);
	/* A script's pipes are its own business. */
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Whether the process ended within `timeout_ns`, and before `cancel_fd` (-1: none) was readable. */
static bool await_end(pid_t child, int pidfd, int cancel_fd, uint64_t timeout_ns)
{
	uint64_t end = run_now_ns() + timeout_ns;
	bool cancelled = false;
	siginfo_t info;

	for (;;) {
		struct pollfd polled[] = { { .fd = pidfd, .events = POLLIN },
					   { .fd = cancel_fd, .events = POLLIN } };
		uint64_t now = run_now_ns();
		int left = now < end ? (end - now) / 1000000 + 1 : 0;

		memset(&info, 0, sizeof(info));
		/* Stays a zombie: its process group is ended before its number is free. */
		if (waitid(P_PID, child, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
		    info.si_pid == child)
			return true;
		if (!left || cancelled)
			return false;
		/* Without pidfds (before Linux 5.3) look now and then. */
		poll(polled, 2, pidfd < 0 && left > 2 ? 2 : left);
		cancelled = polled[1].revents;
	}
}

static void judge_end(struct run_result *result, int status)
{
	if (WIFSIGNALED(status))
		result->signal = WTERMSIG(status);
	if (result->ended && !result->signal)
		return;
	if (result->signal)
		result_fail(result, NULL, "the process of the test died of signal %d (%s)",
			    result->signal, strsignal(result->signal));
	else
		result_fail(result, NULL, "the process of the test ended with status %d",
			    WEXITSTATUS(status));
}

static bool is_cancelled(const struct run_request *request)
{
	struct pollfd polled = { .fd = request->cancel_fd, .events = POLLIN };

	return request->cancel_fd && poll(&polled, 1, 0) > 0;
}

static int watch_process(const struct run_request *request, struct run_result *result, pid_t child)
{
	int pidfd = pidfd_open(child, 0), status = 0;
	uint64_t limit = (RUN_LIMIT_NS + GRACE_NS) * request->timeout_scale + RUN_PARK_NS;
	bool ended = await_end(child, pidfd, request->cancel_fd ? request->cancel_fd : -1, limit);
	bool killed = !ended;

	/* All that it started as well. */
	kill(-child, SIGKILL);
	kill(child, SIGKILL);
	if (!ended)
		ended = await_end(child, pidfd, -1, DEATH_NS);
	if (ended)
		waitpid(child, &status, 0);
	if (pidfd >= 0)
		close(pidfd);
	result_adopt(result);
	if (killed && is_cancelled(request))
		return -EINTR;
	if (killed)
		result_fail(result, NULL, "the process of the test did not end within %u s%s",
			    (unsigned)(limit / 1000000000),
			    ended ? ", and was killed" : ", and cannot be killed");
	else
		judge_end(result, status);
	return 0;
}

int run_execute(const struct run_request *request, struct run_result *result)
{
	pid_t parent = getpid(), child;
	int ret;

	result_begin(result, request->seed);
	child = fork();
	if (child < 0)
		return log_error(-errno, "cannot start a process for a test: %s", strerror(errno));
	if (child == 0) {
		begin_process(parent);
		run_child(request, result);
		/* What the parent has not written yet is not for this process to write. */
		_exit(0);
	}
	setpgid(child, child);
	ret = watch_process(request, result, child);
	result->duration = run_now_ns() - result->begun;
	return ret;
}
