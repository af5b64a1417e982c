// SPDX-License-Identifier: GPL-2.0-only
#include "base/nearest.h"

#include <stddef.h>
#include <string.h>

/* Levenshtein's distance, with as much of the words as decides. */
static unsigned edit_distance(const char *a, const char *b)
{
	unsigned row[96];
	size_t length = strlen(b);

	if (length >= sizeof(row) / sizeof(row[0]))
		return ~0u;
	for (size_t i = 0; i <= length; i++)
		row[i] = i;
	for (size_t i = 0; a[i]; i++) {
		unsigned diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < length; j++) {
			unsigned best = diagonal + (a[i] != b[j]);

			if (best > row[j] + 1)
				best = row[j] + 1;
			if (best > row[j + 1] + 1)
				best = row[j + 1] + 1;
			diagonal = row[j + 1];
			row[j + 1] = best;
		}
	}
	return row[length];
}

const char *nearest_name(const char *word, const char *const *names)
{
	const char *nearest = NULL;
	/* A third of the letters may be wrong, but not a whole short word. */
	unsigned limit = strlen(word) / 3 + 1;

	if (strlen(word) < 2)
		return NULL;
	for (; *names; names++) {
		unsigned distance = edit_distance(word, *names);

		if (distance <= limit && distance < strlen(*names)) {
			nearest = *names;
			limit = distance - 1;
			if (!distance)
				break;
		}
	}
	return nearest;
}
