// SPDX-License-Identifier: GPL-2.0-only
/* `armlet test`: tests this host's KVM. */
#include "base/log.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/test_options.h"

static int exit_status(enum suite_end end, int signal)
{
	switch (end) {
	case SUITE_PASSED:
		return EXIT_DONE;
	case SUITE_FAILED:
		return EXIT_FAILED;
	case SUITE_NOTHING_RUN:
		break;
	case SUITE_WRONG_USAGE:
		return EXIT_USAGE;
	case SUITE_SIGNAL:
		return EXIT_BY_SIGNAL + signal;
	}
	return EXIT_CANNOT_TEST;
}

int test_command(int argc, char **argv)
{
	static struct test_options options;
	int ret = test_options_parse(&options, argc, argv), signal = 0;

	if (ret)
		return ret == OPTIONS_HELPED ? EXIT_DONE : EXIT_USAGE;
	if (options.suite.verbosity)
		log_set_level(LOG_LEVEL_INFO);
	if (options.list_faults) {
		suite_list_faults();
		return EXIT_DONE;
	}
	if (options.list)
		return exit_status(suite_list(&options.suite), 0);
	return exit_status(suite_run(&options.suite, &signal), signal);
}
