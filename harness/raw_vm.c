// SPDX-License-Identifier: GPL-2.0-only
#include "harness/raw_vm.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness/raw_guest.h"
#include "timer/arch_timer.h"
#include "vmm/memory_map.h"

#define MEMORY_SIZE 0x10000

static bool failed(struct raw_vm *vm, int ret, const char *what)
{
	run_fail(vm->test, "cannot %s: %s", what, strerror(-ret));
	return false;
}

static int add_memory(struct raw_vm *vm)
{
	struct kvm_userspace_memory_region region = {
		.guest_phys_addr = RAW_GUEST_BASE,
		.memory_size = MEMORY_SIZE,
	};
	void *memory =
		mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return -errno;
	vm->memory = memory;
	raw_guest_write(memory);
	region.userspace_addr = (uintptr_t)memory;
	return kvm_ioctl(vm->vm, KVM_SET_USER_MEMORY_REGION, (uintptr_t)&region);
}

static int create_vm(const struct raw_vm *vm)
{
	int ret;

	do
		ret = kvm_ioctl(vm->kvm, KVM_CREATE_VM, 0);
	while (ret == -EINTR);
	return ret;
}

bool raw_vm_open(struct raw_vm *vm, struct test_run *test)
{
	int ret;

	*vm = (struct raw_vm){ .test = test, .kind = test->irqchip, .vm = -1, .gic = -1 };
	vm->kvm = kvm_open();
	if (vm->kvm < 0)
		return failed(vm, vm->kvm, "open /dev/kvm");
	vm->run_size = kvm_ioctl(vm->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	vm->vm = create_vm(vm);
	if (vm->vm < 0)
		return failed(vm, vm->vm, "make a VM");
	ret = add_memory(vm);
	return ret < 0 ? failed(vm, ret, "give a VM memory") : true;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void raw_vm_close(struct raw_vm *vm)
{
	for (unsigned i = 0; i < vm->cpus; i++) {
		munmap(vm->vcpus[i].run, vm->run_size);
		close_fd(&vm->vcpus[i].fd);
	}
	vm->cpus = 0;
	close_fd(&vm->gic);
	close_fd(&vm->vm);
	close_fd(&vm->kvm);
	if (vm->memory)
		munmap(vm->memory, MEMORY_SIZE);
	vm->memory = NULL;
}

int raw_add_vcpu(struct raw_vm *vm)
{
	struct raw_vcpu *vcpu = &vm->vcpus[vm->cpus];

	if (vm->cpus == RAW_VM_CPUS)
		return -ENOSPC;
	*vcpu = (struct raw_vcpu){ .fd = kvm_ioctl(vm->vm, KVM_CREATE_VCPU, vm->cpus) };
	if (vcpu->fd < 0)
		return vcpu->fd;
	vcpu->run = kvm_map_run(vcpu->fd, vm->run_size);
	if (!vcpu->run) {
		close_fd(&vcpu->fd);
		return -errno;
	}
	vm->cpus++;
	return 0;
}

int raw_init_vcpu(struct raw_vm *vm, unsigned cpu, uint32_t features)
{
	struct kvm_vcpu_init init;
	int ret = kvm_ioctl(vm->vm, KVM_ARM_PREFERRED_TARGET, (uintptr_t)&init);

	if (ret < 0)
		return ret;
	init.features[0] |= 1u << KVM_ARM_VCPU_PSCI_0_2 | features;
	ret = kvm_ioctl(vm->vcpus[cpu].fd, KVM_ARM_VCPU_INIT, (uintptr_t)&init);
	/* Some kernels leave its input as it is. */
	if (ret == 0)
		raw_set_input(vm, cpu, false);
	return ret;
}

int raw_add_gic(struct raw_vm *vm)
{
	int fd;

	if (vm->kind == IRQCHIP_USER)
		return 0;
	fd = kvm_create_device(vm->vm, vm->kind == IRQCHIP_GICV3 ? KVM_DEV_TYPE_ARM_VGIC_V3
								 : KVM_DEV_TYPE_ARM_VGIC_V2);
	if (fd < 0)
		return fd;
	close_fd(&vm->gic);
	vm->gic = fd;
	return 0;
}

int raw_gic_attr(struct raw_vm *vm, uint32_t group, uint64_t attr, const void *value)
{
	return kvm_set_device_attr(vm->gic, group, attr, value);
}

int raw_place_gic(struct raw_vm *vm)
{
	uint64_t dist = MAP_GIC_DIST_BASE, second;
	int ret;

	if (vm->kind == IRQCHIP_USER)
		return 0;
	if (vm->kind == IRQCHIP_GICV2) {
		second = MAP_GICV2_CPU_BASE;
		ret = raw_gic_attr(vm, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V2_ADDR_TYPE_DIST,
				   &dist);
		return ret ? ret
			   : raw_gic_attr(vm, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V2_ADDR_TYPE_CPU,
					  &second);
	}
	second = MAP_GICV3_REDIST_BASE;
	ret = raw_gic_attr(vm, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST, &dist);
	return ret ? ret
		   : raw_gic_attr(vm, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_REDIST,
				  &second);
}

int raw_finalize_gic(struct raw_vm *vm)
{
	if (vm->kind == IRQCHIP_USER)
		return 0;
	return raw_gic_attr(vm, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL);
}

bool raw_make_ready(struct raw_vm *vm, unsigned cpus)
{
	int ret = raw_add_gic(vm);

	ret = ret ? ret : raw_place_gic(vm);
	for (unsigned i = 0; i < cpus && !ret; i++) {
		ret = raw_add_vcpu(vm);
		ret = ret ? ret : raw_init_vcpu(vm, i, 0);
	}
	ret = ret ? ret : raw_finalize_gic(vm);
	return ret ? failed(vm, ret, "make a VM by hand") : true;
}

bool raw_set_reg(struct raw_vm *vm, unsigned cpu, uint64_t id, uint64_t value)
{
	int ret = kvm_set_one_reg(vm->vcpus[cpu].fd, id, &value);

	return ret < 0 ? failed(vm, ret, "set a vCPU's register") : true;
}

bool raw_get_reg(struct raw_vm *vm, unsigned cpu, uint64_t id, uint64_t *value)
{
	int ret = kvm_get_one_reg(vm->vcpus[cpu].fd, id, value);

	return ret < 0 ? failed(vm, ret, "get a vCPU's register") : true;
}

/* GICv3: the CPU's affinity stands above the offset; GICv2: its number. Both are `cpu` here. */
static int set_gic_register(struct raw_vm *vm, uint32_t group, unsigned cpu, uint64_t offset,
			    uint64_t value)
{
	return raw_gic_attr(vm, group, (uint64_t)cpu << 32 | offset, &value);
}

#define ICC(crn, crm, op2) (3 << 14 | (crn) << 7 | (crm) << 3 | (op2))

bool raw_enable_interrupt(struct raw_vm *vm, unsigned cpu)
{
	static const struct {
		uint32_t group;
		uint64_t offset, value;
	} v2[] = {
		{ KVM_DEV_ARM_VGIC_GRP_DIST_REGS, 0, 1 },
		{ KVM_DEV_ARM_VGIC_GRP_DIST_REGS, 0x100, 1u << TIMER_INTID_VIRTUAL },
		{ KVM_DEV_ARM_VGIC_GRP_CPU_REGS, 0, 1 },
		{ KVM_DEV_ARM_VGIC_GRP_CPU_REGS, 4, 0xf0 },
	}, v3[] = {
		{ KVM_DEV_ARM_VGIC_GRP_DIST_REGS, 0, 2 },
		{ KVM_DEV_ARM_VGIC_GRP_REDIST_REGS, 0x10100, 1u << TIMER_INTID_VIRTUAL },
		{ KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS, ICC(12, 12, 7), 1 },
		{ KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS, ICC(4, 6, 0), 0xf0 },
	};
	_Static_assert(sizeof(v2) == sizeof(v3), "the same number of registers");

	for (size_t i = 0; vm->gic >= 0 && i < sizeof(v2) / sizeof(v2[0]); i++) {
		bool is_v3 = vm->kind == IRQCHIP_GICV3;
		int ret = set_gic_register(vm, is_v3 ? v3[i].group : v2[i].group, cpu,
					   is_v3 ? v3[i].offset : v2[i].offset,
					   is_v3 ? v3[i].value : v2[i].value);

		if (ret < 0)
			return failed(vm, ret, "set a register of the vGIC");
	}
	return true;
}

bool raw_forget_priorities(struct raw_vm *vm, unsigned cpu)
{
	int ret = vm->kind == IRQCHIP_GICV3
			  ? set_gic_register(vm, KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS, cpu,
					     ICC(12, 9, 0), 0)
			  : set_gic_register(vm, KVM_DEV_ARM_VGIC_GRP_CPU_REGS, cpu, 0xd0, 0);

	return ret < 0 ? failed(vm, ret, "reset the vGIC's active priorities") : true;
}

bool raw_expect(struct raw_vm *vm, int ret, int expected, const char *what)
{
	/* Planted: what went right seems to have failed, what was refused to have worked. */
	if (vm->test->fault == FAULT_IOCTL_RESULT)
		ret = ret ? 0 : -EPROTO;
	if (ret == expected)
		return true;
	run_fail(vm->test, "%s: expected %s%s, seen %s%s", what,
		 expected ? "the refusal " : "success", expected ? strerrorname_np(-expected) : "",
		 ret ? "the refusal " : "success", ret ? strerrorname_np(-ret) : "");
	return false;
}
