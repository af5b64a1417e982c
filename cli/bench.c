// SPDX-License-Identifier: GPL-2.0-only
/* `armlet bench`: what operations cost on this host. */
#include "cli/bench_options.h"
#include "cli/command.h"
#include "cli/options.h"

static int exit_status(enum bench_end end, int signal)
{
	switch (end) {
	case BENCH_MEASURED:
		return EXIT_DONE;
	case BENCH_FAILED:
		return EXIT_FAILED;
	case BENCH_NOTHING_RUN:
		break;
	case BENCH_WRONG_USAGE:
		return EXIT_USAGE;
	case BENCH_SIGNAL:
		return EXIT_BY_SIGNAL + signal;
	}
	return EXIT_CANNOT_TEST;
}

int bench_command(int argc, char **argv)
{
	static struct bench_command_options options;
	int ret = bench_options_parse(&options, argc, argv), signal = 0;

	if (ret)
		return ret == OPTIONS_HELPED ? EXIT_DONE : EXIT_USAGE;
	if (options.list)
		return exit_status(bench_list(&options.bench), 0);
	return exit_status(bench_run(&options.bench, &signal), signal);
}
