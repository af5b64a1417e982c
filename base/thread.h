/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>

/*
 * Starts a thread with a small stack, in which all signals are blocked but those that a thread
 * raises by what it does itself, and `signal` (0: none). `name` has at most 15 characters. Returns
 * 0 or -errno, described.
 */
int thread_start(pthread_t *thread, const char *name, int signal, void *(*run)(void *argument),
		 void *argument);

#endif
