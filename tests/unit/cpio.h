/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_UNIT_CPIO_H
#define TESTS_UNIT_CPIO_H

#include <stddef.h>

/* Makes an archive of files with these names, up to NULL, of ten bytes each. Returns its size. */
size_t cpio_make(char *archive, const char *name, ...);

#endif
