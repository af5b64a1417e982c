/* SPDX-License-Identifier: GPL-2.0-only */
/* Family "moving": what its guest functions and its scripts share. */
#ifndef GUEST_IMAGES_TESTS_MOVING_H
#define GUEST_IMAGES_TESTS_MOVING_H

/* Sets of timers. */
#define MOVING_VIRTUAL	1
#define MOVING_PHYSICAL 2
#define MOVING_BOTH	3

/* How moving_shots waits for its interrupts, and what else it does. */
enum moving_flag {
	MOVING_SLEEPS = 1 << 0, /* every other time in WFI */
	MOVING_SGIS = 1 << 1,	/* each CPU also sends the next one SGIs */
	MOVING_HOLDS = 1 << 2,	/* now and then arms far timers and looks at them after moves */
};

/* What becomes of an interrupt whose line is high while the vCPU hops. */
enum moving_stage {
	MOVING_NOT_ACKNOWLEDGED,  /* hop, then take it */
	MOVING_DISABLED_UNTAKEN,  /* hop, then disable the timer: nothing is left to take */
	MOVING_REARMED_UNTAKEN,	  /* hop, then set CVAL to later: not before that */
	MOVING_NOT_ENDED,	  /* acknowledge, hop, disable the timer, end */
	MOVING_ENDED_WHILE_HIGH,  /* acknowledge, hop, end: it comes again */
	MOVING_REARMED_NOT_ENDED, /* acknowledge, set CVAL to later, hop, end */
	MOVING_STAGES
};

/* Words of the shared memory. */
enum moving_word {
	MOVING_WORD_STEP,     /* guest: the step that begins, from 1 */
	MOVING_WORD_WHEN,     /* guest: CNTVCT_EL0 at the expiry of that step */
	MOVING_WORD_DONE,     /* script: what it had to do in that step is done */
	MOVING_WORD_MAX_LATE, /* guest: the latest interrupt of all, in ns; for the record */
	MOVING_WORD_MOVES     /* script: how often it has moved or signalled a vCPU */
};

/* Functions of the script. */
enum moving_call {
	MOVING_CALL_HOP,   /* the calling vCPU goes to another host CPU */
	MOVING_CALL_CLOCK, /* a: CNTVCT_EL0 just before the call */
	MOVING_CALL_STEP,  /* a step around an expiry begins */
};

#endif
