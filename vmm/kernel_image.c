// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/kernel_image.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "vmm/kernel_elf.h"
#include "vmm/kernel_header.h"
#include "vmm/kernel_probe.h"
#include "vmm/kernel_source.h"

/* From the outside in: "gzip-compressed " goes on, and what is in an EFI zboot needs no name. */
static void describe(struct kernel_image *image, const char *text)
{
	size_t length = strlen(image->description);

	if (length && image->description[length - 1] != ' ')
		return;
	snprintf(image->description + length, sizeof(image->description) - length, "%s", text);
}

/* From here on `source` is `next`, which cannot change. */
static void replace_source(struct kernel_source *source, const struct sealed_file *next)
{
	sealed_file_close(&source->file);
	source->file = *next;
	source->sealed = true;
}

static int seal_source(struct kernel_source *source)
{
	struct sealed_file copy;
	int error;

	if (source->sealed)
		return 0;
	if (lseek(source->file.fd, 0, SEEK_SET) < 0 && errno != ESPIPE)
		return log_error(-errno, "cannot read kernel '%s': %s", source->request->path,
				 strerror(errno));
	error = sealed_file_copy(&copy, source->request, source->file.fd);
	if (!error)
		replace_source(source, &copy);
	return error;
}

static int decompress(struct kernel_source *source, enum kernel_compression compression,
		      uint64_t offset, uint64_t length)
{
	struct sealed_file output;
	int error;

	if (source->layers == KERNEL_IMAGE_LAYERS)
		return kernel_source_refuse(source,
					    "it is compressed more than %d times over: decompress "
					    "it first",
					    KERNEL_IMAGE_LAYERS);
	error = kernel_decompress(source, compression, offset, length, &output);
	if (error)
		return error;
	replace_source(source, &output);
	source->layers++;
	return 0;
}

static int unpack_zboot(struct kernel_source *source, struct kernel_image *image)
{
	struct kernel_zboot zboot;
	int error;

	error = kernel_header_parse_zboot(source, &zboot);
	if (error)
		return error;
	describe(image, zboot.compression == KERNEL_COMPRESSION_GZIP
				? "EFI zboot with gzip payload"
				: "EFI zboot with zstd payload");
	return decompress(source, zboot.compression, zboot.offset, zboot.length);
}

static int take_image(struct kernel_source *source, struct kernel_image *image)
{
	int error;

	image->format = KERNEL_FORMAT_IMAGE;
	describe(image, "Image");
	error = seal_source(source);
	if (error)
		return error;
	error = kernel_header_parse_image(source, image);
	if (error)
		return error;
	image->payload = source->file;
	source->file = (struct sealed_file){ .fd = -1 };
	return 0;
}

static int take_elf(struct kernel_source *source, struct kernel_image *image)
{
	int error;

	image->format = KERNEL_FORMAT_ELF;
	describe(image, "ELF");
	error = kernel_elf_parse(source, image);
	return error ? error : kernel_elf_copy(source, image);
}

static int take_flat(struct kernel_source *source, struct kernel_image *image)
{
	int error;

	image->format = KERNEL_FORMAT_FLAT;
	describe(image, "flat binary");
	error = seal_source(source);
	if (error)
		return error;
	image->text_offset = KERNEL_IMAGE_DEFAULT_TEXT_OFFSET;
	image->image_size = source->file.size;
	image->payload = source->file;
	source->file = (struct sealed_file){ .fd = -1 };
	return 0;
}

/* Takes off one layer, or takes the kernel: then the payload is open. */
static int look_and_take(struct kernel_source *source, struct kernel_image *image)
{
	struct kernel_head head;
	int kind, error;

	error = kernel_head_read(source, &head);
	if (error)
		return error;
	kind = kernel_probe(source, &head);
	switch (kind) {
	case KERNEL_KIND_IMAGE:
		return take_image(source, image);
	case KERNEL_KIND_ELF:
		return take_elf(source, image);
	case KERNEL_KIND_ZBOOT:
		return unpack_zboot(source, image);
	case KERNEL_KIND_GZIP:
		describe(image, "gzip-compressed ");
		return decompress(source, KERNEL_COMPRESSION_GZIP, 0, source->file.size);
	case KERNEL_KIND_ZSTD:
		describe(image, "zstd-compressed ");
		return decompress(source, KERNEL_COMPRESSION_ZSTD, 0, source->file.size);
	default:
		return kind;
	}
}

int kernel_image_open(const char *path, enum kernel_load_mode mode, uint64_t ram_size,
		      struct kernel_image *image)
{
	const struct sealed_request request = {
		.what = "kernel",
		.path = path,
		.limit = ram_size,
		.limit_reason = "it must fit into the guest's RAM, use a larger --mem",
	};
	struct kernel_source source = { .request = &request };
	int error = 0;

	*image = (struct kernel_image){ .payload.fd = -1 };
	source.file.fd = sealed_file_open_source(&request, &source.file.size);
	if (source.file.fd < 0)
		return source.file.fd;
	/* A FIFO cannot be looked at twice, and procfs does not say how long its files are. */
	if (!source.file.size)
		error = seal_source(&source);
	if (!error && mode == KERNEL_LOAD_FLAT)
		error = take_flat(&source, image);
	while (!error && image->payload.fd < 0)
		error = look_and_take(&source, image);
	sealed_file_close(&source.file);
	if (error)
		kernel_image_close(image);
	return error;
}

void kernel_image_close(struct kernel_image *image)
{
	sealed_file_close(&image->payload);
	*image = (struct kernel_image){ .payload.fd = -1 };
}
