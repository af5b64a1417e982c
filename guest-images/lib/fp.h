/* SPDX-License-Identifier: GPL-2.0-only */
/* FP/SIMD and SVE for the guests of the families fpsimd and sve. */
#ifndef GUEST_IMAGES_LIB_FP_H
#define GUEST_IMAGES_LIB_FP_H

#include "guest-images/fp/fp_check.h"

/* Fails the test: register, bit, expected, seen, and whose pattern it was. */
void fp_fail(const char *when, unsigned round, const struct fp_difference *difference);

/*
 * Plays the planted faults in this CPU's registers; does nothing when none is planted. To be called
 * while they are live. The first leaves Z beyond 128 bits as zero, as every write to V does.
 */
void fp_play_faults(void);
void sve_play_faults(void);

#endif
