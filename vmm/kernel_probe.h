/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recognising kernels, and files that are often taken for one, by their first bytes.
 */
#ifndef VMM_KERNEL_PROBE_H
#define VMM_KERNEL_PROBE_H

#include "vmm/kernel_source.h"

/* Reaches to the magic of x86's bzImage at 0x202. */
#define KERNEL_HEAD_SIZE 1024

enum kernel_kind {
	KERNEL_KIND_IMAGE,
	KERNEL_KIND_ELF,
	KERNEL_KIND_GZIP,
	KERNEL_KIND_ZSTD,
	KERNEL_KIND_ZBOOT,
};

/* The first bytes of a file. */
struct kernel_head {
	size_t size;			 /* how many of them the file has */
	uint8_t bytes[KERNEL_HEAD_SIZE]; /* zero from there on */
};

int kernel_head_read(const struct kernel_source *source, struct kernel_head *head);

/*
 * Returns the kind of kernel that begins with `head`, or -ENOEXEC after saying what else it is.
 * That the header is complete is for the kind's own parser to check.
 */
int kernel_probe(const struct kernel_source *source, const struct kernel_head *head);

#endif
