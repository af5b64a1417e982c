// SPDX-License-Identifier: GPL-2.0-only
/* The life of a VM: its threads, what ends it, and its resets. */
#include <errno.h>
#include <limits.h>
#include <link.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "vmm/statistics.h"
#include "vmm/vm.h"
#include "vmm/vm_private.h"

int vm_reset(struct vm *vm)
{
	int ret;

	/* First, so that no device writes into what the next boot finds. */
	vm_virtio_reset(vm);
	ret = guest_memory_zero(&vm->machine.memory);
	ret = ret ? ret : machine_reset(&vm->machine);
	if (ret < 0)
		return ret;
	pl011_reset(&vm->uart);
	pl031_reset(&vm->rtc);
	pl061_reset(&vm->gpio);
	vm_stop_reset(vm);
	ret = device_tree_reseed(&vm->dtb);
	return ret ? ret : vm_load(vm);
}

void vm_end(struct vm *vm, enum vm_end end)
{
	vm->end = end;
	event_loop_stop(&vm->loop);
}

static void guest_asked_for_reset(struct vm *vm)
{
	if (vm->config->reboots != UINT_MAX && vm->resets >= vm->config->reboots) {
		vm_end(vm, VM_END_REBOOT_LIMIT);
		return;
	}
	machine_park(&vm->machine);
	/* Whatever the other vCPUs wanted in the meantime ended with them. */
	atomic_store(&vm->stops, 0);
	vm->resets++;
	if (vm_reset(vm) < 0) {
		vm_end(vm, VM_END_FAILURE);
		return;
	}
	log_info("the guest was reset (%u so far)", vm->resets);
	machine_resume(&vm->machine);
}

static void vcpus_stopped(struct event_source *source, uint32_t events)
{
	struct vm *vm = source->context;
	unsigned stops = atomic_load(&vm->stops);

	(void)events;
	/* Several vCPUs may have stopped: the worst counts. */
	if (stops & 1u << VCPU_STOP_FAILURE)
		vm_end(vm, VM_END_FAILURE);
	else if (stops & 1u << VCPU_STOP_CRASH)
		vm_end(vm, VM_END_CRASH);
	else if (stops & 1u << VCPU_STOP_SHUTDOWN)
		vm_end(vm, VM_END_SHUTDOWN);
	else if (stops & 1u << VCPU_STOP_RESET)
		guest_asked_for_reset(vm);
}

/* Gives back the parts of the program that cannot have changed: code and constants. */
static int release_program(struct dl_phdr_info *program, size_t size, void *unused)
{
	uintptr_t page = sysconf(_SC_PAGESIZE);

	(void)size;
	(void)unused;
	for (int i = 0; i < program->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &program->dlpi_phdr[i];
		uintptr_t start = program->dlpi_addr + part->p_vaddr;

		if (part->p_type == PT_LOAD && !(part->p_flags & PF_W))
			madvise((void *)(start & ~(page - 1)), part->p_memsz + start % page,
				MADV_DONTNEED);
	}
	return 1; /* libraries, where there are any, are not ours alone */
}

/*
 * Start-up used most of the program (parsing, decompression, the device tree, libseccomp), running
 * uses little of it: gives the rest back. What is needed again is found in the page cache.
 */
static void release_startup_memory(void)
{
	malloc_trim(0);
	dl_iterate_phdr(release_program, NULL);
}

/* The threads have their ids when they are parked. */
static int begin_placement(struct vm *vm)
{
	pid_t tids[PLACEMENT_MAX_VCPUS];

	if (!vm->placement)
		return 0;
	for (unsigned i = 0; i < vm->machine.cpus; i++) {
		vcpu_wait_parked(&vm->machine.vcpus[i]);
		tids[i] = vm->machine.vcpus[i].tid;
	}
	return placement_begin(vm->placement, tids);
}

static int run_sandboxed(struct vm *vm)
{
	int ret = vm->config->sandbox ? sandbox_prepare(&vm->sandbox) : 0;

	ret = ret ? ret : vm_virtio_start(vm);
	ret = ret ? ret : machine_start_threads(&vm->machine);
	ret = ret ? ret : begin_placement(vm);
	ret = ret || !vm->config->sandbox ? ret : sandbox_enter(&vm->sandbox, SANDBOX_MAIN);
	if (!ret) {
		release_startup_memory();
		machine_resume(&vm->machine);
		ret = event_loop_run(&vm->loop);
		if (vm->config->statistics)
			statistics_measure_memory(vm->config->statistics, vm);
	}
	if (vm->placement)
		placement_end(vm->placement);
	machine_end_threads(&vm->machine);
	vm_virtio_end(vm);
	return ret;
}

static int run_with_console(struct vm *vm)
{
	struct console_host *host = &vm->console_host;
	int ret = serial_console_init(&vm->console, &vm->loop, &vm->uart, console_host_in_fd(host),
				      console_host_out_fd(host), vm_stop_escape_pressed, vm);

	if (ret < 0)
		return ret;
	if (vm->console_port)
		serial_console_add_port(&vm->console, vm->console_port);
	ret = console_host_connect(host, &vm->loop, &vm->console);
	ret = ret ? ret : run_sandboxed(vm);
	vm->console_dropped = serial_console_drain(&vm->console, SERIAL_CONSOLE_DRAIN_MS);
	console_host_close(host);
	serial_console_destroy(&vm->console);
	return ret;
}

int vm_run(struct vm *vm, enum vm_end *end)
{
	int ret = vm_stop_watch(vm);

	if (ret < 0)
		return ret;
	ret = event_notifier_init(&vm->stopped, &vm->loop, vcpus_stopped, vm);
	if (!ret) {
		ret = run_with_console(vm);
		event_notifier_destroy(&vm->stopped, &vm->loop);
	}
	vm_stop_unwatch(vm);
	*end = vm->end;
	return ret;
}
