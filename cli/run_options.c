// SPDX-License-Identifier: GPL-2.0-only
#include "cli/run_options.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cli/options.h"
#include "vcpu/features.h"
#include "vmm/memory_map.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define NAME_MAX_LENGTH 64

_Static_assert(MAP_RAM_BASE + RUN_MEMORY_MAX == UINT64_C(1) << 48, "RAM ends with a 48-bit IPA");

static int take_file(const char *option, const char *value, const char **file)
{
	if (!*value)
		return log_error(-EINVAL, "cannot use %s \"\": it must be the name of a file",
				 option);
	*file = value;
	return 0;
}

static int take_kernel(void *options, const char *value)
{
	return take_file("--kernel", value, &((struct run_options *)options)->kernel);
}

static int take_initrd(void *options, const char *value)
{
	return take_file("--initrd", value, &((struct run_options *)options)->initrd);
}

static int take_params(void *options, const char *value)
{
	((struct run_options *)options)->params = value;
	return 0;
}

static int take_load(void *options, const char *value)
{
	static const char *const names[] = {
		[KERNEL_LOAD_AUTO] = "auto",
		[KERNEL_LOAD_FLAT] = "flat",
	};
	int load = options_choice("--load", value, names, COUNT(names));

	if (load < 0)
		return load;
	((struct run_options *)options)->load = load;
	return 0;
}

static int take_cpus(void *options, const char *value)
{
	unsigned long cpus;
	int ret = options_number("--cpus", value, 1, MAP_GICV3_REDIST_CPUS, &cpus);

	if (!ret)
		((struct run_options *)options)->cpus = cpus;
	return ret;
}

/* A number and the power of two that its suffix means; false if it is no such thing. */
static bool parse_size(const char *value, uint64_t *size)
{
	static const char suffixes[] = "KMGT";
	const char *suffix;
	unsigned shift = 20;
	char *end;

	if (!isdigit((unsigned char)value[0]))
		return false;
	errno = 0;
	*size = strtoull(value, &end, 10);
	if (errno)
		return false;
	if (*end) {
		suffix = strchr(suffixes, toupper((unsigned char)*end));
		if (!suffix || end[1])
			return false;
		shift = 10 * (suffix - suffixes + 1);
	}
	return !__builtin_mul_overflow(*size, UINT64_C(1) << shift, size);
}

static int take_memory(void *options, const char *value)
{
	uint64_t size;

	if (!parse_size(value, &size))
		return log_error(-EINVAL,
				 "cannot use --mem \"%s\": it must be a number, of MiB or with K, "
				 "M, G or T behind it: 512M, 2G",
				 value);
	if (size < RUN_MEMORY_MIN)
		return log_error(-EINVAL, "cannot use --mem %s: it must be at least 4M", value);
	if (size > RUN_MEMORY_MAX)
		return log_error(-EINVAL,
				 "cannot use --mem %s: RAM begins at 1G and must end below 256T",
				 value);
	if (size % RUN_MEMORY_GRANULE)
		return log_error(-EINVAL,
				 "cannot use --mem %s: it must be a multiple of 64K, the largest "
				 "page of an arm64 host",
				 value);
	((struct run_options *)options)->memory = size;
	return 0;
}

static int take_cpu_features(void *options, const char *value)
{
	((struct run_options *)options)->cpu_features = value;
	return strcmp(value, "help") ? vcpu_features_check(value) : 0;
}

static int take_irqchip(void *options, const char *value)
{
	static const char *const names[] = {
		[IRQCHIP_AUTO] = "auto",
		[IRQCHIP_GICV3] = "gicv3",
		[IRQCHIP_GICV2] = "gicv2",
		[IRQCHIP_USER] = "user",
	};
	int kind = options_choice("--irqchip", value, names, COUNT(names));

	if (kind < 0)
		return kind;
	((struct run_options *)options)->irqchip = kind;
	return 0;
}

static int take_unassigned_mmio(void *options, const char *value)
{
	static const char *const names[] = {
		[UNASSIGNED_MMIO_ZERO] = "zero",
		[UNASSIGNED_MMIO_ABORT] = "abort",
		[UNASSIGNED_MMIO_STOP] = "stop",
	};
	int what = options_choice("--unassigned-mmio", value, names, COUNT(names));

	if (what < 0)
		return what;
	((struct run_options *)options)->unassigned_mmio = what;
	return 0;
}

static int take_dtb(void *options, const char *value)
{
	return take_file("--dtb", value, &((struct run_options *)options)->dtb);
}

static int take_dump_dtb(void *options, const char *value)
{
	return take_file("--dump-dtb", value, &((struct run_options *)options)->dump_dtb);
}

static int take_disk(void *options, const char *value)
{
	return run_devices_take_disk(&((struct run_options *)options)->devices, value);
}

static int take_net(void *options, const char *value)
{
	return run_devices_take_net(&((struct run_options *)options)->devices, value);
}

static int take_forward(void *options, const char *value)
{
	return run_devices_take_forward(&((struct run_options *)options)->devices, value);
}

static int take_console(void *options, const char *value)
{
	return console_request_parse(value, &((struct run_options *)options)->console);
}

static int take_name(void *options, const char *value)
{
	size_t length = 0;

	while (isalnum((unsigned char)value[length]) ||
	       (length && value[length] && strchr("._-", value[length])))
		length++;
	if (!length || value[length] || length > NAME_MAX_LENGTH)
		return log_error(-EINVAL,
				 "cannot use --name \"%s\": it must be 1 to %d letters, digits, "
				 "'.', '_' and '-', and begin with a letter or digit",
				 value, NAME_MAX_LENGTH);
	((struct run_options *)options)->name = value;
	return 0;
}

static int take_place(void *options, const char *value)
{
	return placement_parse_place(value, &((struct run_options *)options)->placement);
}

static int take_migrate(void *options, const char *value)
{
	return placement_parse_migrate(value, &((struct run_options *)options)->placement);
}

static int take_rt(void *options, const char *value)
{
	return placement_parse_rt(value, &((struct run_options *)options)->placement);
}

static int take_reboots(void *options, const char *value)
{
	unsigned long reboots;
	int ret = options_number("--reboots", value, 0, INT_MAX, &reboots);

	if (!ret)
		((struct run_options *)options)->reboots = reboots;
	return ret;
}

static int take_no_sandbox(void *options, const char *value)
{
	(void)value;
	((struct run_options *)options)->sandbox = false;
	return 0;
}

static int take_stats(void *options, const char *value)
{
	static const char json[] = "json:";
	struct run_options *run = options;

	if (value && (strncmp(value, json, strlen(json)) || !value[strlen(json)]))
		return log_error(-EINVAL,
				 "cannot use --stats=%s: it must be --stats alone or "
				 "--stats=json:FILE",
				 value);
	run->stats = true;
	run->stats_file = value ? value + strlen(json) : NULL;
	return 0;
}

static int take_verbose(void *options, const char *value)
{
	(void)value;
	((struct run_options *)options)->verbosity++;
	return 0;
}

#define HEADING(text)                        \
	{                                    \
		NULL, '\0', NULL, NULL, text \
	}

static const struct option_row rows[] = {
	HEADING("What to boot"),
	{ take_kernel, 'k', "kernel", "FILE",
	  "Linux Image (also in gzip, zstd, or an EFI zboot vmlinuz), or an ELF file; "
	  "default: the host's own kernel from /boot" },
	{ take_initrd, 'i', "initrd", "FILE", "initial RAM disk" },
	{ take_params, 'p', "params", "\"CMDLINE\"",
	  "the kernel's command line, exactly this; default: one that suits Linux" },
	{ take_load, '\0', "load", "HOW",
	  "auto: by the file's header (default)\n"
	  "flat: a raw binary, loaded and entered at the start of RAM + 0x80000" },

	HEADING("The machine"),
	{ take_cpus, 'c', "cpus", "N", "number of CPUs (default: 1; at most 123, 8 with a GICv2)" },
	{ take_memory, 'm', "mem", "SIZE",
	  "RAM in MiB, or with K, M, G or T: 512M, 2G (default: 512M)" },
	{ take_irqchip, '\0', "irqchip", "KIND",
	  "interrupt controller: auto (default), gicv3, gicv2 or user" },
	{ take_cpu_features, '\0', "cpu-features", "LIST",
	  "switch features on and off: -sve,+pmu,nested,sve-max-vl=512; default: all that the "
	  "host has, but nested\n"
	  "help: lists what this host has" },
	{ take_unassigned_mmio, '\0', "unassigned-mmio", "WHAT",
	  "an access to an address without a device\n"
	  "zero: reads as zero, writes are ignored (default)\n"
	  "abort: external abort in the guest\n"
	  "stop: ends the VM with a report" },
	{ take_dtb, '\0', "dtb", "FILE", "give the guest this device tree instead of armlet's" },
	{ take_dump_dtb, '\0', "dump-dtb", "FILE", "write the guest's device tree to FILE" },

	{ take_console, '\0', "console", "KIND[,PLACE]",
	  "auto: as --params says, or what kernel and initrd have drivers for (default)\n"
	  "virtio: Linux's hvc0, which is much cheaper\n"
	  "serial: only the PL011, Linux's ttyAMA0\n"
	  "and where: stdio (default), pty, unix:PATH (a socket), or file:PATH (output only)" },

	HEADING("Disks and networks"),
	{ take_disk, 'd', "disk", "FILE[,OPTION]...",
	  "a raw image or block device; may be repeated\n"
	  "ro: the guest may only read it\n"
	  "direct: past the host's page cache\n"
	  "serial=TEXT: its serial number, at most 20 characters\n"
	  "queues=N: 1 (default) to 8" },
	{ take_net, 'n', "net", "KIND[,OPTION]...",
	  "a network device; may be repeated (default: none)\n"
	  "user: through passt, as an ordinary user\n"
	  "tap=NAME: a TAP interface of the host\n"
	  "none: no network\n"
	  "mac=ADDRESS: its address; default: derived from --name\n"
	  "queues=N: of a TAP interface, 1 (default) to 8 pairs" },
	{ take_forward, '\0', "forward", "HOSTPORT:GUESTPORT",
	  "with --net user: lead a TCP port of the host to the guest; may be repeated" },

	HEADING("On which host CPUs"),
	{ take_place, '\0', "place", "POLICY",
	  "where the vCPUs' threads run\n"
	  "none: where the host likes (default)\n"
	  "spread: each bound to a host CPU of its own while there are enough\n"
	  "pack: all bound to one\n"
	  "pin:LIST: each bound to its entry of LIST, as in pin:0-3 or pin:0,2" },
	{ take_migrate, '\0', "migrate", "WHEN",
	  "move the vCPUs while the guest runs; times in ms, or with us, ms or s\n"
	  "off: never (default)\n"
	  "round-robin:TIME: all on to their next host CPU\n"
	  "random:MIN-MAX[:SEED]: at random times to random host CPUs\n"
	  "on-exit:N: a vCPU on to its next host CPU at each Nth exit of its own" },
	{ take_rt, '\0', "rt", "PRIO", "real-time priority of the vCPUs' threads, 1 to 98" },

	HEADING("How to run it"),
	{ take_name, '\0', "name", "NAME", "the VM's name, shown in messages" },
	{ take_reboots, '\0', "reboots", "N",
	  "end at the reset after the Nth reboot (default: no limit)" },
	{ take_no_sandbox, '\0', "no-sandbox", NULL,
	  "let armlet make any system call; for debugging" },
	{ take_stats, '\0', "stats", "[=json:FILE]",
	  "at the end, print exits, times and memory on stderr, or as JSON to FILE" },
	{ take_verbose, 'v', "verbose", NULL, "say what was found and chosen" },
	{ 0 },
};

static const struct options_table table = {
	.command = "run",
	.synopsis = "[OPTION]...",
	.summary = "Boots Linux, or another 64-bit Arm system, in a virtual machine on KVM. The "
		   "guest's "
		   "console is this terminal: Ctrl-A x asks the guest to power off, and again ends "
		   "the VM; Ctrl-A h lists all keys.",
	.rows = rows,
	.stray_hint = "use -k FILE for a kernel, -i FILE for an initrd, -p \"...\" for the "
		      "kernel's command line",
	.notes = "Exit status:\n"
		 "  0      the guest powered off, or asked for a reset when --reboots allowed no\n"
		 "         more, or Ctrl-A x\n"
		 "  1      could not start, or the host failed; stderr says why\n"
		 "  70     the guest or KVM stopped in a way that cannot go on; a report is on "
		 "stderr\n"
		 "  77     this host cannot do what was asked for\n"
		 "  128+N  ended by signal N: 130 by SIGINT, 143 by SIGTERM\n"
		 "  129    wrong usage\n"
		 "  159    the sandbox stopped armlet at a forbidden system call\n",
};

int run_options_parse(struct run_options *options, int argc, char **argv)
{
	int ret;

	*options = (struct run_options){
		.cpus = 1,
		.memory = UINT64_C(512) << 20,
		.reboots = RUN_REBOOTS_UNLIMITED,
		.sandbox = true,
	};
	ret = options_parse(&table, argc, argv, options);
	if (ret != OPTIONS_PARSED)
		return ret;
	ret = run_devices_check(&options->devices);
	return ret ? ret : placement_check_pins(&options->placement, options->cpus);
}

void run_options_destroy(struct run_options *options)
{
	run_devices_destroy(&options->devices);
}
