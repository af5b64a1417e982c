// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/kernel_elf.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/kernel_fixture.h"
#include "tests/unit/unit.h"

#define RAM   UINT64_C(0x40000000)
#define VBASE UINT64_C(0xffff800080000000)

/* An ELF file as the tests begin with: two segments, and something else in the table. */
static struct {
	Elf64_Ehdr header;
	Elf64_Phdr program[60];
	uint8_t content[4096];
} elf;

#define CONTENT offsetof(typeof(elf), content)

static void add_program(uint64_t offset, uint64_t file_size, uint64_t memory_size, uint64_t paddr,
			uint64_t vaddr)
{
	elf.program[elf.header.e_phnum++] = (Elf64_Phdr){
		.p_type = PT_LOAD,
		.p_offset = offset,
		.p_filesz = file_size,
		.p_memsz = memory_size,
		.p_paddr = paddr,
		.p_vaddr = vaddr,
	};
}

static void make_elf(void)
{
	memset(&elf, 0, sizeof(elf));
	memcpy(elf.header.e_ident, ELFMAG, SELFMAG);
	elf.header.e_ident[EI_CLASS] = ELFCLASS64;
	elf.header.e_ident[EI_DATA] = ELFDATA2LSB;
	elf.header.e_ident[EI_VERSION] = EV_CURRENT;
	elf.header.e_type = ET_EXEC;
	elf.header.e_machine = EM_AARCH64;
	elf.header.e_entry = RAM + 0x40;
	elf.header.e_phoff = offsetof(typeof(elf), program);
	elf.header.e_phentsize = sizeof(Elf64_Phdr);
	add_program(CONTENT, 1000, 1000, RAM, RAM);
	elf.program[elf.header.e_phnum++] = (Elf64_Phdr){ .p_type = PT_NOTE, .p_filesz = 10 };
	add_program(CONTENT + 2000, 500, 0x3000, RAM + 0x10000, RAM + 0x10000);
	for (size_t i = 0; i < sizeof(elf.content); i++)
		elf.content[i] = i * 13;
}

static int open_elf(struct kernel_image *image)
{
	return open_bytes(&elf, sizeof(elf), KERNEL_LOAD_AUTO, FIXTURE_RAM, image);
}

static void refused(const char *text)
{
	assert_refused(&elf, sizeof(elf), FIXTURE_RAM, -ENOEXEC, text);
}

START_TEST(two_segments)
{
	struct kernel_image image;
	uint8_t content[1500];

	make_elf();
	elf.header.e_type = _i ? ET_DYN : ET_EXEC;
	ck_assert_int_eq(open_elf(&image), 0);
	ck_assert_int_eq(image.format, KERNEL_FORMAT_ELF);
	ck_assert_str_eq(image.description, "ELF");
	ck_assert_uint_eq(image.entry, RAM + 0x40);
	ck_assert_uint_eq(image.segment_count, 2);
	ck_assert_uint_eq(image.segments[0].paddr, RAM);
	ck_assert_uint_eq(image.segments[0].file_size, 1000);
	ck_assert_uint_eq(image.segments[0].memory_size, 1000);
	ck_assert_uint_eq(image.segments[1].paddr, RAM + 0x10000);
	ck_assert_uint_eq(image.segments[1].file_size, 500);
	ck_assert_uint_eq(image.segments[1].memory_size, 0x3000);
	/* Only what is loaded is kept. */
	ck_assert_uint_eq(image.segments[0].file_offset, 0);
	ck_assert_uint_eq(image.segments[1].file_offset, 1000);
	memcpy(content, elf.content, 1000);
	memcpy(content + 1000, elf.content + 2000, 500);
	assert_payload_and_close(&image, content, sizeof(content));
}
END_TEST

START_TEST(larger_than_ram_but_for_segments)
{
	struct kernel_image image;

	make_elf();
	ck_assert_int_eq(open_bytes(&elf, sizeof(elf), KERNEL_LOAD_AUTO, 1500, &image), 0);
	kernel_image_close(&image);
	assert_refused(&elf, sizeof(elf), 1499, -EFBIG, "--mem");
	/* Many segments with the same bytes do not get around the limit. */
	for (int i = 0; i < 10; i++)
		add_program(CONTENT, 4096, 4096, RAM + 0x20000 + i * 4096, 0);
	assert_refused(&elf, sizeof(elf), sizeof(elf), -EFBIG, "ELF segments have more than");
}
END_TEST

START_TEST(compressed)
{
	struct kernel_image image;
	uint8_t packed[1 << 14];
	size_t size;

	make_elf();
	size = make_gzip(packed, sizeof(packed), &elf, sizeof(elf));
	ck_assert_int_eq(open_bytes(packed, size, KERNEL_LOAD_AUTO, FIXTURE_RAM, &image), 0);
	ck_assert_str_eq(image.description, "gzip-compressed ELF");
	ck_assert_uint_eq(image.segment_count, 2);
	kernel_image_close(&image);
}
END_TEST

START_TEST(entry_points)
{
	struct kernel_image image;

	/* A virtual address is translated by its segment. */
	make_elf();
	elf.program[0].p_vaddr = VBASE;
	elf.program[2].p_vaddr = VBASE + 0x20000;
	elf.header.e_entry = VBASE + 0x20010;
	ck_assert_int_eq(open_elf(&image), 0);
	ck_assert_uint_eq(image.entry, RAM + 0x10010);
	kernel_image_close(&image);

	/* A physical one, in no segment's virtual range, stays. */
	elf.header.e_entry = RAM + 0x20;
	ck_assert_int_eq(open_elf(&image), 0);
	ck_assert_uint_eq(image.entry, RAM + 0x20);
	kernel_image_close(&image);

	/* One that is both is virtual. */
	elf.program[2].p_vaddr = RAM;
	ck_assert_int_eq(open_elf(&image), 0);
	ck_assert_uint_eq(image.entry, RAM + 0x10020);
	kernel_image_close(&image);

	/* The first of several segments for it counts. */
	elf.program[2].p_vaddr = VBASE;
	elf.header.e_entry = VBASE + 0x20;
	ck_assert_int_eq(open_elf(&image), 0);
	ck_assert_uint_eq(image.entry, RAM + 0x20);
	kernel_image_close(&image);

	elf.header.e_entry = 0;
	refused("entry point 0x0 lies in none");
	elf.header.e_entry = RAM + 0x13000;
	refused("lies in none");
}
END_TEST

START_TEST(foreign_machines)
{
	make_elf();
	elf.header.e_machine = EM_X86_64;
	refused("for x86-64 (machine 62)");
	elf.header.e_machine = EM_RISCV;
	refused("for RISC-V");
	elf.header.e_machine = 12345;
	refused("for another machine (machine 12345)");
	elf.header.e_ident[EI_CLASS] = ELFCLASS32;
	elf.header.e_machine = EM_ARM;
	refused("for 32-bit Arm");
	elf.header.e_machine = EM_AARCH64;
	refused("not a 64-bit ELF");
	elf.header.e_ident[EI_DATA] = ELFDATA2MSB;
	refused("big-endian ELF");
	make_elf();
	elf.header.e_ident[EI_DATA] = 0;
	refused("header is corrupt");
	make_elf();
	elf.header.e_ident[EI_VERSION] = 2;
	refused("header is corrupt");
}
END_TEST

START_TEST(not_executables)
{
	make_elf();
	elf.header.e_type = ET_REL;
	refused("link it first");
	elf.header.e_type = ET_CORE;
	refused("of type 4");
	make_elf();
	elf.program[1].p_type = PT_INTERP;
	refused("a program for Linux");
	make_elf();
	elf.program[0].p_type = elf.program[2].p_type = PT_NULL;
	refused("no PT_LOAD");
	make_elf();
	elf.header.e_phnum = 0;
	refused("no PT_LOAD");
	make_elf();
	elf.program[0].p_filesz = elf.program[2].p_filesz = 0;
	refused("all empty");
}
END_TEST

START_TEST(corrupt_tables)
{
	make_elf();
	elf.header.e_phnum = 129;
	refused("129 ELF program headers");
	make_elf();
	elf.header.e_phentsize = 55;
	refused("of 55 bytes");
	make_elf();
	elf.header.e_phoff = UINT64_MAX - 55;
	refused("program header table");
	make_elf();
	elf.header.e_phoff = UINT64_C(1) << 63;
	refused("program header table");
	elf.header.e_phoff = sizeof(elf) - 60;
	refused("program header table");
	make_elf();
	elf.program[2].p_filesz = sizeof(elf);
	elf.program[2].p_memsz = sizeof(elf);
	refused("ELF segment needs");
	make_elf();
	elf.program[2].p_offset = UINT64_MAX;
	refused("ELF segment needs");
	make_elf();
	elf.program[2].p_filesz = 0x3001;
	refused("0x3001 bytes in the file and room for 0x3000");
	make_elf();
	elf.program[2].p_paddr = UINT64_MAX - 0x2fff + 1;
	refused("wraps");
	make_elf();
	elf.program[2].p_memsz = UINT64_MAX;
	refused("wraps");
}
END_TEST

START_TEST(number_of_segments)
{
	struct kernel_image image;

	make_elf();
	while (elf.header.e_phnum < KERNEL_IMAGE_SEGMENTS + 1)
		add_program(CONTENT, 1, 1, RAM, RAM);
	/* An empty one takes no place. */
	add_program(CONTENT, 0, 0, RAM, RAM);
	ck_assert_int_eq(open_elf(&image), 0);
	ck_assert_uint_eq(image.segment_count, KERNEL_IMAGE_SEGMENTS);
	kernel_image_close(&image);
	add_program(CONTENT, 1, 1, RAM, RAM);
	refused("more than 32 ELF segments");
}
END_TEST

START_TEST(truncated)
{
	make_elf();
	/* The last byte that a segment needs. */
	for (size_t length = 1; length < CONTENT + 2500; length++)
		assert_refused(&elf, length, FIXTURE_RAM, -ENOEXEC, "");
	assert_refused(&elf, 15, FIXTURE_RAM, -ENOEXEC, "ELF header");
	assert_refused(&elf, 63, FIXTURE_RAM, -ENOEXEC, "ELF header");
	assert_refused(&elf, 119, FIXTURE_RAM, -ENOEXEC, "program header table");
	assert_refused(&elf, CONTENT + 2499, FIXTURE_RAM, -ENOEXEC, "ELF segment");
}
END_TEST

/* The file is checked when it is parsed, and again when it is copied: it may have changed. */
START_TEST(cut_short_in_between)
{
	const struct sealed_request request = { "kernel", "x", 1 << 20, "limit" };
	struct kernel_source source = { .request = &request, .file.size = sizeof(elf) };
	struct kernel_image image = { .payload.fd = -1 };

	make_elf();
	source.file.fd = memfd_create("test", 0);
	ck_assert_int_eq(write(source.file.fd, &elf, sizeof(elf)), sizeof(elf));
	ck_assert_int_eq(kernel_elf_parse(&source, &image), 0);
	ck_assert_int_eq(ftruncate(source.file.fd, CONTENT + 2499), 0);
	ck_assert_int_eq(kernel_elf_copy(&source, &image), -ENOEXEC);
	unit_assert_logged("ELF segment needs 500 bytes");
	ck_assert_int_eq(image.payload.fd, -1);
	source.file.size = CONTENT + 2499;
	ck_assert_int_eq(kernel_elf_parse(&source, &image), -ENOEXEC);
	close(source.file.fd);
}
END_TEST

START_TEST(mutations)
{
	static typeof(elf) good;

	make_elf();
	good = elf;
	srand(64);
	for (int round = 0; round < 5000; round++) {
		struct kernel_image image;
		uint64_t total = 0;

		elf = good;
		for (int i = rand() % 8; i >= 0; i--)
			((uint8_t *)&elf)[rand() % 240] = rand() % 3 ? rand() : 0xff;
		if (open_elf(&image)) {
			ck_assert_uint_eq(unit_log_count(), 1);
			continue;
		}
		for (unsigned i = 0; i < image.segment_count; i++) {
			ck_assert_uint_eq(image.segments[i].file_offset, total);
			total += image.segments[i].file_size;
			ck_assert_uint_le(image.segments[i].file_size,
					  image.segments[i].memory_size);
		}
		ck_assert_uint_eq(image.payload.size, total);
		kernel_image_close(&image);
	}
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("kernel_elf");
	TCase *tests = tcase_create("kernel_elf");

	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, two_segments, 0, 2);
	tcase_add_test(tests, larger_than_ram_but_for_segments);
	tcase_add_test(tests, compressed);
	tcase_add_test(tests, entry_points);
	tcase_add_test(tests, foreign_machines);
	tcase_add_test(tests, not_executables);
	tcase_add_test(tests, corrupt_tables);
	tcase_add_test(tests, number_of_segments);
	tcase_add_test(tests, truncated);
	tcase_add_test(tests, cut_short_in_between);
	tcase_add_test(tests, mutations);
	suite_add_tcase(suite, tests);
	return suite;
}
