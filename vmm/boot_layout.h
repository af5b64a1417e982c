/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where kernel, initrd and device tree go in guest RAM (Linux,
 * Documentation/arch/arm64/booting.rst), and putting them there.
 *
 * Image and flat binary start at text_offset from the first 2 MiB boundary of RAM; ELF segments at
 * their p_paddr. Initrd and device tree go as high as possible, the device tree on top, in the
 * first of these places in which both fit:
 *
 *  1. below RAM + 512 MiB (kernels before 4.2 look for the device tree no further), at least
 *     2 MiB above all that is known of the kernel, for its early stack;
 *  2. the same below the end of the 32 GiB, aligned to 1 GiB, in which Linux wants its initrd;
 *  3. below an ELF kernel that is linked to the end of RAM;
 *  4. small RAM: at least 64 KiB above the kernel, the device tree not on a 2 MiB boundary if it
 *     must.
 *
 * The device tree has a 2 MiB block of its own but in the last case, where the initrd is its
 * neighbour. Initrds are aligned to 64 KiB, the largest page of a guest.
 *
 * boot_layout_compute() is pure. All addresses are IPAs, all sizes bytes.
 */
#ifndef VMM_BOOT_LAYOUT_H
#define VMM_BOOT_LAYOUT_H

#include <stdint.h>

#include "base/guest_memory.h"
#include "vmm/kernel_image.h"

#define BOOT_DTB_MAX_SIZE UINT64_C(0x200000)

/* What to lay out. */
struct boot_request {
	uint64_t ram_base;
	uint64_t ram_size;
	const struct kernel_image *kernel;
	uint64_t initrd_size; /* 0: none */
	uint64_t dtb_size;    /* the most that it will have; not 0 */
};

/* [file_offset, + file_size) of the kernel's payload goes to `ipa`; memory_size with its BSS. */
struct boot_piece {
	uint64_t ipa;
	uint64_t file_offset;
	uint64_t file_size;
	uint64_t memory_size;
};

struct boot_layout {
	uint64_t entry;
	unsigned piece_count;
	struct boot_piece pieces[KERNEL_IMAGE_SEGMENTS];
	uint64_t kernel_start, kernel_end; /* of all pieces, with BSS and the holes between */
	uint64_t initrd, initrd_size;	   /* 0, 0: none */
	uint64_t dtb, dtb_size;
};

/*
 * Returns 0, or, described: -ENOSPC when RAM is too small, with the --mem that suffices; -EFBIG for
 * a device tree beyond 2 MiB or an initrd beyond 32 GiB; -ENOEXEC for a kernel that fits into no
 * RAM of this machine (segments below RAM or over each other, an absurd text_offset).
 */
int boot_layout_compute(struct boot_layout *layout, const struct boot_request *request);

/*
 * Copies kernel and initrd into RAM, which reads as zero (new, or after guest_memory_zero()); the
 * device tree is the caller's. `initrd_fd` is not looked at without an initrd. Returns 0 or
 * -errno, described.
 */
int boot_load(const struct boot_layout *layout, const struct kernel_image *kernel, int initrd_fd,
	      struct guest_memory *memory);

#endif
