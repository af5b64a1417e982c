/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A bounded queue between threads, without locks: any number of producers and consumers.
 *
 * Both ends are halves of one atomic, so that the level which anybody sees is exact: "full" and
 * "empty" are never a guess. An entry's place is claimed first and filled an instant later; until
 * then it counts in the level but cannot be taken, nor can those behind it. Nobody ever waits for
 * another thread: an operation is repeated only when another thread's has succeeded.
 *
 * A place needs no cleaning when it is taken: its top bit tells the lap on which it was filled.
 */
#ifndef DEVICES_BYTE_RING_H
#define DEVICES_BYTE_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an entry may carry: a byte, and seven bits about it. */
#define BYTE_RING_ENTRY_MASK 0x7fff

struct byte_ring {
	_Atomic uint64_t ends; /* head (entries ever put in) in the upper half, tail in the lower */
	_Atomic uint16_t *slots; /* not owned */
	unsigned size;
};

/* An empty ring of `size` zeroed slots; a power of two, at most 2^30. */
void byte_ring_init(struct byte_ring *ring, _Atomic uint16_t *slots, unsigned size);

/* Entries in the ring, those included that a producer is just filling. */
unsigned byte_ring_level(const struct byte_ring *ring);

/* True when there is nothing to take. */
bool byte_ring_is_empty(const struct byte_ring *ring);

/*
 * Puts `entry` in and returns the level that this made, or returns 0 when there are already `depth`
 * (at most the ring's size) or more.
 */
unsigned byte_ring_push(struct byte_ring *ring, uint16_t entry, unsigned depth);

/* Takes the oldest entry; false when there is none. */
bool byte_ring_pop(struct byte_ring *ring, uint16_t *entry);

/* Takes up to `size` entries' bytes, oldest first; returns how many. */
size_t byte_ring_pop_bytes(struct byte_ring *ring, uint8_t *bytes, size_t size);

#endif
