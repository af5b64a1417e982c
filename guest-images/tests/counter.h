/* SPDX-License-Identifier: GPL-2.0-only */
/* What the guests and the scripts of the family `counter` agree on. */
#ifndef GUEST_IMAGES_TESTS_COUNTER_H
#define GUEST_IMAGES_TESTS_COUNTER_H

/* Arguments. */
enum counter_arg {
	/* How long to go on, in microseconds of the guest's counter; 0: until COUNTER_WORD_STOP. */
	COUNTER_ARG_US,
	/* The physical counter has no offset: it is the host's. */
	COUNTER_ARG_HOSTS_PHYSICAL,
	COUNTER_ARG_TIMERS, /* bits: 1 virtual, 2 physical */
	COUNTER_ARG_PAUSES, /* how many */
};

enum counter_word {
	COUNTER_WORD_STOP,	 /* host: not 0: enough */
	COUNTER_WORD_READY,	 /* guest: 1: the script may begin */
	COUNTER_WORD_FREQUENCY,	 /* host: its CNTFRQ_EL0 */
	COUNTER_WORD_SAVED,	 /* host: CNTVCT and CNTPCT when they were saved, two words */
	COUNTER_WORD_LOADED = 5, /* host: its own counter just before they were loaded */
	COUNTER_WORD_PAUSES,	 /* host: grows with each pause */
	COUNTER_WORD_HOST_CLOCK, /* host: 1: its clock is made from its counter */
};

/* TEST_DEVICE_CALL. */
enum counter_call {
	COUNTER_CALL_HOST_COUNT, /* returns the host's counter */
	COUNTER_CALL_PAUSE,	 /* saves and loads the timers, with a pause between */
};

#endif
