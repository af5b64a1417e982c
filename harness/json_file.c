// SPDX-License-Identifier: GPL-2.0-only
#include "harness/json_file.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

static int cannot_write(const char *path, int error)
{
	return log_error(error, "cannot write the results to %s: %s", path, strerror(-error));
}

bool json_file_is_replaced(const char *path)
{
	struct stat status;

	return stat(path, &status) < 0 || S_ISREG(status.st_mode);
}

/* Opens what is written to; `*name` is its name, and the caller's to free. */
static int open_new(const char *path, char **name)
{
	int fd;

	if (asprintf(name, json_file_is_replaced(path) ? "%s.new" : "%s", path) < 0) {
		*name = NULL;
		return -ENOMEM;
	}
	fd = open(*name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	return fd < 0 ? -errno : fd;
}

int json_file_try(const char *path)
{
	char *name;
	int fd;

	if (!json_file_is_replaced(path))
		return 0;
	fd = open_new(path, &name);
	if (fd >= 0) {
		close(fd);
		unlink(name);
	}
	free(name);
	return fd < 0 ? cannot_write(path, fd) : 0;
}

/* Jansson writes each token by itself: on a shared file system that takes minutes. */
static int dump(const struct json_t *object, int fd)
{
	FILE *file = fdopen(fd, "w");
	int ret = 0;

	if (!file) {
		ret = -errno;
		close(fd);
		return ret;
	}
	errno = EIO;
	if (json_dumpf(object, file, JSON_INDENT(1) | JSON_REAL_PRECISION(12)) < 0)
		ret = -errno;
	if (fclose(file) < 0 && !ret)
		ret = -errno;
	return ret;
}

int json_file_write(const char *path, const struct json_t *object)
{
	char *name;
	int fd = open_new(path, &name), ret = fd;

	if (fd >= 0) {
		ret = dump(object, fd);
		if (strcmp(name, path)) {
			if (!ret && rename(name, path) < 0)
				ret = -errno;
			if (ret)
				unlink(name);
		}
	}
	free(name);
	return ret ? cannot_write(path, ret) : 0;
}
