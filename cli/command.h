/* SPDX-License-Identifier: GPL-2.0-only */
/* What cli/main.c and the commands agree on. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

/*
 * What armlet ends with. A command that is ended by signal N ends with EXIT_BY_SIGNAL + N: 130
 * after SIGINT, 143 after SIGTERM. The sandbox ends the process with SANDBOX_EXIT_STATUS
 * (vmm/sandbox.h), which is EXIT_BY_SIGNAL + SIGSYS.
 */
enum exit_status {
	EXIT_DONE = 0,		/* run: the guest powered off, or asked for a reset when --reboots
				   allowed no more, or the user ended it with Ctrl-A x */
	EXIT_FAILED = 1,	/* could not start, or the host failed; stderr says why */
	EXIT_GUEST_DIED = 70,	/* the guest or KVM stopped in a way that cannot go on; reported */
	EXIT_UNSUPPORTED = 77,	/* this host cannot do what was asked for */
	EXIT_CANNOT_TEST = 125, /* test: instead of the one before; what `git bisect run` takes for
				   "cannot tell of this revision" */
	EXIT_BY_SIGNAL = 128,
	EXIT_USAGE = 129, /* the command line is wrong; nothing was done */
};

/* A command gets its own name as argv[0], and returns what the process ends with. */
typedef int command_fn(int argc, char **argv);

command_fn run_command;
command_fn info_command;
command_fn test_command;
command_fn bench_command;
command_fn compare_command;

/* The status for an error of host_info_gather(), which has been described. */
int command_host_status(int error);

#endif
