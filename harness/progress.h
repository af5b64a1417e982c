/* SPDX-License-Identifier: GPL-2.0-only */
/* A line on the terminal that says what is being done, and is wiped before others are written. */
#ifndef HARNESS_PROGRESS_H
#define HARNESS_PROGRESS_H

#include <stddef.h>

/* Writes it on stderr, if that is a terminal. */
void progress_show(size_t done, size_t all, unsigned failed, const char *name);
void progress_wipe(void);

#endif
