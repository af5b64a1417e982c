/* SPDX-License-Identifier: GPL-2.0-only */
/* Family "moving": the scripts that its rows name. */
#ifndef HARNESS_TESTS_MOVING_H
#define HARNESS_TESTS_MOVING_H

#include "harness/test.h"

/* What the script with a mover does with the vCPUs: args[7] of a row. */
enum moving_policy {
	MOVING_ROUND,	   /* all go on to the next host CPU every 400 us */
	MOVING_RANDOM,	   /* random host CPUs, at random times */
	MOVING_CROWDED,	   /* likewise on two host CPUs only */
	MOVING_PACKED,	   /* all on one host CPU, and that is another one every millisecond */
	MOVING_AT_EXITS,   /* on at each exit to userspace */
	MOVING_IN_A_WHILE, /* random, with long stays */
	MOVING_POLICIES
};

extern const struct test_script moving_by_policy; /* a mover with a policy */
extern const struct test_script moving_blocked;	  /* moves a vCPU when it is blocked */
extern const struct test_script moving_swap;	  /* two vCPUs change places around an expiry */
extern const struct test_script moving_preempt;	  /* another thread runs around an expiry */
extern const struct test_script moving_asserted;  /* moves a vCPU when it asks for it */
extern const struct test_script moving_stop;	  /* SIGSTOP and SIGCONT for all threads */
extern const struct test_script moving_signals;	  /* signals to vCPUs at random times */
extern const struct test_script moving_hotplug;	  /* host CPUs go and come back */

#endif
