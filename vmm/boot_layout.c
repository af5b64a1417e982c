// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/boot_layout.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/log.h"

#define KIB	     UINT64_C(0x400)
#define MIB	     UINT64_C(0x100000)
#define GIB	     UINT64_C(0x40000000)
#define BLOCK	     (2 * MIB)
#define INITRD_ALIGN (64 * KIB)
#define GAP	     (2 * MIB)
#define SMALL_GAP    (64 * KIB)
#define DTB_REACH    (512 * MIB)
/* No IPA is wider than 52 bits; nothing that ends here wraps when a gap is added. */
#define MAX_IPA	      (UINT64_C(1) << 52)
#define INITRD_WINDOW (32 * GIB)

static uint64_t align_down(uint64_t value, uint64_t alignment)
{
	return value & ~(alignment - 1);
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t to_mib(uint64_t size)
{
	return size / MIB + (size % MIB != 0);
}

/* How much RAM surely suffices with the kernel where it is. */
static uint64_t sufficient_ram(const struct boot_layout *layout, const struct boot_request *request)
{
	return layout->kernel_end - request->ram_base + GAP + request->initrd_size + INITRD_ALIGN +
	       BLOCK + BOOT_DTB_MAX_SIZE;
}

static int check_overlap(const struct boot_layout *layout)
{
	for (unsigned i = 0; i < layout->piece_count; i++) {
		for (unsigned j = 0; j < i; j++) {
			const struct boot_piece *a = &layout->pieces[i], *b = &layout->pieces[j];

			if (a->ipa >= b->ipa + b->memory_size || b->ipa >= a->ipa + a->memory_size)
				continue;
			return log_error(
				-ENOEXEC,
				"cannot place the kernel in RAM: its segments at 0x%" PRIx64
				" (0x%" PRIx64 " bytes) and 0x%" PRIx64 " (0x%" PRIx64
				" bytes) overlap: link it anew",
				b->ipa, b->memory_size, a->ipa, a->memory_size);
		}
	}
	return 0;
}

static int place_segments(struct boot_layout *layout, const struct boot_request *request)
{
	const struct kernel_image *kernel = request->kernel;

	layout->entry = kernel->entry;
	layout->kernel_start = UINT64_MAX;
	for (unsigned i = 0; i < kernel->segment_count; i++) {
		const struct kernel_segment *segment = &kernel->segments[i];
		uint64_t end = segment->paddr + segment->memory_size;

		if (segment->paddr < request->ram_base || end > MAX_IPA)
			return log_error(
				-ENOEXEC,
				"cannot place the kernel in RAM: an ELF segment of 0x%" PRIx64
				" bytes goes to physical address 0x%" PRIx64
				", but RAM begins at 0x%" PRIx64
				": link it to RAM, or if it is a Linux vmlinux, give "
				"armlet the Image (arch/arm64/boot/Image)",
				segment->memory_size, segment->paddr, request->ram_base);
		layout->pieces[layout->piece_count++] = (struct boot_piece){
			.ipa = segment->paddr,
			.file_offset = segment->file_offset,
			.file_size = segment->file_size,
			.memory_size = segment->memory_size,
		};
		layout->kernel_start = min_u64(layout->kernel_start, segment->paddr);
		if (end > layout->kernel_end)
			layout->kernel_end = end;
	}
	return check_overlap(layout);
}

static int place_image(struct boot_layout *layout, const struct boot_request *request)
{
	const struct kernel_image *kernel = request->kernel;
	uint64_t base;

	if (__builtin_add_overflow(request->ram_base, BLOCK - 1, &base) ||
	    __builtin_add_overflow(align_down(base, BLOCK), kernel->text_offset,
				   &layout->kernel_start) ||
	    __builtin_add_overflow(layout->kernel_start, kernel->image_size, &layout->kernel_end) ||
	    layout->kernel_end > MAX_IPA)
		return log_error(-ENOEXEC,
				 "cannot place the kernel in RAM: its header asks for 0x%" PRIx64
				 " bytes at offset 0x%" PRIx64
				 ": it is corrupt, fetch, build or copy it again",
				 kernel->image_size, kernel->text_offset);
	layout->entry = layout->kernel_start;
	layout->pieces[layout->piece_count++] = (struct boot_piece){
		.ipa = layout->kernel_start,
		.file_size = kernel->payload.size,
		.memory_size = kernel->image_size,
	};
	return 0;
}

/* Initrd and device tree between `floor` and `ceiling`, downwards; false if they do not fit. */
static bool place_above(struct boot_layout *layout, const struct boot_request *request,
			uint64_t floor, uint64_t ceiling, uint64_t dtb_alignment)
{
	if (ceiling < floor || ceiling - floor < request->dtb_size)
		return false;
	layout->dtb = align_down(ceiling - request->dtb_size, dtb_alignment);
	if (layout->dtb < floor)
		return false;
	if (!request->initrd_size)
		return true;
	if (layout->dtb - floor < request->initrd_size)
		return false;
	layout->initrd = align_down(layout->dtb - request->initrd_size, INITRD_ALIGN);
	return layout->initrd >= floor;
}

static bool place_others(struct boot_layout *layout, const struct boot_request *request)
{
	uint64_t base = request->ram_base, end = base + request->ram_size, low, high;
	uint64_t start = layout->kernel_start, floor = layout->kernel_end;

	if (__builtin_add_overflow(base, DTB_REACH, &low))
		low = UINT64_MAX;
	/* Linux asks for the window; an ELF kernel is not Linux, and may span more than it. */
	if (request->kernel->format == KERNEL_FORMAT_ELF ||
	    __builtin_add_overflow(align_down(start, GIB), INITRD_WINDOW, &high))
		high = UINT64_MAX;
	low = min_u64(end, low);
	high = min_u64(end, high);
	if (place_above(layout, request, floor + GAP, low, BLOCK) ||
	    place_above(layout, request, floor + GAP, high, BLOCK))
		return true;
	if (request->kernel->format == KERNEL_FORMAT_ELF &&
	    place_above(layout, request, base, start, BLOCK))
		return true;
	return place_above(layout, request, floor + SMALL_GAP, high, BLOCK) ||
	       place_above(layout, request, floor + SMALL_GAP, high, INITRD_ALIGN);
}

static int initrd_too_large(const struct boot_request *request)
{
	return log_error(-EFBIG,
			 "cannot place the initrd in RAM: its %" PRIu64
			 " MiB do not fit into the 32 GiB around the kernel: use a smaller one",
			 to_mib(request->initrd_size));
}

static int too_small(const struct boot_layout *layout, const struct boot_request *request)
{
	uint64_t sufficient = sufficient_ram(layout, request);

	if (sufficient <= request->ram_size)
		return initrd_too_large(request);
	return log_error(
		-ENOSPC,
		"cannot place the kernel in RAM: kernel (%" PRIu64 " KiB up to 0x%" PRIx64
		"), initrd (%" PRIu64 " KiB) and device tree (%" PRIu64 " KiB) exceed the %" PRIu64
		" MiB of RAM: use --mem %" PRIu64 "M or a smaller initrd",
		(layout->kernel_end - layout->kernel_start + KIB - 1) / KIB, layout->kernel_end,
		(request->initrd_size + KIB - 1) / KIB, (request->dtb_size + KIB - 1) / KIB,
		request->ram_size / MIB, to_mib(sufficient));
}

int boot_layout_compute(struct boot_layout *layout, const struct boot_request *request)
{
	uint64_t end;
	int error;

	memset(layout, 0, sizeof(*layout));
	if (request->dtb_size > BOOT_DTB_MAX_SIZE)
		return log_error(-EFBIG,
				 "cannot place the device tree in RAM: it has %" PRIu64
				 " bytes, the boot protocol allows 2 MiB: use a smaller one",
				 request->dtb_size);
	if (!request->dtb_size ||
	    __builtin_add_overflow(request->ram_base, request->ram_size, &end))
		return log_error(-EINVAL,
				 "cannot place a kernel in RAM: 0x%" PRIx64 " bytes at 0x%" PRIx64
				 " are no RAM, or there is no device tree",
				 request->ram_size, request->ram_base);
	if (request->initrd_size > INITRD_WINDOW)
		return initrd_too_large(request);
	error = request->kernel->format == KERNEL_FORMAT_ELF ? place_segments(layout, request)
							     : place_image(layout, request);
	if (error)
		return error;
	layout->initrd_size = request->initrd_size;
	layout->dtb_size = request->dtb_size;
	if (layout->kernel_end > end || !place_others(layout, request))
		return too_small(layout, request);
	return 0;
}

int boot_load(const struct boot_layout *layout, const struct kernel_image *kernel, int initrd_fd,
	      struct guest_memory *memory)
{
	int error = 0;

	for (unsigned i = 0; i < layout->piece_count && !error; i++)
		error = guest_memory_load(memory, layout->pieces[i].ipa, kernel->payload.fd,
					  layout->pieces[i].file_offset,
					  layout->pieces[i].file_size);
	if (!error && layout->initrd_size)
		error = guest_memory_load(memory, layout->initrd, initrd_fd, 0,
					  layout->initrd_size);
	return error;
}
