// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/machine.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/kvm.h"
#include "base/log.h"
#include "vmm/host_info.h"
#include "vmm/memory_map.h"

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

static int create_vm_fd(struct machine *machine, const struct machine_config *config)
{
	unsigned long type;
	int ret = choose_ipa_bits(machine->kvm_fd, config->memory, &type);

	if (ret < 0)
		return ret;
	do
		machine->fd = kvm_ioctl(machine->kvm_fd, KVM_CREATE_VM, type);
	while (machine->fd == -EINTR);
	if (machine->fd < 0)
		return log_error(machine->fd, "cannot create a VM: %s%s", strerror(-machine->fd),
				 machine->fd == -ENOMEM ? ": the host has not enough memory" : "");
	return 0;
}

static int check_cpu_limit(const struct machine *machine, const struct machine_config *config)
{
	unsigned limit = kvm_check_extension(machine->fd, KVM_CAP_MAX_VCPUS);

	if (config->cpus <= limit)
		return 0;
	return log_error(-ENOTSUP,
			 "cannot create a VM of %u CPUs: this host's KVM allows %u "
			 "(KVM_CAP_MAX_VCPUS): use a smaller --cpus",
			 config->cpus, limit);
}

static int add_memory(struct machine *machine, const struct machine_config *config)
{
	struct kvm_userspace_memory_region region = {
		.guest_phys_addr = MAP_RAM_BASE,
		.memory_size = config->memory,
	};
	int ret = guest_memory_create(&machine->memory, MAP_RAM_BASE, config->memory);

	if (ret < 0)
		return ret;
	region.userspace_addr = (uintptr_t)machine->memory.host;
	ret = kvm_ioctl(machine->fd, KVM_SET_USER_MEMORY_REGION, (uintptr_t)&region);
	if (ret < 0)
		return log_error(ret,
				 "cannot give the VM its %" PRIu64
				 " MiB of RAM: %s: use a smaller --mem (KVM takes less than 8T)",
				 config->memory >> 20, strerror(-ret));
	return 0;
}

/* Accesses that KVM cannot decode come to us instead of failing KVM_RUN. */
static int enable_capabilities(const struct machine *machine, const struct machine_config *config)
{
	struct kvm_enable_cap nisv = { .cap = KVM_CAP_ARM_NISV_TO_USER };

	if (config->unassigned == UNASSIGNED_MMIO_ABORT &&
	    !kvm_check_extension(machine->fd, KVM_CAP_ARM_INJECT_EXT_DABT))
		return log_error(-ENOTSUP,
				 "cannot give guests external aborts: this host's KVM lacks "
				 "KVM_CAP_ARM_INJECT_EXT_DABT: use --unassigned-mmio zero");
	if (!kvm_check_extension(machine->fd, KVM_CAP_ARM_NISV_TO_USER))
		log_info("this host's KVM cannot pass on loads and stores that it does not decode");
	else
		kvm_ioctl(machine->fd, KVM_ENABLE_CAP, (uintptr_t)&nisv);
	return 0;
}

static int create_irqchip(struct machine *machine, const struct machine_config *config)
{
	static const struct irqchip_map map = {
		.dist = MAP_GIC_DIST_BASE,
		.redist = MAP_GICV3_REDIST_BASE,
		.gicv2_cpu = MAP_GICV2_CPU_BASE,
		.its = MAP_ITS_BASE,
	};

	int ret =
		irqchip_create(config->irqchip, machine->fd, config->cpus, &map, &machine->irqchip);

	if (ret < 0 || machine->irqchip->kind != IRQCHIP_USER)
		return ret;
	if (host_info_kvm_mode() == HOST_KVM_MODE_PROTECTED)
		return log_error(-ENOTSUP,
				 "cannot use an interrupt controller in userspace: this host runs "
				 "KVM in protected mode (pKVM), where a vCPU's interrupt inputs "
				 "do not reach the guest: use --irqchip auto");
	return 0;
}

/* The parts of an interrupt controller that we play ourselves. */
static int put_irqchip_on_bus(struct machine *machine)
{
	struct irqchip *chip = machine->irqchip;

	for (unsigned i = 0; chip->ops->mmio && i < MACHINE_IRQCHIP_PARTS; i++) {
		struct irqchip_mmio part;
		struct mmio_region region;
		int ret = chip->ops->mmio(chip, i, &part);

		if (ret < 0)
			return ret == -ENOENT ? 0 : ret;
		machine->irqchip_ops[i] = (struct mmio_ops){ part.read, part.write };
		region = (struct mmio_region){ part.base, part.size, &machine->irqchip_ops[i],
					       part.device, part.name };
		ret = mmio_bus_add(&machine->bus, &region);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/*
 * Without an interrupt controller in KVM a guest must not see a GICv3's system registers. Kernels
 * before 6.12 show them all the same on hosts that have a GICv3, and userspace cannot change that.
 */
static void check_visible_gic(const struct machine *machine)
{
	uint64_t pfr0 = 0;

	if (machine->irqchip->kind != IRQCHIP_USER ||
	    kvm_get_one_reg(machine->vcpus[0].fd, ARM64_SYS_REG(3, 0, 0, 4, 0), &pfr0) < 0)
		return;
	if (pfr0 >> 24 & 15)
		log_info("the guest sees a GICv3's system registers in ID_AA64PFR0_EL1 although it "
			 "has "
			 "none: a known limit of host kernels before 6.12; Linux warns and works");
}

static int thread_needs_nothing(void *context, struct vcpu *vcpu)
{
	(void)context;
	(void)vcpu;
	return 0;
}

static int choose_features(struct machine *machine, const struct machine_config *config)
{
	struct vcpu_feature_choice chosen;
	int ret = vcpu_features_choose(config->cpu_features, vcpu_features_offered(machine->fd),
				       &chosen);

	if (ret < 0)
		return ret;
	machine->irqchip->has_el2 = chosen.set & 1u << VCPU_FEATURE_NESTED;
	if (machine->irqchip->has_el2 && machine->irqchip->kind != IRQCHIP_GICV3)
		return log_error(-ENOTSUP,
				 "cannot give the guest EL2 (--cpu-features nested) with a %s: "
				 "KVM does so with a vGICv3 only: use --irqchip gicv3",
				 irqchip_kind_name(machine->irqchip->kind));
	machine->group.features = chosen.set;
	machine->group.sve_max_bits = chosen.sve_max_bits;
	return 0;
}

static int create_vcpus(struct machine *machine, const struct machine_config *config)
{
	struct vcpu_group *group = &machine->group;
	uint64_t mpidrs[MAP_GICV3_REDIST_CPUS];
	int ret;

	group->vm_fd = machine->fd;
	group->bus = &machine->bus;
	group->irqchip = machine->irqchip;
	group->unassigned = config->unassigned;
	group->thread_begin = config->thread_begin ? config->thread_begin : thread_needs_nothing;
	group->stopped = config->stopped;
	group->context = config->context;
	group->run_size = kvm_ioctl(machine->kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	ret = choose_features(machine, config);
	if (ret < 0)
		return ret;

	machine->vcpus = calloc(config->cpus, sizeof(*machine->vcpus));
	if (!machine->vcpus)
		return log_error(-ENOMEM, "cannot create %u vCPUs: out of memory", config->cpus);
	for (; machine->cpus < config->cpus; machine->cpus++) {
		unsigned i = machine->cpus;

		ret = vcpu_create(&machine->vcpus[i], group, i);
		if (ret < 0)
			return ret;
		mpidrs[i] = machine->vcpus[i].mpidr;
	}
	ret = machine->irqchip->ops->finalize(machine->irqchip, mpidrs);
	for (unsigned i = 0; i < machine->cpus && !ret; i++)
		ret = vcpu_finish(&machine->vcpus[i]);
	check_visible_gic(machine);
	return ret;
}

void machine_init(struct machine *machine)
{
	memset(machine, 0, sizeof(*machine));
	machine->kvm_fd = -1;
	machine->fd = -1;
	mmio_bus_init(&machine->bus);
}

int machine_create(struct machine *machine, const struct machine_config *config)
{
	int ret;

	machine->kvm_fd = kvm_open();
	if (machine->kvm_fd == -ENOENT || machine->kvm_fd == -ENODEV || machine->kvm_fd == -ENXIO)
		return -ENOTSUP;
	if (machine->kvm_fd < 0)
		return machine->kvm_fd;
	ret = create_vm_fd(machine, config);
	ret = ret ? ret : check_cpu_limit(machine, config);
	ret = ret ? ret : enable_capabilities(machine, config);
	ret = ret ? ret : create_irqchip(machine, config);
	ret = ret ? ret : add_memory(machine, config);
	if (!ret && config->before_vcpus)
		ret = config->before_vcpus(config->context, machine);
	ret = ret ? ret : create_vcpus(machine, config);
	return ret ? ret : put_irqchip_on_bus(machine);
}

void machine_destroy(struct machine *machine)
{
	for (unsigned i = 0; i < machine->cpus; i++)
		vcpu_destroy(&machine->vcpus[i]);
	free(machine->vcpus);
	mmio_bus_destroy(&machine->bus);
	irqchip_destroy(machine->irqchip);
	/* The VM goes first: else KVM has to follow while its guest's memory is unmapped, which,
	 * when that guest has run guests itself, takes minutes on an emulated host. */
	if (machine->fd >= 0)
		close(machine->fd);
	guest_memory_destroy(&machine->memory);
	if (machine->kvm_fd >= 0)
		close(machine->kvm_fd);
	machine_init(machine);
}

int machine_start_threads(struct machine *machine)
{
	int ret = 0;

	for (unsigned i = 0; i < machine->cpus && !ret; i++)
		ret = vcpu_start_thread(&machine->vcpus[i]);
	return ret;
}

void machine_end_threads(struct machine *machine)
{
	for (unsigned i = 0; i < machine->cpus; i++)
		vcpu_order(&machine->vcpus[i], VCPU_ORDER_QUIT);
	for (unsigned i = 0; i < machine->cpus; i++)
		vcpu_join(&machine->vcpus[i]);
}

void machine_park(struct machine *machine)
{
	for (unsigned i = 0; i < machine->cpus; i++)
		vcpu_order(&machine->vcpus[i], VCPU_ORDER_PARK);
	for (unsigned i = 0; i < machine->cpus; i++)
		vcpu_wait_parked(&machine->vcpus[i]);
}

void machine_resume(struct machine *machine)
{
	for (unsigned i = 0; i < machine->cpus; i++)
		vcpu_order(&machine->vcpus[i], VCPU_ORDER_RUN);
}

int machine_reset(struct machine *machine)
{
	int ret = 0;

	for (unsigned i = 0; i < machine->cpus && !ret; i++)
		ret = vcpu_reset(&machine->vcpus[i]);
	return ret ? ret : machine->irqchip->ops->reset(machine->irqchip);
}
