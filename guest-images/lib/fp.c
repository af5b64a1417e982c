// SPDX-License-Identifier: GPL-2.0-only
#include "guest-images/lib/fp.h"

#include "guest-images/lib/guest.h"

#define FP_FAULTS                                                             \
	(GUEST_FAULT_FP_FLIP | GUEST_FAULT_FP_FPCR | GUEST_FAULT_FP_FOREIGN | \
	 GUEST_FAULT_SVE_STALE | GUEST_FAULT_SVE_VL | GUEST_FAULT_FP_SWAP | GUEST_FAULT_SVE_P)

void fp_fail(const char *when, unsigned round, const struct fp_difference *difference)
{
	const struct fp_origin *origin = &difference->origin;

	if (difference->has_origin)
		fail("round %u, %s: %s lane %u bit %u: expected 0x%016lx, seen 0x%016lx, which is "
		     "%s register %u of CPU %u in round %u",
		     round, when, difference->name, difference->lane, difference->bit,
		     difference->expected, difference->seen, fp_owner_name(origin->who.owner),
		     origin->reg, origin->who.cpu, origin->who.round);
	else
		fail("round %u, %s: %s lane %u bit %u: expected 0x%016lx, seen 0x%016lx", round,
		     when, difference->name, difference->lane, difference->bit,
		     difference->expected, difference->seen);
}

static uint64_t monitors_v0(void)
{
	struct fp_who monitor = { FP_OWNER_MONITOR, this_cpu(), 1 };

	return fp_pattern(monitor, 0, 0);
}

/* The lane as the next CPU has it; the pattern says what that is. */
static uint64_t next_cpus(uint64_t lane)
{
	struct fp_origin origin;

	if (!fp_pattern_origin(lane, &origin))
		return ~lane;
	origin.who.cpu++;
	return fp_pattern(origin.who, origin.reg, origin.lane);
}

void fp_play_faults(void)
{
	static struct fp_registers all[GUEST_MAX_CPUS];
	struct fp_registers *registers = &all[this_cpu()];

	if (!has_fault(FP_FAULTS))
		return;
	fp_store(registers);
	if (has_fault(GUEST_FAULT_FP_FLIP))
		registers->v[7][1] ^= UINT64_C(1) << 42;
	if (has_fault(GUEST_FAULT_FP_FPCR))
		registers->fpcr = 0;
	if (has_fault(GUEST_FAULT_FP_FOREIGN))
		registers->v[0][0] = monitors_v0();
	if (has_fault(GUEST_FAULT_FP_SWAP))
		registers->v[31][0] = next_cpus(registers->v[31][0]);
	fp_load(registers);
}

/* Both, for FFR may be without a 1 in a round. */
static void lose_predicates(struct sve_registers *registers)
{
	uint8_t *p = (uint8_t *)registers->p;

	for (unsigned byte = 0; byte < registers->vl / 8; byte++)
		p[15 * registers->vl / 8 + byte] = 0;
	for (unsigned word = 0; word < FP_SVE_MAX_BYTES / 64; word++)
		registers->ffr[word] = 0;
}

void sve_play_faults(void)
{
	static struct sve_registers all[GUEST_MAX_CPUS];
	struct sve_registers *registers = &all[this_cpu()];
	uint64_t lanes;

	if (!has_fault(FP_FAULTS))
		return;
	sve_store(registers);
	lanes = registers->vl / 8;
	if (has_fault(GUEST_FAULT_FP_FLIP))
		registers->z[7 * lanes + 1] ^= UINT64_C(1) << 42;
	if (has_fault(GUEST_FAULT_FP_FPCR))
		registers->fpcr = 0;
	if (has_fault(GUEST_FAULT_FP_FOREIGN))
		registers->z[lanes - 1] = monitors_v0();
	if (has_fault(GUEST_FAULT_FP_SWAP))
		registers->z[31 * lanes] = next_cpus(registers->z[31 * lanes]);
	if (has_fault(GUEST_FAULT_SVE_P))
		lose_predicates(registers);
	if (has_fault(GUEST_FAULT_SVE_STALE) && lanes > 2)
		registers->z[31 * lanes + lanes - 1] -= 1;
	sve_load(registers);
	if (has_fault(GUEST_FAULT_SVE_VL)) {
		asm volatile("msr s3_0_c1_c2_0, %0" ::"r"(registers->vl > 16 ? 0ul : 15ul)
			     : "memory");
		isb();
	}
}
