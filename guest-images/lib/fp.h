/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * FP/SIMD and SVE registers that a guest keeps live: it fills them with a pattern, does something,
 * and looks at each bit. Each CPU has its own. Nothing else in a guest uses these registers.
 */
#ifndef GUEST_IMAGES_LIB_FP_H
#define GUEST_IMAGES_LIB_FP_H

#include "guest-images/fp/fp_check.h"
#include "guest-images/fp/fp_live.h"

/* As a wish for a vector length: every one that this vCPU can have, one after the other. */
#define FP_EVERY_LENGTH 0

/*
 * This CPU keeps these registers live from now on, with patterns of `owner`; FP_LIVE_NONE makes
 * the functions below do nothing. SVE: with vectors of `vl` bytes (or the longest below) or
 * FP_EVERY_LENGTH; a VM without it skips. At EL1.
 */
void fp_live_begin(enum fp_live kind, enum fp_owner owner, uint64_t vl);

/* Fills them with the pattern of a round; with SVE also ZCR_EL1, unless it is EL0 that calls. */
void fp_live_load(uint32_t round);

/* Somebody else has put another pattern there. */
void fp_live_expect(struct fp_who who);

/* Plays the planted faults, and fails the test when a register is not as it was loaded: register,
 * bit, expected, seen, and whose pattern it was. False then. */
bool fp_live_check(const char *when);

/* What an interrupt handler does that uses these registers itself: keeps what it interrupted, has
 * a pattern of its own there while `between` runs, and puts all back. Does nothing but `between`
 * where none are live. */
void fp_live_in_handler(void (*between)(void));

/* All of them read as zero now; FFR, which need not, does not count. Leaves them full. */
void fp_live_check_reset(void);

/* SVE: asks for vectors of `bytes`; returns what there is: the longest that is not longer. */
uint64_t sve_set_vl(uint64_t bytes);

/* Fails the test for a difference. */
void fp_fail(const char *when, unsigned round, const struct fp_difference *difference);

/*
 * Plays the planted faults in this CPU's registers; does nothing when none is planted. To be called
 * while they are live. The first leaves Z beyond 128 bits as zero, as every write to V does.
 */
void fp_play_faults(void);
void sve_play_faults(void);

#endif
