/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Host CPUs to play with: takes the place of vcpu/host_cpus.c in unit tests.
 *
 * Nothing happens to real threads. Thread n and thread n + FAKE_HOST_THREADS are the same.
 */
#ifndef TESTS_UNIT_FAKE_HOST_CPUS_H
#define TESTS_UNIT_FAKE_HOST_CPUS_H

#include <stdbool.h>
#include <sys/types.h>

#define FAKE_HOST_THREADS 64
#define FAKE_HOST_NOWHERE (~0u) /* never bound */

/* Begins anew with CPUs 0 to cpus - 1, all online and allowed; nobody is bound. */
void fake_host_cpus_reset(unsigned cpus);

/* May be done while movers run. */
void fake_host_cpus_set_online(unsigned cpu, bool online);
/* The process's mask or cpuset: a thread cannot be bound outside of it. */
void fake_host_cpus_set_allowed(unsigned cpu, bool allowed);
/* All calls that bind fail with -`error`; 0: no more. */
void fake_host_cpus_fail_bind(int error);
/* Real-time priorities above this are refused with -EPERM; 99 at first. */
void fake_host_cpus_set_rt_limit(unsigned priority);
/* What host_cpus_current() says. */
void fake_host_cpus_set_current(unsigned cpu);

unsigned fake_host_cpus_bound(pid_t thread);
unsigned fake_host_cpus_binds(pid_t thread); /* how often it was bound */
unsigned fake_host_cpus_fifo(pid_t thread);  /* its priority; 0: none */
unsigned fake_host_cpus_reads(void);	     /* calls of host_cpus_allowed() */

#endif
