/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the fuzz targets share. Each target (tests/fuzz/fuzz_NAME.c) defines
 * LLVMFuzzerTestOneInput() and reads its input as a little program: a byte says what the guest does
 * next, bytes behind it with what. Every input is a program, so that a fuzzer need not find out a
 * syntax.
 *
 * The same targets run under libFuzzer (`make fuzz`) and under tests/fuzz/fuzz_main.c (`make
 * check`).
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* What is left of the input. */
struct fuzz_input {
	const uint8_t *bytes;
	size_t size;
};

/* The next bytes, as a little-endian number; what is missing at the end is 0. */
uint64_t fuzz_take(struct fuzz_input *input, unsigned bytes);
/* Up to `size` bytes; returns how many. */
size_t fuzz_take_bytes(struct fuzz_input *input, void *bytes, size_t size);

/* Messages of armlet go nowhere. */
void fuzz_silence(void);

#endif
