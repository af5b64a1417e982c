// SPDX-License-Identifier: GPL-2.0-only
#include "harness/oracle_trace.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

#define PREFIX	   "armlet-" /* and the process id */
#define BUFFER_KIB "512"     /* per CPU */

static int write_file(const char *directory, const char *name, const char *text)
{
	char path[256];
	int fd, ret = 0;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (*text && write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static int make_available(struct kernel_trace *trace)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/instances", trace->root);
	if (access(path, F_OK) == 0)
		return 0;
	if (errno == EACCES)
		return log_error(-EACCES,
				 "cannot record tracepoints: %s is not accessible: run as root",
				 path);
	if (mount("tracefs", trace->root, "tracefs", 0, NULL) < 0)
		return log_error(-errno,
				 "cannot record tracepoints: mounting tracefs on %s: %s: the host "
				 "needs CONFIG_FTRACE, and armlet root; or leave out --trace",
				 trace->root, strerror(errno));
	trace->mounted = true;
	return 0;
}

/* Of a process that is no more: it was killed. */
static void remove_leftovers(const struct kernel_trace *trace)
{
	char path[512];
	struct dirent *entry;
	DIR *directory;

	snprintf(path, sizeof(path), "%s/instances", trace->root);
	directory = opendir(path);
	while (directory && (entry = readdir(directory))) {
		int pid = strncmp(entry->d_name, PREFIX, strlen(PREFIX))
				  ? 0
				  : atoi(entry->d_name + strlen(PREFIX));

		if (pid <= 0 || kill(pid, 0) == 0 || errno != ESRCH)
			continue;
		snprintf(path, sizeof(path), "%s/instances/%s", trace->root, entry->d_name);
		rmdir(path);
	}
	if (directory)
		closedir(directory);
}

static int make_instance(struct kernel_trace *trace)
{
	snprintf(trace->instance, sizeof(trace->instance), "%s/instances/" PREFIX "%d", trace->root,
		 (int)getpid());
	if (mkdir(trace->instance, 0700) < 0 && errno != EEXIST)
		return log_error(-errno, "cannot record tracepoints: making %s: %s: run as root",
				 trace->instance, strerror(errno));
	trace->on = true;
	return 0;
}

static int enable_events(struct kernel_trace *trace)
{
	int ret;

	/* Another size than the default is a wish. */
	write_file(trace->instance, "buffer_size_kb", BUFFER_KIB);
	ret = write_file(trace->instance, "events/kvm/enable", "1");
	if (ret < 0)
		return log_error(
			ret,
			"cannot record tracepoints: enabling %s/events/kvm: %s: the host's "
			"kernel has no tracepoints of KVM, or they are not ours to enable",
			trace->instance, strerror(-ret));
	return 0;
}

int kernel_trace_begin(struct kernel_trace *trace, const char *root)
{
	int ret;

	*trace = (struct kernel_trace){ 0 };
	snprintf(trace->root, sizeof(trace->root), "%s", root);
	ret = make_available(trace);
	if (ret)
		return ret;
	remove_leftovers(trace);
	ret = make_instance(trace);
	ret = ret ? ret : enable_events(trace);
	if (ret)
		kernel_trace_end(trace);
	return ret;
}

void kernel_trace_end(struct kernel_trace *trace)
{
	if (trace->on && rmdir(trace->instance) < 0)
		log_warn("%s is left behind: %s", trace->instance, strerror(errno));
	if (trace->mounted && umount(trace->root) < 0)
		log_warn("tracefs is left mounted on %s: %s", trace->root, strerror(errno));
	trace->on = trace->mounted = false;
}

void kernel_trace_clear(struct kernel_trace *trace)
{
	/* Opening it for writing with O_TRUNC is what empties the buffer. */
	if (trace->on)
		write_file(trace->instance, "trace", "");
}

void kernel_trace_last(struct kernel_trace *trace, unsigned count, kernel_trace_fn *fn,
		       void *context)
{
	/* One place more: getline() may touch the next one at the end of the file. */
	char *lines[KERNEL_TRACE_LINES + 1] = { NULL };
	size_t sizes[KERNEL_TRACE_LINES + 1] = { 0 };
	unsigned places, next = 0;
	char path[256];
	ssize_t length;
	FILE *file;

	snprintf(path, sizeof(path), "%s/trace", trace->instance);
	file = trace->on ? fopen(path, "re") : NULL;
	if (!file)
		return;
	if (count > KERNEL_TRACE_LINES)
		count = KERNEL_TRACE_LINES;
	places = count + 1;
	while ((length = getline(&lines[next % places], &sizes[next % places], file)) > 0) {
		char *line = lines[next % places];

		if (line[length - 1] == '\n')
			line[length - 1] = '\0';
		next += line[0] != '#'; /* the head of the table */
	}
	for (unsigned i = next > count ? next - count : 0; i < next; i++)
		fn(context, lines[i % places]);
	for (unsigned i = 0; i < places; i++)
		free(lines[i]);
	fclose(file);
}
