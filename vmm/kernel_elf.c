// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/kernel_elf.h"

#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#include "base/log.h"

/* vmlinux has a handful; this many also bounds the time spent on a hostile table. */
#define MAX_PROGRAM_HEADERS 128

static const char *machine_name(uint16_t machine)
{
	switch (machine) {
	case EM_386:
		return "32-bit x86";
	case EM_X86_64:
		return "x86-64";
	case EM_ARM:
		return "32-bit Arm";
	case EM_PPC64:
		return "64-bit PowerPC";
	case EM_S390:
		return "s390";
	case EM_RISCV:
		return "RISC-V";
	case 258:
		return "LoongArch";
	default:
		return "another machine";
	}
}

/* Class and byte order first: only they say how to read the rest. */
static int read_header(const struct kernel_source *source, Elf64_Ehdr *header)
{
	uint8_t start[20];
	uint16_t type, machine;
	int error;

	error = kernel_source_read(source, "ELF header", 0, start, sizeof(start));
	if (error)
		return error;
	if (start[EI_DATA] == ELFDATA2MSB)
		return kernel_source_refuse(source, "it is a big-endian ELF file: armlet runs "
						    "little-endian kernels only");
	type = kernel_le16(start + offsetof(Elf64_Ehdr, e_type));
	machine = kernel_le16(start + offsetof(Elf64_Ehdr, e_machine));
	if (machine != EM_AARCH64)
		return kernel_source_refuse(source,
					    "it is an ELF file for %s (machine %u): build it for "
					    "arm64",
					    machine_name(machine), machine);
	if (start[EI_CLASS] != ELFCLASS64)
		return kernel_source_refuse(source, "it is not a 64-bit ELF file: armlet runs "
						    "64-bit kernels only");
	if (start[EI_DATA] != ELFDATA2LSB || start[EI_VERSION] != EV_CURRENT)
		return kernel_source_refuse(source, "its ELF header is corrupt: fetch, build or "
						    "copy it again");
	if (type != ET_EXEC && type != ET_DYN)
		return kernel_source_refuse(source,
					    "it is an ELF file of type %u, not an executable: "
					    "link it first",
					    type);
	return kernel_source_read(source, "ELF header", 0, header, sizeof(*header));
}

static int add_segment(const struct kernel_source *source, const Elf64_Phdr *program,
		       struct kernel_image *image)
{
	struct kernel_segment segment = {
		.file_offset = le64toh(program->p_offset),
		.file_size = le64toh(program->p_filesz),
		.memory_size = le64toh(program->p_memsz),
		.paddr = le64toh(program->p_paddr),
	};
	uint64_t end;

	if (!segment.memory_size && !segment.file_size)
		return 0;
	if (segment.file_size > segment.memory_size)
		return kernel_source_refuse(source,
					    "an ELF segment has 0x%" PRIx64
					    " bytes in the file and room for 0x%" PRIx64
					    " in memory: its header is corrupt",
					    segment.file_size, segment.memory_size);
	if (__builtin_add_overflow(segment.paddr, segment.memory_size, &end))
		return kernel_source_refuse(source,
					    "an ELF segment of 0x%" PRIx64
					    " bytes at physical address 0x%" PRIx64
					    " wraps: its header is corrupt",
					    segment.memory_size, segment.paddr);
	if (__builtin_add_overflow(segment.file_offset, segment.file_size, &end) ||
	    end > source->file.size)
		return kernel_source_refuse_truncated(source, "ELF segment", segment.file_offset,
						      segment.file_size);
	if (image->segment_count == KERNEL_IMAGE_SEGMENTS)
		return kernel_source_refuse(source,
					    "it has more than %d ELF segments to load: link it "
					    "with fewer",
					    KERNEL_IMAGE_SEGMENTS);
	image->segments[image->segment_count++] = segment;
	return 0;
}

static int find_entry(const struct kernel_source *source, uint64_t entry, bool translated,
		      struct kernel_image *image)
{
	if (translated)
		return 0;
	for (unsigned i = 0; i < image->segment_count; i++) {
		if (entry - image->segments[i].paddr >= image->segments[i].memory_size)
			continue;
		image->entry = entry;
		return 0;
	}
	return kernel_source_refuse(source,
				    "its ELF entry point 0x%" PRIx64
				    " lies in none of its segments: link it with an entry point",
				    entry);
}

int kernel_elf_parse(const struct kernel_source *source, struct kernel_image *image)
{
	Elf64_Ehdr header;
	uint64_t entry, offset;
	bool translated = false;
	uint16_t count;
	int error;

	error = read_header(source, &header);
	if (error)
		return error;
	entry = le64toh(header.e_entry);
	offset = le64toh(header.e_phoff);
	count = le16toh(header.e_phnum);
	if (count > MAX_PROGRAM_HEADERS ||
	    (count && le16toh(header.e_phentsize) != sizeof(Elf64_Phdr)))
		return kernel_source_refuse(
			source,
			"its table of %u ELF program headers of %u bytes is not "
			"one of a kernel: fetch, build or copy it again",
			count, le16toh(header.e_phentsize));
	image->segment_count = 0;
	for (unsigned i = 0; i < count; i++) {
		Elf64_Phdr program;
		uint64_t into;

		error = kernel_source_read(source, "ELF program header table", offset, &program,
					   sizeof(program));
		if (error)
			return error;
		/* Does not wrap: what was just read lies within the file. */
		offset += sizeof(program);
		if (le32toh(program.p_type) == PT_INTERP)
			return kernel_source_refuse(source, "it is a program for Linux, not a "
							    "kernel: link it statically, or give "
							    "armlet a kernel");
		if (le32toh(program.p_type) != PT_LOAD)
			continue;
		error = add_segment(source, &program, image);
		if (error)
			return error;
		into = entry - le64toh(program.p_vaddr);
		if (!translated && into < le64toh(program.p_memsz)) {
			image->entry = le64toh(program.p_paddr) + into;
			translated = true;
		}
	}
	if (!image->segment_count)
		return kernel_source_refuse(source, "it is an ELF file without anything to load "
						    "(no PT_LOAD): link it as an executable");
	return find_entry(source, entry, translated, image);
}

int kernel_elf_copy(const struct kernel_source *source, struct kernel_image *image)
{
	struct sealed_writer writer;
	uint64_t total = 0;
	int error = 0;

	for (unsigned i = 0; i < image->segment_count; i++)
		if (__builtin_add_overflow(total, image->segments[i].file_size, &total) ||
		    total > source->request->limit)
			return log_error(-EFBIG,
					 "cannot boot kernel '%s': its ELF segments have more than "
					 "%" PRIu64 " MiB: %s",
					 source->request->path, source->request->limit >> 20,
					 source->request->limit_reason);
	if (!total)
		return kernel_source_refuse(source, "its ELF segments are all empty: link it with "
						    "code");
	error = sealed_writer_begin(&writer, source->request);
	for (unsigned i = 0; i < image->segment_count && !error; i++) {
		struct kernel_segment *segment = &image->segments[i];
		uint64_t start = writer.size;

		if (lseek(source->file.fd, segment->file_offset, SEEK_SET) < 0)
			error = log_error(-errno, "cannot read kernel '%s': %s",
					  source->request->path, strerror(errno));
		else
			error = sealed_writer_copy(&writer, source->file.fd, segment->file_size);
		/* The file was checked to have it all, but somebody may have cut it short. */
		if (!error && writer.size - start != segment->file_size)
			error = kernel_source_refuse_truncated(
				source, "ELF segment", segment->file_offset, segment->file_size);
		segment->file_offset = start;
	}
	if (!error)
		return sealed_writer_finish(&writer, &image->payload);
	sealed_writer_abandon(&writer);
	return error;
}
