/* SPDX-License-Identifier: GPL-2.0-only */
/* What the families fpsimd and sve do while registers are live; fpsimd_disturb.c. */
#ifndef GUEST_IMAGES_TESTS_FPSIMD_DISTURB_H
#define GUEST_IMAGES_TESTS_FPSIMD_DISTURB_H

#include "guest-images/lib/guest.h"
#include "guest-images/tests/fpsimd.h"

void fpsimd_disturb(enum fpsimd_disturbance disturbance);

/* A timer that interrupts this CPU again and again, with a handler that uses FP, until it is
 * stopped; how often it did. */
void fpsimd_ticks_start(void);
void fpsimd_ticks_stop(void);
uint64_t fpsimd_ticks(void);

#endif
