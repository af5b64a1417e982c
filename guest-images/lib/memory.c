// SPDX-License-Identifier: GPL-2.0-only
/* What the compiler may call. */
#include "guest-images/lib/cpu.h"

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memset(void *to, int value, size_t size);

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((char *)to)[i] = ((const char *)from)[i];
	return to;
}

void *memset(void *to, int value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((char *)to)[i] = value;
	return to;
}
