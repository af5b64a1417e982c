/* SPDX-License-Identifier: GPL-2.0-only */
/* Options that `armlet test` and `armlet bench` have in common: what is selected, and the record.
 */
#ifndef CLI_SELECT_OPTIONS_H
#define CLI_SELECT_OPTIONS_H

#include <stddef.h>

/*
 * Appends `word` to `patterns`, which has `*count` of at most `limit`. Returns 0 or -EINVAL,
 * described; `command` is whose --list tells what there is.
 */
int options_pattern(const char *command, const char *word, const char **patterns, size_t *count,
		    size_t limit);

/* --irqchip: TEST_ON() bits, 0 for "all". Returns 0 or -EINVAL, described. */
int options_irqchips(const char *value, unsigned *irqchips);

/* --json: the name of a file. Returns 0 or -EINVAL, described. */
int options_record(const char *value, const char **file);

#endif
