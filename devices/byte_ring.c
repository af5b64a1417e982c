// SPDX-License-Identifier: GPL-2.0-only
#include "devices/byte_ring.h"

#include <assert.h>

static uint32_t head_of(uint64_t ends)
{
	return ends >> 32;
}

static uint32_t tail_of(uint64_t ends)
{
	return (uint32_t)ends;
}

static uint64_t ends_of(uint32_t head, uint32_t tail)
{
	return (uint64_t)head << 32 | tail;
}

/* The top bit of what is filled in at `position`; on the first lap not that of a zeroed slot. */
static uint16_t lap_bit(const struct byte_ring *ring, uint32_t position)
{
	return position & ring->size ? 0 : 0x8000;
}

static _Atomic uint16_t *slot_at(const struct byte_ring *ring, uint32_t position)
{
	return &ring->slots[position & (ring->size - 1)];
}

/* True when the claimed place at `position` is filled. */
static bool look(const struct byte_ring *ring, uint32_t position, uint16_t *entry)
{
	uint16_t slot = atomic_load(slot_at(ring, position));

	*entry = slot & BYTE_RING_ENTRY_MASK;
	return (slot & 0x8000) == lap_bit(ring, position);
}

void byte_ring_init(struct byte_ring *ring, _Atomic uint16_t *slots, unsigned size)
{
	assert(size && !(size & (size - 1)) && size <= 1u << 30);
	atomic_init(&ring->ends, 0);
	ring->slots = slots;
	ring->size = size;
}

unsigned byte_ring_level(const struct byte_ring *ring)
{
	uint64_t ends = atomic_load(&ring->ends);

	return head_of(ends) - tail_of(ends);
}

bool byte_ring_is_empty(const struct byte_ring *ring)
{
	uint64_t ends = atomic_load(&ring->ends);
	uint16_t entry;

	return head_of(ends) == tail_of(ends) || !look(ring, tail_of(ends), &entry);
}

unsigned byte_ring_push(struct byte_ring *ring, uint16_t entry, unsigned depth)
{
	uint64_t ends = atomic_load(&ring->ends);
	uint32_t head, level;

	do {
		head = head_of(ends);
		level = head - tail_of(ends);
		if (level >= depth)
			return 0;
	} while (!atomic_compare_exchange_weak(&ring->ends, &ends,
					       ends_of(head + 1, tail_of(ends))));
	atomic_store(slot_at(ring, head), lap_bit(ring, head) | (entry & BYTE_RING_ENTRY_MASK));
	return level + 1;
}

bool byte_ring_pop(struct byte_ring *ring, uint16_t *entry)
{
	uint64_t ends = atomic_load(&ring->ends);

	/* Looked at before it is taken: afterwards a producer may fill the place again. */
	do {
		if (head_of(ends) == tail_of(ends) || !look(ring, tail_of(ends), entry))
			return false;
	} while (!atomic_compare_exchange_weak(&ring->ends, &ends,
					       ends_of(head_of(ends), tail_of(ends) + 1)));
	return true;
}

size_t byte_ring_pop_bytes(struct byte_ring *ring, uint8_t *bytes, size_t size)
{
	uint64_t ends = atomic_load(&ring->ends);
	uint32_t tail, count;
	uint16_t entry;

	for (;;) {
		tail = tail_of(ends);
		for (count = 0; count < size && tail + count != head_of(ends) &&
				look(ring, tail + count, &entry);
		     count++)
			bytes[count] = entry;
		if (!count)
			return 0;
		/* Producers move the head meanwhile; what we copied stays good while the tail does
		 * not. */
		while (tail_of(ends) == tail)
			if (atomic_compare_exchange_weak(&ring->ends, &ends,
							 ends_of(head_of(ends), tail + count)))
				return count;
	}
}
