/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arguments of options that are lists: FIRST[,NAME][,NAME=VALUE]... A comma that belongs to a word
 * is written twice.
 */
#ifndef BASE_WORD_LIST_H
#define BASE_WORD_LIST_H

#include <stdbool.h>

/*
 * Takes the next word off *rest: a copy in new memory, which the caller frees, with single commas
 * for double ones. Returns NULL at the end of the list, or when there is no memory. A list that
 * ends in a comma has an empty word at its end. Begin with *rest at the list; it becomes NULL
 * behind the last word.
 */
char *word_list_next(const char **rest);

/* What follows "NAME=" in a word, or NULL when the word is something else. */
const char *word_list_value(const char *word, const char *name);

/* A decimal number, all of the text, within [min, max]; false if it is no such thing. */
bool word_list_number(const char *text, unsigned long min, unsigned long max,
		      unsigned long *number);

#endif
