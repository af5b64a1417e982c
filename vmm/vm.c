// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/vm.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "vmm/memory_map.h"
#include "vmm/vm_private.h"

static void vcpu_stopped(void *context, struct vcpu *vcpu, enum vcpu_stop why)
{
	struct vm *vm = context;

	(void)vcpu;
	atomic_fetch_or(&vm->stops, 1u << why);
	event_notifier_signal(&vm->stopped);
}

static int vcpu_thread_begin(void *context, struct vcpu *vcpu)
{
	struct vm *vm = context;

	(void)vcpu;
	return vm->config->sandbox ? sandbox_enter(&vm->sandbox, SANDBOX_VCPU) : 0;
}

static int mover_thread_begin(void *context)
{
	struct vm *vm = context;

	return vm->config->sandbox ? sandbox_enter(&vm->sandbox, SANDBOX_MOVER) : 0;
}

/* Before there is a VM: what this host refuses is said at once. */
static int create_placement(struct vm *vm)
{
	const struct placement_config config = {
		.request = vm->config->placement,
		.vcpus = vm->config->cpus,
		.watch = vm->config->statistics,
		.thread_begin = mover_thread_begin,
		.context = vm,
	};

	if (!placement_is_wanted(&config.request) && !config.watch)
		return 0;
	return placement_create(&vm->placement, &config);
}

static int create_machine(struct vm *vm)
{
	const struct vm_config *config = vm->config;
	const struct machine_config machine = {
		.cpus = config->cpus,
		.memory = config->memory,
		.irqchip = config->irqchip,
		.cpu_features = config->cpu_features,
		.unassigned = config->unassigned,
		.thread_begin = vcpu_thread_begin,
		.stopped = vcpu_stopped,
		.context = vm,
	};

	return machine_create(&vm->machine, &machine);
}

static int create_devices(struct vm *vm)
{
	const struct mmio_region regions[] = {
		{ MAP_UART_BASE, MAP_UART_SIZE, &pl011_ops, &vm->uart, "PL011" },
		{ MAP_RTC_BASE, MAP_RTC_SIZE, &pl031_ops, &vm->rtc, "PL031" },
		{ MAP_GPIO_BASE, MAP_GPIO_SIZE, &pl061_ops, &vm->gpio, "PL061" },
	};
	int ret;

	pl011_init(&vm->uart, vm->machine.irqchip, MAP_UART_SPI);
	ret = pl031_init(&vm->rtc, &vm->loop, vm->machine.irqchip, MAP_RTC_SPI);
	vm->has_rtc = !ret;
	if (!ret) {
		ret = pl061_init(&vm->gpio, &vm->loop, vm->machine.irqchip, MAP_GPIO_SPI);
		vm->has_gpio = !ret;
	}
	for (size_t i = 0; i < sizeof(regions) / sizeof(regions[0]) && !ret; i++)
		ret = mmio_bus_add(&vm->machine.bus, &regions[i]);
	return ret;
}

static const char *bootargs(const struct vm *vm)
{
	return vm->config->bootargs ? vm->config->bootargs
				    : console_default_bootargs(&vm->config->console);
}

/* Where everything goes. Needs no VM, so that what cannot boot is refused before there is one. */
static int plan_boot(struct vm *vm)
{
	const struct vm_config *config = vm->config;
	struct boot_request request = {
		.ram_base = MAP_RAM_BASE,
		.ram_size = config->memory,
		.kernel = config->kernel,
		.initrd_size = config->initrd ? config->initrd->size : 0,
		.dtb_size = config->dtb ? config->dtb->size
					: device_tree_bound(config->cpus, bootargs(vm)),
	};
	int ret = config->dtb ? device_tree_read(&vm->dtb, config->dtb->fd, config->dtb->size) : 0;

	return ret ? ret : boot_layout_compute(&vm->layout, &request);
}

static int describe_machine(struct vm *vm)
{
	const struct vm_config *config = vm->config;
	uint64_t mpidrs[MAP_GICV3_REDIST_CPUS];
	struct device_tree_machine machine = {
		.irqchip = vm->machine.irqchip,
		.mpidrs = mpidrs,
		.cpus = config->cpus,
		.pmu = vm->machine.group.features & 1u << VCPU_FEATURE_PMU,
		.el2 = vm->machine.group.features & 1u << VCPU_FEATURE_NESTED,
		.ram_base = MAP_RAM_BASE,
		.ram_size = config->memory,
		.bootargs = bootargs(vm),
		.initrd_base = vm->layout.initrd,
		.initrd_size = vm->layout.initrd_size,
		.virtio = vm->virtio.transports,
		.virtio_count = vm->virtio.count,
	};
	int ret = 0;

	for (unsigned i = 0; i < config->cpus; i++)
		mpidrs[i] = vm->machine.vcpus[i].mpidr;
	if (!config->dtb)
		ret = device_tree_build(&vm->dtb, &machine);
	if (!ret && config->dump_dtb)
		ret = device_tree_write(&vm->dtb, config->dump_dtb);
	return ret;
}

int vm_load(struct vm *vm)
{
	const struct sealed_file *initrd = vm->config->initrd;
	void *dtb = guest_memory_at(&vm->machine.memory, vm->layout.dtb, vm->dtb.size);
	int ret = boot_load(&vm->layout, vm->config->kernel, initrd ? initrd->fd : -1,
			    &vm->machine.memory);

	if (ret < 0)
		return ret;
	memcpy(dtb, vm->dtb.blob, vm->dtb.size);
	return vcpu_set_entry(&vm->machine.vcpus[0], vm->layout.entry, vm->layout.dtb);
}

int vm_create(struct vm *vm, const struct vm_config *config)
{
	int ret;

	memset(vm, 0, sizeof(*vm));
	vm->config = config;
	vm->console_host = (struct console_host){ .fd = -1, .in_fd = -1, .other_fd = -1 };
	machine_init(&vm->machine);
	ret = plan_boot(vm);
	ret = ret ? ret : create_placement(vm);
	if (ret < 0)
		return ret;
	ret = event_loop_init(&vm->loop);
	vm->has_loop = !ret;
	ret = ret ? ret : create_machine(vm);
	ret = ret ? ret
		  : console_host_open(&vm->console_host, config->console.place,
				      config->console.path);
	vm->machine.group.placement = vm->placement;
	ret = ret ? ret : create_devices(vm);
	ret = ret ? ret : vm_virtio_create(vm);
	ret = ret ? ret : describe_machine(vm);
	return ret ? ret : vm_load(vm);
}

void vm_destroy(struct vm *vm)
{
	device_tree_destroy(&vm->dtb);
	vm_virtio_destroy(vm);
	console_host_close(&vm->console_host);
	if (vm->has_gpio)
		pl061_destroy(&vm->gpio);
	if (vm->has_rtc)
		pl031_destroy(&vm->rtc);
	machine_destroy(&vm->machine);
	vm_virtio_unmap(vm);
	placement_destroy(vm->placement);
	if (vm->has_loop)
		event_loop_destroy(&vm->loop);
}
