/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ELF64 kernels (System V gABI; ELF for the Arm 64-bit Architecture).
 */
#ifndef VMM_KERNEL_ELF_H
#define VMM_KERNEL_ELF_H

#include "vmm/kernel_image.h"
#include "vmm/kernel_source.h"

/*
 * Checks the ELF file `source` and fills entry and segments of `image`. A segment goes to its
 * p_paddr. e_entry is a virtual address by the gABI, and is translated by the segment in which it
 * lies, as QEMU does it; one that lies in none of them, but in the physical range of a segment,
 * is taken as it is.
 *
 * Returns 0 or -ENOEXEC, described. Whether the segments fit into RAM is not looked at.
 */
int kernel_elf_parse(const struct kernel_source *source, struct kernel_image *image);

/*
 * Copies just what the segments need from the source (a vmlinux with debug information can be
 * larger than RAM) into image->payload, and points the segments there.
 */
int kernel_elf_copy(const struct kernel_source *source, struct kernel_image *image);

#endif
