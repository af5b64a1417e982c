// SPDX-License-Identifier: GPL-2.0-only
#include "devices/virtio/virtio_blk_queue.h"

#include <errno.h>
#include <stdio.h>

#include "base/thread.h"
#include "devices/virtio/virtio_device.h"

/* After so many answers the driver is told, even if there are more requests to do. */
#define ANSWERS_PER_SIGNAL 8

static void signal_driver(struct blk_queue *queue)
{
	queue->unsignalled = 0;
	virtqueue_signal(queue->queue);
}

/* With the lock held, which is given up meanwhile: does one request. Returns whether this thread
 * still leads. */
static bool carry_out(struct blk_worker *worker, struct virtqueue_chain *chain)
{
	struct blk_queue *queue = worker->queue;
	const struct blk_target *target = queue->config.target;
	struct blk_request request;
	bool leads = true;
	int status;

	if (!blk_request_parse(&request, chain)) {
		virtio_device_fail(queue->queue->device,
				   "queue %u has a request without a whole header, or without room "
				   "for a status",
				   queue->queue->index);
		return leads;
	}
	queue->busy++;
	pthread_mutex_unlock(&queue->lock);
	status = blk_request_try(&request, target);
	if (status == -EAGAIN) {
		pthread_mutex_lock(&queue->lock);
		leads = queue->led = false;
		pthread_cond_signal(&queue->changed);
		pthread_mutex_unlock(&queue->lock);
		status = blk_request_finish(&request, target, &worker->bounce);
	}
	pthread_mutex_lock(&queue->lock);
	if (--queue->busy == 0 && !queue->active)
		pthread_cond_broadcast(&queue->idle);
	if (!queue->active)
		return leads;
	*request.status = status;
	virtqueue_push(queue->queue, chain, chain->writable_size);
	if (!leads || ++queue->unsignalled == ANSWERS_PER_SIGNAL)
		signal_driver(queue);
	return leads;
}

/* With the lock held: takes the driver's requests until another leads, or the device stops. */
static void lead(struct blk_worker *worker)
{
	struct blk_queue *queue = worker->queue;
	struct virtqueue_chain chain = { .spans = worker->spans, .span_capacity = BLK_QUEUE_SIZE };

	queue->led = true;
	virtqueue_disable_notify(queue->queue);
	while (queue->active && !queue->ending) {
		if (virtqueue_pop(queue->queue, &chain) > 0) {
			if (!carry_out(worker, &chain))
				return;
			continue;
		}
		signal_driver(queue);
		if (virtqueue_enable_notify(queue->queue)) {
			pthread_mutex_unlock(&queue->lock);
			virtqueue_wait(queue->queue);
			pthread_mutex_lock(&queue->lock);
		}
		if (queue->active)
			virtqueue_disable_notify(queue->queue);
	}
	queue->led = false;
}

static void *worker_thread(void *argument)
{
	struct blk_worker *worker = argument;
	struct blk_queue *queue = worker->queue;
	int ret = queue->config.thread_begin(queue->config.context);

	pthread_mutex_lock(&queue->lock);
	queue->begun++;
	queue->failed |= ret < 0;
	pthread_cond_broadcast(&queue->idle);
	while (!ret && !queue->ending) {
		if (queue->active && !queue->led)
			lead(worker);
		else
			pthread_cond_wait(&queue->changed, &queue->lock);
	}
	pthread_mutex_unlock(&queue->lock);
	return NULL;
}

int blk_queue_start(struct blk_queue *queue)
{
	char name[16];
	int ret = 0;

	snprintf(name, sizeof(name), "disk%u", queue->config.disk % 1000);
	while (queue->started < BLK_WORKERS && !ret) {
		struct blk_worker *worker = &queue->workers[queue->started];

		ret = thread_start(&worker->thread, name, 0, worker_thread, worker);
		if (!ret)
			queue->started++;
	}
	pthread_mutex_lock(&queue->lock);
	while (queue->begun < queue->started)
		pthread_cond_wait(&queue->idle, &queue->lock);
	if (queue->failed)
		ret = -ECANCELED; /* the thread has said why */
	pthread_mutex_unlock(&queue->lock);
	return ret;
}

void blk_queue_end(struct blk_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->ending = true;
	pthread_cond_broadcast(&queue->changed);
	pthread_mutex_unlock(&queue->lock);
	virtqueue_notify_self(queue->queue);
	while (queue->started)
		pthread_join(queue->workers[--queue->started].thread, NULL);
}

void blk_queue_activate(struct blk_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->active = virtqueue_is_ready(queue->queue);
	queue->unsignalled = 0;
	pthread_cond_broadcast(&queue->changed);
	pthread_mutex_unlock(&queue->lock);
}

void blk_queue_stop(struct blk_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->active = false;
	while (queue->busy)
		pthread_cond_wait(&queue->idle, &queue->lock);
	pthread_mutex_unlock(&queue->lock);
}

int blk_queue_init(struct blk_queue *queue, struct virtqueue *virtqueue,
		   const struct blk_queue_config *config)
{
	int ret = 0;

	queue->config = *config;
	queue->queue = virtqueue;
	pthread_mutex_init(&queue->lock, NULL);
	pthread_cond_init(&queue->changed, NULL);
	pthread_cond_init(&queue->idle, NULL);
	for (unsigned i = 0; i < BLK_WORKERS; i++) {
		queue->workers[i].queue = queue;
		queue->workers[i].bounce.buffer = NULL;
	}
	for (unsigned i = 0; i < BLK_WORKERS && !ret; i++)
		ret = disk_bounce_init(&queue->workers[i].bounce, config->target->image);
	return ret;
}

void blk_queue_destroy(struct blk_queue *queue)
{
	for (unsigned i = 0; i < BLK_WORKERS; i++)
		disk_bounce_destroy(&queue->workers[i].bounce);
	pthread_cond_destroy(&queue->idle);
	pthread_cond_destroy(&queue->changed);
	pthread_mutex_destroy(&queue->lock);
}
