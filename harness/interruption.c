// SPDX-License-Identifier: GPL-2.0-only
#include "harness/interruption.h"

#include <errno.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/log.h"

int interruption_catch(struct interruption *interruption)
{
	sigset_t set;

	interruption->signal = 0;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, &interruption->before);
	signal(SIGPIPE, SIG_IGN);
	interruption->fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (interruption->fd < 0)
		return log_error(-errno, "cannot wait for signals: %s", strerror(errno));
	return 0;
}

void interruption_end(struct interruption *interruption)
{
	close(interruption->fd);
	sigprocmask(SIG_SETMASK, &interruption->before, NULL);
}

int interruption_signal(struct interruption *interruption)
{
	struct signalfd_siginfo info;

	if (!interruption->signal && read(interruption->fd, &info, sizeof(info)) == sizeof(info))
		interruption->signal = info.ssi_signo;
	return interruption->signal;
}
