/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One iteration of an operation as the meter sees it: from the marker that begins it to the one
 * that ends it, whose code runs, and what is counted meanwhile. Pure; the plugin tells it what
 * happens.
 */
#ifndef TESTS_METER_BRACKET_H
#define TESTS_METER_BRACKET_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "tests/meter/counts.h"
#include "tests/meter/decode.h"

/* Where a piece of code runs. The same code never runs in two of them. */
enum place {
	PLACE_UNKNOWN,
	PLACE_GUEST,
	PLACE_EL2,
	PLACE_HOST_EL1, /* the host's kernel, where it has no VHE */
	PLACE_HOST_EL0,
};

#define HCR_VM	(UINT64_C(1) << 0)
#define HCR_TGE (UINT64_C(1) << 27)
#define HCR_E2H (UINT64_C(1) << 34)

struct bracket {
	bool open;
	uint64_t operation;
	uint64_t counts[COUNTS];
	uint64_t
		charged; /* instructions that belong to someone already, or to before the bracket */
	enum place place;
	uint64_t hcr;		 /* HCR_EL2 */
	uint32_t stored, loaded; /* vector registers, since all were */
};

/* By the exception level, and HCR_EL2 and VTTBR_EL2 when the code ran. */
enum place place_find(unsigned el, uint64_t hcr, uint64_t vttbr);

/* `executed`, here and below: how many instructions the machine has executed, the present one
 * included. */
void bracket_begin(struct bracket *bracket, uint64_t operation, uint64_t executed, enum place place,
		   uint64_t hcr);

/* Writes a line, if a bracket is open: the operation, and name=value for each count that is not 0.
 */
void bracket_end(struct bracket *bracket, uint64_t executed, FILE *out);

/*
 * Code begins to run that is in one place. `executed` is without its first instruction. vector: the
 * offset in the table of exception vectors if it stands at one of them; else -1. esr: ESR_EL2, if
 * the guest was left for it.
 */
void bracket_enter_code(struct bracket *bracket, uint64_t executed, enum place place, int vector,
			uint64_t esr);

/* An instruction of a place that the host owns. rt: what a write of a system register writes. */
void bracket_count_instruction(struct bracket *bracket, uint64_t executed,
			       const struct instruction *in, uint64_t rt);

void bracket_count(struct bracket *bracket, unsigned count);

#endif
