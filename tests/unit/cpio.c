// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/cpio.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static size_t add(char *archive, size_t size, const char *name, unsigned content)
{
	/* The names' size is the twelfth field, the file's the seventh. */
	size += sprintf(archive + size, "070701%048d%08x%032d%08zx%08d", 0, content, 0,
			strlen(name) + 1, 0);
	memcpy(archive + size, name, strlen(name) + 1);
	for (size += strlen(name) + 1; size % 4;)
		archive[size++] = '\0';
	memset(archive + size, 'x', content);
	for (size += content; size % 4;)
		archive[size++] = '\0';
	return size;
}

size_t cpio_make(char *archive, const char *name, ...)
{
	size_t size = 0;
	va_list more;

	va_start(more, name);
	for (; name; name = va_arg(more, const char *))
		size = add(archive, size, name, 10);
	va_end(more);
	return add(archive, size, "TRAILER!!!", 0);
}
