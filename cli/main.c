// SPDX-License-Identifier: GPL-2.0-only
/* armlet: finds the command, and runs it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/nearest.h"
#include "cli/command.h"
#include "cli/options.h"

static const struct command {
	const char *name, *summary;
	command_fn *run;
} commands[] = {
	{ "run", "boot a virtual machine", run_command },
	{ "test", "test this host's KVM", test_command },
	{ "bench", "measure what operations cost on this host", bench_command },
	{ "compare", "compare the records of two kernels", compare_command },
	{ "info", "show what this host's KVM offers", info_command },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_usage(FILE *stream)
{
	fputs("usage: armlet COMMAND [OPTION]...\n"
	      "       armlet --version | --help\n\n"
	      "A small virtual machine monitor for 64-bit Arm, on KVM.\n\n"
	      "Commands:\n",
	      stream);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(stream, "  %-8s %s\n", commands[i].name, commands[i].summary);
	fputs("\nEach has its own help: armlet COMMAND --help\n", stream);
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static int unknown_command(const char *name)
{
	const char *names[COMMANDS + 1] = { NULL };
	const char *meant;

	for (size_t i = 0; i < COMMANDS; i++)
		names[i] = commands[i].name;
	meant = nearest_name(name, names);
	log_error(-EINVAL, "there is no command \"%s\"%s%s%s: see `armlet --help`", name,
		  meant ? ": did you mean " : "", meant ? meant : "", meant ? "?" : "");
	return EXIT_USAGE;
}

static int run_named(int argc, char **argv)
{
	const struct command *command = find_command(argv[0]);

	return command ? command->run(argc, argv) : unknown_command(argv[0]);
}

/* `armlet help [COMMAND]` */
static int help(int argc, char **argv)
{
	char *arguments[] = { argv[argc - 1], (char[]){ "--help" }, NULL };

	if (argc > 1)
		return run_named(2, arguments);
	print_usage(stdout);
	return EXIT_DONE;
}

/*
 * Else one of our own files could become stdin, stdout or stderr. A stdout that was closed stays
 * one that cannot be written to.
 */
static void open_standard_files(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null", fd == STDOUT_FILENO ? O_RDONLY : O_RDWR);
}

static int find_and_run(int argc, char **argv)
{
	if (argc < 2) {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	argc--;
	argv++;
	if (!strcmp(argv[0], "--version") || !strcmp(argv[0], "-V")) {
		puts("armlet " ARMLET_VERSION);
		return EXIT_DONE;
	}
	if (!strcmp(argv[0], "help") || !strcmp(argv[0], "--help") || !strcmp(argv[0], "-h"))
		return help(argc, argv);
	if (argv[0][0] == '-') {
		log_error(-EINVAL, "unknown option %s: see `armlet --help`", argv[0]);
		return EXIT_USAGE;
	}
	return run_named(argc, argv);
}

int main(int argc, char **argv)
{
	int status;

	open_standard_files();
	status = find_and_run(argc, argv);
	/* What could not be printed was not done. */
	if ((fflush(stdout) || ferror(stdout)) && status == EXIT_DONE) {
		log_error(-errno, "cannot write to stdout: %s", strerror(errno));
		return EXIT_FAILED;
	}
	return status;
}
