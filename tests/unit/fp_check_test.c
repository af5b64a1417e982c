// SPDX-License-Identifier: GPL-2.0-only
/* Patterns for FP/SIMD and SVE registers, and what is told of a register that is wrong. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest-images/fp/fp_check.h"
#include "tests/unit/unit.h"

static const struct fp_who vm = { FP_OWNER_VM, 3, 7 };

START_TEST(a_pattern_tells_whose_it_is)
{
	static const enum fp_owner owners[] = { FP_OWNER_VM, FP_OWNER_OTHER_VM, FP_OWNER_HANDLER,
						FP_OWNER_MONITOR, FP_OWNER_HOST_TASK };

	for (unsigned i = 0; i < 5; i++) {
		struct fp_who who = { owners[i], i, FP_ROUNDS - 1 - i };
		struct fp_origin origin;

		ck_assert_int_eq(fp_pattern_origin(fp_pattern(who, 31 + i, i), &origin), 1);
		ck_assert_int_eq(origin.who.owner, owners[i]);
		ck_assert_uint_eq(origin.who.cpu, i);
		ck_assert_uint_eq(origin.who.round, FP_ROUNDS - 1 - i);
		ck_assert_uint_eq(origin.reg, 31 + i);
		ck_assert_uint_eq(origin.lane, i);
	}
}
END_TEST

START_TEST(what_reset_leaves_is_nobodys)
{
	struct fp_origin origin;

	ck_assert_int_eq(fp_pattern_origin(0, &origin), 0);
	ck_assert_int_eq(fp_pattern_origin(UINT64_MAX, &origin), 0);
}
END_TEST

START_TEST(no_flipped_bit_makes_another_round)
{
	for (unsigned bit = 0; bit < 64; bit++)
		for (uint32_t round = 0; round < 64; round++) {
			struct fp_who other = vm;

			other.round = round;
			if (round != vm.round && bit >= 32)
				ck_assert_uint_ne(fp_pattern(vm, 5, 1) ^ UINT64_C(1) << bit,
						  fp_pattern(other, 5, 1));
		}
}
END_TEST

START_TEST(a_damaged_name_is_nobodys)
{
	struct fp_origin origin;

	for (unsigned bit = 32; bit < 64; bit++)
		ck_assert_int_eq(
			fp_pattern_origin(fp_pattern(vm, 7, 1) ^ UINT64_C(1) << bit, &origin), 0);
}
END_TEST

START_TEST(all_registers_of_a_round_differ)
{
	struct fp_registers a;

	fp_fill(&a, vm);
	for (unsigned i = 0; i < 64; i++)
		for (unsigned j = 0; j < i; j++)
			ck_assert_uint_ne(a.v[i / 2][i % 2], a.v[j / 2][j % 2]);
	ck_assert_uint_ne(a.fpcr, 0);
	ck_assert_uint_ne(a.fpsr, 0);
	ck_assert_uint_eq(a.fpcr & ~FP_FPCR_BITS, 0);
	ck_assert_uint_eq(a.fpsr & ~FP_FPSR_BITS, 0);
}
END_TEST

START_TEST(every_flipped_bit_is_found_and_named)
{
	for (unsigned bit = 0; bit < 32 * 128; bit++) {
		struct fp_registers a, b;
		struct fp_difference first;
		char name[12];

		fp_fill(&a, vm);
		fp_fill(&b, vm);
		ck_assert_uint_eq(fp_compare(&a, &b, &first), 0);
		b.v[bit / 128][bit / 64 % 2] ^= UINT64_C(1) << bit % 64;
		ck_assert_uint_eq(fp_compare(&a, &b, &first), 1);
		snprintf(name, sizeof(name), "V%u", bit / 128);
		ck_assert_str_eq(first.name, name);
		ck_assert_uint_eq(first.lane, bit / 64 % 2);
		ck_assert_uint_eq(first.bit, bit % 64);
	}
}
END_TEST

START_TEST(a_foreign_register_tells_its_owner)
{
	struct fp_who monitor = { FP_OWNER_MONITOR, 1, 99 };
	struct fp_registers a, b, c;
	struct fp_difference first;

	fp_fill(&a, vm);
	b = a;
	fp_fill(&c, monitor);
	memcpy(b.v[13], c.v[14], sizeof(b.v[13]));
	ck_assert_uint_eq(fp_compare(&a, &b, &first), 2);
	ck_assert_str_eq(first.name, "V13");
	ck_assert(first.has_origin);
	ck_assert_int_eq(first.origin.who.owner, FP_OWNER_MONITOR);
	ck_assert_uint_eq(first.origin.who.round, 99);
	ck_assert_uint_eq(first.origin.reg, 14);
	ck_assert_str_eq(fp_owner_name(first.origin.who.owner), "the monitor's");
}
END_TEST

START_TEST(control_registers_are_compared)
{
	struct fp_registers a, b;
	struct fp_difference first;

	fp_fill(&a, vm);
	b = a;
	b.fpsr ^= 1;
	ck_assert_uint_eq(fp_compare(&a, &b, &first), 1);
	ck_assert_str_eq(first.name, "FPSR");
	b.fpcr = 0;
	ck_assert_uint_eq(fp_compare(&a, &b, &first), 2);
	ck_assert_str_eq(first.name, "FPCR");
}
END_TEST

static struct sve_registers *sve_new(uint64_t vl)
{
	struct sve_registers *registers = calloc(1, sizeof(*registers));

	ck_assert_ptr_nonnull(registers);
	sve_fill(registers, vm, vl);
	return registers;
}

START_TEST(every_byte_of_sve_is_compared)
{
	for (uint64_t vl = 16; vl <= FP_SVE_MAX_BYTES; vl += 16) {
		struct sve_registers *a = sve_new(vl), *b = sve_new(vl);
		struct fp_difference first;

		ck_assert_uint_eq(sve_compare(a, b, vl, &first), 0);
		for (unsigned byte = 0; byte < 32 * vl; byte++) {
			((uint8_t *)b->z)[byte] ^= 0x80;
			ck_assert_uint_eq(sve_compare(a, b, vl, &first), 1);
			ck_assert_int_eq(first.name[0], 'Z');
			((uint8_t *)b->z)[byte] ^= 0x80;
		}
		for (unsigned byte = 0; byte < 16 * vl / 8; byte++) {
			((uint8_t *)b->p)[byte] ^= 1;
			ck_assert_uint_eq(sve_compare(a, b, vl, &first), 1);
			ck_assert_int_eq(first.name[0], 'P');
			((uint8_t *)b->p)[byte] ^= 1;
		}
		for (unsigned byte = 0; byte < vl / 8; byte++) {
			((uint8_t *)b->ffr)[byte] ^= 1;
			ck_assert_uint_eq(sve_compare(a, b, vl, &first), 1);
			ck_assert_str_eq(first.name, "FFR");
			((uint8_t *)b->ffr)[byte] ^= 1;
		}
		free(a);
		free(b);
	}
}
END_TEST

START_TEST(a_wrong_vector_length_is_the_finding)
{
	struct sve_registers *a = sve_new(64), *b = sve_new(32);
	struct fp_difference first;

	ck_assert_uint_eq(sve_compare(a, b, 64, &first), 1);
	ck_assert_str_eq(first.name, "VL");
	ck_assert_uint_eq(first.expected, 64);
	ck_assert_uint_eq(first.seen, 32);
	free(a);
	free(b);
}
END_TEST

START_TEST(only_the_low_half_counts_where_only_that_is_kept)
{
	struct sve_registers *a = sve_new(64), *b = sve_new(64);
	struct fp_difference first;

	for (unsigned reg = 0; reg < 32; reg++)
		memset((uint8_t *)b->z + reg * 64 + 16, 0, 48);
	memset(b->p, 0, sizeof(b->p));
	ck_assert_uint_eq(sve_compare(a, b, 16, &first), 0);
	b->z[31 * 8] ^= 2;
	ck_assert_uint_eq(sve_compare(a, b, 16, &first), 1);
	ck_assert_str_eq(first.name, "Z31");
	free(a);
	free(b);
}
END_TEST

/* Zero or as it was, in any mixture; nothing else. */
START_TEST(a_system_call_may_zero_what_it_need_not_keep)
{
	struct sve_registers *a = sve_new(64), *b = sve_new(64);
	struct fp_difference first;

	ck_assert_uint_eq(sve_compare_after_syscall(a, b, &first), 0);
	memset((uint8_t *)b->z + 5 * 64 + 16, 0, 48);
	memset(b->p, 0, 8);
	memset(b->ffr, 0, sizeof(b->ffr));
	ck_assert_uint_eq(sve_compare_after_syscall(a, b, &first), 0);
	b->z[5 * 8 + 7] = a->z[5 * 8 + 6];
	ck_assert_uint_eq(sve_compare_after_syscall(a, b, &first), 1);
	ck_assert_str_eq(first.name, "Z5");
	ck_assert_uint_eq(first.lane, 7);
	ck_assert(first.has_origin);
	b->z[5 * 8 + 7] = 0;
	((uint8_t *)b->p)[8 * 3 + 1] ^= 0xff;
	ck_assert_uint_eq(sve_compare_after_syscall(a, b, &first), 1);
	ck_assert_str_eq(first.name, "P3");
	((uint8_t *)b->p)[8 * 3 + 1] = 0;
	((uint8_t *)b->ffr)[7] = ((uint8_t *)a->ffr)[7] ^ 0x10;
	ck_assert_uint_eq(sve_compare_after_syscall(a, b, &first), 1);
	ck_assert_str_eq(first.name, "FFR");
	((uint8_t *)b->ffr)[7] = 0;
	b->z[31 * 8 + 1] = 0;
	ck_assert_uint_eq(sve_compare_after_syscall(a, b, &first), 1);
	ck_assert_str_eq(first.name, "Z31");
	b->vl = 32;
	ck_assert_uint_eq(sve_compare_after_syscall(a, b, &first), 1);
	ck_assert_str_eq(first.name, "VL");
	free(a);
	free(b);
}
END_TEST

/* FFR may hold only values in which no 1 stands above a 0. */
START_TEST(ffr_is_one_run_of_ones)
{
	for (uint32_t round = 0; round < 300; round++) {
		struct sve_registers *a = calloc(1, sizeof(*a));
		struct fp_who who = { FP_OWNER_VM, 0, round };
		bool zero = false;

		ck_assert_ptr_nonnull(a);
		sve_fill(a, who, 256);
		for (unsigned bit = 0; bit < 256; bit++) {
			bool one = ((uint8_t *)a->ffr)[bit / 8] >> bit % 8 & 1;

			ck_assert(!one || !zero);
			zero |= !one;
		}
		free(a);
	}
}
END_TEST

Suite *unit_suite(void)
{
	Suite *suite = suite_create("fp_check");
	TCase *tests = tcase_create("fp_check");

	tcase_add_test(tests, a_pattern_tells_whose_it_is);
	tcase_add_test(tests, what_reset_leaves_is_nobodys);
	tcase_add_test(tests, no_flipped_bit_makes_another_round);
	tcase_add_test(tests, a_damaged_name_is_nobodys);
	tcase_add_test(tests, all_registers_of_a_round_differ);
	tcase_add_test(tests, every_flipped_bit_is_found_and_named);
	tcase_add_test(tests, a_foreign_register_tells_its_owner);
	tcase_add_test(tests, control_registers_are_compared);
	tcase_add_test(tests, every_byte_of_sve_is_compared);
	tcase_add_test(tests, a_wrong_vector_length_is_the_finding);
	tcase_add_test(tests, only_the_low_half_counts_where_only_that_is_kept);
	tcase_add_test(tests, a_system_call_may_zero_what_it_need_not_keep);
	tcase_add_test(tests, ffr_is_one_run_of_ones);
	suite_add_tcase(suite, tests);
	return suite;
}
