/* SPDX-License-Identifier: GPL-2.0-only */
/* The meter's counts in the words of the field. Pure logic. */
#ifndef HARNESS_COMPARE_WORDS_H
#define HARNESS_COMPARE_WORDS_H

#include <stddef.h>

/* "gic.redistributor.write" is "redistributor writes"; a name that is not known is itself. Returns
 * `text`. */
const char *compare_count_words(const char *name, char *text, size_t size);

/* "2 fewer redistributor writes (3 → 1)". Returns `text`. */
const char *compare_count_sentence(const char *name, double base, double new, char *text,
				   size_t size);

#endif
