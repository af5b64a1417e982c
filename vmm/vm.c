// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/vm.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/kvm.h"
#include "base/log.h"
#include "vmm/host_info.h"
#include "vmm/memory_map.h"
#include "vmm/vm_private.h"

/* What suits Linux when the user says nothing. */
#define DEFAULT_BOOTARGS "console=ttyAMA0"

/* KVM's IPA size when none is asked for. */
#define DEFAULT_IPA_BITS 40

/* The VM type that KVM_CREATE_VM takes: the size of the guest's physical address space in bits. */
static int choose_ipa_bits(int kvm_fd, uint64_t memory, unsigned long *type)
{
	uint64_t last = MAP_RAM_BASE + memory - 1;
	int needed = 64 - __builtin_clzll(last);
	int offered = kvm_check_extension(kvm_fd, KVM_CAP_ARM_VM_IPA_SIZE);

	/* A KVM without the capability knows type 0 only, and that is 40 bits. */
	*type = 0;
	if (!offered)
		offered = DEFAULT_IPA_BITS;
	else if (needed > DEFAULT_IPA_BITS || offered < DEFAULT_IPA_BITS)
		*type = needed > offered ? offered : needed < 32 ? 32 : needed;
	if (needed > offered)
		return log_error(
			-ENOTSUP,
			"cannot create a VM with %" PRIu64
			" MiB: this host's guests have %d address bits: use a --mem of at most "
			"%" PRIu64 "M",
			memory >> 20, offered, ((UINT64_C(1) << offered) - MAP_RAM_BASE) >> 20);
	return 0;
}

static int create_vm_fd(struct vm *vm)
{
	unsigned long type;
	int ret = choose_ipa_bits(vm->kvm_fd, vm->config->memory, &type);

	if (ret < 0)
		return ret;
	do
		vm->fd = kvm_ioctl(vm->kvm_fd, KVM_CREATE_VM, type);
	while (vm->fd == -EINTR);
	if (vm->fd < 0)
		return log_error(vm->fd, "cannot create a VM: %s%s", strerror(-vm->fd),
				 vm->fd == -ENOMEM ? ": the host has not enough memory" : "");
	return 0;
}

static int check_cpu_limit(const struct vm *vm)
{
	unsigned limit = kvm_check_extension(vm->fd, KVM_CAP_MAX_VCPUS);

	if (vm->config->cpus <= limit)
		return 0;
	return log_error(-ENOTSUP,
			 "cannot create a VM of %u CPUs: this host's KVM allows %u "
			 "(KVM_CAP_MAX_VCPUS): use a smaller --cpus",
			 vm->config->cpus, limit);
}

static int add_memory(struct vm *vm)
{
	struct kvm_userspace_memory_region region = {
		.guest_phys_addr = MAP_RAM_BASE,
		.memory_size = vm->config->memory,
	};
	int ret = guest_memory_create(&vm->memory, MAP_RAM_BASE, vm->config->memory);

	if (ret < 0)
		return ret;
	region.userspace_addr = (uintptr_t)vm->memory.host;
	ret = kvm_ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, (uintptr_t)&region);
	if (ret < 0)
		return log_error(ret,
				 "cannot give the VM its %" PRIu64
				 " MiB of RAM: %s: use a smaller --mem (KVM takes less than 8T)",
				 vm->config->memory >> 20, strerror(-ret));
	return 0;
}

/* Accesses that KVM cannot decode come to us instead of failing KVM_RUN. */
static int enable_capabilities(const struct vm *vm)
{
	struct kvm_enable_cap nisv = { .cap = KVM_CAP_ARM_NISV_TO_USER };

	if (vm->config->unassigned == UNASSIGNED_MMIO_ABORT &&
	    !kvm_check_extension(vm->fd, KVM_CAP_ARM_INJECT_EXT_DABT))
		return log_error(-ENOTSUP,
				 "cannot give guests external aborts: this host's KVM lacks "
				 "KVM_CAP_ARM_INJECT_EXT_DABT: use --unassigned-mmio zero");
	if (!kvm_check_extension(vm->fd, KVM_CAP_ARM_NISV_TO_USER))
		log_info("this host's KVM cannot pass on loads and stores that it does not decode");
	else
		kvm_ioctl(vm->fd, KVM_ENABLE_CAP, (uintptr_t)&nisv);
	return 0;
}

static int create_irqchip(struct vm *vm)
{
	static const struct irqchip_map map = {
		.dist = MAP_GIC_DIST_BASE,
		.redist = MAP_GICV3_REDIST_BASE,
		.gicv2_cpu = MAP_GICV2_CPU_BASE,
		.its = MAP_ITS_BASE,
	};

	int ret = irqchip_create(vm->config->irqchip, vm->fd, vm->config->cpus, &map, &vm->irqchip);

	if (ret < 0 || vm->irqchip->kind != IRQCHIP_USER)
		return ret;
	if (host_info_kvm_mode() == HOST_KVM_MODE_PROTECTED)
		return log_error(-ENOTSUP,
				 "cannot use an interrupt controller in userspace: this host runs "
				 "KVM in protected mode (pKVM), where a vCPU's interrupt inputs "
				 "do not reach the guest: use --irqchip auto");
	return 0;
}

/* The parts of an interrupt controller that we play ourselves. */
static int put_irqchip_on_bus(struct vm *vm)
{
	for (unsigned i = 0; vm->irqchip->ops->mmio && i < VM_IRQCHIP_PARTS; i++) {
		struct irqchip_mmio part;
		struct mmio_region region;
		int ret = vm->irqchip->ops->mmio(vm->irqchip, i, &part);

		if (ret < 0)
			return ret == -ENOENT ? 0 : ret;
		vm->irqchip_ops[i] = (struct mmio_ops){ part.read, part.write };
		region = (struct mmio_region){ part.base, part.size, &vm->irqchip_ops[i],
					       part.device, part.name };
		ret = mmio_bus_add(&vm->bus, &region);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/*
 * Without an interrupt controller in KVM a guest must not see a GICv3's system registers. Kernels
 * before 6.12 show them all the same on hosts that have a GICv3, and userspace cannot change that.
 */
static void check_visible_gic(const struct vm *vm)
{
	uint64_t pfr0 = 0;

	if (vm->irqchip->kind != IRQCHIP_USER ||
	    kvm_get_one_reg(vm->vcpus[0].fd, ARM64_SYS_REG(3, 0, 0, 4, 0), &pfr0) < 0)
		return;
	if (pfr0 >> 24 & 15)
		log_info("the guest sees a GICv3's system registers in ID_AA64PFR0_EL1 although it "
			 "has "
			 "none: a known limit of host kernels before 6.12; Linux warns and works");
}

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

static int create_vcpus(struct vm *vm)
{
	uint64_t mpidrs[MAP_GICV3_REDIST_CPUS];
	int ret;

	vm->group.vm_fd = vm->fd;
	vm->group.bus = &vm->bus;
	vm->group.irqchip = vm->irqchip;
	vm->group.unassigned = vm->config->unassigned;
	vm->group.thread_begin = vcpu_thread_begin;
	vm->group.stopped = vcpu_stopped;
	vm->group.context = vm;
	vm->group.run_size = kvm_ioctl(vm->kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	ret = vcpu_features_choose(vm->config->cpu_features, vcpu_features_offered(vm->fd),
				   &vm->group.features);
	if (ret < 0)
		return ret;

	vm->vcpus = calloc(vm->config->cpus, sizeof(*vm->vcpus));
	if (!vm->vcpus)
		return log_error(-ENOMEM, "cannot create %u vCPUs: out of memory",
				 vm->config->cpus);
	for (; vm->created_cpus < vm->config->cpus; vm->created_cpus++) {
		unsigned i = vm->created_cpus;

		ret = vcpu_create(&vm->vcpus[i], &vm->group, i);
		if (ret < 0)
			return ret;
		mpidrs[i] = vm->vcpus[i].mpidr;
	}
	ret = vm->irqchip->ops->finalize(vm->irqchip, mpidrs);
	for (unsigned i = 0; i < vm->created_cpus && !ret; i++)
		ret = vcpu_finish(&vm->vcpus[i]);
	check_visible_gic(vm);
	return ret;
}

static int create_devices(struct vm *vm)
{
	const struct mmio_region regions[] = {
		{ MAP_UART_BASE, MAP_UART_SIZE, &pl011_ops, &vm->uart, "PL011" },
		{ MAP_RTC_BASE, MAP_RTC_SIZE, &pl031_ops, &vm->rtc, "PL031" },
	};
	int ret = put_irqchip_on_bus(vm);

	if (ret < 0)
		return ret;
	pl011_init(&vm->uart, vm->irqchip, MAP_UART_SPI);
	ret = pl031_init(&vm->rtc, &vm->loop, vm->irqchip, MAP_RTC_SPI);
	vm->has_devices = !ret;
	for (size_t i = 0; i < sizeof(regions) / sizeof(regions[0]) && !ret; i++)
		ret = mmio_bus_add(&vm->bus, &regions[i]);
	return ret;
}

static const char *bootargs(const struct vm *vm)
{
	return vm->config->bootargs ? vm->config->bootargs : DEFAULT_BOOTARGS;
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
		.irqchip = vm->irqchip,
		.mpidrs = mpidrs,
		.cpus = config->cpus,
		.pmu = vm->group.features & 1u << VCPU_FEATURE_PMU,
		.ram_base = MAP_RAM_BASE,
		.ram_size = config->memory,
		.bootargs = bootargs(vm),
		.initrd_base = vm->layout.initrd,
		.initrd_size = vm->layout.initrd_size,
	};
	int ret = 0;

	for (unsigned i = 0; i < config->cpus; i++)
		mpidrs[i] = vm->vcpus[i].mpidr;
	if (!config->dtb)
		ret = device_tree_build(&vm->dtb, &machine);
	if (!ret && config->dump_dtb)
		ret = device_tree_write(&vm->dtb, config->dump_dtb);
	return ret;
}

int vm_load(struct vm *vm)
{
	const struct sealed_file *initrd = vm->config->initrd;
	void *dtb = guest_memory_at(&vm->memory, vm->layout.dtb, vm->dtb.size);
	int ret = boot_load(&vm->layout, vm->config->kernel, initrd ? initrd->fd : -1, &vm->memory);

	if (ret < 0)
		return ret;
	memcpy(dtb, vm->dtb.blob, vm->dtb.size);
	return vcpu_set_entry(&vm->vcpus[0], vm->layout.entry, vm->layout.dtb);
}

int vm_create(struct vm *vm, const struct vm_config *config)
{
	int ret;

	memset(vm, 0, sizeof(*vm));
	vm->config = config;
	vm->fd = -1;
	vm->kvm_fd = -1;
	mmio_bus_init(&vm->bus);
	ret = plan_boot(vm);
	if (ret < 0)
		return ret;
	vm->kvm_fd = kvm_open();
	if (vm->kvm_fd == -ENOENT || vm->kvm_fd == -ENODEV || vm->kvm_fd == -ENXIO)
		return -ENOTSUP;
	if (vm->kvm_fd < 0)
		return vm->kvm_fd;
	ret = event_loop_init(&vm->loop);
	vm->has_loop = !ret;
	ret = ret ? ret : create_vm_fd(vm);
	ret = ret ? ret : check_cpu_limit(vm);
	ret = ret ? ret : enable_capabilities(vm);
	ret = ret ? ret : create_irqchip(vm);
	ret = ret ? ret : add_memory(vm);
	ret = ret ? ret : create_vcpus(vm);
	ret = ret ? ret : create_devices(vm);
	ret = ret ? ret : describe_machine(vm);
	return ret ? ret : vm_load(vm);
}

void vm_destroy(struct vm *vm)
{
	for (unsigned i = 0; i < vm->created_cpus; i++)
		vcpu_destroy(&vm->vcpus[i]);
	free(vm->vcpus);
	device_tree_destroy(&vm->dtb);
	mmio_bus_destroy(&vm->bus);
	irqchip_destroy(vm->irqchip);
	if (vm->has_devices)
		pl031_destroy(&vm->rtc);
	if (vm->has_loop)
		event_loop_destroy(&vm->loop);
	guest_memory_destroy(&vm->memory);
	if (vm->fd >= 0)
		close(vm->fd);
	if (vm->kvm_fd >= 0)
		close(vm->kvm_fd);
}
