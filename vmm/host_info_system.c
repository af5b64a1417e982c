// SPDX-License-Identifier: GPL-2.0-only
/* The host apart from KVM: /proc and /sys. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmm/host_info_private.h"

void host_info_read(const char *root, const char *path, char *text, size_t size)
{
	char name[512];
	size_t length = 0;
	ssize_t got;
	int fd;

	text[0] = '\0';
	snprintf(name, sizeof(name), "%s%s", root, path);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	/* Files of /proc come in pieces. */
	while (length < size - 1 && (got = read(fd, text + length, size - 1 - length)) > 0)
		length += got;
	text[length] = '\0';
	close(fd);
}

static void collect_board(struct host_info *info, const char *root)
{
	host_info_read(root, "/sys/firmware/devicetree/base/model", info->board,
		       sizeof(info->board));
	if (!info->board[0])
		host_info_read(root, "/sys/class/dmi/id/product_name", info->board,
			       sizeof(info->board));
	info->board[strcspn(info->board, "\n")] = '\0';
	/* It goes to a terminal, and into JSON. */
	for (char *byte = info->board; *byte; byte++)
		if (*byte < ' ' || *byte > '~')
			*byte = '?';
}

static void collect_memory(struct host_info *info, const char *root)
{
	char text[256];
	uint64_t kib;

	host_info_read(root, "/proc/meminfo", text, sizeof(text));
	if (sscanf(text, "MemTotal: %" SCNu64 " kB", &kib) == 1)
		info->memory = kib << 10;
}

static void add_cpu(struct host_info *info, unsigned cpu, uint64_t midr)
{
	unsigned kind = 0;

	while (kind < info->cpu_kind_count && info->cpu_kinds[kind].midr != midr)
		kind++;
	if (kind == HOST_INFO_CPU_KINDS)
		return;
	if (kind == info->cpu_kind_count) {
		info->cpu_kinds[kind].midr = midr;
		CPU_ZERO(&info->cpu_kinds[kind].cpus);
		info->cpu_kind_count++;
	}
	CPU_SET(cpu, &info->cpu_kinds[kind].cpus);
}

static void collect_cpu(struct host_info *info, const char *root, unsigned cpu)
{
	char path[128], text[32], *end;
	uint64_t midr;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/regs/identification/midr_el1",
		 cpu);
	host_info_read(root, path, text, sizeof(text));
	midr = strtoull(text, &end, 16);
	if (end != text)
		add_cpu(info, cpu, midr);
}

/* A list like "0-3,6". */
static void collect_cpus(struct host_info *info, const char *root)
{
	char list[1024], *next = list;

	host_info_read(root, "/sys/devices/system/cpu/online", list, sizeof(list));
	while (*next >= '0' && *next <= '9') {
		unsigned long first = strtoul(next, &next, 10), last = first;

		if (*next == '-')
			last = strtoul(next + 1, &next, 10);
		for (; first <= last && first < CPU_SETSIZE; first++)
			collect_cpu(info, root, first);
		next += *next == ',';
	}
}

void host_info_collect_system(struct host_info *info, const char *root)
{
	info->page_size = sysconf(_SC_PAGESIZE);
	collect_board(info, root);
	collect_memory(info, root);
	collect_cpus(info, root);
}

void host_info_cpu_list(const cpu_set_t *cpus, char *text, size_t size)
{
	size_t length = 0;

	text[0] = '\0';
	for (int cpu = 0; cpu < CPU_SETSIZE && length < size; cpu++) {
		int last = cpu;

		if (!CPU_ISSET(cpu, cpus))
			continue;
		while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, cpus))
			last++;
		length += snprintf(text + length, size - length, last > cpu ? "%s%d-%d" : "%s%d",
				   length ? "," : "", cpu, last);
		cpu = last;
	}
}
