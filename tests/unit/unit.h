/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each unit test binary (tests/unit/NAME_test.c) shares. A test file defines
 * `Suite *unit_suite(void)`; tests/unit/unit.c has main() and the helpers.
 */
#ifndef TESTS_UNIT_UNIT_H
#define TESTS_UNIT_UNIT_H

#include <check.h>
#include <stddef.h>
#include <stdint.h>

Suite *unit_suite(void);

/*
 * Messages of base/log.h are caught in tests, not shown; this is the last one since the test began
 * ("" if none). `unit_log_count` is how many there were, of any level.
 */
const char *unit_last_log(void);
unsigned unit_log_count(void);
void unit_reset_log(void);

/* ck_assert that the last message contains `text`. */
#define unit_assert_logged(text)                                                                   \
	ck_assert_msg(strstr(unit_last_log(), (text)) != NULL, "message is \"%s\", wanted \"%s\"", \
		      unit_last_log(), (text))

/* Makes a file of these bytes in a directory that vanishes at exit; returns its path (static
 * storage, a few at once). */
const char *unit_make_file(const void *bytes, size_t size);

#endif
