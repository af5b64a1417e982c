// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/kernel_probe.h"

#define KERNEL_HEADER_SIZE 64

struct magic {
	uint16_t offset;
	uint8_t length;
	const char *bytes;
	int kind;	  /* enum kernel_kind, or FOREIGN */
	const char *what; /* foreign: what it is, and */
	const char *cure; /* what can be done about it */
};

#define FOREIGN		 (-1)
#define TAKE_IMAGE	 "give armlet the arm64 kernel (arch/arm64/boot/Image)"
#define M(offset, bytes) (offset), sizeof(bytes) - 1, (bytes)

/* The first row that matches counts: formats that carry "MZ" for EFI come before plain EFI. */
static const struct magic magics[] = {
	{ M(0, "\177ELF"), KERNEL_KIND_ELF, NULL, NULL },
	{ M(0, "\x1f\x8b"), KERNEL_KIND_GZIP, NULL, NULL },
	{ M(0, "\x28\xb5\x2f\xfd"), KERNEL_KIND_ZSTD, NULL, NULL },
	{ M(4, "zimg"), KERNEL_KIND_ZBOOT, NULL, NULL },
	{ M(0x38, "ARM\x64"), KERNEL_KIND_IMAGE, NULL, NULL },
	{ M(0x202, "HdrS"), FOREIGN, "an x86 bzImage", TAKE_IMAGE },
	{ M(0x24, "\x18\x28\x6f\x01"), FOREIGN, "a 32-bit Arm zImage", TAKE_IMAGE },
	{ M(0x38, "RSC\x05"), FOREIGN, "a RISC-V Image", TAKE_IMAGE },
	{ M(0x38, "\xcd\x23\x82\x81"), FOREIGN, "a LoongArch Image", TAKE_IMAGE },
	{ M(0, "MZ"), FOREIGN, "an EFI application without an arm64 Linux header",
	  "armlet has no firmware to start it; take the kernel out of it" },
	{ M(0, "\x27\x05\x19\x56"), FOREIGN, "a U-Boot uImage",
	  "take the kernel out of it first: dumpimage -o Image FILE" },
	{ M(0, "\xd0\x0d\xfe\xed"), FOREIGN, "a device tree or a U-Boot FIT image",
	  "take the kernel out of it first: dumpimage -T flat_dt -o Image FILE" },
	{ M(0, "\3757zXZ"), FOREIGN, "compressed with xz", "decompress it first: xz -dk FILE" },
	{ M(0, "BZh"), FOREIGN, "compressed with bzip2", "decompress it first: bzip2 -dk FILE" },
	{ M(0, "\x04\x22\x4d\x18"), FOREIGN, "compressed with lz4",
	  "decompress it first: lz4 -dk FILE" },
	{ M(0, "\x02\x21\x4c\x18"), FOREIGN, "compressed with lz4",
	  "decompress it first: lz4 -dk FILE" },
	{ M(0, "\x5d\0\0"), FOREIGN, "compressed with lzma",
	  "decompress it first: xz --format=lzma -dk FILE" },
	{ M(0, "\x89LZO"), FOREIGN, "compressed with lzop", "decompress it first: lzop -dk FILE" },
	{ M(0, "ANDROID!"), FOREIGN, "an Android boot image",
	  "take the kernel out of it first: unpack_bootimg --boot_img FILE" },
	{ M(0, "07070"), FOREIGN, "a cpio archive", "if it is the initrd, give it with --initrd" },
	{ M(0, "PK\x03\x04"), FOREIGN, "a zip archive", TAKE_IMAGE },
	{ M(0, "!<arch>\n"), FOREIGN, "a Debian package or an ar archive",
	  "take the kernel out of it" },
	{ M(0, "QFI\xfb"), FOREIGN, "a qcow2 disk image", TAKE_IMAGE },
	{ M(0, "#!"), FOREIGN, "a script", TAKE_IMAGE },
};
_Static_assert(KERNEL_HEAD_SIZE >= 0x202 + 4, "the farthest magic lies within the head");

int kernel_head_read(const struct kernel_source *source, struct kernel_head *head)
{
	*head = (struct kernel_head){ .size = KERNEL_HEAD_SIZE };
	if (head->size > source->file.size)
		head->size = source->file.size;
	return kernel_source_read(source, "header", 0, head->bytes, head->size);
}

static bool is_text(const struct kernel_head *head)
{
	for (size_t i = 0; i < head->size; i++)
		if ((head->bytes[i] < ' ' && !strchr("\t\n\r\f", head->bytes[i])) ||
		    head->bytes[i] == 0x7f || !head->bytes[i])
			return false;
	return true;
}

int kernel_probe(const struct kernel_source *source, const struct kernel_head *head)
{
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		const struct magic *magic = &magics[i];

		if (memcmp(head->bytes + magic->offset, magic->bytes, magic->length) != 0)
			continue;
		if (magic->kind == FOREIGN)
			return kernel_source_refuse(source, "it is %s: %s", magic->what,
						    magic->cure);
		return magic->kind;
	}
	if (head->size < KERNEL_HEADER_SIZE)
		return kernel_source_refuse(source,
					    "it has %zu bytes, fewer than any kernel's header: is "
					    "it truncated?",
					    head->size);
	if (is_text(head))
		return kernel_source_refuse(source, "it is a text file: " TAKE_IMAGE);
	return kernel_source_refuse(source,
				    "it is no kernel that armlet knows (Image, gzip, zstd, EFI "
				    "zboot, ELF): for a raw binary without header use --load flat");
}
