// SPDX-License-Identifier: GPL-2.0-only
/* Buffers in pieces. */
#include "devices/virtio/spans.h"

#include <string.h>

#include "tests/unit/unit.h"

static struct iovec parts[3];
static char first[3], third[5];

static void make_parts(void)
{
	parts[0] = (struct iovec){ first, 3 };
	parts[1] = (struct iovec){ first, 0 };
	parts[2] = (struct iovec){ third, 5 };
	memcpy(first, "abc", 3);
	memcpy(third, "defgh", 5);
}

START_TEST(spans_are_copied)
{
	char bytes[10] = "";

	make_parts();
	ck_assert_uint_eq(spans_copy_out(parts, 3, 0, bytes, 10), 8);
	ck_assert_str_eq(bytes, "abcdefgh");
	ck_assert_uint_eq(spans_copy_out(parts, 3, 2, bytes, 3), 3);
	ck_assert_int_eq(memcmp(bytes, "cdedefgh", 8), 0);
	ck_assert_uint_eq(spans_copy_out(parts, 3, 3, bytes, 1), 1);
	ck_assert_uint_eq(spans_copy_out(parts, 3, 8, bytes, 1), 0);
	ck_assert_uint_eq(spans_copy_out(parts, 0, 0, bytes, 1), 0);
	ck_assert_uint_eq(spans_copy_in(parts, 3, 1, "123456789", 9), 7);
	ck_assert_int_eq(memcmp(first, "a12", 3), 0);
	ck_assert_int_eq(memcmp(third, "34567", 5), 0);
	ck_assert_uint_eq(spans_clear(parts, 3, 2, 2), 2);
	ck_assert_int_eq(memcmp(first, "a1", 3), 0);
	ck_assert_int_eq(memcmp(third,
				"\0"
				"4567",
				5),
			 0);
}
END_TEST

START_TEST(spans_are_cut)
{
	struct iovec *from = parts;
	unsigned count = 3;

	make_parts();
	ck_assert_uint_eq(spans_skip(&from, &count, 4), 4);
	ck_assert_uint_eq(count, 1);
	ck_assert_ptr_eq(from->iov_base, third + 1);
	ck_assert_uint_eq(from->iov_len, 4);
	ck_assert_uint_eq(spans_skip(&from, &count, 9), 4);
	ck_assert_uint_eq(count, 0);

	make_parts();
	ck_assert_uint_eq(spans_truncate(parts, 3, 9), 3);
	ck_assert_uint_eq(spans_truncate(parts, 3, 5), 3);
	ck_assert_uint_eq(parts[2].iov_len, 2);
	ck_assert_uint_eq(spans_truncate(parts, 3, 1), 1);
	ck_assert_uint_eq(parts[0].iov_len, 1);
	ck_assert_uint_eq(spans_truncate(parts, 1, 0), 0);
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("spans");
	TCase *tests = tcase_create("spans");

	tcase_add_test(tests, spans_are_copied);
	tcase_add_test(tests, spans_are_cut);
	suite_add_tcase(suite, tests);
	return suite;
}
