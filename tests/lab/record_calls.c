// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: record_calls FILE COMMAND [ARG...]
 *
 * Runs COMMAND and looks which of the sandbox's rules the armlets need that run meanwhile: the
 * system calls that their threads make once they are in the sandbox, by the kernel's tracing.
 * FILE gets a line for each rule: "THREAD CALL [REQUEST] COUNT", where a count ends at COUNT_MAX:
 * more is not looked at, which keeps a boot that makes hundreds of thousands of calls as fast as it
 * was. The exit status is COMMAND's. For an arm64 Linux host, as root.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <seccomp.h>

#include "vmm/sandbox_private.h"

#define TRACING	  "/sys/kernel/tracing/"
#define COUNT_MAX 20
#define RULES_MAX 64
#define TASKS_MAX 65536

/* The threads' names: as a pattern of the kernel's filters, and how they begin. */
static const struct kind {
	const char *name, *pattern, *begins;
} kinds[SANDBOX_THREADS] = {
	[SANDBOX_MAIN] = { "main", "armlet", "armlet" },
	[SANDBOX_VCPU] = { "vcpu", "vcpu[0-9]*", "vcpu" },
	[SANDBOX_MOVER] = { "mover", "mover", "mover" },
	[SANDBOX_DISK] = { "disk", "disk[0-9]*", "disk" },
	[SANDBOX_NET] = { "net", "net[0-9]*", "net" },
};

static unsigned counts[SANDBOX_THREADS][RULES_MAX];
static bool entered[TASKS_MAX], changed;

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "record_calls: %s: %s\n", what, strerror(errno));
	exit(125);
}

static void write_file(const char *name, const char *text)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), TRACING "%s", name);
	fd = open(path, O_WRONLY | O_TRUNC);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(path);
	close(fd);
}

static bool is_ioctl(const struct sandbox_rule *rule)
{
	return rule->number == SCMP_SYS(ioctl);
}

/* Adds to `filter` which calls of this number by threads of this kind are still of interest. */
static void add_kind(char *filter, size_t size, int number, enum sandbox_thread thread)
{
	struct sandbox_list list = sandbox_list(thread);
	bool wanted = false;
	char more[2048];
	int length;

	length = snprintf(more, sizeof(more), "%s(comm ~ \"%s\"", *filter ? " || " : "",
			  kinds[thread].pattern);
	for (size_t i = 0; i < list.count; i++) {
		const struct sandbox_rule *rule = &list.rules[i];

		if (rule->number != number)
			continue;
		if (counts[thread][i] < COUNT_MAX)
			wanted = true;
		else if (is_ioctl(rule))
			length += snprintf(more + length, sizeof(more) - length, " && cmd != %llu",
					   (unsigned long long)rule->value);
	}
	if (wanted)
		snprintf(filter + strlen(filter), size - strlen(filter), "%s)", more);
}

/* Has the kernel trace what is of interest of a system call, and nothing else. */
static void narrow(int number)
{
	char filter[4096] = "", name[128];
	const char *call = sandbox_call_name(number);

	for (int thread = 0; thread < SANDBOX_THREADS; thread++)
		add_kind(filter, sizeof(filter), number, thread);
	if (*filter) {
		snprintf(name, sizeof(name), "events/syscalls/sys_enter_%s/filter", call);
		write_file(name, filter);
	}
	snprintf(name, sizeof(name), "events/syscalls/sys_enter_%s/enable", call);
	write_file(name, *filter ? "1" : "0");
}

static void begin(void)
{
	write_file("saved_cmdlines_size", "32768");
	write_file("buffer_size_kb", "4096");
	write_file("trace", "");
	for (int thread = 0; thread < SANDBOX_THREADS; thread++) {
		struct sandbox_list list = sandbox_list(thread);

		for (size_t i = 0; i < list.count; i++)
			narrow(list.rules[i].number);
	}
	write_file("events/syscalls/sys_enter_seccomp/enable", "1");
}

static void count(enum sandbox_thread thread, int number, uint64_t request)
{
	struct sandbox_list list = sandbox_list(thread);

	for (size_t i = 0; i < list.count; i++) {
		const struct sandbox_rule *rule = &list.rules[i];

		if (rule->number != number || (is_ioctl(rule) && rule->value != request))
			continue;
		changed = true;
		if (++counts[thread][i] == COUNT_MAX)
			narrow(number);
		return;
	}
}

static int call_number(const char *name)
{
	for (int number = 0; number < 512; number++) {
		const char *known = sandbox_call_name(number);

		if (known && !strcmp(known, name))
			return number;
	}
	return -1;
}

/* "  vcpu0-123   [001] .....  4.500000: sys_ioctl(fd: 6, cmd: ae80, arg: 0)" */
static void read_line(char *line)
{
	char *name = line + strspn(line, " "), *call = strstr(line, ": sys_"), *request, *end;
	char *dash = strchr(name, ' ');
	unsigned task;

	while (dash && dash > name && *dash != '-')
		dash--;
	if (!dash || dash == name || !call)
		return;
	task = strtoul(dash + 1, NULL, 10);
	call += strlen(": sys_");
	end = strchr(call, '(');
	if (task >= TASKS_MAX || !end)
		return;
	*end = '\0';
	if (!strcmp(call, "seccomp")) {
		entered[task] = true;
		return;
	}
	request = strstr(end + 1, "cmd: ");
	for (int thread = 0; thread < SANDBOX_THREADS && entered[task]; thread++)
		if (!strncmp(name, kinds[thread].begins, strlen(kinds[thread].begins)))
			count(thread, call_number(call),
			      request ? strtoull(request + 5, NULL, 16) : 0);
}

static void write_counts(const char *path)
{
	FILE *file = fopen(path, "w");

	if (!file)
		die(path);
	for (int thread = 0; thread < SANDBOX_THREADS; thread++) {
		struct sandbox_list list = sandbox_list(thread);

		for (size_t i = 0; i < list.count; i++) {
			const struct sandbox_rule *rule = &list.rules[i];

			fprintf(file, "%s %s", kinds[thread].name, sandbox_call_name(rule->number));
			if (is_ioctl(rule))
				fprintf(file, " 0x%llx", (unsigned long long)rule->value);
			fprintf(file, " %u\n", counts[thread][i]);
		}
	}
	if (fclose(file))
		die(path);
}

/* Reads the trace until `command` has ended; returns how. `path` has what is known so far. */
static int follow(pid_t command, const char *path)
{
	int fd = open(TRACING "trace_pipe", O_RDONLY | O_NONBLOCK), status = 0;
	static char text[65536];
	size_t kept = 0;
	bool ended = false;

	if (fd < 0)
		die(TRACING "trace_pipe");
	for (;;) {
		ssize_t got = read(fd, text + kept, sizeof(text) - 1 - kept);
		char *line = text, *end;

		if (got <= 0) {
			if (changed)
				write_counts(path);
			changed = false;
			if (ended)
				return status;
			usleep(20000);
			ended = waitpid(command, &status, WNOHANG) == command;
			continue;
		}
		text[kept + got] = '\0';
		for (; (end = strchr(line, '\n')); line = end + 1) {
			*end = '\0';
			read_line(line);
		}
		kept = strlen(line);
		memmove(text, line, kept + 1);
	}
}

int main(int argc, char **argv)
{
	pid_t command;
	int status;

	if (argc < 3) {
		fputs("usage: record_calls FILE COMMAND [ARG...]\n", stderr);
		return 129;
	}
	begin();
	command = fork();
	if (command == 0) {
		execvp(argv[2], argv + 2);
		die(argv[2]);
	}
	write_counts(argv[1]);
	status = follow(command, argv[1]);
	write_file("events/enable", "0");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
