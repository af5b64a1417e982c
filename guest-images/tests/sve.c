// SPDX-License-Identifier: GPL-2.0-only
/*
 * SVE registers with a pattern in each (Z, P, FFR, FPCR, FPSR) at every vector length that the host
 * gives, kept live through what may make KVM save, restore or lose them. See fpsimd.c.
 */
#include "guest-images/fp/fp_check.h"
#include "guest-images/lib/fp.h"
#include "guest-images/lib/guest.h"
#include "guest-images/tests/fpsimd.h"

#define ZEN_ALLOW (3 << 16)

static struct sve_registers expected[GUEST_MAX_CPUS], seen[GUEST_MAX_CPUS];

static struct fp_who who_in(uint32_t round)
{
	struct fp_who who = { (enum fp_owner)arg(FPSIMD_ARG_OWNER), this_cpu(), round };

	return who;
}

static void allow_sve(void)
{
	if ((read_sysreg(id_aa64pfr0_el1) >> 32 & 15) == 0)
		skip("this VM has no SVE");
	write_sysreg(cpacr_el1, 3 << 20 | ZEN_ALLOW);
	isb();
}

/* Asks for vectors of `bytes`; returns what there is: the longest that is not longer. */
static uint64_t set_vl(uint64_t bytes)
{
	asm volatile("msr s3_0_c1_c2_0, %0" ::"r"(bytes / 16 - 1) : "memory");
	isb();
	return sve_vector_bytes();
}

/* The next length after `bytes` that this vCPU can have; the shortest after the longest. */
static uint64_t next_vl(uint64_t bytes)
{
	for (uint64_t asked = bytes + 16; asked <= FP_SVE_MAX_BYTES; asked += 16)
		if (set_vl(asked) == asked)
			return asked;
	return set_vl(16);
}

static uint64_t choose_vl(uint64_t current)
{
	return arg(FPSIMD_ARG_VL) ? set_vl(arg(FPSIMD_ARG_VL)) : next_vl(current);
}

static void disturb(enum fpsimd_disturbance disturbance)
{
	switch (disturbance) {
	case FPSIMD_HYPERCALL:
		null_hypercall();
		break;
	case FPSIMD_GIC_ACCESS:
		gic_is_enabled(3);
		break;
	case FPSIMD_USER_EXIT:
		exit_to_host();
		break;
	default:
		spin_us(arg(FPSIMD_ARG_MICROSECONDS));
		break;
	}
}

static uint64_t check_round(uint32_t round, uint64_t vl, enum fpsimd_disturbance disturbance)
{
	unsigned cpu = this_cpu();
	struct fp_difference first;

	vl = choose_vl(vl);
	sve_fill(&expected[cpu], who_in(round), vl);
	sve_load(&expected[cpu]);
	disturb(disturbance);
	sve_play_faults();
	sve_store(&seen[cpu]);
	if (sve_compare(&expected[cpu], &seen[cpu], vl, &first)) {
		note("vectors of %u bytes", (unsigned)vl);
		fp_fail(fpsimd_disturbance_names[disturbance], round, &first);
	}
	return vl;
}

static void all_rounds(void *unused)
{
	uint64_t rounds = arg(FPSIMD_ARG_ROUNDS), vl = 0;

	(void)unused;
	allow_sve();
	for (uint32_t round = 1; round <= rounds && !failed(); round++)
		vl = check_round(round, vl, (enum fpsimd_disturbance)arg(FPSIMD_ARG_DISTURBANCE));
}

GUEST_TEST(sve_rounds)
{
	on_all_cpus(all_rounds, NULL);
}

static void rounds_until_told(void *unused)
{
	uint64_t vl = 0;
	uint32_t round = 0;

	(void)unused;
	allow_sve();
	do {
		vl = check_round(++round, vl, (enum fpsimd_disturbance)arg(FPSIMD_ARG_DISTURBANCE));
	} while (!word_get(FPSIMD_WORD_STOP) && !failed());
}

GUEST_TEST(sve_until_told)
{
	on_all_cpus(rounds_until_told, NULL);
}

/* A vector that becomes longer again reads as zero beyond what the short one had, or as it was: the
 * architecture allows both (Arm ARM, "Changes to the effective vector length"). */
GUEST_TEST(sve_longer_again)
{
	struct fp_difference first;
	uint64_t longest;

	allow_sve();
	longest = set_vl(FP_SVE_MAX_BYTES);
	if (longest < 32)
		skip("this VM has one vector length only");
	for (uint32_t round = 1; round <= arg(FPSIMD_ARG_ROUNDS) && !failed(); round++) {
		set_vl(longest);
		sve_fill(&expected[0], who_in(round), longest);
		sve_load(&expected[0]);
		set_vl(16);
		disturb((enum fpsimd_disturbance)arg(FPSIMD_ARG_DISTURBANCE));
		set_vl(longest);
		sve_play_faults();
		sve_store(&seen[0]);
		if (sve_compare(&expected[0], &seen[0], 16, &first))
			fp_fail("after a time with vectors of 16 bytes", round, &first);
		for (unsigned lane = 0; lane < 32 * longest / 8 && !failed(); lane++)
			CHECK(lane % (longest / 8) < 2 || !seen[0].z[lane] ||
				      seen[0].z[lane] == expected[0].z[lane],
			      "round %u: lane %u of Z%u is 0x%016lx: neither zero nor 0x%016lx",
			      round, lane % (unsigned)(longest / 8), lane / (unsigned)(longest / 8),
			      seen[0].z[lane], expected[0].z[lane]);
	}
}

/* At the first use everything reads as zero, except FFR, which is unknown. */
GUEST_TEST(sve_reset_values)
{
	uint64_t vl;

	allow_sve();
	vl = set_vl(FP_SVE_MAX_BYTES);
	sve_play_faults();
	sve_store(&seen[0]);
	for (unsigned lane = 0; lane < 32 * vl / 8; lane++)
		CHECK(!seen[0].z[lane], "lane %u of Z%u is 0x%016lx after reset",
		      lane % (unsigned)(vl / 8), lane / (unsigned)(vl / 8), seen[0].z[lane]);
	for (unsigned i = 0; i < 16 * vl / 64; i++)
		CHECK(!seen[0].p[i], "word %u of the predicates is 0x%016lx after reset", i,
		      seen[0].p[i]);
}

/* Without SVE (a VM that was not given it) every use is undefined, and the FP registers are whole.
 */
GUEST_TEST(sve_absent)
{
	struct fp_registers before, after;
	struct fp_difference first;

	CHECK((read_sysreg(id_aa64pfr0_el1) >> 32 & 15) == 0, "ID_AA64PFR0_EL1 shows SVE");
	for (uint32_t round = 1; round <= arg(FPSIMD_ARG_ROUNDS) && !failed(); round++) {
		fp_fill(&before, who_in(round));
		fp_load(&before);
		probe_begin();
		asm volatile(".inst 0x04bf5020" ::: "x0"); /* rdvl x0, #1 */
		CHECK(probe_end(), "an SVE instruction was executed");
		probe_begin();
		asm volatile("msr s3_0_c1_c2_0, %0" ::"r"(0ul) : "memory"); /* ZCR_EL1 */
		CHECK(probe_end(), "ZCR_EL1 was written");
		disturb((enum fpsimd_disturbance)arg(FPSIMD_ARG_DISTURBANCE));
		fp_play_faults();
		fp_store(&after);
		if (fp_compare(&before, &after, &first))
			fp_fail("in a VM without SVE", round, &first);
	}
}
