/* SPDX-License-Identifier: GPL-2.0-only */
/* Family "sweep": what the host does in steps around an expiry of the guest, which is
 * sweep_host_event() of guest-images/tests/sweep_host.c. */
#ifndef HARNESS_TESTS_SWEEP_H
#define HARNESS_TESTS_SWEEP_H

#include "harness/test.h"

extern const struct test_script sweep_signal, sweep_hop, sweep_pause, sweep_inject, sweep_read,
	sweep_save;

#endif
