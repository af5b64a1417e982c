// SPDX-License-Identifier: GPL-2.0-only
#include "cli/run_devices.h"

#include <errno.h>

#include "base/log.h"

static int too_many(const char *option, unsigned most)
{
	return log_error(-EINVAL, "cannot use that many %s: there is room for %u", option, most);
}

int run_devices_take_disk(struct run_devices *devices, const char *value)
{
	int ret;

	if (devices->disk_count == MAP_VIRTIO_SLOTS)
		return too_many("--disk", MAP_VIRTIO_SLOTS);
	ret = disk_request_parse(value, &devices->disks[devices->disk_count]);
	if (!ret)
		devices->disk_count++;
	return ret;
}

int run_devices_take_net(struct run_devices *devices, const char *value)
{
	struct net_request request;
	int ret = net_request_parse(value, &request);

	if (ret < 0)
		return ret;
	/* Takes back what a script said before. */
	if (request.kind == NET_NONE) {
		devices->net_count = 0;
		return 0;
	}
	if (devices->net_count == MAP_VIRTIO_SLOTS)
		return too_many("--net", MAP_VIRTIO_SLOTS);
	devices->nets[devices->net_count++] = request;
	return 0;
}

int run_devices_take_forward(struct run_devices *devices, const char *value)
{
	int ret;

	if (devices->forward_count == NET_FORWARDS_MAX)
		return too_many("--forward", NET_FORWARDS_MAX);
	ret = net_forward_parse(value, &devices->forwards[devices->forward_count]);
	if (!ret)
		devices->forward_count++;
	return ret;
}

int run_devices_check(const struct run_devices *devices)
{
	if (!devices->forward_count)
		return 0;
	for (unsigned i = 0; i < devices->net_count; i++)
		if (devices->nets[i].kind == NET_USER)
			return 0;
	return log_error(-EINVAL, "cannot use --forward without --net user: it is passt that "
				  "forwards");
}

void run_devices_destroy(struct run_devices *devices)
{
	while (devices->disk_count)
		disk_request_destroy(&devices->disks[--devices->disk_count]);
}
