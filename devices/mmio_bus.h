/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which device answers at a guest physical address.
 *
 * The table is immutable: a change builds a new one and swaps it in as a whole, so that the vCPU
 * threads look regions up without a lock. Tables that were replaced are freed with the bus (changes
 * are few: a moved BAR, a flash mode). Adding and removing are for one thread at a time; reading
 * and writing for all.
 */
#ifndef DEVICES_MMIO_BUS_H
#define DEVICES_MMIO_BUS_H

#include <stdatomic.h>
#include <stdint.h>

/*
 * What a device does when a vCPU reads or writes in its region. Called on vCPU threads, several at
 * once: a device must not block, print or allocate here. `offset` is from the region's base; `size`
 * is 1, 2, 4 or 8; the access lies wholly within the region but may be unaligned; `cpu` is the
 * vCPU's index. A read's value is cut to `size` bytes by the bus; a written value has its upper
 * bytes clear.
 */
struct mmio_ops {
	uint64_t (*read)(void *device, uint64_t offset, unsigned size, unsigned cpu);
	void (*write)(void *device, uint64_t offset, uint64_t value, unsigned size, unsigned cpu);
};

struct mmio_region {
	uint64_t base, size; /* IPA and bytes */
	const struct mmio_ops *ops;
	void *device; /* passed to ops; not owned */
	const char *name;
};

struct mmio_table;

/*
 * Where a thread found something last: most accesses go to the same region again. Each thread has
 * its own; zeroed memory is a valid initial state. It stays valid whatever happens to the table.
 */
struct mmio_cursor {
	const struct mmio_table *table;
	const struct mmio_region *region;
};

struct mmio_bus {
	_Atomic(struct mmio_table *) table;
};

void mmio_bus_init(struct mmio_bus *bus);
/* No vCPU may use the bus any more. */
void mmio_bus_destroy(struct mmio_bus *bus);

/*
 * Adds a region (copied). Returns 0, -EINVAL when it is empty or wraps, -EEXIST when it overlaps
 * another, -ENOMEM; failures are described.
 */
int mmio_bus_add(struct mmio_bus *bus, const struct mmio_region *region);
/*
 * Removes the region that begins at `base`. Returns 0, -ENOENT when none does, -ENOMEM, described.
 * A vCPU may still be inside its ops afterwards: the device must outlive the bus, or the vCPUs.
 */
int mmio_bus_remove(struct mmio_bus *bus, uint64_t base);

/*
 * A guest's access of `size` 1, 2, 4 or 8 bytes, by vCPU number `cpu`. Return 0, or -ENODEV when no
 * single region holds the whole of it; then nothing was done and `*value` is 0.
 */
int mmio_bus_read(struct mmio_bus *bus, unsigned cpu, uint64_t ipa, unsigned size, uint64_t *value);
int mmio_bus_write(struct mmio_bus *bus, unsigned cpu, uint64_t ipa, unsigned size, uint64_t value);

/* The region that holds all of [ipa, ipa + size), or NULL; `size` is 1, 2, 4 or 8. For who calls
 * its ops directly. */
const struct mmio_region *mmio_bus_search(struct mmio_bus *bus, struct mmio_cursor *cursor,
					  uint64_t ipa, unsigned size);

static inline const struct mmio_region *
mmio_bus_find(struct mmio_bus *bus, struct mmio_cursor *cursor, uint64_t ipa, unsigned size)
{
	const struct mmio_region *region = cursor->region;

	if (__builtin_expect(
		    cursor->table == atomic_load_explicit(&bus->table, memory_order_acquire), 1) &&
	    size <= region->size && ipa - region->base <= region->size - size)
		return region;
	return mmio_bus_search(bus, cursor, ipa, size);
}

#endif
