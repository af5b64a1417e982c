/* SPDX-License-Identifier: GPL-2.0-only */
/* Family "bystander": what its guest functions and its scripts share. */
#ifndef GUEST_IMAGES_TESTS_BYSTANDER_H
#define GUEST_IMAGES_TESTS_BYSTANDER_H

/* A state of a timer, and of its interrupt, in which a VM may be when it is left alone or dies. */
enum bystander_state {
	BYSTANDER_LINE_HIGH,	    /* expired, and the hypervisor saw it; PSTATE masks it */
	BYSTANDER_LINE_HIGH_UNSEEN, /* likewise, without an exit of its own since */
	BYSTANDER_ACTIVE,	    /* acknowledged, not ended, still high */
	BYSTANDER_ACTIVE_LOW,	    /* acknowledged, not ended, timer off */
	BYSTANDER_PPI_OFF,	    /* expired; the GIC's distributor does not want it; asleep */
	BYSTANDER_IMASK,	    /* expired, masked by CTL.IMASK */
	BYSTANDER_ARMED,	    /* an hour to go, spinning */
	BYSTANDER_ASLEEP,	    /* an hour to go, in WFI */
	BYSTANDER_IN_EXIT,	    /* an hour to go, in an exit to userspace */
	BYSTANDER_STATES
};

/* Words of the shared memory. */
enum bystander_word {
	BYSTANDER_WORD_READY, /* guest: it is in its state (1), on all CPUs */
	BYSTANDER_WORD_TICKS, /* guest: how many interrupts CPU 0 has taken */
	BYSTANDER_WORD_STOP,  /* script: 1: stop ticking */
	BYSTANDER_WORD_LATE,  /* guest: the latest interrupt, in ns; for the record */
};

/* Functions of the script. */
enum bystander_call {
	BYSTANDER_CALL_STAY,  /* does not return */
	BYSTANDER_CALL_BEGIN, /* a round begins: returns with a fresh count */
	BYSTANDER_CALL_AWAY,  /* stays away for twice args[2], then counts; a: 1: the timer is on */
	BYSTANDER_CALL_COUNT, /* counts what the host had since then; a: 1: the timer is on */
};

#endif
