// SPDX-License-Identifier: GPL-2.0-only
#include "devices/virtio/virtio_net.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "devices/net_passt.h"
#include "devices/net_tap.h"
#include "devices/virtio/spans.h"
#include "devices/virtio/virtio_device.h"
#include "devices/virtio/virtio_net_layout.h"
#include "devices/virtio/virtio_net_pair.h"

#define CONTROL_QUEUE_SIZE 64
#define COMMANDS_PER_TURN  16
#define QUEUES_MAX	   (2 * NET_QUEUES_MAX + 1)

/* What goes with a TAP interface only. */
#define OFFLOADS_SENT	  (NET_F_CSUM | NET_F_HOST_TSO4 | NET_F_HOST_TSO6 | NET_F_HOST_ECN)
#define OFFLOADS_RECEIVED (NET_F_GUEST_CSUM | NET_F_GUEST_TSO4 | NET_F_GUEST_TSO6 | NET_F_GUEST_ECN)

struct virtio_net {
	struct virtio_device device;
	enum net_kind kind;
	unsigned number;
	atomic_bool is_down; /* and that has been told */
	unsigned pair_count; /* that were made */
	struct net_pair *pairs;
};

static struct virtio_net *net_of(struct virtio_device *device)
{
	return (struct virtio_net *)((char *)device - offsetof(struct virtio_net, device));
}

static int net_start(struct virtio_device *device)
{
	struct virtio_net *net = net_of(device);
	int ret = 0;

	for (unsigned i = 0; i < net->pair_count && !ret; i++)
		ret = net_pair_start(&net->pairs[i]);
	return ret;
}

static void net_end(struct virtio_device *device)
{
	struct virtio_net *net = net_of(device);

	for (unsigned i = 0; i < net->pair_count; i++)
		net_pair_end(&net->pairs[i]);
}

static bool needs(uint64_t features, uint64_t feature, uint64_t needed)
{
	return !(features & feature) || features & needed;
}

/* 5.1.3.1; and without several queues there is nothing that the control queue could be told, so
 * that it need not have two places. */
static bool net_accepts(struct virtio_device *device, uint64_t features)
{
	(void)device;
	return needs(features, NET_F_GUEST_TSO4 | NET_F_GUEST_TSO6, NET_F_GUEST_CSUM) &&
	       needs(features, NET_F_GUEST_ECN, NET_F_GUEST_TSO4 | NET_F_GUEST_TSO6) &&
	       needs(features, NET_F_HOST_TSO4 | NET_F_HOST_TSO6, NET_F_CSUM) &&
	       needs(features, NET_F_HOST_ECN, NET_F_HOST_TSO4 | NET_F_HOST_TSO6) &&
	       needs(features, NET_F_MQ, NET_F_CTRL_VQ) && needs(features, NET_F_CTRL_VQ, NET_F_MQ);
}

static unsigned offloads(const struct virtio_device *device)
{
	return (virtio_device_has(device, NET_F_GUEST_CSUM) ? NET_TAP_CSUM : 0) |
	       (virtio_device_has(device, NET_F_GUEST_TSO4) ? NET_TAP_TSO4 : 0) |
	       (virtio_device_has(device, NET_F_GUEST_TSO6) ? NET_TAP_TSO6 : 0) |
	       (virtio_device_has(device, NET_F_GUEST_ECN) ? NET_TAP_ECN : 0);
}

static void net_activate(struct virtio_device *device)
{
	struct virtio_net *net = net_of(device);

	/* 5.1.6.5.5: only the first pair, until the driver asks for more. */
	for (unsigned i = 0; i < net->pair_count; i++)
		net_pair_activate(&net->pairs[i], i == 0,
				  virtio_device_has(device, NET_F_MRG_RXBUF), offloads(device));
}

static void net_stop(struct virtio_device *device)
{
	struct virtio_net *net = net_of(device);

	for (unsigned i = 0; i < net->pair_count; i++)
		net_pair_stop(&net->pairs[i]);
}

/* The answer to a command. */
static uint8_t obey(struct virtio_net *net, const struct virtqueue_chain *chain)
{
	struct net_control control;
	uint16_t pairs;

	if (chain->readable_size != sizeof(control) + sizeof(pairs))
		return NET_CONTROL_ERR;
	spans_copy_out(chain->readable, chain->readable_count, 0, &control, sizeof(control));
	spans_copy_out(chain->readable, chain->readable_count, sizeof(control), &pairs,
		       sizeof(pairs));
	pairs = le16toh(pairs);
	if (control.class != NET_CONTROL_MQ || control.command != NET_CONTROL_MQ_PAIRS_SET ||
	    !pairs || pairs > net->pair_count)
		return NET_CONTROL_ERR;
	/* The first, which is always wanted, has its lock held by us. */
	for (unsigned i = 1; i < net->pair_count; i++)
		net_pair_enable(&net->pairs[i], i < pairs);
	return NET_CONTROL_OK;
}

static void on_control(struct net_pair *pair)
{
	struct virtio_net *net = pair->config.device_context;
	struct virtqueue *queue = pair->config.control;
	struct iovec spans[CONTROL_QUEUE_SIZE];
	struct virtqueue_chain chain = { .spans = spans, .span_capacity = CONTROL_QUEUE_SIZE };
	unsigned commands = 0;

	while (commands < COMMANDS_PER_TURN && virtqueue_pop(queue, &chain) > 0) {
		uint8_t answer = obey(net, &chain);

		virtqueue_push(queue, &chain,
			       spans_copy_in(chain.writable, chain.writable_count, 0, &answer, 1));
		commands++;
	}
	if (commands == COMMANDS_PER_TURN || !virtqueue_enable_notify(queue))
		virtqueue_notify_self(queue);
	virtqueue_signal(queue);
}

static void on_broken(struct net_pair *pair)
{
	struct virtio_net *net = pair->config.device_context;
	uint16_t status = 0;

	if (atomic_exchange(&net->is_down, true))
		return;
	log_warn("the guest's network %u is down: %s", net->number,
		 net->kind == NET_USER ? "passt has ended" : "the TAP interface has gone");
	virtio_device_set_config(&net->device, offsetof(struct net_config_space, status), &status,
				 sizeof(status));
}

static void net_destroy(struct virtio_device *device)
{
	struct virtio_net *net = net_of(device);

	for (unsigned i = 0; i < net->pair_count; i++)
		net_pair_destroy(&net->pairs[i]);
	virtio_device_destroy(device);
	free(net->pairs);
	free(net);
}

static const struct virtio_device_ops net_ops = {
	.name = "virtio-net",
	.id = VIRTIO_ID_NET,
	.start = net_start,
	.end = net_end,
	.accepts = net_accepts,
	.activate = net_activate,
	.stop = net_stop,
	.destroy = net_destroy,
};

static int init_device(struct virtio_net *net, const struct virtio_net_setup *setup, uint16_t mtu)
{
	unsigned pairs = setup->net->queues;
	struct net_config_space space = {
		.status = htole16(NET_S_LINK_UP),
		.max_virtqueue_pairs = htole16(pairs),
		.mtu = htole16(mtu),
	};
	uint16_t sizes[QUEUES_MAX];
	struct virtio_device_config config = {
		.ops = &net_ops,
		.memory = setup->memory,
		.own_threads = true,
		.features = NET_F_MAC | NET_F_STATUS | NET_F_MRG_RXBUF,
		.queues = 2 * pairs + (pairs > 1),
		.queue_sizes = sizes,
		.config = &space,
		.config_size = sizeof(space),
	};

	if (setup->net->kind == NET_TAP)
		config.features |= OFFLOADS_SENT | OFFLOADS_RECEIVED;
	if (pairs > 1)
		config.features |= NET_F_CTRL_VQ | NET_F_MQ;
	if (mtu)
		config.features |= NET_F_MTU;
	for (unsigned i = 0; i < 2 * pairs; i++)
		sizes[i] = NET_QUEUE_SIZE;
	sizes[2 * pairs] = CONTROL_QUEUE_SIZE;
	if (setup->net->has_mac)
		memcpy(space.mac, setup->net->mac, sizeof(space.mac));
	else
		net_derive_mac(setup->vm_name, setup->number, space.mac);
	return virtio_device_init(&net->device, &config);
}

/* Each takes over its descriptor, in any case. */
static int init_pairs(struct virtio_net *net, const struct virtio_net_setup *setup, const int *fds)
{
	unsigned pairs = setup->net->queues;
	int ret = 0;

	for (unsigned i = 0; i < pairs && !ret; i++) {
		const struct net_pair_config config = {
			.receive = &net->device.queues[2 * i],
			.send = &net->device.queues[2 * i + 1],
			.control = i == 0 && pairs > 1 ? &net->device.queues[2 * pairs] : NULL,
			.device = setup->number,
			.index = i,
			.thread_begin = setup->thread_begin,
			.context = setup->context,
			.on_control = on_control,
			.on_broken = on_broken,
			.device_context = net,
		};

		net->pair_count++;
		ret = net_pair_init(&net->pairs[i], fds[i], setup->net->kind == NET_USER, &config);
	}
	for (unsigned i = net->pair_count; i < pairs; i++)
		close(fds[i]);
	return ret;
}

int virtio_net_create_on(const struct virtio_net_setup *setup, const int *fds, uint16_t mtu,
			 struct virtio_device **device)
{
	unsigned pairs = setup->net->queues;
	struct virtio_net *net = calloc(1, sizeof(*net));
	int ret = -ENOMEM;

	if (net)
		net->pairs = calloc(pairs, sizeof(*net->pairs));
	if (net && net->pairs) {
		net->kind = setup->net->kind;
		net->number = setup->number;
		ret = init_device(net, setup, mtu);
	} else {
		log_error(ret, "cannot make a network device: no memory");
	}
	if (ret < 0) {
		for (unsigned i = 0; i < pairs; i++)
			close(fds[i]);
		if (net)
			free(net->pairs);
		free(net);
		return ret;
	}
	ret = init_pairs(net, setup, fds);
	if (ret < 0) {
		net_destroy(&net->device);
		return ret;
	}
	*device = &net->device;
	return 0;
}

int virtio_net_create(const struct virtio_net_setup *setup, struct virtio_device **device)
{
	const struct net_request *request = setup->net;
	int fds[NET_QUEUES_MAX], ret;
	uint16_t mtu = 0;

	if (request->kind == NET_TAP) {
		ret = net_tap_open(request->tap, request->queues, fds, &mtu);
	} else {
		fds[0] = net_passt_start(setup->forwards, setup->forward_count);
		ret = fds[0] < 0 ? fds[0] : 0;
	}
	return ret < 0 ? ret : virtio_net_create_on(setup, fds, mtu, device);
}
