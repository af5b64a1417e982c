/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which A64 instructions the meter counts, by encoding (Arm ARM, C4.1). Pure.
 */
#ifndef TESTS_METER_DECODE_H
#define TESTS_METER_DECODE_H

#include <stdbool.h>
#include <stdint.h>

enum instruction_kind {
	INSTRUCTION_OTHER,
	INSTRUCTION_MARKER,	  /* hint: its number */
	INSTRUCTION_SYSREG_READ,  /* MRS, MRRS: sysreg, rt */
	INSTRUCTION_SYSREG_WRITE, /* MSR (register), MSRR: sysreg, rt */
	INSTRUCTION_PSTATE, /* MSR (immediate), CFINV and their like: sysreg has their encoding */
	INSTRUCTION_TLBI,
	INSTRUCTION_AT,
	INSTRUCTION_CACHE,     /* DC, IC */
	INSTRUCTION_SYS_OTHER, /* the rest of SYS and SYSL */
	INSTRUCTION_ISB,
	INSTRUCTION_DSB,
	INSTRUCTION_DMB,
	INSTRUCTION_SB,
	INSTRUCTION_ERET,
	INSTRUCTION_WAIT,     /* WFI, WFE, WFIT, WFET */
	INSTRUCTION_FP_STORE, /* whole Q or Z registers: first, number, z */
	INSTRUCTION_FP_LOAD,
	INSTRUCTION_MEMORY, /* a load or store of one general register: it may be an access to a
			       device */
};

struct instruction {
	enum instruction_kind kind;
	uint8_t hint;
	uint8_t rt;
	uint8_t first, number; /* registers first, first + 1, ... modulo 32 */
	bool z;
	uint16_t sysreg; /* SYSREG() */
};

/* The encoding of a system register or instruction, as the Arm ARM's tables give it. */
#define SYSREG(op0, op1, crn, crm, op2) \
	((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))

struct instruction instruction_decode(uint32_t word);

#endif
