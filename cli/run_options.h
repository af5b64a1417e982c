/* SPDX-License-Identifier: GPL-2.0-only */
/* The options of `armlet run`, as the user gave them: checked one by one, not yet against the host.
 */
#ifndef CLI_RUN_OPTIONS_H
#define CLI_RUN_OPTIONS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/run_devices.h"
#include "irqchip/irqchip.h"
#include "vcpu/placement_request.h"
#include "vcpu/vcpu.h"
#include "vmm/console_request.h"
#include "vmm/kernel_image.h"

#define RUN_REBOOTS_UNLIMITED UINT_MAX

/* RAM comes in pieces that are whole pages on every host, also with 64 KiB pages. */
#define RUN_MEMORY_GRANULE (UINT64_C(64) << 10)
#define RUN_MEMORY_MIN	   (UINT64_C(4) << 20)
/* With this, RAM ends where a 48-bit IPA does. */
#define RUN_MEMORY_MAX ((UINT64_C(1) << 48) - (UINT64_C(1) << 30))

/* Strings are argv's own and live as long. */
struct run_options {
	const char *kernel; /* NULL: the host's own */
	const char *initrd; /* NULL: none */
	const char *params; /* NULL: nothing was said. Else byte for byte, also when empty */
	enum kernel_load_mode load;

	unsigned cpus;		  /* 1 to MAP_GICV3_REDIST_CPUS */
	uint64_t memory;	  /* bytes; a multiple of RUN_MEMORY_GRANULE, MIN to MAX */
	const char *cpu_features; /* as vcpu_features_choose() takes it; NULL: nothing was said */
	enum irqchip_kind irqchip;
	enum unassigned_mmio unassigned_mmio;
	const char *dtb;      /* the user's device tree instead of armlet's; NULL: armlet's */
	const char *dump_dtb; /* write the device tree to this file; NULL: do not */

	struct run_devices devices;

	const char *name; /* of the VM: letters, digits, '.', '_', '-', at most 64; or NULL */
	struct console_request console;
	struct placement_request placement;
	unsigned reboots;	/* how often the guest may reset itself, or RUN_REBOOTS_UNLIMITED */
	bool sandbox;		/* false with --no-sandbox */
	bool stats;		/* print statistics at the end */
	const char *stats_file; /* as JSON to this file instead of text on stderr; NULL: text */
	unsigned verbosity;	/* how many -v */
};

/*
 * Parses `armlet run`'s argv (argv[0] is "run"). Returns OPTIONS_PARSED, OPTIONS_HELPED, or
 * -EINVAL after saying what is wrong. `options` is complete, with defaults, only after the first.
 */
int run_options_parse(struct run_options *options, int argc, char **argv);

/* Frees what parsing allocated, whatever it returned. */
void run_options_destroy(struct run_options *options);

#endif
