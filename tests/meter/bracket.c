// SPDX-License-Identifier: GPL-2.0-only
#include "tests/meter/bracket.h"

#include <inttypes.h>
#include <string.h>

#include "tests/meter/sysregs.h"

enum place place_find(unsigned el, uint64_t hcr, uint64_t vttbr)
{
	if (el >= 2)
		return PLACE_EL2;
	if (hcr & HCR_E2H)
		return hcr & HCR_TGE ? PLACE_HOST_EL0 : PLACE_GUEST;
	/* VMID 0 is the host's, where KVM is protected against it. */
	if ((hcr & HCR_VM) && vttbr >> 48)
		return PLACE_GUEST;
	return el == 1 ? PLACE_HOST_EL1 : PLACE_HOST_EL0;
}

/*
 * Whose instructions these are. Without VHE all that runs at EL2 is KVM's. With VHE the whole
 * kernel runs there: KVM's world switch is what runs while HCR_EL2 is the guest's.
 */
static enum count owner(const struct bracket *bracket)
{
	switch (bracket->place) {
	case PLACE_GUEST:
		return COUNT_GUEST;
	case PLACE_EL2:
		return (bracket->hcr & HCR_E2H) && (bracket->hcr & HCR_TGE) ? COUNT_HOST_KERNEL
									    : COUNT_EL2;
	case PLACE_HOST_EL0:
		return COUNT_ARMLET;
	default:
		return COUNT_HOST_KERNEL;
	}
}

/* All instructions so far belong to who ran until now. */
static void charge(struct bracket *bracket, uint64_t executed)
{
	bracket->counts[owner(bracket)] += executed - bracket->charged;
	bracket->charged = executed;
}

void bracket_begin(struct bracket *bracket, uint64_t operation, uint64_t executed, enum place place,
		   uint64_t hcr)
{
	memset(bracket, 0, sizeof(*bracket));
	bracket->open = true;
	bracket->operation = operation;
	bracket->charged = executed;
	bracket->place = place;
	bracket->hcr = hcr;
}

void bracket_end(struct bracket *bracket, uint64_t executed, FILE *out)
{
	char name[COUNT_NAME];

	if (!bracket->open)
		return;
	charge(bracket, executed - 1); /* but the marker */
	bracket->open = false;
	fprintf(out, "%" PRIu64, bracket->operation);
	for (unsigned i = 0; i < COUNTS; i++)
		if (bracket->counts[i] && count_name(i, name))
			fprintf(out, " %s=%" PRIu64, name, bracket->counts[i]);
	fputc('\n', out);
	fflush(out);
}

void bracket_enter_code(struct bracket *bracket, uint64_t executed, enum place place, int vector,
			uint64_t esr)
{
	enum place from = bracket->place;

	charge(bracket, executed);
	bracket->place = place;
	if (from == PLACE_GUEST && place != PLACE_GUEST) {
		bracket->counts[COUNT_EXITS]++;
		if (vector >= 0)
			bracket->counts[count_of_exit((unsigned)vector, esr)]++;
	} else if (from != PLACE_GUEST && place == PLACE_GUEST) {
		bracket->counts[COUNT_ENTRIES]++;
	} else if (vector >= 0 && place != PLACE_GUEST) {
		bracket->counts[COUNT_EXCEPTION_FIRST + (place == PLACE_EL2 ? 4 : 0) +
				((unsigned)vector >> 7 & 3)]++;
	}
}

/* A save stores all 32 registers, a restore loads them, in whatever order. */
static void count_fp(struct bracket *bracket, const struct instruction *in)
{
	bool load = in->kind == INSTRUCTION_FP_LOAD;
	uint32_t *done = load ? &bracket->loaded : &bracket->stored;

	bracket->counts[load	? in->z ? COUNT_Z_LOADS : COUNT_Q_LOADS
			: in->z ? COUNT_Z_STORES
				: COUNT_Q_STORES] += in->number;
	for (unsigned i = 0; i < in->number; i++)
		*done |= UINT32_C(1) << (in->first + i) % 32;
	if (*done == UINT32_MAX) {
		bracket->counts[load ? COUNT_FP_RESTORES : COUNT_FP_SAVES]++;
		*done = 0;
	}
}

void bracket_count_instruction(struct bracket *bracket, uint64_t executed,
			       const struct instruction *in, uint64_t rt)
{
	bool write = in->kind == INSTRUCTION_SYSREG_WRITE;
	bool e2h = bracket->place == PLACE_EL2 && (bracket->hcr & HCR_E2H);
	static const enum count plain[] = {
		[INSTRUCTION_PSTATE] = COUNT_PSTATE, [INSTRUCTION_TLBI] = COUNT_TLBI,
		[INSTRUCTION_AT] = COUNT_AT,	     [INSTRUCTION_CACHE] = COUNT_CACHE,
		[INSTRUCTION_ISB] = COUNT_ISB,	     [INSTRUCTION_DSB] = COUNT_DSB,
		[INSTRUCTION_DMB] = COUNT_DMB,	     [INSTRUCTION_ERET] = COUNT_ERETS,
		[INSTRUCTION_WAIT] = COUNT_WAITS,
	};

	if (bracket->place == PLACE_GUEST || bracket->place == PLACE_HOST_EL0)
		return;
	switch (in->kind) {
	case INSTRUCTION_SYSREG_READ:
	case INSTRUCTION_SYSREG_WRITE:
		bracket->counts[count_of_sysreg(in->sysreg, write, e2h)]++;
		if (write && in->sysreg == SYSREG_HCR_EL2) {
			/* This instruction still belongs to who ran until now. */
			charge(bracket, executed);
			bracket->hcr = rt;
		}
		break;
	case INSTRUCTION_FP_STORE:
	case INSTRUCTION_FP_LOAD:
		count_fp(bracket, in);
		break;
	case INSTRUCTION_PSTATE:
	case INSTRUCTION_TLBI:
	case INSTRUCTION_AT:
	case INSTRUCTION_CACHE:
	case INSTRUCTION_ISB:
	case INSTRUCTION_DSB:
	case INSTRUCTION_DMB:
	case INSTRUCTION_ERET:
	case INSTRUCTION_WAIT:
		bracket->counts[plain[in->kind]]++;
		break;
	default:
		break;
	}
}

void bracket_count(struct bracket *bracket, unsigned count)
{
	bracket->counts[count]++;
}
