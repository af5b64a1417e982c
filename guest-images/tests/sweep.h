/* SPDX-License-Identifier: GPL-2.0-only */
/* Family "sweep": what its guest functions and its scripts share. */
#ifndef GUEST_IMAGES_TESTS_SWEEP_H
#define GUEST_IMAGES_TESTS_SWEEP_H

/* Events that the guest itself makes, around an expiry. */
enum sweep_event {
	SWEEP_EXIT,	 /* to userspace and back */
	SWEEP_HYPERCALL, /* to KVM and back */
	SWEEP_TIMER_OFF, /* CTL.ENABLE = 0 */
	SWEEP_IMASK,	 /* CTL.IMASK = 1 */
	SWEEP_TIMER_FAR, /* CVAL an hour later */
	SWEEP_PPI_OFF,	 /* the GIC disables the PPI */
	SWEEP_PEND,	 /* the GIC's pending bit is set by software */
	SWEEP_UNPEND,	 /* and cleared */
};

/* What the handler does between acknowledgement and end besides setting the next CVAL. */
enum sweep_handler {
	SWEEP_HANDLER_PLAIN,
	SWEEP_HANDLER_EXITS,	/* exits to userspace after setting CVAL */
	SWEEP_HANDLER_DISABLES, /* disables the timer, exits, enables it with the new CVAL */
};

/* Each so many steps of the host's events, one comes long before the expiry: on a machine that is
 * too busy for the others at least that one meets an armed timer. */
#define SWEEP_FAR_STEPS 8
#define SWEEP_FAR_US	6000

/* Words of the shared memory. */
enum sweep_word {
	SWEEP_WORD_STEP, /* guest: the step that begins, from 1 */
	SWEEP_WORD_CVAL, /* guest: CVAL of the timer under test */
	SWEEP_WORD_WHEN, /* guest: CNTVCT_EL0 at the expiry */
	SWEEP_WORD_DONE, /* script: the event of that step is over */
};

/* Functions of the script. */
enum sweep_call {
	SWEEP_CALL_CLOCK, /* a: CNTVCT_EL0 just before the call */
};

/* The SPI that the script injects: the machine has no device there. */
#define SWEEP_SPI 101

#endif
