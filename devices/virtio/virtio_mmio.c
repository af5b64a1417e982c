// SPDX-License-Identifier: GPL-2.0-only
#include "devices/virtio/virtio_mmio.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <libfdt.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/kvm.h"
#include "base/log.h"
#include "devices/virtio/virtio_device.h"
#include "irqchip/irqchip.h"

/* Registers; 4.2.2. */
#define MAGIC_VALUE	    0x000
#define VERSION		    0x004
#define DEVICE_ID	    0x008
#define VENDOR_ID	    0x00c
#define DEVICE_FEATURES	    0x010
#define DEVICE_FEATURES_SEL 0x014
#define DRIVER_FEATURES	    0x020
#define DRIVER_FEATURES_SEL 0x024
#define QUEUE_SEL	    0x030
#define QUEUE_NUM_MAX	    0x034
#define QUEUE_NUM	    0x038
#define QUEUE_READY	    0x044
#define QUEUE_NOTIFY	    0x050
#define INTERRUPT_STATUS    0x060
#define INTERRUPT_ACK	    0x064
#define STATUS		    0x070
#define QUEUE_DESC_LOW	    0x080
#define QUEUE_DESC_HIGH	    0x084
#define QUEUE_DRIVER_LOW    0x090
#define QUEUE_DRIVER_HIGH   0x094
#define QUEUE_DEVICE_LOW    0x0a0
#define QUEUE_DEVICE_HIGH   0x0a4
#define SHM_LEN_LOW	    0x0b0
#define SHM_BASE_HIGH	    0x0bc
#define CONFIG_GENERATION   0x0fc
#define CONFIG		    0x100

#define MAGIC	  0x74726976 /* "virt" */
#define VERSION_2 2
#define VENDOR	  0x544c4d41 /* "AMLT"; any value will do */

#define INTERRUPT_QUEUE	 1
#define INTERRUPT_CONFIG 2

/* Second and third cell of an interrupt specifier in the device tree. */
#define FDT_SPI		0
#define FDT_EDGE_RISING 1

/* Guests see it as it is in memory. */
_Static_assert(sizeof(atomic_uint) == 4 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "InterruptStatus is a little-endian word");

struct virtio_mmio {
	struct virtio_transport transport;
	struct irqchip *chip;
	int vm_fd;
	unsigned spi;
	uint64_t base, size;

	/* Of all below but the atomics, and of what virtio_device.h gives to one thread at a time.
	 */
	pthread_mutex_t lock;
	uint32_t device_features_sel, driver_features_sel, queue_sel;
	uint64_t driver_features;

	/* InterruptStatus, where the driver sees it: in `shown`, or else in `hidden_status`. */
	atomic_uint *interrupt_status, hidden_status;
	uint8_t *shown;
	pthread_mutex_t show_lock;  /* an older status or configuration never follows a newer one */
	int interrupt_fd;	    /* an eventfd that KVM turns into the interrupt; -1: none */
	pthread_mutex_t pulse_lock; /* the line of the userspace irqchip goes up and down at once */
};

static struct virtio_mmio *to_mmio(const struct virtio_transport *transport)
{
	return (struct virtio_mmio *)((char *)transport - offsetof(struct virtio_mmio, transport));
}

/*
 * Writes back to memory what a guest reads there past all caches: its device memory is that on
 * processors without FEAT_S2FWB.
 */
static void clean_cache(const void *at, size_t size)
{
#ifdef __aarch64__
	/* The smallest line that there may be. */
	for (size_t i = 0; i < size; i += 16)
		asm volatile("dc cvac, %0" : : "r"((const char *)at + i) : "memory");
	asm volatile("dsb sy" : : : "memory");
#else
	(void)at;
	(void)size;
#endif
}

static void show_interrupt_status(struct virtio_mmio *mmio)
{
	if (mmio->shown)
		clean_cache(mmio->interrupt_status, sizeof(*mmio->interrupt_status));
}

static void send_interrupt(struct virtio_mmio *mmio, unsigned cause)
{
	uint64_t one = 1;

	/* One that has not been acknowledged yet will have the driver look at everything. */
	if (atomic_fetch_or(mmio->interrupt_status, cause) & cause)
		return;
	show_interrupt_status(mmio);
	if (mmio->interrupt_fd >= 0) {
		/* It fails only when KVM has not taken 2^64 - 1 of them. */
		if (write(mmio->interrupt_fd, &one, sizeof(one)) < 0)
			return;
		return;
	}
	/* A second rise while the line is high would be no edge. */
	pthread_mutex_lock(&mmio->pulse_lock);
	irqchip_set_spi(mmio->chip, mmio->spi, true);
	irqchip_set_spi(mmio->chip, mmio->spi, false);
	pthread_mutex_unlock(&mmio->pulse_lock);
}

static void mmio_signal_queue(struct virtio_transport *transport, const struct virtqueue *queue)
{
	(void)queue;
	send_interrupt(to_mmio(transport), INTERRUPT_QUEUE);
}

static void mmio_signal_config(struct virtio_transport *transport)
{
	send_interrupt(to_mmio(transport), INTERRUPT_CONFIG);
}

/* The queue that QueueSel names, or NULL. */
static struct virtqueue *selected_queue(const struct virtio_mmio *mmio)
{
	struct virtio_device *device = mmio->transport.device;

	return mmio->queue_sel < device->queue_count ? &device->queues[mmio->queue_sel] : NULL;
}

static uint32_t half(uint64_t value, uint32_t which)
{
	return which == 0 ? (uint32_t)value : which == 1 ? (uint32_t)(value >> 32) : 0;
}

static void set_half(uint64_t *value, uint32_t which, uint32_t to)
{
	if (which == 0)
		*value = (*value & ~(uint64_t)UINT32_MAX) | to;
	else if (which == 1)
		*value = (uint32_t)*value | (uint64_t)to << 32;
}

static uint32_t read_locked(struct virtio_mmio *mmio, uint64_t offset)
{
	const struct virtqueue *queue = selected_queue(mmio);

	switch (offset) {
	case DEVICE_FEATURES:
		return half(mmio->transport.device->features_offered, mmio->device_features_sel);
	case QUEUE_NUM_MAX:
		return queue ? queue->size_max : 0;
	case QUEUE_READY:
		return queue && virtqueue_is_ready(queue);
	default:
		return 0;
	}
}

static void show(struct virtio_mmio *mmio, uint64_t offset, uint32_t value)
{
	atomic_uint *at = (atomic_uint *)(mmio->shown + offset);

	atomic_store_explicit(at, htole32(value), memory_order_relaxed);
	clean_cache(at, sizeof(*at));
}

/* With `lock` held: what depends on what the driver has selected. */
static void show_selected(struct virtio_mmio *mmio)
{
	if (!mmio->shown)
		return;
	show(mmio, DEVICE_FEATURES, read_locked(mmio, DEVICE_FEATURES));
	show(mmio, QUEUE_NUM_MAX, read_locked(mmio, QUEUE_NUM_MAX));
	show(mmio, QUEUE_READY, read_locked(mmio, QUEUE_READY));
}

/* What may change at any time. */
static void show_state(struct virtio_mmio *mmio)
{
	struct virtio_device *device = mmio->transport.device;

	if (!mmio->shown)
		return;
	pthread_mutex_lock(&mmio->show_lock);
	if (device->config_size) {
		virtio_device_read_config(device, 0, mmio->shown + CONFIG, device->config_size);
		clean_cache(mmio->shown + CONFIG, device->config_size);
	}
	show(mmio, CONFIG_GENERATION, atomic_load(&device->config_generation));
	show(mmio, STATUS, virtio_device_status(device));
	pthread_mutex_unlock(&mmio->show_lock);
}

static void show_constants(struct virtio_mmio *mmio)
{
	if (!mmio->shown)
		return;
	show(mmio, MAGIC_VALUE, MAGIC);
	show(mmio, VERSION, VERSION_2);
	show(mmio, DEVICE_ID, mmio->transport.device->ops->id);
	show(mmio, VENDOR_ID, VENDOR);
	for (unsigned offset = SHM_LEN_LOW; offset <= SHM_BASE_HIGH; offset += 4)
		show(mmio, offset, UINT32_MAX); /* there is no shared memory */
}

static void mmio_update(struct virtio_transport *transport)
{
	show_state(to_mmio(transport));
}

static uint32_t read_register(struct virtio_mmio *mmio, uint64_t offset)
{
	struct virtio_device *device = mmio->transport.device;
	uint32_t value;

	switch (offset) {
	case MAGIC_VALUE:
		return MAGIC;
	case VERSION:
		return VERSION_2;
	case DEVICE_ID:
		return device->ops->id;
	case VENDOR_ID:
		return VENDOR;
	case INTERRUPT_STATUS:
		return atomic_load(mmio->interrupt_status);
	case STATUS:
		return virtio_device_status(device);
	case SHM_LEN_LOW ... SHM_BASE_HIGH:
		return UINT32_MAX; /* there is no shared memory */
	case CONFIG_GENERATION:
		return atomic_load(&device->config_generation);
	default:
		pthread_mutex_lock(&mmio->lock);
		value = read_locked(mmio, offset);
		pthread_mutex_unlock(&mmio->lock);
		return value;
	}
}

static uint64_t mmio_read(void *context, uint64_t offset, unsigned size, unsigned cpu)
{
	struct virtio_mmio *mmio = context;
	uint64_t value = 0;

	(void)cpu;
	if (offset >= CONFIG) {
		virtio_device_read_config(mmio->transport.device, offset - CONFIG, &value, size);
		return le64toh(value);
	}
	return size == 4 && !(offset & 3) ? read_register(mmio, offset) : 0;
}

static void write_queue_register(struct virtio_mmio *mmio, struct virtqueue *queue, uint64_t offset,
				 uint32_t value)
{
	if (virtqueue_is_ready(queue)) {
		if (offset == QUEUE_READY && !value)
			virtio_device_disable_queue(mmio->transport.device, queue);
		return;
	}
	switch (offset) {
	case QUEUE_NUM:
		/* What does not fit into 16 bits is no size either. */
		queue->size = value <= UINT16_MAX ? value : 0;
		break;
	case QUEUE_READY:
		if (value == 1)
			virtqueue_set_ready(queue);
		break;
	case QUEUE_DESC_LOW:
	case QUEUE_DESC_HIGH:
		set_half(&queue->descriptors_ipa, offset == QUEUE_DESC_HIGH, value);
		break;
	case QUEUE_DRIVER_LOW:
	case QUEUE_DRIVER_HIGH:
		set_half(&queue->available_ipa, offset == QUEUE_DRIVER_HIGH, value);
		break;
	case QUEUE_DEVICE_LOW:
	case QUEUE_DEVICE_HIGH:
		set_half(&queue->used_ipa, offset == QUEUE_DEVICE_HIGH, value);
		break;
	default:
		break;
	}
}

static void write_status(struct virtio_mmio *mmio, uint32_t value)
{
	virtio_device_set_status(mmio->transport.device, value);
	if (value)
		return;
	mmio->device_features_sel = mmio->driver_features_sel = mmio->queue_sel = 0;
	mmio->driver_features = 0;
	atomic_store(mmio->interrupt_status, 0);
	show_interrupt_status(mmio);
}

static void write_locked(struct virtio_mmio *mmio, uint64_t offset, uint32_t value)
{
	struct virtqueue *queue = selected_queue(mmio);

	switch (offset) {
	case DEVICE_FEATURES_SEL:
		mmio->device_features_sel = value;
		break;
	case DRIVER_FEATURES:
		set_half(&mmio->driver_features, mmio->driver_features_sel, value);
		virtio_device_want_features(mmio->transport.device, mmio->driver_features);
		break;
	case DRIVER_FEATURES_SEL:
		mmio->driver_features_sel = value;
		break;
	case QUEUE_SEL:
		mmio->queue_sel = value;
		break;
	case STATUS:
		write_status(mmio, value);
		show_state(mmio);
		break;
	default:
		/* A queue that is not there has no registers; one of a running device does not
		 * become ready. */
		if (queue &&
		    (virtqueue_is_ready(queue) ||
		     !(virtio_device_status(mmio->transport.device) & VIRTIO_STATUS_DRIVER_OK)))
			write_queue_register(mmio, queue, offset, value);
		break;
	}
}

static void write_register(struct virtio_mmio *mmio, uint64_t offset, uint32_t value)
{
	struct virtio_device *device = mmio->transport.device;

	switch (offset) {
	case QUEUE_NOTIFY:
		/* Where KVM does not do it. */
		if (value < device->queue_count)
			virtqueue_notify_self(&device->queues[value]);
		break;
	case INTERRUPT_ACK:
		atomic_fetch_and(mmio->interrupt_status, ~value);
		show_interrupt_status(mmio);
		break;
	default:
		pthread_mutex_lock(&mmio->lock);
		write_locked(mmio, offset, value);
		show_selected(mmio);
		pthread_mutex_unlock(&mmio->lock);
		break;
	}
}

static void mmio_write(void *context, uint64_t offset, uint64_t value, unsigned size, unsigned cpu)
{
	struct virtio_mmio *mmio = context;

	(void)cpu;
	if (offset >= CONFIG) {
		value = htole64(value);
		virtio_device_write_config(mmio->transport.device, offset - CONFIG, &value, size);
	} else if (size == 4 && !(offset & 3)) {
		write_register(mmio, offset, value);
	}
}

static const struct mmio_ops registers = { .read = mmio_read, .write = mmio_write };

static void mmio_reset(struct virtio_transport *transport)
{
	struct virtio_mmio *mmio = to_mmio(transport);

	pthread_mutex_lock(&mmio->lock);
	write_locked(mmio, STATUS, 0);
	show_selected(mmio);
	pthread_mutex_unlock(&mmio->lock);
}

static int mmio_describe(const struct virtio_transport *transport, void *fdt)
{
	const struct virtio_mmio *mmio = to_mmio(transport);
	fdt64_t reg[2] = { cpu_to_fdt64(mmio->base), cpu_to_fdt64(mmio->size) };
	fdt32_t interrupt[3] = { cpu_to_fdt32(FDT_SPI), cpu_to_fdt32(mmio->spi),
				 cpu_to_fdt32(FDT_EDGE_RISING) };
	char name[40];
	int ret;

	snprintf(name, sizeof(name), "virtio_mmio@%" PRIx64, mmio->base);
	ret = fdt_begin_node(fdt, name);
	ret = ret ? ret : fdt_property_string(fdt, "compatible", "virtio,mmio");
	ret = ret ? ret : fdt_property(fdt, "reg", reg, sizeof(reg));
	ret = ret ? ret : fdt_property(fdt, "interrupts", interrupt, sizeof(interrupt));
	ret = ret ? ret : fdt_property(fdt, "dma-coherent", NULL, 0);
	return ret ? ret : fdt_end_node(fdt);
}

static void mmio_destroy(struct virtio_transport *transport)
{
	struct virtio_mmio *mmio = to_mmio(transport);

	transport->device->ops->destroy(transport->device);
	if (mmio->interrupt_fd >= 0)
		close(mmio->interrupt_fd);
	pthread_mutex_destroy(&mmio->lock);
	pthread_mutex_destroy(&mmio->pulse_lock);
	pthread_mutex_destroy(&mmio->show_lock);
	free(mmio);
}

static const struct virtio_transport_ops mmio_ops = {
	.name = "virtio-mmio",
	.signal_queue = mmio_signal_queue,
	.signal_config = mmio_signal_config,
	.update = mmio_update,
	.reset = mmio_reset,
	.describe = mmio_describe,
	.destroy = mmio_destroy,
};

/* KVM writes to the queue's eventfd when the driver notifies: the vCPU need not come out. */
static void take_notifications(const struct virtio_mmio *mmio, const struct virtqueue *queue)
{
	struct kvm_ioeventfd notify = {
		.datamatch = queue->index,
		.addr = mmio->base + QUEUE_NOTIFY,
		.len = 4,
		.fd = queue->notify_fd,
		.flags = KVM_IOEVENTFD_FLAG_DATAMATCH,
	};
	int ret = kvm_ioctl(mmio->vm_fd, KVM_IOEVENTFD, (uintptr_t)&notify);

	if (ret < 0)
		log_info("KVM does not take notifications for queue %u of a %s: %s: they cost more",
			 queue->index, queue->device->ops->name, strerror(-ret));
}

static int make_interrupt(struct virtio_mmio *mmio)
{
	struct kvm_irqfd irqfd = { .gsi = mmio->spi };
	int ret;

	if (mmio->chip->kind == IRQCHIP_USER)
		return 0;
	mmio->interrupt_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (mmio->interrupt_fd < 0)
		return log_error(-errno, "cannot make the interrupt of a virtio device: %s",
				 strerror(errno));
	irqfd.fd = mmio->interrupt_fd;
	ret = kvm_ioctl(mmio->vm_fd, KVM_IRQFD, (uintptr_t)&irqfd);
	if (ret < 0)
		return log_error(ret, "cannot make SPI %u the interrupt of a virtio device: %s",
				 mmio->spi, strerror(-ret));
	return 0;
}

int virtio_mmio_create(const struct virtio_mmio_config *config, struct virtio_transport **transport)
{
	struct virtio_device *device = config->device;
	struct virtio_mmio *mmio = calloc(1, sizeof(*mmio));
	const struct mmio_region region = { config->base, config->size, &registers, mmio,
					    device->ops->name };
	int ret;

	if (!mmio)
		return log_error(-ENOMEM, "cannot make a %s: out of memory", device->ops->name);
	mmio->transport = (struct virtio_transport){ .ops = &mmio_ops, .device = device };
	mmio->chip = config->chip;
	mmio->vm_fd = config->vm_fd;
	mmio->spi = config->spi;
	mmio->base = config->base;
	mmio->size = config->size;
	mmio->interrupt_fd = -1;
	mmio->shown = config->shown;
	mmio->interrupt_status = mmio->shown ? (atomic_uint *)(mmio->shown + INTERRUPT_STATUS)
					     : &mmio->hidden_status;
	ret = make_interrupt(mmio);
	ret = ret ? ret : mmio_bus_add(config->bus, &region);
	if (ret < 0) {
		if (mmio->interrupt_fd >= 0)
			close(mmio->interrupt_fd);
		free(mmio);
		return ret;
	}
	pthread_mutex_init(&mmio->lock, NULL);
	pthread_mutex_init(&mmio->pulse_lock, NULL);
	pthread_mutex_init(&mmio->show_lock, NULL);
	show_constants(mmio);
	show_selected(mmio);
	show_state(mmio);
	device->transport = &mmio->transport;
	for (unsigned i = 0; i < device->queue_count; i++)
		take_notifications(mmio, &device->queues[i]);
	*transport = &mmio->transport;
	return 0;
}
