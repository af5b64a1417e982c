// SPDX-License-Identifier: GPL-2.0-only
#include "devices/disk_format.h"

#include <stdbool.h>
#include <string.h>

/* A format is known by bytes at a fixed place in its first or last sector. */
static const struct signature {
	bool in_tail;
	uint16_t offset, size;
	const char *bytes;
	struct disk_format format;
} signatures[] = {
	{ false, 0, 4, "QFI\xfb", { "a qcow2 image", "qcow2", NULL } },
	{ false, 0, 4, "QED\0", { "a QED image", "qed", NULL } },
	{ false, 0, 4, "KDMV", { "a VMDK image", "vmdk", NULL } },
	{ false, 0, 4, "COWD", { "a VMDK image", "vmdk", NULL } },
	{ false, 0, 21, "# Disk DescriptorFile", { "a VMDK image", "vmdk", NULL } },
	{ false, 64, 4, "\x7f\x10\xda\xbe", { "a VDI image", "vdi", NULL } },
	{ false, 0, 8, "vhdxfile", { "a VHDX image", "vhdx", NULL } },
	{ false, 0, 8, "conectix", { "a VHD image", "vpc", NULL } },
	{ true, 0, 8, "conectix", { "a VHD image", "vpc", NULL } },
	{ false, 0, 16, "WithoutFreeSpace", { "a Parallels image", "parallels", NULL } },
	{ false, 0, 16, "WithouFreSpacExt", { "a Parallels image", "parallels", NULL } },
	{ true, 0, 4, "koly", { "a DMG image", "dmg", NULL } },
	{ false, 0, 3, "\x1f\x8b\x08", { "compressed with gzip", NULL, "gzip -dc" } },
	{ false, 0, 6, "\xfd\x37zXZ\0", { "compressed with xz", NULL, "xz -dc" } },
	{ false, 0, 4, "\x28\xb5\x2f\xfd", { "compressed with zstd", NULL, "zstd -dc" } },
	{ false, 0, 3, "BZh", { "compressed with bzip2", NULL, "bzip2 -dc" } },
	{ false, 0, 4, "PK\x03\x04", { "a zip archive", NULL, "unzip -p" } },
};

const struct disk_format *disk_format_recognise(const uint8_t head[DISK_FORMAT_HEAD],
						const uint8_t tail[DISK_FORMAT_TAIL])
{
	for (size_t i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++) {
		const struct signature *this = &signatures[i];
		const uint8_t *sector = this->in_tail ? tail : head;

		if (memcmp(sector + this->offset, this->bytes, this->size) == 0)
			return &this->format;
	}
	return NULL;
}
