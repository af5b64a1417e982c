// SPDX-License-Identifier: GPL-2.0-only
/* `armlet info`: what this host's KVM offers. */
#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/log.h"
#include "cli/command.h"
#include "cli/options.h"
#include "vmm/host_info.h"

struct info_options {
	bool json;
};

static int take_json(void *options, const char *value)
{
	(void)value;
	((struct info_options *)options)->json = true;
	return 0;
}

static const struct option_row rows[] = {
	{ take_json, '\0', "json", NULL, "as a JSON object, see armlet(1)" },
	{ 0 },
};

static const struct options_table table = {
	.command = "info",
	.synopsis = "[--json]",
	.summary = "Shows what this host's KVM offers: its mode, interrupt controllers, timer, "
		   "features, limits and ID registers.",
	.rows = rows,
	.stray_hint = "info takes no arguments",
	.notes = "Exit status:\n"
		 "  0      done\n"
		 "  1      KVM is there but could not be asked; stderr says why\n"
		 "  77     this host has no KVM, or is not arm64\n"
		 "  129    wrong usage\n",
};

static int print_json(const struct host_info *info)
{
	json_t *object = host_info_json(info);
	int ret = object ? json_dumpf(object, stdout, JSON_INDENT(2)) : -1;

	json_decref(object);
	if (ret == 0)
		putchar('\n');
	else
		log_error(-ENOMEM, "cannot write the host's description as JSON: not enough "
				   "memory, or stdout is closed");
	return ret;
}

int command_host_status(int error)
{
	switch (error) {
	case -ENOENT:
	case -ENODEV:
	case -ENXIO:
	case -ENOTSUP:
		return EXIT_UNSUPPORTED;
	default:
		return EXIT_FAILED;
	}
}

int info_command(int argc, char **argv)
{
	static struct host_info info;
	struct info_options options = { 0 };
	int ret = options_parse(&table, argc, argv, &options);

	if (ret)
		return ret == OPTIONS_HELPED ? EXIT_DONE : EXIT_USAGE;
	ret = host_info_gather(&info);
	if (ret < 0)
		return command_host_status(ret);
	if (options.json)
		ret = print_json(&info);
	else
		host_info_print(&info, stdout);
	return ret ? EXIT_FAILED : EXIT_DONE;
}
