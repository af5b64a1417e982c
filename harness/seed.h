/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the one number that the user sees to each test's own: by the test's id and interrupt
 * controller, not by its place, so that it has the same seed when it runs alone. Pure logic.
 */
#ifndef HARNESS_SEED_H
#define HARNESS_SEED_H

#include <stdint.h>

#include "irqchip/irqchip.h"

/* The next of a sequence (SplitMix64). */
uint64_t seed_next(uint64_t *state);

/* Not reproducible; short enough to be typed. */
uint64_t seed_random(void);

/* The seed of round `round`, from 0: as --seed takes it. That of the first is `seed` itself. */
uint64_t seed_of_round(uint64_t seed, unsigned round);

uint64_t seed_of_test(uint64_t round_seed, const char *id, enum irqchip_kind irqchip);

#endif
