/* SPDX-License-Identifier: GPL-2.0-only */
/* SIGINT, SIGTERM and SIGHUP as something that is looked at, so that what is begun is ended well.
 */
#ifndef HARNESS_INTERRUPTION_H
#define HARNESS_INTERRUPTION_H

#include <signal.h>

struct interruption {
	int fd; /* readable once one has come; see run_request.cancel_fd */
	int signal;
	sigset_t before;
};

/* Takes these signals, and SIGPIPE becomes an error of writing. Returns 0 or -errno, described. */
int interruption_catch(struct interruption *interruption);
void interruption_end(struct interruption *interruption);

/* The one that came first, or 0. */
int interruption_signal(struct interruption *interruption);

#endif
