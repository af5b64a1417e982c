// SPDX-License-Identifier: GPL-2.0-only
#include "devices/virtio/virtio_device.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "devices/virtio/virtio_transport.h"

#define CORE_FEATURES (VIRTIO_F_VERSION_1 | VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX)

/* What a driver may set. */
#define DRIVER_BITS                                                                   \
	(VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER | VIRTIO_STATUS_DRIVER_OK | \
	 VIRTIO_STATUS_FEATURES_OK | VIRTIO_STATUS_FAILED)

static void on_notified(struct event_source *source, uint32_t events)
{
	struct virtqueue *queue = source->context;
	struct virtio_device *device = queue->device;

	(void)events;
	virtqueue_take_notification(queue);
	virtio_device_lock(device);
	if (device->active && queue->ready)
		device->ops->notify(device, queue);
	virtio_device_unlock(device);
}

static int init_queues(struct virtio_device *device, const struct virtio_device_config *config)
{
	int ret = 0;

	device->queues = calloc(config->queues, sizeof(*device->queues));
	if (!device->queues)
		return log_error(-ENOMEM, "cannot make a %s: out of memory", config->ops->name);
	while (device->queue_count < config->queues) {
		struct virtqueue *queue = &device->queues[device->queue_count];

		ret = virtqueue_init(queue, device, device->queue_count,
				     config->queue_sizes[device->queue_count], device->own_threads);
		if (ret < 0)
			return ret;
		device->queue_count++;
		if (!device->own_threads)
			ret = event_loop_add(device->loop, &queue->source, queue->notify_fd,
					     EPOLLIN, on_notified, queue);
		if (ret < 0)
			return ret;
	}
	return 0;
}

int virtio_device_init(struct virtio_device *device, const struct virtio_device_config *config)
{
	int ret;

	assert(config->queues <= VIRTIO_QUEUES_MAX && config->config_size <= VIRTIO_CONFIG_MAX);
	memset(device, 0, sizeof(*device));
	device->ops = config->ops;
	device->memory = config->memory;
	device->loop = config->loop;
	device->own_threads = config->own_threads;
	device->features_offered = config->features | CORE_FEATURES;
	device->config_size = config->config_size;
	if (config->config_size)
		memcpy(device->config, config->config, config->config_size);
	pthread_mutex_init(&device->lock, NULL);
	pthread_mutex_init(&device->config_lock, NULL);
	ret = init_queues(device, config);
	if (ret < 0)
		virtio_device_destroy(device);
	return ret;
}

void virtio_device_destroy(struct virtio_device *device)
{
	for (unsigned i = 0; i < device->queue_count; i++) {
		struct virtqueue *queue = &device->queues[i];

		if (device->loop)
			event_loop_remove(device->loop, &queue->source);
		virtqueue_destroy(queue);
	}
	free(device->queues);
	pthread_mutex_destroy(&device->lock);
	pthread_mutex_destroy(&device->config_lock);
}

void virtio_device_lock(struct virtio_device *device)
{
	pthread_mutex_lock(&device->lock);
}

void virtio_device_unlock(struct virtio_device *device)
{
	pthread_mutex_unlock(&device->lock);
}

bool virtio_device_is_active(const struct virtio_device *device)
{
	return device->active;
}

/* Shows the driver, and tells it if there is one, that status or configuration space have changed.
 */
static void signal_config(struct virtio_device *device)
{
	if (device->transport)
		virtio_transport_update(device->transport);
	if (atomic_load(&device->status) & VIRTIO_STATUS_DRIVER_OK)
		virtio_transport_signal_config(device->transport);
}

int virtio_device_fail(struct virtio_device *device, const char *format, ...)
{
	char why[160];
	va_list arguments;

	if (atomic_exchange(&device->failed, true))
		return -EPROTO;
	atomic_fetch_or(&device->status, VIRTIO_STATUS_NEEDS_RESET);
	signal_config(device);
	if (atomic_exchange(&device->failure_told, true))
		return -EPROTO;
	va_start(arguments, format);
	vsnprintf(why, sizeof(why), format, arguments);
	va_end(arguments);
	log_warn("%s: the guest's driver is wrong: %s: the device needs a reset (said once)",
		 device->ops->name, why);
	return -EPROTO;
}

void virtio_device_set_config(struct virtio_device *device, size_t offset, const void *bytes,
			      size_t size)
{
	bool changed;

	assert(offset <= device->config_size && size <= device->config_size - offset);
	pthread_mutex_lock(&device->config_lock);
	changed = memcmp(device->config + offset, bytes, size);
	if (changed) {
		memcpy(device->config + offset, bytes, size);
		atomic_fetch_add(&device->config_generation, 1);
	}
	pthread_mutex_unlock(&device->config_lock);
	if (changed)
		signal_config(device);
}

/* How many of `size` bytes at `offset` are in the configuration space. */
static size_t config_part(const struct virtio_device *device, size_t offset, size_t size)
{
	if (offset >= device->config_size)
		return 0;
	return size < device->config_size - offset ? size : device->config_size - offset;
}

void virtio_device_read_config(struct virtio_device *device, size_t offset, void *bytes,
			       size_t size)
{
	size_t part = config_part(device, offset, size);

	pthread_mutex_lock(&device->config_lock);
	memcpy(bytes, device->config + offset, part);
	pthread_mutex_unlock(&device->config_lock);
	memset((char *)bytes + part, 0, size - part);
}

void virtio_device_write_config(struct virtio_device *device, size_t offset, const void *bytes,
				size_t size)
{
	size_t part = config_part(device, offset, size);

	if (!part || !device->ops->config_written)
		return;
	virtio_device_lock(device);
	device->ops->config_written(device, offset, bytes, part);
	virtio_device_unlock(device);
}

int virtio_device_start(struct virtio_device *device)
{
	return device->ops->start ? device->ops->start(device) : 0;
}

/* The queues are nobody's any more. */
static void stop(struct virtio_device *device)
{
	virtio_device_lock(device);
	if (device->active) {
		device->active = false;
		if (device->ops->stop)
			device->ops->stop(device);
	}
	virtio_device_unlock(device);
}

void virtio_device_end(struct virtio_device *device)
{
	stop(device);
	if (device->ops->end)
		device->ops->end(device);
}

unsigned virtio_device_status(const struct virtio_device *device)
{
	return atomic_load(&device->status);
}

static void reset(struct virtio_device *device)
{
	stop(device);
	for (unsigned i = 0; i < device->queue_count; i++)
		virtqueue_reset(&device->queues[i]);
	device->features = device->features_wanted = 0;
	atomic_store(&device->failed, false);
	atomic_store(&device->status, 0);
}

void virtio_device_want_features(struct virtio_device *device, uint64_t features)
{
	if (!(atomic_load(&device->status) & VIRTIO_STATUS_FEATURES_OK))
		device->features_wanted = features;
}

static bool accept_features(struct virtio_device *device)
{
	uint64_t features = device->features_wanted;

	if (features & ~device->features_offered || !(features & VIRTIO_F_VERSION_1) ||
	    (device->ops->accepts && !device->ops->accepts(device, features)))
		return false;
	device->features = features;
	return true;
}

static void activate(struct virtio_device *device)
{
	virtio_device_lock(device);
	for (unsigned i = 0; i < device->queue_count; i++)
		if (device->queues[i].ready)
			virtqueue_activate(&device->queues[i]);
	device->active = true;
	if (device->ops->activate)
		device->ops->activate(device);
	virtio_device_unlock(device);
	for (unsigned i = 0; i < device->queue_count; i++)
		if (device->queues[i].ready)
			virtqueue_notify_self(&device->queues[i]);
}

void virtio_device_set_status(struct virtio_device *device, unsigned status)
{
	unsigned before = atomic_load(&device->status), added = status & ~before & DRIVER_BITS;

	if (!status) {
		reset(device);
		return;
	}
	if (added & VIRTIO_STATUS_FEATURES_OK && !accept_features(device))
		added &= ~VIRTIO_STATUS_FEATURES_OK;
	if (added & VIRTIO_STATUS_DRIVER_OK) {
		if (atomic_load(&device->failed))
			added &= ~VIRTIO_STATUS_DRIVER_OK;
		else if (!((before | added) & VIRTIO_STATUS_FEATURES_OK)) {
			added &= ~VIRTIO_STATUS_DRIVER_OK;
			virtio_device_fail(device, "it set DRIVER_OK before FEATURES_OK");
		}
	}
	atomic_fetch_or(&device->status, added);
	if (added & VIRTIO_STATUS_DRIVER_OK)
		activate(device);
}

void virtio_device_disable_queue(struct virtio_device *device, struct virtqueue *queue)
{
	bool was_active;

	virtio_device_lock(device);
	was_active = device->active;
	virtio_device_unlock(device);
	if (was_active && queue->ready) {
		stop(device);
		virtio_device_fail(device, "it took queue %u away from the running device",
				   queue->index);
	}
	queue->ready = false;
}
