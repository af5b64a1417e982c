/* SPDX-License-Identifier: GPL-2.0-only */
/* Family "sleeping": what its guest functions share, with each other and with their scripts. */
#ifndef GUEST_IMAGES_TESTS_SLEEPING_H
#define GUEST_IMAGES_TESTS_SLEEPING_H

/* Words of the shared memory. */
enum sleeping_word {
	SLEEPING_WORD_ROUND, /* guest: about to sleep for the n-th time, from 1 */
	SLEEPING_WORD_DONE,  /* script: has done what belongs to that round */
};

/* Functions of the script. */
enum sleeping_call {
	/* a: the guest's virtual counter; b: 0 before the host's is read, 1 after it */
	SLEEPING_CALL_CLOCK,
};

/* How a timer is kept from delivering its interrupt. */
enum sleeping_quiet {
	SLEEPING_QUIET_FAR,	 /* it has an hour to go */
	SLEEPING_QUIET_IMASK,	 /* CTL.IMASK */
	SLEEPING_QUIET_DISABLED, /* CTL.ENABLE = 0 */
	SLEEPING_QUIET_PPI,	 /* the GIC has the PPI disabled */
	SLEEPING_QUIETS,
};

/* The SPI that scripts use: the machine has no device there. */
#define SLEEPING_SPI 100

#endif
