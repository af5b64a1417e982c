// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/boot_layout.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/unit.h"

#define KIB UINT64_C(0x400)
#define MIB UINT64_C(0x100000)
#define GIB UINT64_C(0x40000000)
#define RAM UINT64_C(0x40000000)

static struct boot_layout layout;

static struct kernel_image make_image(uint64_t text_offset, uint64_t image_size)
{
	return (struct kernel_image){
		.format = KERNEL_FORMAT_IMAGE,
		.payload = { .fd = -1, .size = image_size / 2 },
		.text_offset = text_offset,
		.image_size = image_size,
		.footprint_known = true,
	};
}

static struct kernel_image make_flat(uint64_t size)
{
	return (struct kernel_image){
		.format = KERNEL_FORMAT_FLAT,
		.payload = { .fd = -1, .size = size },
		.text_offset = KERNEL_IMAGE_DEFAULT_TEXT_OFFSET,
		.image_size = size,
	};
}

static struct kernel_image make_elf(uint64_t first, uint64_t first_size, uint64_t second,
				    uint64_t second_size)
{
	return (struct kernel_image){
		.format = KERNEL_FORMAT_ELF,
		.payload = { .fd = -1, .size = 100 },
		.entry = first + 8,
		.segment_count = 2,
		.segments = { { 0, 60, first_size, first }, { 60, 40, second_size, second } },
	};
}

static int compute(struct kernel_image kernel, uint64_t ram_size, uint64_t initrd_size,
		   uint64_t dtb_size)
{
	struct boot_request request = { RAM, ram_size, &kernel, initrd_size, dtb_size };

	unit_reset_log();
	return boot_layout_compute(&layout, &request);
}

START_TEST(linux_as_usual)
{
	ck_assert_int_eq(compute(make_image(0, 0x2560000), 512 * MIB, 5000000, 64 * KIB), 0);
	ck_assert_uint_eq(layout.entry, RAM);
	ck_assert_uint_eq(layout.kernel_start, RAM);
	ck_assert_uint_eq(layout.kernel_end, RAM + 0x2560000);
	ck_assert_uint_eq(layout.piece_count, 1);
	ck_assert_uint_eq(layout.pieces[0].ipa, RAM);
	ck_assert_uint_eq(layout.pieces[0].file_offset, 0);
	ck_assert_uint_eq(layout.pieces[0].file_size, 0x2560000 / 2);
	ck_assert_uint_eq(layout.pieces[0].memory_size, 0x2560000);
	ck_assert_uint_eq(layout.dtb, 0x5fe00000);
	ck_assert_uint_eq(layout.dtb_size, 64 * KIB);
	ck_assert_uint_eq(layout.initrd, 0x5f930000);
	ck_assert_uint_eq(layout.initrd_size, 5000000);
	ck_assert_uint_eq(unit_log_count(), 0);
}
END_TEST

START_TEST(text_offset)
{
	ck_assert_int_eq(compute(make_image(0x80000, MIB), 512 * MIB, 0, 2 * MIB), 0);
	ck_assert_uint_eq(layout.entry, RAM + 0x80000);
	ck_assert_uint_eq(layout.kernel_end, RAM + 0x80000 + MIB);
	ck_assert_uint_eq(layout.dtb, RAM + 510 * MIB);
	ck_assert_uint_eq(layout.initrd, 0);
	ck_assert_uint_eq(layout.initrd_size, 0);
}
END_TEST

START_TEST(unaligned_ram)
{
	struct kernel_image kernel = make_image(0, MIB);
	struct boot_request request = { RAM + MIB, 100 * MIB, &kernel, 0, MIB };

	ck_assert_int_eq(boot_layout_compute(&layout, &request), 0);
	ck_assert_uint_eq(layout.entry, RAM + 2 * MIB);
	ck_assert_uint_eq(layout.dtb, RAM + 100 * MIB);
}
END_TEST

START_TEST(large_ram)
{
	/* Below 512 MiB as long as both fit there, else together at the top. */
	ck_assert_int_eq(compute(make_image(0, 32 * MIB), 8 * GIB, 476 * MIB, MIB), 0);
	ck_assert_uint_eq(layout.dtb, RAM + 510 * MIB);
	ck_assert_uint_eq(layout.initrd, RAM + 34 * MIB);
	ck_assert_int_eq(compute(make_image(0, 32 * MIB), 8 * GIB, 476 * MIB + 1, MIB), 0);
	ck_assert_uint_eq(layout.dtb, RAM + 8 * GIB - 2 * MIB);
	ck_assert_uint_eq(layout.initrd, RAM + 8 * GIB - 478 * MIB - 64 * KIB);

	/* Not beyond the 32 GiB window. */
	ck_assert_int_eq(compute(make_image(0, 32 * MIB), 100 * GIB, 600 * MIB, MIB), 0);
	ck_assert_uint_eq(layout.dtb, RAM + 32 * GIB - 2 * MIB);
	ck_assert_uint_eq(layout.initrd, RAM + 32 * GIB - 602 * MIB);
	ck_assert_int_eq(compute(make_image(0, 32 * MIB), 100 * GIB, 32 * GIB - 36 * MIB, MIB), 0);
	ck_assert_int_eq(compute(make_image(0, 32 * MIB), 100 * GIB, 32 * GIB - 32 * MIB, MIB),
			 -EFBIG);
	unit_assert_logged("do not fit into the 32 GiB around the kernel");
	ck_assert_int_eq(compute(make_image(0, 32 * MIB), 100 * GIB, UINT64_MAX, MIB), -EFBIG);
	unit_assert_logged("do not fit into the 32 GiB around the kernel");
}
END_TEST

START_TEST(tiny_ram)
{
	/* A flat test and a small file as its initrd, in a RAM of 4 MiB. */
	ck_assert_int_eq(compute(make_flat(100 * KIB), 4 * MIB, 1000, 64 * KIB), 0);
	ck_assert_uint_eq(layout.entry, RAM + 0x80000);
	ck_assert_uint_eq(layout.dtb, RAM + 2 * MIB);
	ck_assert_uint_eq(layout.initrd, RAM + 2 * MIB - 64 * KIB);
	ck_assert_int_eq(compute(make_flat(100 * KIB), 16 * MIB, 1000, 2 * MIB), 0);
	ck_assert_uint_eq(layout.dtb, RAM + 14 * MIB);
	/* No 2 MiB block is left for the device tree. */
	ck_assert_int_eq(compute(make_flat(100 * KIB), 2 * MIB, 1000, 64 * KIB), 0);
	ck_assert_uint_eq(layout.dtb, RAM + 2 * MIB - 64 * KIB);
	ck_assert_uint_eq(layout.initrd, RAM + 2 * MIB - 128 * KIB);
	ck_assert_int_eq(compute(make_flat(100 * KIB), MIB, 0, 512 * KIB), -ENOSPC);
}
END_TEST

START_TEST(gap_shrinks_only_when_it_must)
{
	/* 2 MiB of gap, exactly; then a byte less. */
	ck_assert_int_eq(compute(make_flat(4 * MIB - 0x80000), 8 * MIB, 0, 2 * MIB), 0);
	ck_assert_uint_eq(layout.dtb, RAM + 6 * MIB);
	ck_assert_int_eq(compute(make_flat(6 * MIB - 0x80000 - 64 * KIB), 8 * MIB, 0, MIB), 0);
	ck_assert_uint_eq(layout.dtb, RAM + 6 * MIB);
	ck_assert_int_eq(compute(make_flat(6 * MIB - 0x80000 - 64 * KIB + 1), 8 * MIB, 0, MIB), 0);
	ck_assert_uint_eq(layout.dtb, RAM + 7 * MIB);
	/* Aligned down, an initrd may not reach into the gap. */
	ck_assert_int_eq(compute(make_flat(MIB - 0x80000 + 1), 4 * MIB, 960 * KIB - 1, 64 * KIB),
			 0);
	ck_assert_uint_eq(layout.dtb, RAM + 4 * MIB - 64 * KIB);
	ck_assert_int_eq(compute(make_flat(MIB - 0x80000), 4 * MIB, 960 * KIB, 64 * KIB), 0);
	ck_assert_uint_eq(layout.dtb, RAM + 2 * MIB);
	ck_assert_int_eq(compute(make_flat(7 * MIB - 0x80000 - 64 * KIB + 1), 8 * MIB, 0, MIB),
			 -ENOSPC);
}
END_TEST

START_TEST(too_large)
{
	ck_assert_int_eq(compute(make_image(0, 64 * MIB), 64 * MIB, 0, MIB), -ENOSPC);
	unit_assert_logged("kernel (65536 KiB up to 0x44000000)");
	unit_assert_logged("exceed the 64 MiB of RAM: use --mem 71M");
	ck_assert_int_eq(compute(make_image(0, 65 * MIB), 64 * MIB, 0, MIB), -ENOSPC);
	ck_assert_int_eq(compute(make_image(0, 20 * MIB), 64 * MIB, 43 * MIB, MIB), -ENOSPC);
	unit_assert_logged("initrd (44032 KiB)");
	ck_assert_int_eq(compute(make_image(0, 32 * MIB), 16 * MIB, UINT64_MAX, MIB), -EFBIG);
	ck_assert_int_eq(compute(make_image(0, 20 * MIB), 64 * MIB, MIB, 2 * MIB + 1), -EFBIG);
	unit_assert_logged("device tree");
	ck_assert_int_eq(compute(make_image(0, 20 * MIB), 64 * MIB, MIB, 0), -EINVAL);
	ck_assert_int_eq(compute(make_image(0, 20 * MIB), UINT64_MAX, MIB, MIB), -EINVAL);
}
END_TEST

START_TEST(absurd_headers)
{
	static const uint64_t values[] = { UINT64_MAX, UINT64_MAX - RAM + 1, 1ull << 63,
					   1ull << 52 };

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		ck_assert_int_eq(compute(make_image(values[i], MIB), GIB, 0, MIB), -ENOEXEC);
		unit_assert_logged("corrupt");
		ck_assert_int_eq(compute(make_image(0, values[i]), GIB, 0, MIB), -ENOEXEC);
	}
	ck_assert_int_eq(compute(make_image(1ull << 51, MIB), GIB, 0, MIB), -ENOSPC);
}
END_TEST

START_TEST(elf)
{
	ck_assert_int_eq(
		compute(make_elf(RAM + MIB, MIB, RAM + 4 * MIB, 100), 64 * MIB, 10, 64 * KIB), 0);
	ck_assert_uint_eq(layout.entry, RAM + MIB + 8);
	ck_assert_uint_eq(layout.piece_count, 2);
	ck_assert_uint_eq(layout.pieces[1].ipa, RAM + 4 * MIB);
	ck_assert_uint_eq(layout.pieces[1].file_offset, 60);
	ck_assert_uint_eq(layout.pieces[1].file_size, 40);
	ck_assert_uint_eq(layout.pieces[1].memory_size, 100);
	ck_assert_uint_eq(layout.kernel_start, RAM + MIB);
	ck_assert_uint_eq(layout.kernel_end, RAM + 4 * MIB + 100);
	ck_assert_uint_eq(layout.dtb, RAM + 62 * MIB);
	ck_assert_uint_eq(layout.initrd, RAM + 62 * MIB - 64 * KIB);

	/* Linked to the end of RAM: the others go below. */
	ck_assert_int_eq(compute(make_elf(RAM + 60 * MIB, MIB, RAM + 61 * MIB, 3 * MIB), 64 * MIB,
				 10, 64 * KIB),
			 0);
	ck_assert_uint_eq(layout.dtb, RAM + 58 * MIB);
	ck_assert_uint_eq(layout.initrd, RAM + 58 * MIB - 64 * KIB);
}
END_TEST

START_TEST(elf_outside_of_ram)
{
	ck_assert_int_eq(compute(make_elf(RAM - 1, MIB, RAM + 4 * MIB, 1), GIB, 0, MIB), -ENOEXEC);
	unit_assert_logged("RAM begins at 0x40000000");
	ck_assert_int_eq(compute(make_elf(RAM, MIB, 0xffff800080000000, 100), GIB, 0, MIB),
			 -ENOEXEC);
	unit_assert_logged("vmlinux");
	ck_assert_int_eq(compute(make_elf(RAM, 1ull << 62, RAM + GIB, 1), GIB, 0, MIB), -ENOEXEC);
	ck_assert_int_eq(compute(make_elf(RAM, MIB, RAM + GIB, 1), GIB, 0, MIB), -ENOSPC);
}
END_TEST

START_TEST(elf_overlaps)
{
	ck_assert_int_eq(compute(make_elf(RAM, 4096, RAM + 4095, 4096), GIB, 0, MIB), -ENOEXEC);
	unit_assert_logged("0x40000000 (0x1000 bytes) and 0x40000fff (0x1000 bytes) overlap");
	ck_assert_int_eq(compute(make_elf(RAM + 4095, 4096, RAM, 4096), GIB, 0, MIB), -ENOEXEC);
	ck_assert_int_eq(compute(make_elf(RAM, MIB, RAM + 4096, 1), GIB, 0, MIB), -ENOEXEC);
	ck_assert_int_eq(compute(make_elf(RAM, 4096, RAM + 4096, 4096), GIB, 0, MIB), 0);
	ck_assert_int_eq(compute(make_elf(RAM + 4096, 4096, RAM, 4096), GIB, 0, MIB), 0);
}
END_TEST

static uint64_t any(uint64_t most)
{
	uint64_t value = ((uint64_t)rand() << 32 ^ (uint64_t)rand() << 8) >> rand() % 63;

	return value % most;
}

static bool overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a < b + b_size && b < a + a_size;
}

/* What holds for every layout. And whatever --mem is advised is enough. */
START_TEST(properties)
{
	unsigned fits = 0, advised = 0;

	srand(17);
	for (int round = 0; round < 50000; round++) {
		uint64_t ram = any(40 * GIB) & ~0xfffull, initrd = any(GIB);
		uint64_t dtb = 1 + any(2 * MIB), size = 1 + any(GIB), offset = any(4 * MIB);
		struct kernel_image kernel = rand() % 3
						     ? make_image(offset, size)
						     : make_elf(RAM + any(ram + 1), 1 + any(MIB),
								RAM + any(ram + 1), 1 + any(GIB));
		int error = compute(kernel, ram, initrd, dtb);

		if (error) {
			const char *advice = strstr(unit_last_log(), "use --mem ");

			ck_assert_uint_eq(unit_log_count(), 1);
			ck_assert(error == -ENOEXEC || advice);
			if (!advice)
				continue;
			advised++;
			ram = strtoull(advice + strlen("use --mem "), NULL, 10) * MIB;
			ck_assert_int_eq(compute(kernel, ram, initrd, dtb), 0);
		}
		fits++;
		ck_assert_uint_eq(layout.dtb % 8, 0);
		ck_assert(layout.dtb >= RAM && layout.dtb + dtb <= RAM + ram);
		ck_assert(!overlap(layout.dtb, dtb, layout.kernel_start,
				   layout.kernel_end - layout.kernel_start));
		ck_assert(layout.kernel_start >= RAM && layout.kernel_end <= RAM + ram);
		if (!initrd)
			continue;
		ck_assert(layout.initrd >= RAM && layout.initrd + initrd <= layout.dtb);
		ck_assert(!overlap(layout.initrd, initrd, layout.kernel_start,
				   layout.kernel_end - layout.kernel_start));
	}
	ck_assert_uint_gt(fits, 20000);
	ck_assert_uint_gt(advised, 5000);
}
END_TEST

static int make_memfd(const char *bytes, size_t size)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	ck_assert_int_eq(write(fd, bytes, size), (ssize_t)size);
	return fd;
}

START_TEST(loading)
{
	struct kernel_image kernel = make_elf(RAM, 4096, RAM + 4096, 4096);
	struct boot_request request = { RAM, 4 * MIB, &kernel, 5, MIB };
	struct guest_memory memory;
	char payload[100];
	int initrd = make_memfd("INITRD", 6);

	memset(payload, 'a', 60);
	memset(payload + 60, 'b', 40);
	kernel.payload.fd = make_memfd(payload, 100);
	ck_assert_int_eq(guest_memory_create(&memory, RAM, 4 * MIB), 0);
	ck_assert_int_eq(boot_layout_compute(&layout, &request), 0);
	/* And once more, as at a reset. */
	for (int reset = 0; reset < 2; reset++) {
		const char *ram = memory.host;

		ck_assert_int_eq(boot_load(&layout, &kernel, initrd, &memory), 0);
		ck_assert_int_eq(memcmp(ram, payload, 60), 0);
		ck_assert_int_eq(ram[60], 0);
		ck_assert_int_eq(memcmp(ram + 4096, payload + 60, 40), 0);
		ck_assert_int_eq(ram[4096 + 40], 0);
		ck_assert_int_eq(memcmp(ram + (layout.initrd - RAM), "INITR", 6), 0);
		ck_assert_int_eq(guest_memory_zero(&memory), 0);
	}
	/* Without an initrd its descriptor does not matter. */
	layout.initrd_size = 0;
	ck_assert_int_eq(boot_load(&layout, &kernel, -1, &memory), 0);
	layout.initrd_size = 7;
	ck_assert_int_eq(boot_load(&layout, &kernel, initrd, &memory), -EIO);
	layout.pieces[1].ipa = RAM + 4 * MIB - 39;
	ck_assert_int_eq(boot_load(&layout, &kernel, initrd, &memory), -EINVAL);
	guest_memory_destroy(&memory);
	close(initrd);
	close(kernel.payload.fd);
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("boot_layout");
	TCase *tests = tcase_create("boot_layout");

	tcase_add_test(tests, linux_as_usual);
	tcase_add_test(tests, text_offset);
	tcase_add_test(tests, unaligned_ram);
	tcase_add_test(tests, large_ram);
	tcase_add_test(tests, tiny_ram);
	tcase_add_test(tests, gap_shrinks_only_when_it_must);
	tcase_add_test(tests, too_large);
	tcase_add_test(tests, absurd_headers);
	tcase_add_test(tests, elf);
	tcase_add_test(tests, elf_outside_of_ram);
	tcase_add_test(tests, elf_overlaps);
	tcase_add_test(tests, properties);
	tcase_add_test(tests, loading);
	suite_add_tcase(suite, tests);
	return suite;
}
