/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One queue of a block device, and the threads that serve it.
 *
 * One of the threads leads: it alone takes requests from the queue, and does at once what the host
 * has in memory. What has to wait for the medium it does as well, but first hands the lead to
 * another. So a request of a busy guest costs no wake-up, and a slow one holds up no other, until
 * all threads of the queue wait.
 */
#ifndef DEVICES_VIRTIO_VIRTIO_BLK_QUEUE_H
#define DEVICES_VIRTIO_VIRTIO_BLK_QUEUE_H

#include <pthread.h>
#include <stdbool.h>

#include "devices/virtio/virtio_blk_request.h"
#include "devices/virtio/virtqueue.h"

#define BLK_WORKERS    4
#define BLK_QUEUE_SIZE 256

struct blk_queue;

struct blk_worker {
	struct blk_queue *queue;
	pthread_t thread;
	struct disk_bounce bounce;
	struct iovec spans[BLK_QUEUE_SIZE];
};

struct blk_queue_config {
	const struct blk_target *target;
	unsigned disk; /* its number, for the threads' names */
	/* As in struct virtio_blk_setup. */
	int (*thread_begin)(void *context);
	void *context;
};

struct blk_queue {
	struct blk_queue_config config;
	struct virtqueue *queue; /* not owned */
	struct blk_worker workers[BLK_WORKERS];
	unsigned started; /* threads */

	pthread_mutex_t lock;	/* protects the virtqueue and all below */
	pthread_cond_t changed; /* there is something to lead, or it ends */
	pthread_cond_t idle;	/* `busy` became 0 after a stop; `begun` grew */
	bool active, led, ending, failed;
	unsigned begun;	      /* threads that have entered their sandbox, or failed to */
	unsigned busy;	      /* requests that are being carried out */
	unsigned unsignalled; /* answers since the driver was told */
};

/* Returns 0 or -errno, described; blk_queue_destroy() is due in any case. */
int blk_queue_init(struct blk_queue *queue, struct virtqueue *virtqueue,
		   const struct blk_queue_config *config);
void blk_queue_destroy(struct blk_queue *queue);

/* The threads begin, and have entered their sandbox when it returns. Returns 0 or -errno,
 * described; blk_queue_end() is due in any case. */
int blk_queue_start(struct blk_queue *queue);
void blk_queue_end(struct blk_queue *queue);

/* From now on the virtqueue may be used; or not any more. The second waits for requests that are
 * under way; their answers are not given. */
void blk_queue_activate(struct blk_queue *queue);
void blk_queue_stop(struct blk_queue *queue);

#endif
