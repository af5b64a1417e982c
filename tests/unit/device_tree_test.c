// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/device_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <libfdt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "devices/virtio/virtio_transport.h"
#include "irqchip/irqchip.h"
#include "tests/unit/unit.h"
#include "vmm/memory_map.h"

/* An interrupt controller that only describes itself, with GICv2's mask of CPUs. */
static unsigned fake_ppi_flags(const struct irqchip *chip)
{
	return ((1u << chip->cpus) - 1) << 8;
}

static int fake_describe(const struct irqchip *chip, void *fdt)
{
	fdt64_t reg[2] = { cpu_to_fdt64(chip->map.dist), cpu_to_fdt64(0x10000) };
	int ret = fdt_begin_node(fdt, "intc@8000000");

	ret = ret ? ret : fdt_property_string(fdt, "compatible", "arm,cortex-a15-gic");
	ret = ret ? ret : fdt_property_u32(fdt, "phandle", IRQCHIP_PHANDLE);
	ret = ret ? ret : fdt_property(fdt, "interrupt-controller", NULL, 0);
	ret = ret ? ret : fdt_property_u32(fdt, "#interrupt-cells", 3);
	ret = ret ? ret : fdt_property_u32(fdt, "#address-cells", 0);
	ret = ret ? ret : fdt_property(fdt, "reg", reg, sizeof(reg));
	return ret ? ret : fdt_end_node(fdt);
}

static const struct irqchip_ops fake_ops = { .ppi_flags = fake_ppi_flags,
					     .describe = fake_describe };
static const uint64_t few_mpidrs[] = { 0x80000000, 0x80000001, 0x80000002, 0x80000100 };
static struct irqchip chip;
static struct device_tree_machine machine;
static struct device_tree tree;

static void setup(void)
{
	chip = (struct irqchip){ .ops = &fake_ops, .cpus = 4, .map = { .dist = 0x8000000 } };
	machine = (struct device_tree_machine){
		.irqchip = &chip,
		.mpidrs = few_mpidrs,
		.cpus = 4,
		.pmu = true,
		.ram_base = MAP_RAM_BASE,
		.ram_size = 512 << 20,
		.bootargs = "console=ttyAMA0",
		.initrd_base = 0x48000000,
		.initrd_size = 0x1234,
	};
}

static void teardown(void)
{
	device_tree_destroy(&tree);
}

static const void *property(const char *path, const char *name, int *size)
{
	int node = fdt_path_offset(tree.blob, path);
	const void *value;

	ck_assert_msg(node >= 0, "no node %s", path);
	value = fdt_getprop(tree.blob, node, name, size);
	ck_assert_msg(value != NULL, "no property %s in %s", name, path);
	return value;
}

static uint32_t cell(const char *path, const char *name, int index)
{
	int size;
	const fdt32_t *cells = property(path, name, &size);

	ck_assert_int_gt(size, index * 4);
	return fdt32_to_cpu(cells[index]);
}

static uint64_t cell_pair(const char *path, const char *name, int index)
{
	return (uint64_t)cell(path, name, index) << 32 | cell(path, name, index + 1);
}

/* dtc's own opinion: not a word. */
static void assert_dtc_is_content(void)
{
	const char *path = unit_make_file(tree.blob, tree.size);
	char command[256], said[512] = "";
	FILE *dtc;

	snprintf(command, sizeof(command), "dtc -I dtb -O dts -o /dev/null %s 2>&1", path);
	dtc = popen(command, "r");
	ck_assert_ptr_nonnull(dtc);
	if (!fgets(said, sizeof(said), dtc))
		said[0] = '\0';
	ck_assert_msg(pclose(dtc) == 0 && !said[0], "dtc says: %s", said);
}

START_TEST(describes_the_machine)
{
	int size;

	ck_assert_int_eq(device_tree_build(&tree, &machine), 0);
	ck_assert_uint_eq(cell_pair("/memory@40000000", "reg", 0), MAP_RAM_BASE);
	ck_assert_uint_eq(cell_pair("/memory@40000000", "reg", 2), 512 << 20);
	ck_assert_str_eq(property("/chosen", "stdout-path", &size), "/serial@9000000");
	ck_assert_uint_eq(cell_pair("/chosen", "linux,initrd-start", 0), 0x48000000);
	ck_assert_uint_eq(cell_pair("/chosen", "linux,initrd-end", 0), 0x48001234);
	ck_assert_str_eq(property("/psci", "method", &size), "hvc");
	ck_assert_uint_eq(cell("/", "interrupt-parent", 0), cell("/intc@8000000", "phandle", 0));
	ck_assert_uint_eq(cell_pair("/serial@9000000", "reg", 0), MAP_UART_BASE);
	ck_assert_uint_eq(cell("/serial@9000000", "interrupts", 1), MAP_UART_SPI);
	ck_assert_uint_eq(cell("/serial@9000000", "interrupts", 2), 4);
	ck_assert_uint_eq(cell_pair("/rtc@9010000", "reg", 0), MAP_RTC_BASE);
	ck_assert_uint_eq(cell("/rtc@9010000", "interrupts", 1), MAP_RTC_SPI);
	assert_dtc_is_content();
}
END_TEST

/* A guest at EL2 would take its own HVC. */
START_TEST(the_power_key_is_a_pin)
{
	int size;

	ck_assert_int_eq(device_tree_build(&tree, &machine), 0);
	ck_assert_uint_eq(cell_pair("/gpio@9030000", "reg", 0), MAP_GPIO_BASE);
	ck_assert_uint_eq(cell("/gpio@9030000", "interrupts", 1), MAP_GPIO_SPI);
	property("/gpio@9030000", "gpio-controller", &size);
	ck_assert_uint_eq(cell("/gpio-keys/key-power", "linux,code", 0), 116);
	ck_assert_uint_eq(cell("/gpio-keys/key-power", "gpios", 0),
			  cell("/gpio@9030000", "phandle", 0));
	ck_assert_uint_eq(cell("/gpio-keys/key-power", "gpios", 1), MAP_GPIO_POWER_PIN);
}
END_TEST

static int describe_slot(const struct virtio_transport *transport, void *fdt)
{
	char name[32];
	int ret;

	(void)transport;
	snprintf(name, sizeof(name), "virtio_mmio@%x", (unsigned)MAP_VIRTIO_BASE);
	ret = fdt_begin_node(fdt, name);
	return ret ? ret : fdt_end_node(fdt);
}

START_TEST(virtio_devices_describe_themselves)
{
	static const struct virtio_transport_ops ops = { .describe = describe_slot };
	struct virtio_transport transport = { .ops = &ops }, *transports[] = { &transport };

	machine.virtio = transports;
	machine.virtio_count = 1;
	ck_assert_int_eq(device_tree_build(&tree, &machine), 0);
	ck_assert_int_ge(fdt_path_offset(tree.blob, "/virtio_mmio@a000000"), 0);
}
END_TEST

START_TEST(with_el2_psci_is_by_smc)
{
	int size;

	machine.el2 = true;
	ck_assert_int_eq(device_tree_build(&tree, &machine), 0);
	ck_assert_str_eq(property("/psci", "method", &size), "smc");
}
END_TEST

START_TEST(cpus_have_the_mpidr_that_kvm_reports)
{
	int size;

	ck_assert_int_eq(device_tree_build(&tree, &machine), 0);
	ck_assert_uint_eq(cell("/cpus", "#address-cells", 0), 1);
	ck_assert_uint_eq(cell("/cpus/cpu@2", "reg", 0), 2);
	ck_assert_uint_eq(cell("/cpus/cpu@100", "reg", 0), 0x100);
	ck_assert_str_eq(property("/cpus/cpu@100", "enable-method", &size), "psci");
}
END_TEST

START_TEST(an_affinity_3_needs_two_cells)
{
	static const uint64_t mpidrs[] = { 0x80000000, 0x180000000 };

	machine.mpidrs = mpidrs;
	machine.cpus = 2;
	ck_assert_int_eq(device_tree_build(&tree, &machine), 0);
	ck_assert_uint_eq(cell("/cpus", "#address-cells", 0), 2);
	ck_assert_uint_eq(cell_pair("/cpus/cpu@100000000", "reg", 0), 0x100000000);
	assert_dtc_is_content();
}
END_TEST

START_TEST(timer_interrupts_are_the_bindings_order)
{
	static const unsigned ppis[] = { 13, 14, 11, 10, 12 };

	ck_assert_int_eq(device_tree_build(&tree, &machine), 0);
	for (int i = 0; i < 5; i++) {
		ck_assert_uint_eq(cell("/timer", "interrupts", 3 * i), 1);
		ck_assert_uint_eq(cell("/timer", "interrupts", 3 * i + 1), ppis[i]);
		ck_assert_uint_eq(cell("/timer", "interrupts", 3 * i + 2), 0xf04);
	}
}
END_TEST

START_TEST(pmu_only_when_enabled)
{
	ck_assert_int_eq(device_tree_build(&tree, &machine), 0);
	ck_assert_uint_eq(cell("/pmu", "interrupts", 1), 7);
	device_tree_destroy(&tree);
	machine.pmu = false;
	ck_assert_int_eq(device_tree_build(&tree, &machine), 0);
	ck_assert_int_lt(fdt_path_offset(tree.blob, "/pmu"), 0);
}
END_TEST

START_TEST(bootargs_are_kept_byte_for_byte)
{
	static const char *const cases[] = { "", " ", "a=\"b c\"  d\\n\t\x01\xff é" };
	int size;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		machine.bootargs = cases[i];
		ck_assert_int_eq(device_tree_build(&tree, &machine), 0);
		ck_assert_mem_eq(property("/chosen", "bootargs", &size), cases[i],
				 strlen(cases[i]) + 1);
		ck_assert_int_eq(size, strlen(cases[i]) + 1);
		device_tree_destroy(&tree);
	}
}
END_TEST

START_TEST(long_bootargs_and_many_cpus_fit_the_bound)
{
	uint64_t mpidrs[123];
	char *bootargs = malloc(100001);

	memset(bootargs, 'x', 100000);
	bootargs[100000] = '\0';
	for (int i = 0; i < 123; i++)
		mpidrs[i] = 0x80000000 | (i & 15) | (i >> 4) << 8 | UINT64_C(0xff00000000);
	machine.bootargs = bootargs;
	machine.mpidrs = mpidrs;
	machine.cpus = 123;
	ck_assert_int_eq(device_tree_build(&tree, &machine), 0);
	ck_assert_uint_le(tree.size, device_tree_bound(123, bootargs));
	free(bootargs);
}
END_TEST

START_TEST(without_initrd_there_is_no_such_property)
{
	machine.initrd_size = 0;
	ck_assert_int_eq(device_tree_build(&tree, &machine), 0);
	ck_assert_ptr_null(fdt_getprop(tree.blob, fdt_path_offset(tree.blob, "/chosen"),
				       "linux,initrd-start", NULL));
}
END_TEST

START_TEST(each_boot_has_seeds_of_its_own)
{
	uint8_t kaslr[8], rng[64];
	int size;

	ck_assert_int_eq(device_tree_build(&tree, &machine), 0);
	memcpy(kaslr, property("/chosen", "kaslr-seed", &size), sizeof(kaslr));
	ck_assert_int_eq(size, sizeof(kaslr));
	memcpy(rng, property("/chosen", "rng-seed", &size), sizeof(rng));
	ck_assert_int_eq(size, sizeof(rng));
	ck_assert_int_eq(device_tree_reseed(&tree), 0);
	ck_assert_mem_ne(kaslr, property("/chosen", "kaslr-seed", &size), sizeof(kaslr));
	ck_assert_mem_ne(rng, property("/chosen", "rng-seed", &size), sizeof(rng));
}
END_TEST

START_TEST(a_users_tree_is_left_alone)
{
	struct device_tree own = { 0 };
	const char *path;
	int fd;

	ck_assert_int_eq(device_tree_build(&tree, &machine), 0);
	path = unit_make_file(tree.blob, tree.size);
	fd = open(path, O_RDONLY);
	ck_assert_int_eq(device_tree_read(&own, fd, tree.size), 0);
	ck_assert_int_eq(device_tree_reseed(&own), 0);
	ck_assert_mem_eq(own.blob, tree.blob, tree.size);
	device_tree_destroy(&own);

	ck_assert_int_eq(device_tree_write(&tree, path), 0);
	ck_assert_int_eq(lseek(fd, 0, SEEK_END), tree.size);
	close(fd);
}
END_TEST

START_TEST(a_bad_tree_is_refused)
{
	struct device_tree own = { 0 };
	char *bad;
	int fd;

	ck_assert_int_eq(device_tree_build(&tree, &machine), 0);
	for (size_t size = 1; size < tree.size; size += 97) {
		fd = open(unit_make_file(tree.blob, size), O_RDONLY);
		ck_assert_int_eq(device_tree_read(&own, fd, size), -EINVAL);
		close(fd);
	}
	unit_assert_logged("--dtb");

	bad = malloc(tree.size);
	memcpy(bad, tree.blob, tree.size);
	memset(bad + 60, 0xff, 40);
	fd = open(unit_make_file(bad, tree.size), O_RDONLY);
	ck_assert_int_eq(device_tree_read(&own, fd, tree.size), -EINVAL);
	close(fd);
	free(bad);
}
END_TEST

START_TEST(a_path_that_cannot_be_written_is_named)
{
	ck_assert_int_eq(device_tree_build(&tree, &machine), 0);
	ck_assert_int_eq(device_tree_write(&tree, "/nonexistent/tree.dtb"), -ENOENT);
	unit_assert_logged("/nonexistent/tree.dtb");
}
END_TEST

START_TEST(a_file_that_cannot_hold_all_of_it_is_an_error)
{
	struct rlimit limit = { .rlim_cur = 500, .rlim_max = RLIM_INFINITY };
	const char *path = unit_make_file("", 0);

	ck_assert_int_eq(device_tree_build(&tree, &machine), 0);
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_int_eq(device_tree_write(&tree, path), -EFBIG);
	unit_assert_logged(strerror(EFBIG));
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("device_tree");
	TCase *tests = tcase_create("device_tree");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, describes_the_machine);
	tcase_add_test(tests, the_power_key_is_a_pin);
	tcase_add_test(tests, virtio_devices_describe_themselves);
	tcase_add_test(tests, with_el2_psci_is_by_smc);
	tcase_add_test(tests, cpus_have_the_mpidr_that_kvm_reports);
	tcase_add_test(tests, an_affinity_3_needs_two_cells);
	tcase_add_test(tests, timer_interrupts_are_the_bindings_order);
	tcase_add_test(tests, pmu_only_when_enabled);
	tcase_add_test(tests, bootargs_are_kept_byte_for_byte);
	tcase_add_test(tests, long_bootargs_and_many_cpus_fit_the_bound);
	tcase_add_test(tests, without_initrd_there_is_no_such_property);
	tcase_add_test(tests, each_boot_has_seeds_of_its_own);
	tcase_add_test(tests, a_users_tree_is_left_alone);
	tcase_add_test(tests, a_bad_tree_is_refused);
	tcase_add_test(tests, a_path_that_cannot_be_written_is_named);
	tcase_add_test(tests, a_file_that_cannot_hold_all_of_it_is_an_error);
	suite_add_tcase(suite, tests);
	return suite;
}
