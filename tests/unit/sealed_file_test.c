// SPDX-License-Identifier: GPL-2.0-only
#include "base/sealed_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static const struct sealed_request *request(const char *path, uint64_t limit)
{
	static struct sealed_request made;

	made = (struct sealed_request){
		.what = "initrd", .path = path, .limit = limit, .limit_reason = "that is the limit"
	};
	return &made;
}

static void assert_content(const struct sealed_file *file, const void *bytes, size_t size)
{
	static char buffer[1 << 16];

	ck_assert_uint_eq(file->size, size);
	ck_assert_int_eq(pread(file->fd, buffer, sizeof(buffer), 0), (int)size);
	ck_assert_mem_eq(buffer, bytes, size);
}

static void assert_refused(const char *path, uint64_t limit, int error, const char *text)
{
	struct sealed_file file = { .fd = 99 };

	unit_reset_log();
	ck_assert_int_eq(sealed_file_open(&file, request(path, limit)), error);
	ck_assert_int_eq(file.fd, -1);
	ck_assert_uint_eq(unit_log_count(), 1);
	unit_assert_logged("cannot read initrd '");
	unit_assert_logged(text);
}

START_TEST(copy_is_sealed)
{
	const char *path = unit_make_file("content", 7);
	struct sealed_file file;
	char name[64] = "", link[64];
	void *map;

	ck_assert_int_eq(sealed_file_open(&file, request(path, 7)), 0);
	assert_content(&file, "content", 7);
	ck_assert_int_eq(fcntl(file.fd, F_GET_SEALS) &
				 (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL),
			 F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
	ck_assert_int_lt(pwrite(file.fd, "x", 1, 0), 0);
	ck_assert_int_lt(ftruncate(file.fd, 0), 0);
	map = mmap(NULL, 7, PROT_READ | PROT_WRITE, MAP_SHARED, file.fd, 0);
	ck_assert_ptr_eq(map, MAP_FAILED);
	ck_assert_int_eq(fcntl(file.fd, F_GETFD), FD_CLOEXEC);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", file.fd);
	ck_assert_int_gt(readlink(link, name, sizeof(name) - 1), 0);
	ck_assert_ptr_nonnull(strstr(name, "armlet-initrd"));
	/* A later change of the user's file does not reach the copy. */
	ck_assert_int_eq(truncate(path, 0), 0);
	assert_content(&file, "content", 7);
	sealed_file_close(&file);
	ck_assert_int_eq(file.fd, -1);
	sealed_file_close(&file);
}
END_TEST

START_TEST(refusals)
{
	assert_refused("/nonexistent/initrd", 10, -ENOENT, "no such file");
	assert_refused("", 10, -ENOENT, "no such file");
	assert_refused("/tmp", 10, -EISDIR, "directory");
	assert_refused("/dev/zero", 10, -ENOTSUP, "device");
	assert_refused("/proc/self/fd/99/x", 10, -ENOENT, "no such file");
	assert_refused(unit_make_file("", 0), 10, -ENODATA, "empty");
	assert_refused(unit_make_file("12345678901", 11), 10, -EFBIG,
		       "more than 10 bytes: that is the limit");
}
END_TEST

START_TEST(unreadable_file)
{
	const char *path = unit_make_file("x", 1);
	int status;
	pid_t child;

	ck_assert_int_eq(chmod(path, 0), 0);
	/* The tests may run as root, who may read everything. */
	child = fork();
	if (child == 0) {
		struct sealed_file file;

		if (getuid() == 0 && (setgid(65534) || setuid(65534)))
			_exit(2);
		_exit(!(sealed_file_open(&file, request(path, 1)) == -EACCES &&
			strstr(unit_last_log(), "you may not read it")));
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(limit_is_exact)
{
	struct sealed_file file;
	char bytes[100] = { 1 };
	const char *path = unit_make_file(bytes, sizeof(bytes));

	assert_refused(path, 99, -EFBIG, "99 bytes");
	ck_assert_int_eq(sealed_file_open(&file, request(path, 100)), 0);
	sealed_file_close(&file);
	ck_assert_int_eq(sealed_file_open(&file, request(path, UINT64_MAX)), 0);
	sealed_file_close(&file);
	ck_assert_int_eq(sealed_file_open(&file, request(unit_make_file("a", 1), 1 << 20)), 0);
	sealed_file_close(&file);
}
END_TEST

START_TEST(limit_in_mib)
{
	const char *path = unit_make_file("x", 1);

	ck_assert_int_eq(truncate(path, (2 << 20) + 1), 0);
	assert_refused(path, 2 << 20, -EFBIG, "more than 2 MiB: that is the limit");
}
END_TEST

/* Writes `bytes` into a FIFO from a child; returns the FIFO's path. */
static const char *make_fifo(const char *bytes, size_t size)
{
	const char *path = unit_make_file("", 0);

	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	if (fork() == 0) {
		int fd = open(path, O_WRONLY);

		/* In two pieces: the first read does not get everything. */
		if (write(fd, bytes, size / 2) < 0 || usleep(20000) ||
		    write(fd, bytes + size / 2, size - size / 2) < 0)
			_exit(1);
		_exit(0);
	}
	return path;
}

START_TEST(fifo_is_read_to_its_end)
{
	static char bytes[50000];
	struct sealed_file file;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 7);
	ck_assert_int_eq(
		sealed_file_open(&file, request(make_fifo(bytes, sizeof(bytes)), sizeof(bytes))),
		0);
	assert_content(&file, bytes, sizeof(bytes));
	sealed_file_close(&file);
	assert_refused(make_fifo(bytes, 1000), 999, -EFBIG, "999 bytes");
}
END_TEST

START_TEST(procfs_file_without_size)
{
	struct sealed_file file;
	char start[14] = "";

	ck_assert_int_eq(sealed_file_open(&file, request("/proc/version", 4096)), 0);
	ck_assert_int_eq(pread(file.fd, start, 13, 0), 13);
	ck_assert_str_eq(start, "Linux version");
	sealed_file_close(&file);
	assert_refused("/proc/version", 5, -EFBIG, "5 bytes");
}
END_TEST

START_TEST(writer_produces_content)
{
	const struct sealed_request *ask = request("made", 5 << 20);
	struct sealed_writer writer;
	struct sealed_file file;
	struct stat stat_buffer;

	ck_assert_int_eq(sealed_writer_begin(&writer, ask), 0);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(sealed_writer_reserve(&writer, 1 << 20), 0);
		ck_assert_uint_ge(writer.backed, writer.size + (1 << 20));
		memset(writer.map + writer.size, 'a' + i, 1 << 20);
		writer.size += 1 << 20;
	}
	/* Room for one byte beyond the limit and no more, whatever is asked. */
	ck_assert_int_eq(sealed_writer_reserve(&writer, UINT64_MAX), 0);
	ck_assert_uint_eq(writer.backed, (5 << 20) + 1);
	ck_assert_int_eq(sealed_writer_finish(&writer, &file), 0);
	ck_assert_uint_eq(file.size, 3 << 20);
	ck_assert_int_eq(fstat(file.fd, &stat_buffer), 0);
	ck_assert_int_eq(stat_buffer.st_size, 3 << 20);
	for (int i = 0; i < 3; i++) {
		char byte;

		ck_assert_int_eq(pread(file.fd, &byte, 1, ((i + 1) << 20) - 1), 1);
		ck_assert_int_eq(byte, 'a' + i);
	}
	sealed_file_close(&file);
}
END_TEST

START_TEST(writer_mixes_copies_and_content)
{
	const struct sealed_request *ask = request("made", 100);
	int fd = open(unit_make_file("0123456789", 10), O_RDONLY);
	struct sealed_writer writer;
	struct sealed_file file;

	ck_assert_int_eq(sealed_writer_begin(&writer, ask), 0);
	ck_assert_int_eq(lseek(fd, 6, SEEK_SET), 6);
	ck_assert_int_eq(sealed_writer_copy(&writer, fd, 2), 0);
	ck_assert_int_eq(sealed_writer_reserve(&writer, 1), 0);
	writer.map[writer.size++] = 'X';
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	ck_assert_int_eq(sealed_writer_copy(&writer, fd, 1), 0);
	/* Less than asked when the file ends. */
	ck_assert_int_eq(lseek(fd, 8, SEEK_SET), 8);
	ck_assert_int_eq(sealed_writer_copy(&writer, fd, 50), 0);
	ck_assert_int_eq(sealed_writer_finish(&writer, &file), 0);
	assert_content(&file, "67X089", 6);
	sealed_file_close(&file);
	close(fd);
}
END_TEST

/* Each word its own number. */
static int *make_numbers(int size)
{
	int *numbers = malloc(size);

	ck_assert_ptr_nonnull(numbers);
	for (int number = 0; number < size; number += 4)
		numbers[number / 4] = number;
	return numbers;
}

/* Large files take another way, by huge pages where the host has any: whole ones, and a rest. */
START_TEST(large_files_are_copied_whole)
{
	static const int sizes[] = { (1 << 20) - 4, 1 << 20,	   (2 << 20) - 4,   2 << 20,
				     (2 << 20) + 4, (3 << 20) + 8, (5 << 20) + 4096 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		int *numbers = make_numbers(sizes[i]);
		const char *path = unit_make_file(numbers, sizes[i]);
		struct sealed_file file;
		struct stat stat_buffer;
		void *map;

		ck_assert_int_eq(sealed_file_open(&file, request(path, 64 << 20)), 0);
		ck_assert_uint_eq(file.size, sizes[i]);
		ck_assert_int_eq(fstat(file.fd, &stat_buffer), 0);
		ck_assert_int_eq(stat_buffer.st_size, sizes[i]);
		map = mmap(NULL, sizes[i], PROT_READ, MAP_SHARED, file.fd, 0);
		ck_assert_ptr_ne(map, MAP_FAILED);
		ck_assert_mem_eq(map, numbers, sizes[i]);
		munmap(map, sizes[i]);
		free(numbers);
		sealed_file_close(&file);
		assert_refused(path, sizes[i] - 1, -EFBIG, "that is the limit");
		ck_assert_int_eq(sealed_file_open(&file, request(path, sizes[i])), 0);
		ck_assert_uint_eq(file.size, sizes[i]);
		sealed_file_close(&file);
	}
}
END_TEST

/* As much as was asked for, of a file that has more. */
START_TEST(part_of_a_large_file)
{
	const char *path = unit_make_file("", 0);
	struct sealed_writer writer;
	struct sealed_file file;
	int fd = open(path, O_RDONLY);

	ck_assert_int_eq(truncate(path, 6 << 20), 0);
	ck_assert_int_eq(sealed_writer_begin(&writer, request("made", 64 << 20)), 0);
	ck_assert_int_eq(sealed_writer_copy(&writer, fd, (3 << 20) + 5), 0);
	ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), (3 << 20) + 5);
	ck_assert_int_eq(sealed_writer_finish(&writer, &file), 0);
	ck_assert_uint_eq(file.size, (3 << 20) + 5);
	sealed_file_close(&file);
	close(fd);
}
END_TEST

START_TEST(writer_without_content)
{
	struct sealed_writer writer;
	struct sealed_file file = { .fd = -1 };

	ck_assert_int_eq(sealed_writer_begin(&writer, request("made", 100)), 0);
	ck_assert_int_eq(sealed_writer_finish(&writer, &file), -ENODATA);
	unit_assert_logged("empty");
	sealed_writer_abandon(&writer);
	ck_assert_int_eq(file.fd, -1);
}
END_TEST

START_TEST(descriptors_run_out)
{
	const char *path = unit_make_file("x", 1);
	struct rlimit limit, before;
	struct sealed_file file;
	int error, free_fd = dup(STDERR_FILENO);

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	limit = before;
	close(free_fd);
	for (int more = 0; more < 2; more++) {
		limit.rlim_cur = free_fd + more;
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
		error = sealed_file_open(&file, request(path, 1));
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
		ck_assert_int_eq(error, -EMFILE);
		unit_assert_logged("Too many open files");
		unit_assert_logged(more ? "cannot keep a copy of initrd" : "cannot read initrd");
		ck_assert_int_eq(file.fd, -1);
	}
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("sealed_file");
	TCase *tests = tcase_create("sealed_file");

	tcase_add_test(tests, copy_is_sealed);
	tcase_add_test(tests, refusals);
	tcase_add_test(tests, unreadable_file);
	tcase_add_test(tests, limit_is_exact);
	tcase_add_test(tests, limit_in_mib);
	tcase_add_test(tests, fifo_is_read_to_its_end);
	tcase_add_test(tests, procfs_file_without_size);
	tcase_add_test(tests, writer_produces_content);
	tcase_add_test(tests, writer_mixes_copies_and_content);
	tcase_add_test(tests, large_files_are_copied_whole);
	tcase_add_test(tests, part_of_a_large_file);
	tcase_add_test(tests, writer_without_content);
	tcase_add_test(tests, descriptors_run_out);
	suite_add_tcase(suite, tests);
	return suite;
}
