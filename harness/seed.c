// SPDX-License-Identifier: GPL-2.0-only
#include "harness/seed.h"

#include <sys/random.h>
#include <time.h>

uint64_t seed_next(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

uint64_t seed_random(void)
{
	uint32_t seed;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed)) {
		struct timespec now;

		clock_gettime(CLOCK_MONOTONIC, &now);
		seed = now.tv_nsec ^ now.tv_sec << 20;
	}
	return seed;
}

uint64_t seed_of_round(uint64_t seed, unsigned round)
{
	seed ^= round * UINT64_C(0xa0761d6478bd642f);
	return round ? (uint32_t)seed_next(&seed) : seed;
}

uint64_t seed_of_test(uint64_t round_seed, const char *id, enum irqchip_kind irqchip)
{
	/* FNV-1a of the name, mixed with the rest. */
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *id; id++)
		hash = (hash ^ (unsigned char)*id) * UINT64_C(0x100000001b3);
	hash ^= round_seed * UINT64_C(0xd6e8feb86659fd93) + irqchip;
	return seed_next(&hash);
}
