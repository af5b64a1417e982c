/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copies between the spans of a descriptor chain and memory of our own. Spans lie in guest memory,
 * which can change meanwhile: what was copied out is looked at, never the original.
 */
#ifndef DEVICES_VIRTIO_SPANS_H
#define DEVICES_VIRTIO_SPANS_H

#include <stddef.h>
#include <sys/uio.h>

/* Copy up to `size` bytes from or to the spans, from their byte `offset` on; return how many. */
size_t spans_copy_out(const struct iovec *spans, unsigned count, size_t offset, void *to,
		      size_t size);
size_t spans_copy_in(const struct iovec *spans, unsigned count, size_t offset, const void *from,
		     size_t size);

/* Fills up to `size` bytes with zero likewise; returns how many. */
size_t spans_clear(const struct iovec *spans, unsigned count, size_t offset, size_t size);

/*
 * Leaves out the first `bytes` bytes: moves `*spans` and `*count` on and shortens the first that
 * stays. Returns how many were there to be left out.
 */
size_t spans_skip(struct iovec **spans, unsigned *count, size_t bytes);

/* Cuts the spans off behind `bytes` bytes; returns the new number of spans. */
unsigned spans_truncate(struct iovec *spans, unsigned count, size_t bytes);

#endif
