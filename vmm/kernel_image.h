/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Opening a kernel: recognises what the user named, decompresses it, checks all of it that can be
 * checked, and keeps the result in a sealed memfd, before any VM exists.
 *
 * Known formats, also one within the other (at most KERNEL_IMAGE_LAYERS compressions deep):
 *
 *  - arm64 `Image`, with or without EFI stub (Linux, Documentation/arch/arm64/booting.rst);
 *  - gzip (RFC 1952) and zstd (RFC 8878) around any of these;
 *  - EFI zboot `vmlinuz` with a gzip or zstd payload (Linux,
 *    drivers/firmware/efi/libstub/zboot-header.S);
 *  - ELF64 for AArch64, little-endian, ET_EXEC or ET_DYN, loaded at its p_paddr;
 *  - with KERNEL_LOAD_FLAT: any bytes, no header looked at, loaded and entered at RAM + 0x80000.
 *
 * Decompression needs address space for as much as RAM holds, memory only for the result. Nothing
 * stays on the heap. For start-up: not for several threads on one object.
 */
#ifndef VMM_KERNEL_IMAGE_H
#define VMM_KERNEL_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sealed_file.h"

#define KERNEL_IMAGE_SEGMENTS 32
#define KERNEL_IMAGE_LAYERS   3

/* Where a kernel without a header of its own goes, from a 2 MiB boundary. */
#define KERNEL_IMAGE_DEFAULT_TEXT_OFFSET UINT64_C(0x80000)

enum kernel_load_mode {
	KERNEL_LOAD_AUTO,
	KERNEL_LOAD_FLAT,
};

enum kernel_format {
	KERNEL_FORMAT_IMAGE,
	KERNEL_FORMAT_ELF,
	KERNEL_FORMAT_FLAT,
};

/* A PT_LOAD of an ELF kernel: where its bytes are in the payload, and where they go. */
struct kernel_segment {
	uint64_t file_offset;
	uint64_t file_size;
	uint64_t memory_size; /* at least file_size; the rest is zero */
	uint64_t paddr;	      /* IPA; paddr + memory_size does not wrap, else unchecked */
};

struct kernel_image {
	struct sealed_file payload; /* owned; what is copied into RAM, decompressed */
	enum kernel_format format;
	char description[80]; /* for people: "EFI zboot with zstd payload" */

	/* Image and flat binary: from a 2 MiB boundary; size in memory with BSS, at least the
	 * payload's. Without `footprint_known` (flat, and Linux before 3.17) it is just that, and
	 * as much memory as possible should stay free behind it. */
	uint64_t text_offset;
	uint64_t image_size;
	bool footprint_known;
	uint64_t flags; /* Image: as in its header; bits 1-2 page size, bit 3 placement */

	/* ELF: the entry point's IPA, and what is loaded. */
	uint64_t entry;
	unsigned segment_count;
	struct kernel_segment segments[KERNEL_IMAGE_SEGMENTS];
};

/*
 * Opens the kernel at `path` for a guest with `ram_size` bytes of RAM. Where things go in that RAM
 * is for boot_layout_compute() to say. Data that follows a compressed kernel is ignored, with a
 * warning unless it is zero, as gzip(1) does; several gzip members or zstd frames are one kernel.
 *
 * Returns 0; -ENOEXEC for what cannot be booted (foreign, big-endian, truncated, corrupt), -EFBIG
 * when it is larger than RAM, or what sealed_file_open() returns. Failures are described, and leave
 * nothing open.
 */
int kernel_image_open(const char *path, enum kernel_load_mode mode, uint64_t ram_size,
		      struct kernel_image *image);

/* Harmless after a failed open, and twice. */
void kernel_image_close(struct kernel_image *image);

#endif
