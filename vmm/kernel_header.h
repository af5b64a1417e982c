/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The headers that Linux kernels for arm64 begin with: of an Image, and of EFI zboot.
 */
#ifndef VMM_KERNEL_HEADER_H
#define VMM_KERNEL_HEADER_H

#include "vmm/kernel_decompress.h"
#include "vmm/kernel_image.h"
#include "vmm/kernel_source.h"

/*
 * Checks the Image `source` and fills text_offset, image_size, flags and footprint_known (Linux,
 * Documentation/arch/arm64/booting.rst, "Call the kernel image"). The header says how much memory
 * the kernel needs, not how long its file is; with an EFI stub, the PE section table tells that
 * too, and a file cut short is seen.
 *
 * Returns 0 or -ENOEXEC, described.
 */
int kernel_header_parse_image(const struct kernel_source *source, struct kernel_image *image);

/* The compressed payload of an EFI zboot kernel. */
struct kernel_zboot {
	enum kernel_compression compression;
	uint64_t offset, length; /* within the file */
};

/* Returns 0 or -ENOEXEC, described. */
int kernel_header_parse_zboot(const struct kernel_source *source, struct kernel_zboot *zboot);

#endif
