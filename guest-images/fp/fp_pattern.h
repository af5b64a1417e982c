/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the FP/SIMD and SVE tests fill registers with: each 64-bit lane says whose it is, so that a
 * wrong value tells where it came from.
 *
 * Used by guests and by the monitor alike; pure.
 */
#ifndef GUEST_IMAGES_FP_FP_PATTERN_H
#define GUEST_IMAGES_FP_FP_PATTERN_H

#include <stdint.h>

/* Never 0, which is what reset and a lost register read as. */
enum fp_owner {
	FP_OWNER_VM = 0xa1,	   /* the test's VM */
	FP_OWNER_OTHER_VM = 0xb2,  /* a second VM */
	FP_OWNER_HANDLER = 0xc3,   /* an interrupt handler of the guest */
	FP_OWNER_MONITOR = 0xd4,   /* the vCPU's thread in the monitor */
	FP_OWNER_HOST_TASK = 0xe5, /* another task on the host */
};

/* Registers as the patterns number them. */
#define FP_REGISTER_V	0  /* V0 to V31, Z0 to Z31 */
#define FP_REGISTER_P	32 /* P0 to P15 */
#define FP_REGISTER_FFR 48

struct fp_who {
	enum fp_owner owner;
	uint8_t cpu;
	uint32_t round; /* below FP_ROUNDS */
};

/* What decodes to a later round is a pattern that something has damaged. */
#define FP_ROUNDS (1u << 24)

/*
 * owner, CPU, register and lane in a byte each, then the round; the round is scrambled with them,
 * so that two lanes differ in many bits and no flipped bit makes one pattern into another.
 */
static inline uint64_t fp_pattern(struct fp_who who, unsigned reg, unsigned lane)
{
	uint32_t name = (uint32_t)who.owner << 24 | (uint32_t)who.cpu << 16 | (reg & 0xff) << 8 |
			(lane & 0xff);

	return (uint64_t)name << 32 | (who.round ^ name * UINT32_C(2654435761));
}

struct fp_origin {
	struct fp_who who;
	unsigned reg, lane;
};

/* Whose lane this is; 0 when it is nobody's, else 1. */
static inline int fp_pattern_origin(uint64_t value, struct fp_origin *origin)
{
	uint32_t name = value >> 32;

	origin->who.owner = (enum fp_owner)(name >> 24);
	origin->who.cpu = name >> 16;
	origin->reg = name >> 8 & 0xff;
	origin->lane = name & 0xff;
	origin->who.round = (uint32_t)value ^ name * UINT32_C(2654435761);
	switch (origin->who.owner) {
	case FP_OWNER_VM:
	case FP_OWNER_OTHER_VM:
	case FP_OWNER_HANDLER:
	case FP_OWNER_MONITOR:
	case FP_OWNER_HOST_TASK:
		return origin->reg <= FP_REGISTER_FFR && origin->who.round < FP_ROUNDS;
	}
	return 0;
}

#endif
