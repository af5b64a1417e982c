/* SPDX-License-Identifier: GPL-2.0-only */
/* Family "sleeping": the scripts that its rows name. */
#ifndef HARNESS_TESTS_SLEEPING_H
#define HARNESS_TESTS_SLEEPING_H

#include "harness/test.h"

extern const struct test_script sleeping_device; /* an SPI for each sleep */
/* These also compare the guest's clock with the host's. */
extern const struct test_script sleeping_clock;	   /* nothing else */
extern const struct test_script sleeping_polled;   /* KVM polls for the end of a sleep */
extern const struct test_script sleeping_unpolled; /* KVM never does so */
extern const struct test_script sleeping_busy;	   /* a thread keeps the vCPU's host CPU busy */
extern const struct test_script sleeping_signals;  /* signals end sleeps early */
/* Counters far from the host's. */
extern const struct test_script sleeping_ahead;	      /* the virtual one */
extern const struct test_script sleeping_both_ahead;  /* both, by an offset */
extern const struct test_script sleeping_both_behind; /* both, by an offset */

#endif
