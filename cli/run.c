// SPDX-License-Identifier: GPL-2.0-only
/* `armlet run`: opens what the user names, runs one VM, and tells how it ended. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/terminal.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/run_options.h"
#include "vmm/host_info.h"
#include "vmm/statistics.h"
#include "vmm/vm.h"

/* What one run owns. */
struct run {
	struct run_options options;
	struct kernel_image kernel;
	struct sealed_file initrd, dtb;
	struct statistics statistics;
};

/* Without -k: the kernel that this host itself runs, where distributions keep it. */
static int open_own_kernel(struct run *run)
{
	static const char *const names[] = { "vmlinuz", "Image", "vmlinux" };
	struct utsname host;
	char path[256];

	uname(&host);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "/boot/%s-%s", names[i], host.release);
		if (access(path, R_OK) == 0) {
			fprintf(stderr, "armlet: no --kernel given: booting this host's own, %s\n",
				path);
			return kernel_image_open(path, run->options.load, run->options.memory,
						 &run->kernel);
		}
	}
	return log_error(
		-ENOENT,
		"cannot boot: no --kernel given, and this host's own (/boot/vmlinuz-%s) is not "
		"there or not readable: use -k FILE",
		host.release);
}

static int open_file(struct sealed_file *file, const char *what, const char *path, uint64_t limit)
{
	struct sealed_request request = {
		.what = what,
		.path = path,
		.limit = limit,
		.limit_reason = "it must fit into the guest's RAM: use a larger --mem",
	};

	return path ? sealed_file_open(file, &request) : 0;
}

static int open_files(struct run *run)
{
	const struct run_options *options = &run->options;
	int ret = options->kernel ? kernel_image_open(options->kernel, options->load,
						      options->memory, &run->kernel)
				  : open_own_kernel(run);

	if (ret < 0)
		return ret;
	log_info("kernel: %s", run->kernel.description);
	ret = open_file(&run->initrd, "initrd", options->initrd, options->memory);
	return ret ? ret : open_file(&run->dtb, "device tree", options->dtb, options->memory);
}

static void close_files(struct run *run)
{
	kernel_image_close(&run->kernel);
	sealed_file_close(&run->initrd);
	sealed_file_close(&run->dtb);
}

static int exit_status(const struct vm *vm, enum vm_end end)
{
	switch (end) {
	case VM_END_SHUTDOWN:
	case VM_END_USER:
		return EXIT_DONE;
	case VM_END_REBOOT_LIMIT:
		log_info("the guest asked for a reset; --reboots allows no more");
		return EXIT_DONE;
	case VM_END_SIGNAL:
		log_info("ended by signal %d (%s)", vm->signal, strsignal(vm->signal));
		return EXIT_BY_SIGNAL + vm->signal;
	case VM_END_CRASH:
	case VM_END_FAILURE:
		break;
	}
	return EXIT_GUEST_DIED;
}

static int run_vm(struct run *run, const struct vm_config *config)
{
	struct vm vm;
	enum vm_end end = VM_END_FAILURE;
	int ret = vm_create(&vm, config), status = EXIT_FAILED;

	if (ret == -ENOTSUP)
		status = EXIT_UNSUPPORTED;
	if (!ret) {
		sandbox_set_exit_hook(terminal_restore);
		terminal_make_raw(STDIN_FILENO);
		ret = vm_run(&vm, &end);
		terminal_restore();
	}
	if (!ret)
		status = exit_status(&vm, end);
	if (!ret && run->options.stats && statistics_write(&run->statistics, &vm) < 0)
		status = status ? status : EXIT_FAILED;
	vm_destroy(&vm);
	return status;
}

static int run_opened(struct run *run)
{
	const struct run_options *options = &run->options;
	struct vm_config config = {
		.kernel = &run->kernel,
		.initrd = options->initrd ? &run->initrd : NULL,
		.dtb = options->dtb ? &run->dtb : NULL,
		.dump_dtb = options->dump_dtb,
		.bootargs = options->params,
		.console = options->console,
		.cpus = options->cpus,
		.memory = options->memory,
		.irqchip = options->irqchip,
		.cpu_features = options->cpu_features,
		.unassigned = options->unassigned_mmio,
		.disks = options->devices.disks,
		.disk_count = options->devices.disk_count,
		.nets = options->devices.nets,
		.net_count = options->devices.net_count,
		.forwards = options->devices.forwards,
		.forward_count = options->devices.forward_count,
		.name = options->name,
		.placement = options->placement,
		.reboots = options->reboots,
		.sandbox = options->sandbox,
		.statistics = options->stats ? &run->statistics : NULL,
	};

	console_request_settle(&config.console, config.bootargs, config.kernel, config.initrd);
	return run_vm(run, &config);
}

static int print_cpu_features(void)
{
	static struct host_info info;
	int ret = host_info_gather(&info);

	if (ret < 0)
		return command_host_status(ret);
	host_info_print_features(&info, stdout);
	return EXIT_DONE;
}

static int run_parsed(struct run *run, uint64_t start)
{
	int ret = 0, status = EXIT_FAILED;

	if (run->options.verbosity)
		log_set_level(LOG_LEVEL_INFO);
	log_set_name(run->options.name);
	if (run->options.cpu_features && !strcmp(run->options.cpu_features, "help"))
		return print_cpu_features();

	if (run->options.stats)
		ret = statistics_open(&run->statistics, run->options.stats_file, start);
	if (ret == 0 && open_files(run) == 0)
		status = run_opened(run);
	close_files(run);
	if (run->options.stats && ret == 0)
		statistics_close(&run->statistics);
	return status;
}

int run_command(int argc, char **argv)
{
	struct run run = { .kernel.payload.fd = -1, .initrd.fd = -1, .dtb.fd = -1 };
	uint64_t start = clock_now_ns();
	int ret = run_options_parse(&run.options, argc, argv), status;

	if (ret == OPTIONS_PARSED)
		status = run_parsed(&run, start);
	else
		status = ret == OPTIONS_HELPED ? EXIT_DONE : EXIT_USAGE;
	run_options_destroy(&run.options);
	return status;
}
