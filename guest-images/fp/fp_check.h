/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Filling registers with patterns and finding what is wrong with them afterwards; pure, for both
 * sides.
 */
#ifndef GUEST_IMAGES_FP_FP_CHECK_H
#define GUEST_IMAGES_FP_FP_CHECK_H

#include <stdbool.h>

#include "guest-images/fp/fp_pattern.h"
#include "guest-images/fp/fp_registers.h"

/* The values that `who` keeps in its registers. FPCR and FPSR change with the round as well. */
void fp_fill(struct fp_registers *registers, struct fp_who who);
/* The same for SVE, with vectors of `vl` bytes. FFR is all ones up to a place that the round
 * chooses: other values are not allowed there. */
void sve_fill(struct sve_registers *registers, struct fp_who who, uint64_t vl);

/* A lane that is not what it should be. */
struct fp_difference {
	char name[12];		 /* "V7", "Z31", "P0", "FFR", "FPCR", "FPSR", "VL" */
	unsigned lane;		 /* of 64 bits */
	unsigned bit;		 /* the lowest that differs, in the lane */
	uint64_t expected, seen; /* the lane */
	bool has_origin;	 /* the value seen is somebody's pattern: */
	struct fp_origin origin;
};

/* The number of lanes that differ; the first of them in *first. */
unsigned fp_compare(const struct fp_registers *expected, const struct fp_registers *seen,
		    struct fp_difference *first);
/* `bytes`: how much of each vector counts: vl, or 16 where only the low 128 bits are kept (then P
 * and FFR do not count). */
unsigned sve_compare(const struct sve_registers *expected, const struct sve_registers *seen,
		     uint64_t bytes, struct fp_difference *first);

/*
 * After a system call: the low 128 bits of each vector are kept; what lies beyond, P and FFR are
 * zero or as they were (Linux, Documentation/arch/arm64/sve.rst), but never anybody else's.
 */
unsigned sve_compare_after_syscall(const struct sve_registers *expected,
				   const struct sve_registers *seen, struct fp_difference *first);

/* "the monitor's", "another VM's", ...: whose pattern; for the report. */
const char *fp_owner_name(enum fp_owner owner);

#endif
