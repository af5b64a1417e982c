// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest-images/protocol.h"
#include "harness/guest_tests.h"

const char *guest_symbol_describe(uint64_t pc, char *text, size_t size)
{
	const char *line = guest_symbols, *name = NULL;
	uint64_t start = 0;
	size_t length = 0;

	text[0] = '\0';
	if (pc < GUEST_IMAGE_BASE ||
	    pc >= GUEST_IMAGE_BASE + (uint64_t)(guest_image_end - guest_image_start))
		return text;
	while (*line) {
		char *rest;
		uint64_t address = strtoull(line, &rest, 16);

		if (address > pc)
			break;
		start = address;
		name = rest + strspn(rest, " ");
		length = strcspn(name, "\n");
		line = name + length + strspn(name + length, "\n");
	}
	if (name)
		snprintf(text, size, "%.*s+0x%" PRIx64, (int)length, name, pc - start);
	return text;
}
