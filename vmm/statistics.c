// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/statistics.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "devices/virtio/virtio_device.h"
#include "vmm/vm.h"

int statistics_open(struct statistics *statistics, const char *json_path, uint64_t start)
{
	*statistics = (struct statistics){
		.json_fd = -1, .json_path = json_path, .smaps_fd = -1, .start = start
	};
	if (json_path) {
		/* Else jansson opens a random source later, in the sandbox; our keys need no secret
		 * hash. */
		json_object_seed(1);
		statistics->json_fd =
			open(json_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		if (statistics->json_fd < 0)
			return log_error(-errno, "cannot write statistics to %s: %s", json_path,
					 strerror(errno));
	}
	statistics->smaps_fd = open("/proc/self/smaps", O_RDONLY | O_CLOEXEC);
	return 0;
}

void statistics_close(struct statistics *statistics)
{
	if (statistics->json_fd >= 0)
		close(statistics->json_fd);
	if (statistics->smaps_fd >= 0)
		close(statistics->smaps_fd);
}

/* One line of smaps: a mapping's head ("START-END ...") or a field ("Rss:    N kB"). */
static void take_smaps_line(struct statistics *statistics, const struct vm *vm, const char *line,
			    bool *guest_ram)
{
	uint64_t start, end, kib;
	uintptr_t ram = (uintptr_t)vm->machine.memory.host;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " ", &start, &end) == 2)
		*guest_ram = start >= ram && end <= ram + vm->machine.memory.size;
	else if (sscanf(line, "Rss: %" SCNu64 " kB", &kib) == 1)
		*(*guest_ram ? &statistics->guest_ram_resident
			     : &statistics->resident_beyond_ram) += kib << 10;
}

void statistics_measure_memory(struct statistics *statistics, const struct vm *vm)
{
	char buffer[1024];
	size_t filled = 0;
	bool guest_ram = false;
	ssize_t got;

	statistics->guest_ram_resident = 0;
	statistics->resident_beyond_ram = 0;
	while ((got = read(statistics->smaps_fd, buffer + filled, sizeof(buffer) - 1 - filled)) >
	       0) {
		char *line = buffer, *newline;

		buffer[filled + got] = '\0';
		while ((newline = strchr(line, '\n'))) {
			*newline = '\0';
			take_smaps_line(statistics, vm, line, &guest_ram);
			line = newline + 1;
		}
		filled = strlen(line);
		if (filled == sizeof(buffer) - 1)
			filled = 0;
		memmove(buffer, line, filled);
	}
}

static uint64_t start_to_first_run(const struct statistics *statistics, const struct vm *vm)
{
	uint64_t first_run = vm->machine.group.first_run;

	return first_run ? first_run - statistics->start : 0;
}

static uint64_t run_time(const struct vm *vm)
{
	if (!vm->machine.group.first_run)
		return 0;
	return clock_now_ns() - vm->machine.group.first_run;
}

/* What a userspace irqchip did for this vCPU; JSON null where KVM is the interrupt controller. */
static json_t *irqchip_to_json(const struct vm *vm, unsigned cpu)
{
	struct irqchip_cpu_stats stats;
	json_t *lines;

	if (!vm->machine.irqchip->ops->cpu_stats)
		return json_null();
	vm->machine.irqchip->ops->cpu_stats(vm->machine.irqchip, cpu, &stats);
	lines = json_object();
	for (int i = 0; i < IRQCHIP_LINE_SOURCES; i++)
		json_object_set_new(lines, stats.lines[i].name,
				    json_pack("{s:I, s:I}", "rises",
					      (json_int_t)stats.lines[i].rises, "falls",
					      (json_int_t)stats.lines[i].falls));
	return json_pack("{s:I, s:I, s:I, s:o}", "irq_line_issued", (json_int_t)stats.inputs_issued,
			 "irq_line_avoided", (json_int_t)stats.inputs_avoided, "kicks",
			 (json_int_t)stats.kicks, "lines", lines);
}

static json_t *host_cpus_to_json(const struct host_cpu_set *cpus)
{
	json_t *list = json_array();

	for (unsigned cpu = 0; cpu < HOST_CPUS_MAX; cpu++)
		if (host_cpu_set_has(cpus, cpu))
			json_array_append_new(list, json_integer(cpu));
	return list;
}

/* Where the vCPU ran, and its moves. */
static json_t *placement_to_json(const struct vm *vm, unsigned cpu)
{
	struct placement_stats stats;

	placement_stats(vm->placement, cpu, &stats);
	return json_pack(
		"{s:o, s:I, s:I, s:I, s:I, s:I}", "host_cpus", host_cpus_to_json(&stats.seen),
		"moves", (json_int_t)stats.moves, "failed_moves", (json_int_t)stats.failed,
		"move_time_ns", (json_int_t)stats.move_ns, "move_time_min_ns",
		(json_int_t)stats.move_min_ns, "move_time_max_ns", (json_int_t)stats.move_max_ns);
}

static json_t *request_to_json(const struct placement_request *request)
{
	return json_pack("{s:s, s:s, s:I, s:i}", "place", placement_place_name(request->place),
			 "migrate", placement_migrate_name(request->migrate), "seed",
			 (json_int_t)request->seed, "rt_priority", request->rt_priority);
}

static json_t *vcpu_to_json(const struct vm *vm, const struct vcpu *vcpu)
{
	json_t *exits = json_object();

	for (int i = 0; i < VCPU_EXITS; i++)
		json_object_set_new(exits, vcpu_exit_name(i), json_integer(vcpu->stats.exits[i]));
	return json_pack("{s:i, s:I, s:o, s:I, s:o, s:o}", "index", vcpu->index, "cpu_time_ns",
			 (json_int_t)vcpu->stats.cpu_time, "exits", exits, "unassigned_mmio",
			 (json_int_t)vcpu->stats.unassigned, "userspace_irqchip",
			 irqchip_to_json(vm, vcpu->index), "placement",
			 placement_to_json(vm, vcpu->index));
}

static uint64_t count(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

static json_t *virtqueue_to_json(const struct virtqueue *queue)
{
	return json_pack("{s:I, s:I, s:I}", "notifications",
			 (json_int_t)count(&queue->stats.notifications), "chains",
			 (json_int_t)count(&queue->stats.chains), "interrupts",
			 (json_int_t)count(&queue->stats.interrupts));
}

static json_t *virtio_to_json(const struct vm *vm)
{
	json_t *devices = json_array();

	for (unsigned i = 0; i < vm->virtio.count; i++) {
		const struct virtio_device *device = vm->virtio.transports[i]->device;
		json_t *queues = json_array();

		for (unsigned n = 0; n < device->queue_count; n++)
			json_array_append_new(queues, virtqueue_to_json(&device->queues[n]));
		json_array_append_new(devices, json_pack("{s:i, s:s, s:o}", "slot", i, "device",
							 device->ops->name, "queues", queues));
	}
	return devices;
}

static int write_json(const struct statistics *statistics, const struct vm *vm)
{
	json_t *vcpus = json_array(), *record;
	int ret;

	for (unsigned i = 0; i < vm->machine.cpus; i++)
		json_array_append_new(vcpus, vcpu_to_json(vm, &vm->machine.vcpus[i]));
	record = json_pack("{s:i, s:s, s:I, s:I, s:I, s:I, s:i, s:I, s:o, s:o, s:o}", "schema",
			   STATISTICS_SCHEMA, "irqchip", vm->machine.irqchip->ops->name,
			   "start_to_first_run_ns", (json_int_t)start_to_first_run(statistics, vm),
			   "run_time_ns", (json_int_t)run_time(vm), "resident_beyond_ram_bytes",
			   (json_int_t)statistics->resident_beyond_ram, "guest_ram_resident_bytes",
			   (json_int_t)statistics->guest_ram_resident, "resets", vm->resets,
			   "console_dropped_bytes", (json_int_t)vm->console_dropped, "placement",
			   request_to_json(placement_request(vm->placement)), "virtio",
			   virtio_to_json(vm), "vcpus", vcpus);
	ret = record ? json_dumpfd(record, statistics->json_fd, JSON_INDENT(2)) : -1;
	json_decref(record);
	if (ret < 0 || write(statistics->json_fd, "\n", 1) != 1)
		return log_error(-EIO, "cannot write statistics to %s: %s", statistics->json_path,
				 strerror(errno));
	return 0;
}

static void write_irqchip_text(const struct vm *vm)
{
	for (unsigned i = 0; vm->machine.irqchip->ops->cpu_stats && i < vm->machine.cpus; i++) {
		struct irqchip_cpu_stats stats;

		vm->machine.irqchip->ops->cpu_stats(vm->machine.irqchip, i, &stats);
		fprintf(stderr,
			"  vcpu%-3u KVM_IRQ_LINE %" PRIu64 " issued, %" PRIu64
			" avoided; kicked %" PRIu64 " times; edges:",
			i, stats.inputs_issued, stats.inputs_avoided, stats.kicks);
		for (int n = 0; n < IRQCHIP_LINE_SOURCES; n++)
			fprintf(stderr, "%s %s %" PRIu64 " up %" PRIu64 " down", n ? "," : "",
				stats.lines[n].name, stats.lines[n].rises, stats.lines[n].falls);
		fprintf(stderr, "\n");
	}
}

static void write_placement_text(const struct vm *vm)
{
	const struct placement_request *request = placement_request(vm->placement);

	fprintf(stderr, "  placement: --place %s --migrate %s",
		placement_place_name(request->place), placement_migrate_name(request->migrate));
	if (request->migrate == MIGRATE_RANDOM)
		fprintf(stderr, " (seed %" PRIu64 ")", request->seed);
	if (request->rt_priority)
		fprintf(stderr, " --rt %u", request->rt_priority);
	fprintf(stderr, "\n");
	for (unsigned i = 0; i < vm->machine.cpus; i++) {
		struct placement_stats stats;
		char cpus[128];

		placement_stats(vm->placement, i, &stats);
		fprintf(stderr, "  vcpu%-3u on host CPUs %s; %" PRIu64 " moves, %" PRIu64 " failed",
			i, host_cpu_set_format(&stats.seen, cpus, sizeof(cpus)), stats.moves,
			stats.failed);
		if (stats.moves)
			fprintf(stderr, "; us each: mean %.1f, min %.1f, max %.1f",
				stats.move_ns / 1e3 / stats.moves, stats.move_min_ns / 1e3,
				stats.move_max_ns / 1e3);
		fprintf(stderr, "\n");
	}
}

static void write_virtio_text(const struct vm *vm)
{
	for (unsigned i = 0; i < vm->virtio.count; i++) {
		const struct virtio_device *device = vm->virtio.transports[i]->device;

		for (unsigned n = 0; n < device->queue_count; n++) {
			const struct virtqueue_stats *stats = &device->queues[n].stats;

			fprintf(stderr,
				"  slot %-3u %s queue %u: %" PRIu64 " notifications, %" PRIu64
				" chains, %" PRIu64 " interrupts\n",
				i, device->ops->name, n, count(&stats->notifications),
				count(&stats->chains), count(&stats->interrupts));
		}
	}
}

static void write_text(const struct statistics *statistics, const struct vm *vm)
{
	uint64_t run = run_time(vm);

	fprintf(stderr, "armlet statistics (%s, %u vCPUs, %u resets)\n",
		vm->machine.irqchip->ops->name, vm->machine.cpus, vm->resets);
	fprintf(stderr, "  start to first KVM_RUN   %10.3f ms\n",
		start_to_first_run(statistics, vm) / 1e6);
	fprintf(stderr, "  run time                 %10.3f s\n", run / 1e9);
	fprintf(stderr,
		"  memory beyond guest RAM  %10" PRIu64 " KiB (guest RAM in use: %" PRIu64
		" KiB)\n",
		statistics->resident_beyond_ram >> 10, statistics->guest_ram_resident >> 10);
	fprintf(stderr, "  console bytes dropped    %10" PRIu64 "\n", vm->console_dropped);
	fprintf(stderr, "  exits    cpu time");
	for (int i = 0; i < VCPU_EXITS; i++)
		fprintf(stderr, " %12s", vcpu_exit_name(i));
	fprintf(stderr, "   unassigned\n");
	for (unsigned i = 0; i < vm->machine.cpus; i++) {
		const struct vcpu_stats *stats = &vm->machine.vcpus[i].stats;

		fprintf(stderr, "  vcpu%-3u %8.3fs", i, stats->cpu_time / 1e9);
		for (int exit = 0; exit < VCPU_EXITS; exit++)
			fprintf(stderr, " %12" PRIu64, stats->exits[exit]);
		fprintf(stderr, " %12" PRIu64 "\n", stats->unassigned);
	}
}

int statistics_write(struct statistics *statistics, const struct vm *vm)
{
	if (statistics->json_fd >= 0)
		return write_json(statistics, vm);
	write_text(statistics, vm);
	write_irqchip_text(vm);
	write_placement_text(vm);
	write_virtio_text(vm);
	return 0;
}
