/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One virtual machine, assembled from the floors below: RAM, interrupt controller, vCPUs, devices,
 * boot files.
 *
 * Everything here belongs to one thread, the VM's, which runs the event loop; the vCPUs have
 * threads of their own.
 */
#ifndef VMM_VM_H
#define VMM_VM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/event_loop.h"
#include "base/sealed_file.h"
#include "devices/pl011.h"
#include "devices/pl031.h"
#include "devices/pl061.h"
#include "devices/serial_console.h"
#include "irqchip/irqchip.h"
#include "vcpu/placement.h"
#include "vcpu/vcpu.h"
#include "vmm/boot_layout.h"
#include "vmm/console_request.h"
#include "vmm/device_tree.h"
#include "vmm/kernel_image.h"
#include "vmm/machine.h"
#include "vmm/sandbox.h"
#include "vmm/vm_virtio.h"

struct disk_request;
struct net_forward;
struct net_request;
struct statistics;

/* As the user asked for it. Strings and files are not owned and must outlive the VM. */
struct vm_config {
	const struct kernel_image *kernel;
	const struct sealed_file *initrd; /* NULL: none */
	const struct sealed_file *dtb;	  /* NULL: describe the machine ourselves */
	const char *dump_dtb;		  /* where to write the device tree; NULL: nowhere */
	const char *bootargs;		  /* NULL: what suits Linux */
	struct console_request console;	  /* settled */
	unsigned cpus;
	uint64_t memory; /* bytes */
	enum irqchip_kind irqchip;
	const char *cpu_features; /* see vcpu_features_choose() */
	enum unassigned_mmio unassigned;
	const struct disk_request *disks;
	unsigned disk_count;
	const struct net_request *nets; /* none of them NET_NONE */
	unsigned net_count;
	const struct net_forward *forwards; /* for the first NET_USER of them */
	unsigned forward_count;
	const char *name; /* NULL: none */
	struct placement_request placement;
	unsigned reboots; /* resets that are obeyed; UINT_MAX: all */
	bool sandbox;
	struct statistics
		*statistics; /* where to leave what memory was used at the end; NULL: nowhere */
};

/* How a VM ended. */
enum vm_end {
	VM_END_SHUTDOWN,     /* the guest powered itself off */
	VM_END_REBOOT_LIMIT, /* it asked for one more reset than it may have */
	VM_END_USER,	     /* the escape key on the console, when asking was of no use */
	VM_END_SIGNAL,	     /* a signal to this process; which, in vm->signal */
	VM_END_CRASH,	     /* the guest cannot go on; reported */
	VM_END_FAILURE,	     /* KVM or armlet cannot go on; reported */
};

struct vm {
	const struct vm_config *config;
	struct machine machine;
	bool has_loop, has_rtc, has_gpio;
	struct event_loop loop;
	struct pl011 uart;
	struct pl031 rtc;
	struct pl061 gpio; /* the power key */
	struct console_host console_host;
	struct serial_console console;
	struct virtio_device *virtio_console; /* NULL: none */
	struct console_port *console_port;
	struct vm_virtio virtio;
	struct boot_layout layout;
	struct device_tree dtb;
	struct sandbox sandbox;
	struct placement *placement; /* NULL: nobody wants to know where vCPUs run */

	/* Reasons to stop, from vCPU threads: bit n is enum vcpu_stop n. */
	atomic_uint stops;
	struct event_notifier stopped;
	struct event_source signals; /* a signalfd */
	int signal;
	bool asked_off;		       /* the guest was asked to power off */
	struct event_source off_timer; /* ends its time to do so */
	enum vm_end end;
	unsigned resets;	  /* obeyed so far */
	uint64_t console_dropped; /* bytes of the guest's output that nobody read */
};

/*
 * Makes everything but threads, and loads the guest. Returns 0 or -errno, described; -ENOTSUP means
 * that this host cannot do what was asked.
 */
int vm_create(struct vm *vm, const struct vm_config *config);

/* Runs the VM until it ends; once. Returns 0 with `end` filled, or -errno, described. */
int vm_run(struct vm *vm, enum vm_end *end);

/* Gives everything back; also after a vm_create() that failed. */
void vm_destroy(struct vm *vm);

#endif
