/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From what the plugin wrote, a line for each iteration, and the record of `armlet bench`, which
 * knows the operations' names, to the meter's record (docs/meter.md).
 */
#ifndef TESTS_METER_JOIN_H
#define TESTS_METER_JOIN_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "tests/meter/counts.h"

struct sample {
	uint64_t operation;
	uint64_t counts[COUNTS];
};

struct samples {
	struct sample *all;
	size_t number;
};

/* Returns 0; -EINVAL if line *line is none of the plugin's; -ENOMEM. Either way samples_free()
 * frees what there is. */
int samples_read(struct samples *samples, FILE *file, size_t *line);
void samples_free(struct samples *samples);

/*
 * The meter's record. Of an operation's iterations it keeps those that took the same physical
 * interrupts as most did: another one, the host's tick say, is no part of the operation. lab: what
 * to say of the emulated host. Borrows its arguments. NULL if bench is no record of `armlet bench`,
 * or without memory.
 */
json_t *join_record(const struct samples *samples, json_t *bench, json_t *lab);

#endif
