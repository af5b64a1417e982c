// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/fake_kvm_store.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/unit.h"

#define MAX_OBJECTS 256
#define MAX_REGS    4096
#define MAX_ATTRS   16384
#define MAX_CAPS    512
#define MAX_TYPES   32
#define MAX_LINES   512

#define HOST_REG -1 /* in `vcpu`: what all vCPUs begin with */

static struct object {
	int fd;
	ino_t inode; /* tells whether the descriptor is still this object's */
	uint32_t kind;
	unsigned index;
	struct kvm_run *run;
	uint32_t features;
	bool initialised;
} objects[MAX_OBJECTS];

static struct reg {
	int vcpu;
	uint64_t id;
	uint8_t value[256]; /* the widest of all: a Z register */
} regs[MAX_REGS];

static struct attr {
	uint32_t kind, group;
	uint64_t attr, value;
} attrs[MAX_ATTRS];

static struct line {
	uint32_t irq;
	bool level;
} lines[MAX_LINES];

static unsigned object_count, reg_count, attr_count, line_count;
static int caps[MAX_CAPS];
static bool offered[MAX_TYPES];

static size_t reg_size(uint64_t id)
{
	return (size_t)1 << ((id & KVM_REG_SIZE_MASK) >> KVM_REG_SIZE_SHIFT);
}

static bool is_open(const struct object *object)
{
	struct stat status;

	return fstat(object->fd, &status) == 0 && status.st_ino == object->inode;
}

static struct object *find_object(int fd)
{
	for (unsigned i = object_count; i-- > 0;)
		if (objects[i].fd == fd && is_open(&objects[i]))
			return &objects[i];
	return NULL;
}

static struct object *find_vcpu(int fd)
{
	struct object *object = find_object(fd);

	return object && object->kind == FAKE_KVM_VCPU ? object : NULL;
}

static struct reg *find_reg(int vcpu, uint64_t id)
{
	for (unsigned i = 0; i < reg_count; i++)
		if (regs[i].vcpu == vcpu && regs[i].id == id)
			return &regs[i];
	return NULL;
}

static void put_reg(int vcpu, uint64_t id, const void *value)
{
	struct reg *reg = find_reg(vcpu, id);

	if (!reg) {
		ck_assert_uint_lt(reg_count, MAX_REGS);
		reg = &regs[reg_count++];
	}
	*reg = (struct reg){ .vcpu = vcpu, .id = id };
	memcpy(reg->value, value, reg_size(id));
}

static void offer_default_host(void)
{
	static const struct {
		int capability, value;
	} host_caps[] = {
		{ KVM_CAP_IRQCHIP, 1 },
		{ KVM_CAP_ONE_REG, 1 },
		{ KVM_CAP_DEVICE_CTRL, 1 },
		{ KVM_CAP_IMMEDIATE_EXIT, 1 },
		{ KVM_CAP_ARM_PSCI_0_2, 1 },
		{ KVM_CAP_NR_VCPUS, 4 },
		{ KVM_CAP_MAX_VCPUS, 512 },
		{ KVM_CAP_ARM_VM_IPA_SIZE, 40 },
		{ KVM_CAP_ARM_PMU_V3, 1 },
		{ KVM_CAP_ARM_SVE, 1 },
		{ KVM_CAP_ARM_PTRAUTH_ADDRESS, 1 },
		{ KVM_CAP_ARM_PTRAUTH_GENERIC, 1 },
		{ KVM_CAP_ARM_USER_IRQ, 1 },
		{ KVM_CAP_ARM_NISV_TO_USER, 1 },
		{ KVM_CAP_ARM_INJECT_EXT_DABT, 1 },
	};
	static const uint64_t vector_lengths[8] = { 3 }; /* of 16 and 32 bytes */

	for (size_t i = 0; i < sizeof(host_caps) / sizeof(host_caps[0]); i++)
		caps[host_caps[i].capability] = host_caps[i].value;
	offered[KVM_DEV_TYPE_ARM_VGIC_V2] = true;
	offered[KVM_DEV_TYPE_ARM_VGIC_V3] = true;
	offered[KVM_DEV_TYPE_ARM_VGIC_ITS] = true;
	fake_kvm_set_host_reg(ARM64_SYS_REG(3, 0, 0, 0, 0), 0x411fd402); /* MIDR_EL1 */
	fake_kvm_set_host_reg(ARM64_SYS_REG(3, 0, 0, 4, 0), 0x11);	 /* ID_AA64PFR0_EL1 */
	fake_kvm_set_host_reg(ARM64_SYS_REG(3, 0, 0, 5, 0), 0x600);	 /* ID_AA64DFR0_EL1 */
	fake_kvm_set_host_reg(ARM64_SYS_REG(3, 0, 0, 7, 0), 0x5);	 /* ID_AA64MMFR0_EL1 */
	fake_kvm_set_host_reg(ARM64_SYS_REG(3, 3, 9, 12, 0), 6 << 11);	 /* PMCR_EL0 */
	fake_kvm_set_host_reg_bytes(KVM_REG_ARM64_SVE_VLS, vector_lengths);
}

void fake_store_reset(void)
{
	object_count = reg_count = attr_count = line_count = 0;
	memset(caps, 0, sizeof(caps));
	memset(offered, 0, sizeof(offered));
	offer_default_host();
}

int fake_store_add(uint32_t kind, unsigned index)
{
	struct object *object = &objects[object_count];
	struct stat status;
	int fd = memfd_create("fake-kvm", MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	ck_assert_uint_lt(object_count, MAX_OBJECTS);
	ck_assert_int_eq(ftruncate(fd, FAKE_KVM_RUN_SIZE), 0);
	ck_assert_int_eq(fstat(fd, &status), 0);
	*object = (struct object){ .fd = fd, .inode = status.st_ino, .kind = kind, .index = index };
	if (kind == FAKE_KVM_VCPU) {
		/* Affinity as KVM derives it from the index. */
		uint64_t mpidr = 1u << 31 | (index >> 4 & 0xff) << 8 | (index & 0xf);

		object->run =
			mmap(NULL, FAKE_KVM_RUN_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		ck_assert_ptr_ne(object->run, MAP_FAILED);
		put_reg(index, ARM64_SYS_REG(3, 0, 0, 0, 5), &mpidr);
	}
	object_count++;
	return fd;
}

unsigned fake_kvm_open_fds(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < object_count; i++)
		count += is_open(&objects[i]);
	return count;
}

void fake_kvm_set_cap(int capability, int value)
{
	ck_assert_int_lt(capability, MAX_CAPS);
	caps[capability] = value;
}

int fake_store_cap(int capability)
{
	return capability < 0 || capability >= MAX_CAPS ? 0 : caps[capability];
}

void fake_kvm_set_device(uint32_t type, bool is_offered)
{
	ck_assert_uint_lt(type, MAX_TYPES);
	offered[type] = is_offered;
}

int fake_store_create_device(struct kvm_create_device *device)
{
	int fd;

	if (device->type >= MAX_TYPES || !offered[device->type])
		return -ENODEV;
	if (device->flags & KVM_CREATE_DEVICE_TEST)
		return 0;
	fd = fake_store_add(device->type, 0);
	device->fd = fd;
	return fd < 0 ? fd : 0;
}

static struct object *vcpu_by_index(unsigned index)
{
	for (unsigned i = object_count; i-- > 0;)
		if (objects[i].kind == FAKE_KVM_VCPU && objects[i].index == index)
			return &objects[i];
	ck_abort_msg("there is no vCPU %u", index);
	return NULL;
}

int fake_store_init_vcpu(int fd, const struct kvm_vcpu_init *init)
{
	struct object *vcpu = find_vcpu(fd);

	if (!vcpu)
		return -EBADF;
	vcpu->features = init->features[0];
	vcpu->initialised = true;
	return 0;
}

uint32_t fake_kvm_vcpu_features(unsigned index)
{
	return vcpu_by_index(index)->features;
}

struct kvm_run *fake_store_run(int fd)
{
	struct object *vcpu = find_vcpu(fd);

	return vcpu ? vcpu->run : NULL;
}

struct kvm_run *fake_kvm_run(unsigned index)
{
	return vcpu_by_index(index)->run;
}

void fake_kvm_set_host_reg_bytes(uint64_t id, const void *value)
{
	put_reg(HOST_REG, id, value);
}

void fake_kvm_set_host_reg(uint64_t id, uint64_t value)
{
	ck_assert_uint_eq(reg_size(id), sizeof(value));
	put_reg(HOST_REG, id, &value);
}

void fake_kvm_forget_host_reg(uint64_t id)
{
	struct reg *reg = find_reg(HOST_REG, id);

	if (reg)
		*reg = regs[--reg_count];
}

uint64_t fake_kvm_reg(unsigned index, uint64_t id)
{
	const struct reg *reg = find_reg(index, id);
	uint64_t value = 0;

	reg = reg ? reg : find_reg(HOST_REG, id);
	if (reg)
		memcpy(&value, reg->value, sizeof(value));
	return value;
}

int fake_store_get_reg(int fd, const struct kvm_one_reg *one)
{
	const struct object *vcpu = find_vcpu(fd);
	const struct reg *reg;

	if (!vcpu)
		return -EBADF;
	if (!vcpu->initialised)
		return -ENOEXEC;
	reg = find_reg(vcpu->index, one->id);
	reg = reg ? reg : find_reg(HOST_REG, one->id);
	if (!reg)
		return -ENOENT;
	memcpy((void *)(uintptr_t)one->addr, reg->value, reg_size(one->id));
	return 0;
}

int fake_store_set_reg(int fd, const struct kvm_one_reg *one)
{
	const struct object *vcpu = find_vcpu(fd);

	if (!vcpu)
		return -EBADF;
	if (!vcpu->initialised)
		return -ENOEXEC;
	put_reg(vcpu->index, one->id, (const void *)(uintptr_t)one->addr);
	return 0;
}

/* Bytes that an attribute's value has; KVM's own knowledge, by kind of object and group. */
static size_t attr_size(uint32_t kind, uint32_t group)
{
	switch (kind) {
	case FAKE_KVM_VM:
		return 8;
	case FAKE_KVM_VCPU:
		return group == KVM_ARM_VCPU_PVTIME_CTRL ? 8 : 4;
	case KVM_DEV_TYPE_ARM_VGIC_ITS:
		return 8;
	default:
		return group == KVM_DEV_ARM_VGIC_GRP_ADDR ||
				       group == KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS
			       ? 8
			       : 4;
	}
}

static struct attr *find_attr(uint32_t kind, uint32_t group, uint64_t attr)
{
	for (unsigned i = 0; i < attr_count; i++)
		if (attrs[i].kind == kind && attrs[i].group == group && attrs[i].attr == attr)
			return &attrs[i];
	return NULL;
}

int fake_store_has_attr(int fd, const struct kvm_device_attr *attr)
{
	(void)attr;
	return find_object(fd) ? 0 : -EBADF;
}

int fake_store_get_attr(int fd, const struct kvm_device_attr *attr)
{
	const struct object *object = find_object(fd);
	const struct attr *found;
	uint64_t value;

	if (!object)
		return -EBADF;
	found = find_attr(object->kind, attr->group, attr->attr);
	value = found ? found->value : 0;
	memcpy((void *)(uintptr_t)attr->addr, &value, attr_size(object->kind, attr->group));
	return 0;
}

int fake_store_set_attr(int fd, const struct kvm_device_attr *attr)
{
	const struct object *object = find_object(fd);
	struct attr *found;

	if (!object)
		return -EBADF;
	found = find_attr(object->kind, attr->group, attr->attr);
	if (!found) {
		ck_assert_uint_lt(attr_count, MAX_ATTRS);
		found = &attrs[attr_count++];
	}
	*found = (struct attr){ object->kind, attr->group, attr->attr, 0 };
	/* Commands come without a value. */
	if (attr->addr)
		memcpy(&found->value, (const void *)(uintptr_t)attr->addr,
		       attr_size(object->kind, attr->group));
	return 0;
}

uint64_t fake_kvm_attr(uint32_t type, uint32_t group, uint64_t attr, bool *set)
{
	const struct attr *found = find_attr(type, group, attr);

	if (set)
		*set = found != NULL;
	return found ? found->value : 0;
}

int fake_store_irq_line(const struct kvm_irq_level *line)
{
	unsigned i = 0;

	while (i < line_count && lines[i].irq != line->irq)
		i++;
	ck_assert_uint_lt(i, MAX_LINES);
	lines[i] = (struct line){ line->irq, line->level };
	line_count += i == line_count;
	return 0;
}

bool fake_kvm_irq_level(uint32_t irq)
{
	for (unsigned i = 0; i < line_count; i++)
		if (lines[i].irq == irq)
			return lines[i].level;
	return false;
}
