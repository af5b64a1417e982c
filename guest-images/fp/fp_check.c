// SPDX-License-Identifier: GPL-2.0-only
#include "guest-images/fp/fp_check.h"

#define LANES(bytes) ((bytes) / 8)

/* FPCR and FPSR of a round: other bits each time, never those of reset (0). */
static uint64_t control_bits(struct fp_who who, uint64_t allowed, uint64_t always)
{
	uint64_t mixed = fp_pattern(who, FP_REGISTER_FFR, 255);

	return ((mixed ^ mixed >> 32) & allowed) | always;
}

static uint64_t fpcr_of(struct fp_who who)
{
	return control_bits(who, FP_FPCR_BITS, UINT64_C(1) << 24);
}

static uint64_t fpsr_of(struct fp_who who)
{
	return control_bits(who, FP_FPSR_BITS, UINT64_C(1) << 27);
}

void fp_fill(struct fp_registers *registers, struct fp_who who)
{
	for (unsigned reg = 0; reg < 32; reg++)
		for (unsigned lane = 0; lane < 2; lane++)
			registers->v[reg][lane] = fp_pattern(who, FP_REGISTER_V + reg, lane);
	registers->fpcr = fpcr_of(who);
	registers->fpsr = fpsr_of(who);
}

/* The bytes of predicates are packed without regard to lanes: VL / 8 may be 2. */
static uint8_t predicate_byte(struct fp_who who, unsigned reg, unsigned byte)
{
	return fp_pattern(who, reg, byte / 8) >> byte % 8 * 8;
}

void sve_fill(struct sve_registers *registers, struct fp_who who, uint64_t vl)
{
	uint8_t *p = (uint8_t *)registers->p, *ffr = (uint8_t *)registers->ffr;
	uint64_t predicate = vl / 8, ones = who.round % (vl + 1);

	registers->vl = vl;
	registers->fpcr = fpcr_of(who);
	registers->fpsr = fpsr_of(who);
	for (unsigned reg = 0; reg < 32; reg++)
		for (unsigned lane = 0; lane < LANES(vl); lane++)
			registers->z[reg * LANES(vl) + lane] =
				fp_pattern(who, FP_REGISTER_V + reg, lane);
	for (unsigned reg = 0; reg < 16; reg++)
		for (unsigned byte = 0; byte < predicate; byte++)
			p[reg * predicate + byte] = predicate_byte(who, FP_REGISTER_P + reg, byte);
	for (unsigned byte = 0; byte < predicate; byte++)
		ffr[byte] = ones >= (byte + 1) * 8 ? 0xff
			    : ones <= byte * 8	   ? 0
						   : (1u << (ones - byte * 8)) - 1;
}

/* No number behind the letters. */
#define UNNUMBERED UINT32_MAX

static void name_register(char *name, const char *letters, unsigned number)
{
	while (*letters)
		*name++ = *letters++;
	if (number != UNNUMBERED && number >= 10)
		*name++ = '0' + number / 10;
	if (number != UNNUMBERED)
		*name++ = '0' + number % 10;
	*name = '\0';
}

/* Counts a lane that differs, and describes it when it is the first. */
static unsigned differs(struct fp_difference *first, unsigned before, const char *letters,
			unsigned number, unsigned lane, uint64_t expected, uint64_t seen)
{
	if (expected == seen)
		return 0;
	if (before)
		return 1;
	name_register(first->name, letters, number);
	first->lane = lane;
	first->bit = __builtin_ctzll(expected ^ seen);
	first->expected = expected;
	first->seen = seen;
	first->has_origin = fp_pattern_origin(seen, &first->origin);
	return 1;
}

unsigned fp_compare(const struct fp_registers *expected, const struct fp_registers *seen,
		    struct fp_difference *first)
{
	unsigned n = 0;

	for (unsigned reg = 0; reg < 32; reg++)
		for (unsigned lane = 0; lane < 2; lane++)
			n += differs(first, n, "V", reg, lane, expected->v[reg][lane],
				     seen->v[reg][lane]);
	n += differs(first, n, "FPCR", UNNUMBERED, 0, expected->fpcr, seen->fpcr);
	n += differs(first, n, "FPSR", UNNUMBERED, 0, expected->fpsr, seen->fpsr);
	return n;
}

/* Up to eight bytes as a lane. */
static uint64_t bytes_lane(const uint8_t *bytes, uint64_t count)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < count && i < 8; i++)
		value |= (uint64_t)bytes[i] << i * 8;
	return value;
}

static unsigned compare_predicate(const char *letters, unsigned number, const uint8_t *expected,
				  const uint8_t *seen, uint64_t bytes, unsigned before,
				  struct fp_difference *first)
{
	unsigned n = 0;

	for (uint64_t at = 0; at < bytes; at += 8)
		n += differs(first, before + n, letters, number, at / 8,
			     bytes_lane(expected + at, bytes - at),
			     bytes_lane(seen + at, bytes - at));
	return n;
}

unsigned sve_compare(const struct sve_registers *expected, const struct sve_registers *seen,
		     uint64_t bytes, struct fp_difference *first)
{
	const uint8_t *p = (const uint8_t *)expected->p, *seen_p = (const uint8_t *)seen->p;
	uint64_t lanes = LANES(expected->vl), predicate = expected->vl / 8;
	unsigned n = differs(first, 0, "VL", UNNUMBERED, 0, expected->vl, seen->vl);

	/* With another vector length nothing lies where it should. */
	if (n)
		return n;
	for (unsigned reg = 0; reg < 32; reg++)
		for (unsigned lane = 0; lane < LANES(bytes); lane++)
			n += differs(first, n, "Z", reg, lane, expected->z[reg * lanes + lane],
				     seen->z[reg * lanes + lane]);
	for (unsigned reg = 0; reg < 16 && bytes == expected->vl; reg++)
		n += compare_predicate("P", reg, p + reg * predicate, seen_p + reg * predicate,
				       predicate, n, first);
	if (bytes == expected->vl)
		n += compare_predicate("FFR", UNNUMBERED, (const uint8_t *)expected->ffr,
				       (const uint8_t *)seen->ffr, predicate, n, first);
	n += differs(first, n, "FPCR", UNNUMBERED, 0, expected->fpcr, seen->fpcr);
	n += differs(first, n, "FPSR", UNNUMBERED, 0, expected->fpsr, seen->fpsr);
	return n;
}

unsigned sve_compare_after_syscall(const struct sve_registers *expected,
				   const struct sve_registers *seen, struct fp_difference *first)
{
	const uint8_t *p = (const uint8_t *)expected->p, *seen_p = (const uint8_t *)seen->p;
	const uint8_t *ffr = (const uint8_t *)expected->ffr;
	const uint8_t *seen_ffr = (const uint8_t *)seen->ffr;
	uint64_t lanes = LANES(expected->vl), predicate = expected->vl / 8;
	unsigned n = sve_compare(expected, seen, 16, first);

	if (expected->vl != seen->vl)
		return n;
	for (unsigned reg = 0; reg < 32; reg++)
		for (unsigned lane = 2; lane < lanes; lane++)
			if (seen->z[reg * lanes + lane])
				n += differs(first, n, "Z", reg, lane,
					     expected->z[reg * lanes + lane],
					     seen->z[reg * lanes + lane]);
	for (unsigned byte = 0; byte < 16 * predicate; byte++)
		if (seen_p[byte])
			n += differs(first, n, "P", byte / predicate, byte % predicate / 8, p[byte],
				     seen_p[byte]);
	for (unsigned byte = 0; byte < predicate; byte++)
		if (seen_ffr[byte])
			n += differs(first, n, "FFR", UNNUMBERED, byte / 8, ffr[byte],
				     seen_ffr[byte]);
	return n;
}

const char *fp_owner_name(enum fp_owner owner)
{
	switch (owner) {
	case FP_OWNER_VM:
		return "the VM's";
	case FP_OWNER_OTHER_VM:
		return "the other VM's";
	case FP_OWNER_HANDLER:
		return "the interrupt handler's";
	case FP_OWNER_MONITOR:
		return "the monitor's";
	case FP_OWNER_HOST_TASK:
		return "another host task's";
	}
	return "nobody's";
}
