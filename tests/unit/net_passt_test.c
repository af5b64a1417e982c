// SPDX-License-Identifier: GPL-2.0-only
/* With a script in passt's place. */
#include "devices/net_passt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static char directory[64];

/* The script is the only program that there is. */
static void make_passt(const char *script)
{
	const char *made = unit_make_file(script, strlen(script));
	char path[128];

	snprintf(directory, sizeof(directory), "%s.bin", made);
	ck_assert_int_eq(mkdir(directory, 0755), 0);
	snprintf(path, sizeof(path), "%s/passt", directory);
	ck_assert_int_eq(rename(made, path), 0);
	ck_assert_int_eq(chmod(path, 0755), 0);
	ck_assert_int_eq(setenv("PATH", directory, 1), 0);
	unit_reset_log();
}

/* What came from the script, until it hung up. */
static const char *read_all(int fd)
{
	static char text[256];
	size_t length = 0;
	ssize_t got;

	ck_assert_int_ne(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
	ck_assert_int_eq(fcntl(fd, F_SETFL, 0), 0);
	while ((got = read(fd, text + length, sizeof(text) - 1 - length)) > 0)
		length += got;
	text[length] = '\0';
	return text;
}

START_TEST(passt_is_given_its_end_of_the_socket)
{
	static const struct net_forward forwards[] = { { 8080, 80 }, { 65535, 65535 } };
	int fd;

	make_passt("#!/bin/sh\necho \"$@\" >&3\n");
	fd = net_passt_start(NULL, 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_str_eq(read_all(fd), "--quiet --fd 3\n");
	close(fd);

	fd = net_passt_start(forwards, 2);
	ck_assert_int_ge(fd, 0);
	ck_assert_str_eq(read_all(fd), "--quiet --fd 3 --tcp-ports 8080:80,65535:65535\n");
	close(fd);
	ck_assert_uint_eq(unit_log_count(), 0);
}
END_TEST

/* As after `armlet <&-`: the socket's descriptors are those that are opened for stdin and stdout.
 */
START_TEST(descriptors_may_be_any)
{
	int fd;

	make_passt("#!/bin/sh\necho here >&3\n");
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	fd = net_passt_start(NULL, 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_str_eq(read_all(fd), "here\n");
	close(fd);
}
END_TEST

START_TEST(a_passt_that_fails_is_an_error)
{
	make_passt(_i ? "#!/bin/sh\nkill -9 $$\n" : "#!/bin/sh\nexit 3\n");
	ck_assert_int_eq(net_passt_start(NULL, 0), -EIO);
	unit_assert_logged(_i ? "did not start (signal 9)" : "did not start (exit status 3)");
}
END_TEST

START_TEST(no_passt_is_explained)
{
	ck_assert_int_eq(setenv("PATH", "/nonexistent", 1), 0);
	unit_reset_log();
	ck_assert_int_eq(net_passt_start(NULL, 0), -ENOENT);
	unit_assert_logged("there is no program 'passt'");
	ck_assert_uint_eq(unit_log_count(), 1);
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("net_passt");
	TCase *tests = tcase_create("all");

	tcase_add_test(tests, passt_is_given_its_end_of_the_socket);
	tcase_add_test(tests, descriptors_may_be_any);
	tcase_add_loop_test(tests, a_passt_that_fails_is_an_error, 0, 2);
	tcase_add_test(tests, no_passt_is_explained);
	suite_add_tcase(suite, tests);
	return suite;
}
