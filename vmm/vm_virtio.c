// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/vm_virtio.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/kvm.h"
#include "base/log.h"
#include "devices/virtio/virtio_blk.h"
#include "devices/virtio/virtio_console.h"
#include "devices/virtio/virtio_device.h"
#include "devices/virtio/virtio_mmio.h"
#include "devices/virtio/virtio_net.h"
#include "devices/virtio/virtio_rng.h"
#include "vmm/vm.h"
#include "vmm/vm_private.h"

/* One kind of device. */
struct row {
	/* How many of it the user asked for. */
	unsigned (*count)(const struct vm_config *config);
	/* Makes number `index` of them. Returns 0 or -errno, described. */
	int (*create)(struct vm *vm, unsigned index, struct virtio_device **device);
};

static unsigned count_consoles(const struct vm_config *config)
{
	return config->console.kind == CONSOLE_VIRTIO;
}

static int create_console(struct vm *vm, unsigned index, struct virtio_device **device)
{
	int ret = virtio_console_create(&vm->machine.memory, &vm->loop, vm_console_size(vm), device,
					&vm->console_port);

	(void)index;
	vm->virtio_console = ret ? NULL : *device;
	return ret;
}

static unsigned always_one(const struct vm_config *config)
{
	(void)config;
	return 1;
}

static int create_rng(struct vm *vm, unsigned index, struct virtio_device **device)
{
	(void)index;
	return virtio_rng_create(&vm->machine.memory, &vm->loop, device);
}

static unsigned count_disks(const struct vm_config *config)
{
	return config->disk_count;
}

static int disk_thread_begin(void *context)
{
	struct vm *vm = context;

	return vm->config->sandbox ? sandbox_enter(&vm->sandbox, SANDBOX_DISK) : 0;
}

static int create_disk(struct vm *vm, unsigned index, struct virtio_device **device)
{
	const struct virtio_blk_setup setup = {
		.disk = &vm->config->disks[index],
		.memory = &vm->machine.memory,
		.number = index,
		.thread_begin = disk_thread_begin,
		.context = vm,
	};

	return virtio_blk_create(&setup, device);
}

static unsigned count_nets(const struct vm_config *config)
{
	return config->net_count;
}

static int net_thread_begin(void *context)
{
	struct vm *vm = context;

	return vm->config->sandbox ? sandbox_enter(&vm->sandbox, SANDBOX_NET) : 0;
}

static bool is_first_user_net(const struct vm_config *config, unsigned index)
{
	for (unsigned i = 0; i < index; i++)
		if (config->nets[i].kind == NET_USER)
			return false;
	return config->nets[index].kind == NET_USER;
}

static int create_net(struct vm *vm, unsigned index, struct virtio_device **device)
{
	const struct vm_config *config = vm->config;
	const struct virtio_net_setup setup = {
		.net = &config->nets[index],
		.forwards = config->forwards,
		.forward_count = is_first_user_net(config, index) ? config->forward_count : 0,
		.memory = &vm->machine.memory,
		.vm_name = config->name,
		.number = index,
		.thread_begin = net_thread_begin,
		.context = vm,
	};

	return virtio_net_create(&setup, device);
}

static const struct row rows[] = {
	{ count_disks, create_disk },
	{ count_nets, create_net },
	{ count_consoles, create_console },
	{ always_one, create_rng },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static int create_device(struct vm *vm, const struct row *row, unsigned index)
{
	struct vm_virtio *virtio = &vm->virtio;
	unsigned slot = virtio->count;
	struct virtio_mmio_config config = {
		.vm_fd = vm->machine.fd,
		.chip = vm->machine.irqchip,
		.bus = &vm->machine.bus,
		.base = MAP_VIRTIO_BASE + slot * MAP_VIRTIO_SIZE,
		.size = MAP_VIRTIO_SIZE,
		.spi = MAP_VIRTIO_SPI + slot,
		.shown = virtio->shown ? virtio->shown + slot * MAP_VIRTIO_SIZE : NULL,
	};
	int ret;

	ret = row->create(vm, index, &config.device);
	if (ret < 0)
		return ret;
	ret = virtio_mmio_create(&config, &virtio->transports[slot]);
	if (ret < 0) {
		config.device->ops->destroy(config.device);
		return ret;
	}
	virtio->count++;
	return 0;
}

/*
 * Memory at the registers' addresses that the guest may only read: a write is an exit, or a
 * notification, as without it. Slots that are empty read as zero as far as the pages go.
 */
static void show_registers(struct vm *vm, unsigned devices)
{
	struct vm_virtio *virtio = &vm->virtio;
	uint64_t page = sysconf(_SC_PAGESIZE), size = devices * MAP_VIRTIO_SIZE;
	struct kvm_userspace_memory_region region = {
		.slot = MACHINE_FREE_SLOT,
		.flags = KVM_MEM_READONLY,
		.guest_phys_addr = MAP_VIRTIO_BASE,
	};
	void *map;
	int ret;

	if (!kvm_check_extension(vm->machine.fd, KVM_CAP_READONLY_MEM))
		return;
	size = (size + page - 1) & ~(page - 1);
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		return;
	region.memory_size = size;
	region.userspace_addr = (uintptr_t)map;
	ret = kvm_ioctl(vm->machine.fd, KVM_SET_USER_MEMORY_REGION, (uintptr_t)&region);
	if (ret < 0) {
		log_info("KVM does not show virtio registers to the guest: %s: reads cost more",
			 strerror(-ret));
		munmap(map, size);
		return;
	}
	virtio->shown = map;
	virtio->shown_size = size;
}

int vm_virtio_create(struct vm *vm)
{
	unsigned counts[ROWS], devices = 0;
	int ret = 0;

	for (unsigned i = 0; i < ROWS; i++)
		devices += counts[i] = rows[i].count(vm->config);
	if (devices > MAP_VIRTIO_SLOTS)
		return log_error(-EINVAL,
				 "cannot create a VM with more than %u virtio devices: use fewer "
				 "disks or networks",
				 MAP_VIRTIO_SLOTS);
	show_registers(vm, devices);
	for (unsigned i = 0; i < ROWS; i++)
		for (unsigned index = 0; index < counts[i] && !ret; index++)
			ret = create_device(vm, &rows[i], index);
	return ret;
}

void vm_virtio_destroy(struct vm *vm)
{
	struct vm_virtio *virtio = &vm->virtio;

	while (virtio->count) {
		struct virtio_transport *transport = virtio->transports[--virtio->count];

		transport->ops->destroy(transport);
	}
}

void vm_virtio_unmap(struct vm *vm)
{
	if (vm->virtio.shown)
		munmap(vm->virtio.shown, vm->virtio.shown_size);
	vm->virtio.shown = NULL;
}

int vm_virtio_start(struct vm *vm)
{
	int ret = 0;

	for (unsigned i = 0; i < vm->virtio.count && !ret; i++)
		ret = virtio_device_start(vm->virtio.transports[i]->device);
	return ret;
}

void vm_virtio_end(struct vm *vm)
{
	for (unsigned i = 0; i < vm->virtio.count; i++)
		virtio_device_end(vm->virtio.transports[i]->device);
}

void vm_virtio_reset(struct vm *vm)
{
	for (unsigned i = 0; i < vm->virtio.count; i++) {
		struct virtio_transport *transport = vm->virtio.transports[i];

		transport->ops->reset(transport);
	}
}
