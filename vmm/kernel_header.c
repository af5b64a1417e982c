// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/kernel_header.h"

#include <ctype.h>
#include <inttypes.h>

/* The arm64 header: 64 bytes, little-endian also in a big-endian kernel (since 3.17). */
#define HEADER_SIZE	   64
#define HEADER_TEXT_OFFSET 8
#define HEADER_IMAGE_SIZE  16
#define HEADER_FLAGS	   24
#define HEADER_PE_OFFSET   60
#define FLAG_BIG_ENDIAN	   1

/* PE: "PE\0\0", then the COFF header of 20 bytes, the optional header, the section table. */
#define PE_SECTION_COUNT 6
#define PE_OPTIONAL_SIZE 20
#define PE_HEADER_SIZE	 24
#define PE_SECTION_SIZE	 40
#define PE_RAW_SIZE	 16
#define PE_RAW_OFFSET	 20

#define ZBOOT_OFFSET	       8
#define ZBOOT_LENGTH	       12
#define ZBOOT_COMPRESSION      24
#define ZBOOT_COMPRESSION_SIZE 32

/* No section of a PE file may reach beyond the end of the file. */
static int check_pe_sections(const struct kernel_source *source, uint32_t pe)
{
	uint8_t header[PE_HEADER_SIZE], section[PE_SECTION_SIZE];
	uint64_t table;
	int error;

	error = kernel_source_read(source, "EFI header", pe, header, sizeof(header));
	if (error)
		return error;
	/* The kernel does not need it to boot. */
	if (memcmp(header, "PE\0\0", 4) != 0)
		return 0;
	table = (uint64_t)pe + PE_HEADER_SIZE + kernel_le16(header + PE_OPTIONAL_SIZE);
	for (unsigned i = 0; i < kernel_le16(header + PE_SECTION_COUNT); i++) {
		uint64_t offset, length;

		error = kernel_source_read(source, "EFI section table", table + i * sizeof(section),
					   section, sizeof(section));
		if (error)
			return error;
		offset = kernel_le32(section + PE_RAW_OFFSET);
		length = kernel_le32(section + PE_RAW_SIZE);
		if (length && offset + length > source->file.size)
			return kernel_source_refuse_truncated(source, "EFI section", offset,
							      length);
	}
	return 0;
}

int kernel_header_parse_image(const struct kernel_source *source, struct kernel_image *image)
{
	uint8_t header[HEADER_SIZE];
	int error;

	error = kernel_source_read(source, "Image header", 0, header, sizeof(header));
	if (error)
		return error;
	image->text_offset = kernel_le64(header + HEADER_TEXT_OFFSET);
	image->image_size = kernel_le64(header + HEADER_IMAGE_SIZE);
	image->flags = kernel_le64(header + HEADER_FLAGS);
	image->footprint_known = image->image_size != 0;
	/* Before 3.17 image_size is 0, and text_offset of unspecified endianness. */
	if (!image->footprint_known)
		image->text_offset = KERNEL_IMAGE_DEFAULT_TEXT_OFFSET;
	if (image->flags & FLAG_BIG_ENDIAN)
		return kernel_source_refuse(source, "it is a big-endian kernel: armlet runs "
						    "little-endian ones only, build it with "
						    "CONFIG_CPU_LITTLE_ENDIAN=y");
	/* A signature behind the kernel counts as well: it is copied into RAM with the rest. */
	if (image->image_size < source->file.size)
		image->image_size = source->file.size;
	if (memcmp(header, "MZ", 2) == 0 && kernel_le32(header + HEADER_PE_OFFSET))
		return check_pe_sections(source, kernel_le32(header + HEADER_PE_OFFSET));
	return 0;
}

int kernel_header_parse_zboot(const struct kernel_source *source, struct kernel_zboot *zboot)
{
	char name[ZBOOT_COMPRESSION_SIZE + 1] = "";
	uint8_t header[HEADER_SIZE];
	int error;

	error = kernel_source_read(source, "EFI zboot header", 0, header, sizeof(header));
	if (error)
		return error;
	zboot->offset = kernel_le32(header + ZBOOT_OFFSET);
	zboot->length = kernel_le32(header + ZBOOT_LENGTH);
	memcpy(name, header + ZBOOT_COMPRESSION, ZBOOT_COMPRESSION_SIZE);
	for (char *c = name; *c; c++)
		if (!isprint((unsigned char)*c))
			*c = '?';
	if (strcmp(name, "gzip") == 0)
		zboot->compression = KERNEL_COMPRESSION_GZIP;
	else if (strcmp(name, "zstd") == 0 || strcmp(name, "zstd22") == 0)
		zboot->compression = KERNEL_COMPRESSION_ZSTD;
	else
		return kernel_source_refuse(source,
					    "its EFI zboot payload is compressed with '%s', armlet "
					    "knows gzip and zstd: take the uncompressed "
					    "arch/arm64/boot/Image of that kernel",
					    name);
	if (zboot->offset < HEADER_SIZE || !zboot->length)
		return kernel_source_refuse(source,
					    "its EFI zboot header is corrupt: fetch, build or "
					    "copy it again");
	/* Both are 32 bits wide: the sum does not wrap. */
	if (zboot->offset + zboot->length > source->file.size)
		return kernel_source_refuse_truncated(source, "EFI zboot payload", zboot->offset,
						      zboot->length);
	return 0;
}
