// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/device_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/log.h"
#include "devices/virtio/virtio_transport.h"
#include "irqchip/irqchip.h"
#include "timer/arch_timer.h"
#include "vmm/memory_map.h"

/* Room for everything but CPUs and bootargs; measured at about 2 KiB, and 150 bytes for each virtio
 * device. */
#define FIXED_SIZE   16384
#define SIZE_PER_CPU 256

#define CLOCK_PHANDLE 3
#define CLOCK_HZ      24000000
#define GPIO_PHANDLE  4

#define KEY_POWER 116 /* <linux/input-event-codes.h> */

/* First and third cell of an interrupt specifier; bindings/interrupt-controller/arm,gic.yaml. */
#define FDT_SPI	       0
#define FDT_PPI	       1
#define FDT_LEVEL_HIGH 4
#define PMU_PPI	       7 /* INTID 23 */

#define KASLR_SEED_SIZE 8
#define RNG_SEED_SIZE	64

#define MPIDR_AFFINITY UINT64_C(0xff00ffffff)

/* Each of the functions below returns 0 or a negative FDT_ERR, as libfdt's do. */
#define TRY(call)                       \
	do {                            \
		int try_ret = (call);   \
		if (try_ret < 0)        \
			return try_ret; \
	} while (0)

static int begin_node_at(void *fdt, const char *name, uint64_t address)
{
	char full_name[48];

	snprintf(full_name, sizeof(full_name), "%s@%" PRIx64, name, address);
	return fdt_begin_node(fdt, full_name);
}

static int add_reg(void *fdt, uint64_t address, uint64_t size)
{
	fdt64_t reg[2] = { cpu_to_fdt64(address), cpu_to_fdt64(size) };

	return fdt_property(fdt, "reg", reg, sizeof(reg));
}

static int add_interrupt(void *fdt, uint32_t type, uint32_t number, uint32_t flags)
{
	fdt32_t cells[3] = { cpu_to_fdt32(type), cpu_to_fdt32(number), cpu_to_fdt32(flags) };

	return fdt_property(fdt, "interrupts", cells, sizeof(cells));
}

static int describe_cpus(void *fdt, const struct device_tree_machine *machine)
{
	uint64_t all = 0;
	bool wide;

	for (unsigned i = 0; i < machine->cpus; i++)
		all |= machine->mpidrs[i] & MPIDR_AFFINITY;
	wide = all >> 32;
	TRY(fdt_begin_node(fdt, "cpus"));
	TRY(fdt_property_u32(fdt, "#address-cells", wide ? 2 : 1));
	TRY(fdt_property_u32(fdt, "#size-cells", 0));
	for (unsigned i = 0; i < machine->cpus; i++) {
		uint64_t affinity = machine->mpidrs[i] & MPIDR_AFFINITY;

		TRY(begin_node_at(fdt, "cpu", affinity));
		TRY(fdt_property_string(fdt, "device_type", "cpu"));
		TRY(fdt_property_string(fdt, "compatible", "arm,armv8"));
		TRY(wide ? fdt_property_u64(fdt, "reg", affinity)
			 : fdt_property_u32(fdt, "reg", affinity));
		TRY(fdt_property_string(fdt, "enable-method", "psci"));
		TRY(fdt_end_node(fdt));
	}
	return fdt_end_node(fdt);
}

static int describe_psci(void *fdt, bool el2)
{
	static const char compatible[] = "arm,psci-1.0\0arm,psci-0.2\0arm,psci";

	TRY(fdt_begin_node(fdt, "psci"));
	TRY(fdt_property(fdt, "compatible", compatible, sizeof(compatible)));
	TRY(fdt_property_string(fdt, "method", el2 ? "smc" : "hvc"));
	return fdt_end_node(fdt);
}

static int describe_pmu(void *fdt, const struct irqchip *irqchip)
{
	TRY(fdt_begin_node(fdt, "pmu"));
	TRY(fdt_property_string(fdt, "compatible", "arm,armv8-pmuv3"));
	TRY(add_interrupt(fdt, FDT_PPI, PMU_PPI,
			  FDT_LEVEL_HIGH | irqchip->ops->ppi_flags(irqchip)));
	return fdt_end_node(fdt);
}

/* What both PrimeCells have. Their identification registers tell the rest. */
static int begin_primecell(void *fdt, const char *name, const char *compatible,
			   size_t compatible_size, uint64_t address, uint64_t size, unsigned spi)
{
	TRY(begin_node_at(fdt, name, address));
	TRY(fdt_property(fdt, "compatible", compatible, compatible_size));
	TRY(add_reg(fdt, address, size));
	return add_interrupt(fdt, FDT_SPI, spi, FDT_LEVEL_HIGH);
}

static int describe_clock(void *fdt)
{
	TRY(fdt_begin_node(fdt, "apb-pclk"));
	TRY(fdt_property_string(fdt, "compatible", "fixed-clock"));
	TRY(fdt_property_u32(fdt, "#clock-cells", 0));
	TRY(fdt_property_u32(fdt, "clock-frequency", CLOCK_HZ));
	TRY(fdt_property_u32(fdt, "phandle", CLOCK_PHANDLE));
	return fdt_end_node(fdt);
}

static int describe_uart(void *fdt)
{
	static const char compatible[] = "arm,pl011\0arm,primecell";
	static const char clock_names[] = "uartclk\0apb_pclk";
	fdt32_t clocks[2] = { cpu_to_fdt32(CLOCK_PHANDLE), cpu_to_fdt32(CLOCK_PHANDLE) };

	TRY(begin_primecell(fdt, "serial", compatible, sizeof(compatible), MAP_UART_BASE,
			    MAP_UART_SIZE, MAP_UART_SPI));
	TRY(fdt_property(fdt, "clocks", clocks, sizeof(clocks)));
	TRY(fdt_property(fdt, "clock-names", clock_names, sizeof(clock_names)));
	return fdt_end_node(fdt);
}

static int describe_rtc(void *fdt)
{
	static const char compatible[] = "arm,pl031\0arm,primecell";

	TRY(begin_primecell(fdt, "rtc", compatible, sizeof(compatible), MAP_RTC_BASE, MAP_RTC_SIZE,
			    MAP_RTC_SPI));
	TRY(fdt_property_u32(fdt, "clocks", CLOCK_PHANDLE));
	TRY(fdt_property_string(fdt, "clock-names", "apb_pclk"));
	return fdt_end_node(fdt);
}

static int describe_gpio(void *fdt)
{
	static const char compatible[] = "arm,pl061\0arm,primecell";

	TRY(begin_primecell(fdt, "gpio", compatible, sizeof(compatible), MAP_GPIO_BASE,
			    MAP_GPIO_SIZE, MAP_GPIO_SPI));
	TRY(fdt_property_u32(fdt, "clocks", CLOCK_PHANDLE));
	TRY(fdt_property_string(fdt, "clock-names", "apb_pclk"));
	TRY(fdt_property(fdt, "gpio-controller", NULL, 0));
	TRY(fdt_property_u32(fdt, "#gpio-cells", 2));
	TRY(fdt_property(fdt, "interrupt-controller", NULL, 0));
	TRY(fdt_property_u32(fdt, "#interrupt-cells", 2));
	TRY(fdt_property_u32(fdt, "#address-cells", 0));
	TRY(fdt_property_u32(fdt, "phandle", GPIO_PHANDLE));
	return fdt_end_node(fdt);
}

static int describe_power_key(void *fdt)
{
	fdt32_t gpios[3] = { cpu_to_fdt32(GPIO_PHANDLE), cpu_to_fdt32(MAP_GPIO_POWER_PIN), 0 };

	TRY(fdt_begin_node(fdt, "gpio-keys"));
	TRY(fdt_property_string(fdt, "compatible", "gpio-keys"));
	TRY(fdt_begin_node(fdt, "key-power"));
	TRY(fdt_property_string(fdt, "label", "Power"));
	TRY(fdt_property_u32(fdt, "linux,code", KEY_POWER));
	TRY(fdt_property(fdt, "gpios", gpios, sizeof(gpios)));
	TRY(fdt_end_node(fdt));
	return fdt_end_node(fdt);
}

static int describe_chosen(void *fdt, const struct device_tree_machine *machine)
{
	static const uint8_t seed[RNG_SEED_SIZE];
	char stdout_path[32];

	snprintf(stdout_path, sizeof(stdout_path), "/serial@%" PRIx64, MAP_UART_BASE);
	TRY(fdt_begin_node(fdt, "chosen"));
	TRY(fdt_property_string(fdt, "stdout-path", stdout_path));
	if (machine->bootargs)
		TRY(fdt_property_string(fdt, "bootargs", machine->bootargs));
	if (machine->initrd_size) {
		TRY(fdt_property_u64(fdt, "linux,initrd-start", machine->initrd_base));
		TRY(fdt_property_u64(fdt, "linux,initrd-end",
				     machine->initrd_base + machine->initrd_size));
	}
	/* Places for device_tree_reseed(). */
	TRY(fdt_property(fdt, "kaslr-seed", seed, KASLR_SEED_SIZE));
	TRY(fdt_property(fdt, "rng-seed", seed, RNG_SEED_SIZE));
	return fdt_end_node(fdt);
}

static int describe_memory(void *fdt, const struct device_tree_machine *machine)
{
	TRY(begin_node_at(fdt, "memory", machine->ram_base));
	TRY(fdt_property_string(fdt, "device_type", "memory"));
	TRY(add_reg(fdt, machine->ram_base, machine->ram_size));
	return fdt_end_node(fdt);
}

static int describe_machine(void *fdt, size_t size, const struct device_tree_machine *machine)
{
	const struct irqchip *irqchip = machine->irqchip;

	TRY(fdt_create(fdt, size));
	TRY(fdt_finish_reservemap(fdt));
	TRY(fdt_begin_node(fdt, ""));
	TRY(fdt_property_string(fdt, "compatible", "linux,dummy-virt"));
	TRY(fdt_property_string(fdt, "model", "armlet"));
	TRY(fdt_property_u32(fdt, "#address-cells", 2));
	TRY(fdt_property_u32(fdt, "#size-cells", 2));
	TRY(fdt_property_u32(fdt, "interrupt-parent", IRQCHIP_PHANDLE));
	TRY(describe_chosen(fdt, machine));
	TRY(describe_memory(fdt, machine));
	TRY(describe_cpus(fdt, machine));
	TRY(describe_psci(fdt, machine->el2));
	TRY(arch_timer_describe(fdt, irqchip->ops->ppi_flags(irqchip)));
	if (machine->pmu)
		TRY(describe_pmu(fdt, irqchip));
	TRY(irqchip->ops->describe(irqchip, fdt));
	TRY(describe_clock(fdt));
	TRY(describe_uart(fdt));
	TRY(describe_rtc(fdt));
	TRY(describe_gpio(fdt));
	TRY(describe_power_key(fdt));
	for (unsigned i = 0; i < machine->virtio_count; i++)
		TRY(machine->virtio[i]->ops->describe(machine->virtio[i], fdt));
	TRY(fdt_end_node(fdt));
	return fdt_finish(fdt);
}

size_t device_tree_bound(unsigned cpus, const char *bootargs)
{
	return FIXED_SIZE + (size_t)cpus * SIZE_PER_CPU + (bootargs ? strlen(bootargs) + 1 : 0);
}

int device_tree_build(struct device_tree *tree, const struct device_tree_machine *machine)
{
	size_t bound = device_tree_bound(machine->cpus, machine->bootargs);
	int ret;

	tree->foreign = false;
	tree->blob = calloc(1, bound);
	if (!tree->blob)
		return log_error(-ENOMEM, "cannot build the device tree: out of memory");
	ret = describe_machine(tree->blob, bound, machine);
	if (ret < 0) {
		device_tree_destroy(tree);
		return log_error(-EINVAL, "cannot build the device tree: %s", fdt_strerror(ret));
	}
	tree->size = fdt_totalsize(tree->blob);
	ret = device_tree_reseed(tree);
	if (ret < 0)
		device_tree_destroy(tree);
	return ret;
}

int device_tree_read(struct device_tree *tree, int fd, size_t size)
{
	int ret;

	tree->blob = malloc(size);
	if (!tree->blob)
		return log_error(-ENOMEM, "cannot read the device tree: out of memory");
	if (pread(fd, tree->blob, size, 0) != (ssize_t)size) {
		device_tree_destroy(tree);
		return log_error(-EIO, "cannot read the device tree: %s", strerror(errno));
	}
	ret = fdt_check_full(tree->blob, size);
	if (ret < 0) {
		device_tree_destroy(tree);
		return log_error(
			-EINVAL,
			"cannot use --dtb: %s: it must be a compiled device tree (dtc -O dtb)",
			fdt_strerror(ret));
	}
	tree->size = size;
	tree->foreign = true;
	return 0;
}

/* A full disk takes the beginning first, and tells at the next write what is wrong. */
static int write_all(int fd, const char *bytes, size_t size)
{
	while (size) {
		ssize_t written = write(fd, bytes, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		bytes += written;
		size -= written;
	}
	return 0;
}

int device_tree_write(const struct device_tree *tree, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	int ret = fd < 0 ? -errno : write_all(fd, tree->blob, tree->size);

	if (fd >= 0 && close(fd) < 0 && !ret)
		ret = -errno;
	return ret ? log_error(ret, "cannot write the device tree to %s: %s", path, strerror(-ret))
		   : 0;
}

void device_tree_destroy(struct device_tree *tree)
{
	free(tree->blob);
	tree->blob = NULL;
	tree->size = 0;
}

int device_tree_reseed(struct device_tree *tree)
{
	static const char *const seeds[] = { "kaslr-seed", "rng-seed" };
	int chosen = tree->foreign ? -1 : fdt_path_offset(tree->blob, "/chosen");

	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]) && chosen >= 0; i++) {
		int size;
		void *seed = fdt_getprop_w(tree->blob, chosen, seeds[i], &size);

		/* Below 256 bytes getrandom() is never interrupted and never short. */
		if (seed && getrandom(seed, size, 0) != size)
			return log_error(-errno, "cannot seed the guest: getrandom: %s",
					 strerror(errno));
	}
	return 0;
}
