// SPDX-License-Identifier: GPL-2.0-only
#include "devices/mmio_bus.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

struct mmio_table {
	struct mmio_table *replaced; /* the one before, which a vCPU may still be reading */
	unsigned count;
	struct mmio_region regions[]; /* by ascending base */
};

static struct mmio_table empty_table;

void mmio_bus_init(struct mmio_bus *bus)
{
	atomic_init(&bus->table, &empty_table);
}

void mmio_bus_destroy(struct mmio_bus *bus)
{
	struct mmio_table *table = atomic_load(&bus->table);

	while (table != &empty_table) {
		struct mmio_table *replaced = table->replaced;

		free(table);
		table = replaced;
	}
	atomic_store(&bus->table, &empty_table);
}

/* How many regions begin at or below `ipa`: the last of them is the only one that can hold it. */
static unsigned regions_up_to(const struct mmio_table *table, uint64_t ipa)
{
	unsigned low = 0, high = table->count;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;

		if (table->regions[middle].base <= ipa)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static uint64_t last_address(const struct mmio_region *region)
{
	return region->base + (region->size - 1);
}

/* A copy of the bus's table with room for `count` regions, or NULL, described. */
static struct mmio_table *new_table(struct mmio_bus *bus, unsigned count, const char *name)
{
	struct mmio_table *old = atomic_load(&bus->table), *table;

	table = malloc(sizeof(*table) + count * sizeof(table->regions[0]));
	if (!table) {
		log_error(-ENOMEM, "cannot change the bus for device %s: not enough memory", name);
		return NULL;
	}
	table->replaced = old;
	table->count = count;
	return table;
}

int mmio_bus_add(struct mmio_bus *bus, const struct mmio_region *region)
{
	struct mmio_table *old = atomic_load(&bus->table), *table;
	const struct mmio_region *other = NULL;
	unsigned place;
	uint64_t last;

	if (!region->size || __builtin_add_overflow(region->base, region->size - 1, &last))
		return log_error(-EINVAL,
				 "cannot put device %s on the bus: 0x%" PRIx64
				 " bytes at 0x%" PRIx64 " are not a range of addresses",
				 region->name, region->size, region->base);

	place = regions_up_to(old, last);
	if (place && last_address(&old->regions[place - 1]) >= region->base)
		other = &old->regions[place - 1];
	if (other)
		return log_error(-EEXIST,
				 "cannot put device %s on the bus at 0x%" PRIx64 "-0x%" PRIx64
				 ": device %s is at 0x%" PRIx64 "-0x%" PRIx64,
				 region->name, region->base, last, other->name, other->base,
				 last_address(other));

	table = new_table(bus, old->count + 1, region->name);
	if (!table)
		return -ENOMEM;
	memcpy(table->regions, old->regions, place * sizeof(*region));
	table->regions[place] = *region;
	memcpy(table->regions + place + 1, old->regions + place,
	       (old->count - place) * sizeof(*region));
	atomic_store(&bus->table, table);
	return 0;
}

int mmio_bus_remove(struct mmio_bus *bus, uint64_t base)
{
	struct mmio_table *old = atomic_load(&bus->table), *table;
	unsigned place = regions_up_to(old, base);

	if (!place || old->regions[place - 1].base != base)
		return -ENOENT;
	place--;
	table = new_table(bus, old->count - 1, old->regions[place].name);
	if (!table)
		return -ENOMEM;
	memcpy(table->regions, old->regions, place * sizeof(table->regions[0]));
	memcpy(table->regions + place, old->regions + place + 1,
	       (table->count - place) * sizeof(table->regions[0]));
	atomic_store(&bus->table, table);
	return 0;
}

/* The region that holds all of [ipa, ipa + size), or NULL. */
static const struct mmio_region *find_region(const struct mmio_table *table, uint64_t ipa,
					     unsigned size)
{
	const struct mmio_region *region;
	unsigned place = regions_up_to(table, ipa);

	if (!place)
		return NULL;
	region = &table->regions[place - 1];
	if (size > region->size || ipa - region->base > region->size - size)
		return NULL;
	return region;
}

const struct mmio_region *mmio_bus_search(struct mmio_bus *bus, struct mmio_cursor *cursor,
					  uint64_t ipa, unsigned size)
{
	const struct mmio_table *table = atomic_load_explicit(&bus->table, memory_order_acquire);
	const struct mmio_region *region = find_region(table, ipa, size);

	/* A cursor without a region has no table either. */
	if (region)
		*cursor = (struct mmio_cursor){ table, region };
	return region;
}

static uint64_t cut(uint64_t value, unsigned size)
{
	return size < 8 ? value & ((UINT64_C(1) << (8 * size)) - 1) : value;
}

int mmio_bus_read(struct mmio_bus *bus, unsigned cpu, uint64_t ipa, unsigned size, uint64_t *value)
{
	struct mmio_cursor cursor = { 0 };
	const struct mmio_region *region = mmio_bus_search(bus, &cursor, ipa, size);

	*value = 0;
	if (!region)
		return -ENODEV;
	*value = cut(region->ops->read(region->device, ipa - region->base, size, cpu), size);
	return 0;
}

int mmio_bus_write(struct mmio_bus *bus, unsigned cpu, uint64_t ipa, unsigned size, uint64_t value)
{
	struct mmio_cursor cursor = { 0 };
	const struct mmio_region *region = mmio_bus_search(bus, &cursor, ipa, size);

	if (!region)
		return -ENODEV;
	region->ops->write(region->device, ipa - region->base, cut(value, size), size, cpu);
	return 0;
}
