/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's RAM, as the monitor sees it.
 *
 * All access from the monitor to guest memory goes through guest_memory_at(), which checks the
 * range. The guest can change its memory at any instant: read a value once, then use the copy.
 * The table is built before the first vCPU runs and never changes afterwards, so that any thread
 * may look things up without a lock.
 */
#ifndef BASE_GUEST_MEMORY_H
#define BASE_GUEST_MEMORY_H

#include <stddef.h>
#include <stdint.h>

struct guest_memory {
	uint64_t ipa;  /* first guest physical address; page aligned */
	uint64_t size; /* bytes; a multiple of the host's page size */
	void *host;    /* the same in this process; owned */
};

/*
 * Reserves (does not populate) `size` bytes of zeroed RAM at `ipa`, huge pages welcome.
 * Returns 0, -EINVAL for a range that is not page aligned or wraps, -ENOMEM; failures are
 * described.
 */
int guest_memory_create(struct guest_memory *memory, uint64_t ipa, uint64_t size);
void guest_memory_destroy(struct guest_memory *memory);

/* The host address of [ipa, ipa + length), or NULL when any byte of it lies outside RAM. */
void *guest_memory_at(const struct guest_memory *memory, uint64_t ipa, uint64_t length);

/*
 * Fills [ipa, ipa + length) with the contents of `fd` from `offset` on; moves the position of a
 * sealed memfd. Returns 0 or -errno, described (-EINVAL: outside RAM; -EIO: the file is shorter).
 */
int guest_memory_load(struct guest_memory *memory, uint64_t ipa, int fd, uint64_t offset,
		      uint64_t length);

/* Gives all RAM back to the host: it reads as zeroes again. Returns 0 or -errno, described. */
int guest_memory_zero(struct guest_memory *memory);

#endif
