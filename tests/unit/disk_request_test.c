// SPDX-License-Identifier: GPL-2.0-only
#include "devices/disk_request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/word_list.h"
#include "tests/unit/unit.h"

START_TEST(words_are_taken_one_by_one)
{
	const char *rest = "a,,b,,,c,";
	char *word;

	word = word_list_next(&rest);
	ck_assert_str_eq(word, "a,b,");
	free(word);
	word = word_list_next(&rest);
	ck_assert_str_eq(word, "c");
	free(word);
	word = word_list_next(&rest);
	ck_assert_str_eq(word, "");
	free(word);
	ck_assert_ptr_null(word_list_next(&rest));
	ck_assert_str_eq(word_list_value("queues=4", "queues"), "4");
	ck_assert_ptr_null(word_list_value("queues4", "queues"));
	ck_assert_ptr_null(word_list_value("queue=4", "queues"));
}
END_TEST

START_TEST(a_file_alone_is_enough)
{
	struct disk_request request;

	ck_assert_int_eq(disk_request_parse("disk.img", &request), 0);
	ck_assert_str_eq(request.path, "disk.img");
	ck_assert(!request.readonly && !request.direct);
	ck_assert_str_eq(request.serial, "");
	ck_assert_uint_eq(request.queues, 1);
	disk_request_destroy(&request);
}
END_TEST

START_TEST(everything_can_be_said)
{
	struct disk_request request;

	ck_assert_int_eq(
		disk_request_parse("a,,b,ro,direct,serial=01234567890123456789,queues=8", &request),
		0);
	ck_assert_str_eq(request.path, "a,b");
	ck_assert(request.readonly && request.direct);
	ck_assert_str_eq(request.serial, "01234567890123456789");
	ck_assert_uint_eq(request.queues, 8);
	disk_request_destroy(&request);
}
END_TEST

START_TEST(nonsense_is_refused)
{
	static const struct {
		const char *value, *text;
	} cases[] = {
		{ "", "must begin with the name of a file" },
		{ ",ro", "must begin with the name of a file" },
		{ "f,rw", "...,rw: there are ro, direct, serial=TEXT and queues=N" },
		{ "f,", "...,: there are" },
		{ "f,ro=1", "...,ro=1: there are" },
		{ "f,serial=", "serial=: it must be 1 to 20" },
		{ "f,serial=a b", "it must be 1 to 20" },
		{ "f,serial=012345678901234567890", "it must be 1 to 20" },
		{ "f,queues=0", "queues=0: it must be a number from 1 to 8" },
		{ "f,queues=9", "from 1 to 8" },
		{ "f,queues=2x", "from 1 to 8" },
	};
	struct disk_request request;

	unit_reset_log();
	ck_assert_int_eq(disk_request_parse(cases[_i].value, &request), -EINVAL);
	ck_assert_uint_eq(unit_log_count(), 1);
	unit_assert_logged("cannot use --disk");
	unit_assert_logged(cases[_i].text);
	ck_assert_ptr_null(request.path);
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("disk_request");
	TCase *tests = tcase_create("all");

	tcase_add_test(tests, words_are_taken_one_by_one);
	tcase_add_test(tests, a_file_alone_is_enough);
	tcase_add_test(tests, everything_can_be_said);
	tcase_add_loop_test(tests, nonsense_is_refused, 0, 11);
	suite_add_tcase(suite, tests);
	return suite;
}
