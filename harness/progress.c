// SPDX-License-Identifier: GPL-2.0-only
#include "harness/progress.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static unsigned width(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1
									       : 79;
}

void progress_show(size_t done, size_t all, unsigned failed, const char *name)
{
	char line[256], failures[32] = "";

	if (!isatty(STDERR_FILENO))
		return;
	if (failed)
		snprintf(failures, sizeof(failures), ", %u failed", failed);
	snprintf(line, sizeof(line), "%zu of %zu%s: %s", done + 1, all, failures, name);
	/* A line that is broken by the terminal cannot be wiped. */
	fprintf(stderr, "\r\033[K%.*s", (int)width(), line);
	fflush(stderr);
}

void progress_wipe(void)
{
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}
