/* SPDX-License-Identifier: GPL-2.0-only */
/* Family "user-irqchip": what its guest functions and its scripts share. */
#ifndef GUEST_IMAGES_TESTS_USER_IRQCHIP_H
#define GUEST_IMAGES_TESTS_USER_IRQCHIP_H

/* Lines, as bits: enum timer of the guest library, and behind them the PMU's. */
#define USER_LINE(timer) (1u << (timer))
#define USER_LINE_PMU	 2

/* How a line that is high becomes low. */
enum user_lowered {
	USER_LOWERED_DISABLED,
	USER_LOWERED_IMASK,
	USER_LOWERED_FAR, /* CVAL an hour later */
};

/* Words of the shared memory. */
enum user_word {
	USER_WORD_PHASE, /* guest: n-th phase; the line under test is high in the odd ones */
	USER_WORD_SEEN,	 /* script: has looked at that phase */
	USER_WORD_STOP,	 /* script: the guest has to come to its end */
};

/* Functions of the script. */
enum user_call {
	USER_CALL_LEVELS, /* a: lines that cannot change now, b: those of them that are high */
	USER_CALL_EDGES,  /* a: line, b: its rises since the test began, c: its falls */
	USER_CALL_BEGIN,  /* a measured stretch begins; a: enum user_stretch */
	USER_CALL_END,	  /* it ends; b: exits that the guest made in it on purpose */
	USER_CALL_LOWER,  /* the vCPU's IRQ input becomes low */
};

/* What is measured: the same with the line low, for comparison, and high. */
enum user_stretch {
	USER_STRETCH_QUIET,
	USER_STRETCH_HIGH,
	USER_STRETCHES,
};

#endif
