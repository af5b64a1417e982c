/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The functions of the guest image: GUEST(name) is the guest_test_id of GUEST_TEST(name) in
 * guest-images/tests/.
 */
#ifndef HARNESS_GUEST_TESTS_H
#define HARNESS_GUEST_TESTS_H

#include <stddef.h>
#include <stdint.h>

enum guest_test_place {
#define GUEST_TEST_ENTRY(name) GUEST_TEST_##name,
#include "gen/guest_tests.list"
#undef GUEST_TEST_ENTRY
	GUEST_TESTS
};
#define GUEST(name) GUEST_TEST_##name

/* The image, a flat binary for GUEST_IMAGE_BASE, where its entry point is. */
extern const uint8_t guest_image_start[], guest_image_end[];

/* Its functions by address: lines of "0000000040200000 name", ended by '\0'. */
extern const char guest_symbols[];

/* Writes "name+0x1c" for an address in the image's code, otherwise "". Returns `text`. */
const char *guest_symbol_describe(uint64_t pc, char *text, size_t size);

#endif
