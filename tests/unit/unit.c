// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"

static char last_log[1024];
static unsigned log_count;
static char directory[] = "/tmp/armlet-unit-XXXXXX";

static void catch_log(void *context, enum log_level level, const char *message)
{
	(void)context;
	(void)level;
	snprintf(last_log, sizeof(last_log), "%s", message);
	log_count++;
}

const char *unit_last_log(void)
{
	return last_log;
}

unsigned unit_log_count(void)
{
	return log_count;
}

void unit_reset_log(void)
{
	last_log[0] = '\0';
	log_count = 0;
}

const char *unit_make_file(const void *bytes, size_t size)
{
	static char paths[8][64];
	static unsigned next;
	char *path = paths[next++ % 8];
	FILE *file;

	snprintf(path, sizeof(paths[0]), "%s/file%d-%u", directory, getpid(), next);
	file = fopen(path, "wb");
	ck_assert_ptr_nonnull(file);
	if (size)
		ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
	ck_assert_int_eq(fclose(file), 0);
	return path;
}

static void remove_directory(void)
{
	pid_t child = fork();

	if (child == 0) {
		execlp("rm", "rm", "-rf", directory, (char *)NULL);
		_exit(127);
	}
	if (child > 0)
		waitpid(child, NULL, 0);
}

int main(int argc, char **argv)
{
	SRunner *runner = srunner_create(unit_suite());
	int failed;

	(void)argc;
	(void)argv;
	if (!mkdtemp(directory)) {
		perror("mkdtemp");
		return 1;
	}
	log_set_level(LOG_LEVEL_INFO);
	log_set_sink(catch_log, NULL);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	remove_directory();
	return failed ? 1 : 0;
}
