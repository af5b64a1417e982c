// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/kernel_source.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"

int kernel_source_refuse(const struct kernel_source *source, const char *format, ...)
{
	char reason[512];
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	return log_error(-ENOEXEC, "cannot boot kernel '%s'%s: %s", source->request->path,
			 source->layers ? ", decompressed" : "", reason);
}

int kernel_source_refuse_truncated(const struct kernel_source *source, const char *part,
				   uint64_t offset, uint64_t length)
{
	return kernel_source_refuse(source,
				    "it is truncated: its %s needs %" PRIu64
				    " bytes from offset %" PRIu64 " on, but it has %" PRIu64
				    " bytes in all: fetch, build or copy it again",
				    part, length, offset, source->file.size);
}

int kernel_source_read(const struct kernel_source *source, const char *part, uint64_t offset,
		       void *to, size_t length)
{
	uint64_t at = offset, end;
	char *next = to;

	if (__builtin_add_overflow(offset, length, &end) || end > source->file.size)
		return kernel_source_refuse_truncated(source, part, offset, length);
	while (at < end) {
		ssize_t got = pread(source->file.fd, next, end - at, at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return log_error(-errno, "cannot read kernel '%s': %s",
					 source->request->path, strerror(errno));
		/* Somebody cut the file short after we asked for its size. */
		if (!got)
			return kernel_source_refuse_truncated(source, part, offset, length);
		next += got;
		at += got;
	}
	return 0;
}
