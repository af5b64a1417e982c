// SPDX-License-Identifier: GPL-2.0-only
#include "devices/virtio/spans.h"

#include <string.h>

/* A place in spans. */
struct cursor {
	const struct iovec *span;
	unsigned left; /* spans, this one included */
	size_t offset; /* in it */
};

static struct cursor cursor_at(const struct iovec *spans, unsigned count, size_t offset)
{
	while (count && offset >= spans->iov_len) {
		offset -= spans->iov_len;
		spans++;
		count--;
	}
	return (struct cursor){ spans, count, offset };
}

/* The next bytes that lie together, `*size` of them and at most as many as that was; NULL: none. */
static void *next_run(struct cursor *cursor, size_t *size)
{
	char *run;

	while (cursor->left && cursor->offset == cursor->span->iov_len) {
		cursor->span++;
		cursor->left--;
		cursor->offset = 0;
	}
	if (!cursor->left || !*size)
		return NULL;
	run = (char *)cursor->span->iov_base + cursor->offset;
	if (*size > cursor->span->iov_len - cursor->offset)
		*size = cursor->span->iov_len - cursor->offset;
	cursor->offset += *size;
	return run;
}

size_t spans_copy_out(const struct iovec *spans, unsigned count, size_t offset, void *to,
		      size_t size)
{
	struct cursor cursor = cursor_at(spans, count, offset);
	size_t done = 0, part = size;
	const void *run;

	while ((run = next_run(&cursor, &part))) {
		memcpy((char *)to + done, run, part);
		done += part;
		part = size - done;
	}
	return done;
}

size_t spans_copy_in(const struct iovec *spans, unsigned count, size_t offset, const void *from,
		     size_t size)
{
	struct cursor cursor = cursor_at(spans, count, offset);
	size_t done = 0, part = size;
	void *run;

	while ((run = next_run(&cursor, &part))) {
		memcpy(run, (const char *)from + done, part);
		done += part;
		part = size - done;
	}
	return done;
}

size_t spans_clear(const struct iovec *spans, unsigned count, size_t offset, size_t size)
{
	struct cursor cursor = cursor_at(spans, count, offset);
	size_t done = 0, part = size;
	void *run;

	while ((run = next_run(&cursor, &part))) {
		memset(run, 0, part);
		done += part;
		part = size - done;
	}
	return done;
}

size_t spans_skip(struct iovec **spans, unsigned *count, size_t bytes)
{
	size_t left = bytes;

	while (*count && left >= (*spans)->iov_len) {
		left -= (*spans)->iov_len;
		++*spans;
		--*count;
	}
	if (!*count)
		return bytes - left;
	(*spans)->iov_base = (char *)(*spans)->iov_base + left;
	(*spans)->iov_len -= left;
	return bytes;
}

unsigned spans_truncate(struct iovec *spans, unsigned count, size_t bytes)
{
	for (unsigned i = 0; i < count; i++) {
		if (bytes <= spans[i].iov_len) {
			spans[i].iov_len = bytes;
			return bytes ? i + 1 : i;
		}
		bytes -= spans[i].iov_len;
	}
	return count;
}
