/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

/* What the user may have meant: the one of `names` (ended by NULL) that is closest to `word`, or
 * NULL when none is close. */
const char *nearest_name(const char *word, const char *const *names);

#endif
