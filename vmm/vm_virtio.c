// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/vm_virtio.h"

#include <errno.h>

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
	};
	int ret;

	if (slot == MAP_VIRTIO_SLOTS)
		return log_error(-EINVAL,
				 "cannot create a VM with more than %u virtio devices: use fewer "
				 "disks or networks",
				 MAP_VIRTIO_SLOTS);
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

int vm_virtio_create(struct vm *vm)
{
	int ret = 0;

	for (unsigned i = 0; i < ROWS; i++) {
		unsigned count = rows[i].count(vm->config);

		for (unsigned index = 0; index < count && !ret; index++)
			ret = create_device(vm, &rows[i], index);
	}
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
