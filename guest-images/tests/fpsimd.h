/* SPDX-License-Identifier: GPL-2.0-only */
/* What the guests and the scripts of the families fpsimd and sve agree on. */
#ifndef GUEST_IMAGES_TESTS_FPSIMD_H
#define GUEST_IMAGES_TESTS_FPSIMD_H

enum fpsimd_disturbance {
	FPSIMD_HYPERCALL,
	FPSIMD_GIC_ACCESS,
	FPSIMD_USER_EXIT,
	FPSIMD_TIMER,
	FPSIMD_SLEEP,
	FPSIMD_IPI,
	FPSIMD_PAGE_FAULT,
	FPSIMD_FPEN,
	FPSIMD_FPEN_EL0,
	FPSIMD_SPIN,
	FPSIMD_CALL /* the script's function 0, on the vCPU's thread */
};
#define FPSIMD_DISTURBANCES (FPSIMD_CALL + 1)
/* Those that need no script: for tests that choose at random. */
#define FPSIMD_OWN_DISTURBANCES (FPSIMD_SPIN + 1)

/* Places in guest_shared.args; and FP_LIVE_ARG. */
enum fpsimd_arg {
	FPSIMD_ARG_OWNER, /* enum fp_owner */
	FPSIMD_ARG_DISTURBANCE,
	FPSIMD_ARG_ROUNDS,
	FPSIMD_ARG_MICROSECONDS, /* of FPSIMD_SPIN and of a round at EL0 */
	FPSIMD_ARG_VL,		 /* SVE: bytes of a vector; 0: every length in turn */
	FPSIMD_ARG_TIMES,	 /* how often the script acts */
};

/* Places in guest_shared.words. */
enum fpsimd_word {
	FPSIMD_WORD_LIVE,  /* guest: 1 when its registers are live; resets so far */
	FPSIMD_WORD_DIRTY, /* script: 1 while the guest shall use its registers before each exit */
	FPSIMD_WORD_STOP,  /* script: 1 when the guest shall look at them and end */
};

static const char *const fpsimd_disturbance_names[FPSIMD_DISTURBANCES] = {
	[FPSIMD_HYPERCALL] = "across a null hypercall",
	[FPSIMD_GIC_ACCESS] = "across an access to the GIC",
	[FPSIMD_USER_EXIT] = "across an exit to userspace",
	[FPSIMD_TIMER] = "across a timer interrupt",
	[FPSIMD_SLEEP] = "across WFI",
	[FPSIMD_IPI] = "across an IPI",
	[FPSIMD_PAGE_FAULT] = "across a page fault",
	[FPSIMD_FPEN] = "across a trap by CPACR_EL1",
	[FPSIMD_FPEN_EL0] = "across a trap of EL0 by CPACR_EL1.FPEN",
	[FPSIMD_SPIN] = "in a busy loop",
	[FPSIMD_CALL] = "across what the monitor did on the vCPU's thread",
};

#endif
