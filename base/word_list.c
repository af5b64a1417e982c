// SPDX-License-Identifier: GPL-2.0-only
#include "base/word_list.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

char *word_list_next(const char **rest)
{
	const char *text = *rest;
	char *word = text ? malloc(strlen(text) + 1) : NULL, *end = word;

	if (!word)
		return NULL;
	while (*text && (*text != ',' || text[1] == ',')) {
		text += *text == ',';
		*end++ = *text++;
	}
	*end = '\0';
	*rest = *text ? text + 1 : NULL;
	return word;
}

const char *word_list_value(const char *word, const char *name)
{
	size_t length = strlen(name);

	return strncmp(word, name, length) == 0 && word[length] == '=' ? word + length + 1 : NULL;
}

bool word_list_number(const char *text, unsigned long min, unsigned long max, unsigned long *number)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*number = strtoul(text, &end, 10);
	return !errno && !*end && *number >= min && *number <= max;
}
