// SPDX-License-Identifier: GPL-2.0-only
/* What is SVE's alone: vector lengths, and that it is not there. All else is in fpsimd.c. */
#include "guest-images/fp/fp_check.h"
#include "guest-images/lib/fp.h"
#include "guest-images/lib/guest.h"
#include "guest-images/tests/fpsimd_disturb.h"

static struct sve_registers expected, seen;

static struct fp_who who_in(uint32_t round)
{
	struct fp_who who = { (enum fp_owner)arg(FPSIMD_ARG_OWNER), this_cpu(), round };

	return who;
}

/* A vector that becomes longer again reads as zero beyond what the short one had, or as it was: the
 * architecture allows both (Arm ARM, "Changes to the effective vector length"). */
GUEST_TEST(sve_longer_again)
{
	struct fp_difference first;
	uint64_t longest;

	fp_live_begin(FP_LIVE_SVE, (enum fp_owner)arg(FPSIMD_ARG_OWNER), FP_SVE_MAX_BYTES);
	longest = sve_set_vl(FP_SVE_MAX_BYTES);
	if (longest < 32)
		skip("this VM has one vector length only");
	for (uint32_t round = 1; round <= arg(FPSIMD_ARG_ROUNDS) && !failed(); round++) {
		sve_set_vl(longest);
		sve_fill(&expected, who_in(round), longest);
		sve_load(&expected);
		sve_set_vl(16);
		fpsimd_disturb((enum fpsimd_disturbance)arg(FPSIMD_ARG_DISTURBANCE));
		sve_set_vl(longest);
		sve_play_faults();
		sve_store(&seen);
		if (sve_compare(&expected, &seen, 16, &first))
			fp_fail("after a time with vectors of 16 bytes", round, &first);
		for (unsigned lane = 0; lane < 32 * longest / 8 && !failed(); lane++)
			CHECK(lane % (longest / 8) < 2 || !seen.z[lane] ||
				      seen.z[lane] == expected.z[lane],
			      "round %u: lane %u of Z%u is 0x%016lx: neither zero nor 0x%016lx",
			      round, lane % (unsigned)(longest / 8), lane / (unsigned)(longest / 8),
			      seen.z[lane], expected.z[lane]);
	}
}

/* The VM was made with a limit: no vector is longer than that, whatever is asked for. */
GUEST_TEST(sve_limited)
{
	uint64_t limit = arg(FPSIMD_ARG_VL);

	fp_live_begin(FP_LIVE_SVE, (enum fp_owner)arg(FPSIMD_ARG_OWNER), limit);
	for (uint64_t asked = 16; asked <= FP_SVE_MAX_BYTES && !failed(); asked += 16) {
		uint64_t got = sve_set_vl(asked);

		CHECK(got <= limit && got <= asked && got >= 16,
		      "vectors of %u bytes when %u were asked for, with a limit of %u",
		      (unsigned)got, (unsigned)asked, (unsigned)limit);
	}
	for (uint32_t round = 1; round <= arg(FPSIMD_ARG_ROUNDS) && !failed(); round++) {
		fp_live_load(round);
		fpsimd_disturb((enum fpsimd_disturbance)arg(FPSIMD_ARG_DISTURBANCE));
		fp_live_check("with limited vectors");
	}
}

/* Without SVE (a VM that was not given it) every use is undefined, and the FP registers are whole.
 */
GUEST_TEST(sve_absent)
{
	CHECK((read_sysreg(id_aa64pfr0_el1) >> 32 & 15) == 0, "ID_AA64PFR0_EL1 shows SVE");
	fp_live_begin(FP_LIVE_FP, (enum fp_owner)arg(FPSIMD_ARG_OWNER), 0);
	for (uint32_t round = 1; round <= arg(FPSIMD_ARG_ROUNDS) && !failed(); round++) {
		fp_live_load(round);
		probe_begin();
		asm volatile(".inst 0x04bf5020" ::: "x0"); /* rdvl x0, #1 */
		CHECK(probe_end(), "an SVE instruction was executed");
		probe_begin();
		asm volatile("msr s3_0_c1_c2_0, %0" ::"r"(0ul) : "memory"); /* ZCR_EL1 */
		CHECK(probe_end(), "ZCR_EL1 was written");
		fpsimd_disturb((enum fpsimd_disturbance)arg(FPSIMD_ARG_DISTURBANCE));
		fp_live_check("in a VM without SVE");
	}
}
