// SPDX-License-Identifier: GPL-2.0-only
#include "base/thread.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

#define STACK_SIZE (128 * 1024)

int thread_start(pthread_t *thread, const char *name, int signal, void *(*run)(void *argument),
		 void *argument)
{
	/* These must not be blocked: they would kill without the handlers' last words. */
	static const int own_signals[] = {
		SIGSYS, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT
	};
	sigset_t blocked, before;
	pthread_attr_t attributes;
	int ret;

	/* All other signals are for the main thread; a new thread inherits the mask. */
	sigfillset(&blocked);
	for (size_t i = 0; i < sizeof(own_signals) / sizeof(own_signals[0]); i++)
		sigdelset(&blocked, own_signals[i]);
	if (signal)
		sigdelset(&blocked, signal);
	pthread_sigmask(SIG_SETMASK, &blocked, &before);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes,
				  STACK_SIZE > PTHREAD_STACK_MIN ? STACK_SIZE : PTHREAD_STACK_MIN);
	ret = -pthread_create(thread, &attributes, run, argument);
	pthread_attr_destroy(&attributes);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (ret < 0)
		return log_error(ret, "cannot start the thread %s: %s%s", name, strerror(-ret),
				 ret == -EAGAIN ? ": raise the limit on processes (ulimit -u)"
						: "");
	pthread_setname_np(*thread, name);
	return 0;
}
