// SPDX-License-Identifier: GPL-2.0-only
#include "tests/meter/decode.h"

#include "guest-images/lib/marker.h"

static uint32_t bits(uint32_t word, unsigned high, unsigned low)
{
	return word >> low & ((1u << (high - low + 1)) - 1);
}

/* HINT: CRm:op2 is its number. */
static void decode_hint(struct instruction *in, uint32_t word)
{
	unsigned hint = bits(word, 11, 5);

	if (hint == MARKER_HINT_BEGIN || hint == MARKER_HINT_END || hint == MARKER_HINT_ARM) {
		in->kind = INSTRUCTION_MARKER;
		in->hint = (uint8_t)hint;
	} else if (hint == 2 || hint == 3) {
		in->kind = INSTRUCTION_WAIT;
	}
}

/* Barriers: op2. */
static void decode_barrier(struct instruction *in, uint32_t word)
{
	switch (bits(word, 7, 5)) {
	case 1: /* DSB with nXS */
	case 4:
		in->kind = INSTRUCTION_DSB;
		break;
	case 5:
		in->kind = INSTRUCTION_DMB;
		break;
	case 6:
		in->kind = INSTRUCTION_ISB;
		break;
	case 7:
		in->kind = INSTRUCTION_SB;
		break;
	}
}

/* SYS and SYSL: what they do is in op1, CRn, CRm. */
static enum instruction_kind sys_kind(uint32_t word)
{
	unsigned crn = bits(word, 15, 12), crm = bits(word, 11, 8);

	if (crn == 8 || crn == 9)
		return INSTRUCTION_TLBI;
	if (crn != 7)
		return INSTRUCTION_SYS_OTHER;
	switch (crm) {
	case 8:
	case 9:
		return INSTRUCTION_AT;
	case 1:
	case 4:
	case 5:
	case 6:
	case 10:
	case 11:
	case 12:
	case 13:
	case 14:
		return INSTRUCTION_CACHE;
	default:
		return INSTRUCTION_SYS_OTHER;
	}
}

/* The space 1101 0101 00.. and, for pairs of registers (MRRS, MSRR), 1101 0101 01.. */
static void decode_system(struct instruction *in, uint32_t word)
{
	unsigned op0 = bits(word, 20, 19), crn = bits(word, 15, 12);
	bool read = bits(word, 21, 21);

	in->rt = (uint8_t)bits(word, 4, 0);
	in->sysreg = (uint16_t)bits(word, 20, 5);
	if (op0 >= 2) {
		in->kind = read ? INSTRUCTION_SYSREG_READ : INSTRUCTION_SYSREG_WRITE;
	} else if (op0 == 1) {
		in->kind = sys_kind(word);
	} else if (read) {
		return;
	} else if (crn == 1 && bits(word, 18, 16) == 3 && bits(word, 11, 8) == 0) {
		in->kind = INSTRUCTION_WAIT; /* WFET, WFIT */
	} else if (crn == 2 && bits(word, 18, 16) == 3) {
		decode_hint(in, word);
	} else if (crn == 3 && bits(word, 18, 16) == 3) {
		decode_barrier(in, word);
	} else if (crn == 4) {
		in->kind = INSTRUCTION_PSTATE;
	}
}

static void set_fp(struct instruction *in, bool load, unsigned first, unsigned number, bool z)
{
	in->kind = load ? INSTRUCTION_FP_LOAD : INSTRUCTION_FP_STORE;
	in->first = (uint8_t)first;
	in->number = (uint8_t)number;
	in->z = z;
}

/* LD1 and ST1 of whole registers, as many as the opcode says. */
static unsigned multiple_number(unsigned opcode)
{
	switch (opcode) {
	case 2:
		return 4;
	case 6:
		return 3;
	case 7:
		return 1;
	case 10:
		return 2;
	default:
		return 0;
	}
}

/* Vector registers; whole ones only. */
static void decode_vector(struct instruction *in, uint32_t word)
{
	bool load = bits(word, 22, 22);
	unsigned rt = bits(word, 4, 0), number;

	/* LDP, STP, LDNP, STNP of Q */
	if ((word & 0xfe000000) == 0xac000000) {
		unsigned second = bits(word, 14, 10);

		/* Two registers that are no neighbours are nobody's save of all. */
		set_fp(in, load, rt, second == (rt + 1) % 32 ? 2 : 1, false);
	} else if ((word & 0xff800000) == 0x3d800000 /* LDR, STR of Q: unsigned offset */ ||
		   (word & 0xffa00000) == 0x3c800000 /* ... unscaled, before, after */ ||
		   (word & 0xffa00c00) == 0x3ca00800 /* ... register offset */) {
		set_fp(in, load, rt, 1, false);
	} else if ((word & 0xbfbf0000) == 0x0c000000 || (word & 0xbfa00000) == 0x0c800000) {
		/* LD1 to LD4, ST1 to ST4: of those that transfer whole registers in order, with and
		 * without update of the base */
		number = multiple_number(bits(word, 15, 12));
		if (number && bits(word, 30, 30))
			set_fp(in, load, rt, number, false);
	} else if ((word & 0xffc0e000) == 0x85804000) {
		set_fp(in, true, rt, 1, true);
	} else if ((word & 0xffc0e000) == 0xe5804000) {
		set_fp(in, false, rt, 1, true);
	}
}

/* LDR and STR (and their like) of a general register. What uses pairs or exclusive monitors is for
 * memory only. */
static bool is_memory(uint32_t word)
{
	if (bits(word, 31, 22) == 0x3e6 || bits(word, 31, 22) == 0x3e2)
		return false; /* PRFM, PRFUM */
	if (bits(word, 29, 27) == 7 && !bits(word, 26, 26))
		return bits(word, 25, 24) == 1 ||
		       (bits(word, 25, 24) == 0 &&
			(!bits(word, 21, 21) || bits(word, 11, 10) == 2));
	/* LDAR, STLR */
	return (word & 0x3fa08000) == 0x08808000;
}

struct instruction instruction_decode(uint32_t word)
{
	struct instruction in = { .kind = INSTRUCTION_OTHER };

	if ((word & 0xffc00000) == 0xd5000000)
		decode_system(&in, word);
	else if ((word & 0xffc00000) == 0xd5400000) /* SYSP, MSRR, MRRS */
		decode_system(&in, word);
	else if (word == 0xd69f03e0 || (word & 0xfffffbff) == 0xd69f0bff) /* ERET, ERETAA, ERETAB */
		in.kind = INSTRUCTION_ERET;
	else if (is_memory(word)) {
		in.kind = INSTRUCTION_MEMORY;
		in.rt = (uint8_t)bits(word, 4, 0);
	} else
		decode_vector(&in, word);
	return in;
}
