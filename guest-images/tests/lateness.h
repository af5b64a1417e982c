/* SPDX-License-Identifier: GPL-2.0-only */
/* Family "lateness": what its guest function and its script share. */
#ifndef GUEST_IMAGES_TESTS_LATENESS_H
#define GUEST_IMAGES_TESTS_LATENESS_H

enum lateness_call {
	LATENESS_CALL_SHOT, /* a: nanoseconds between CVAL and the handler */
	LATENESS_CALL_REST, /* returns when others have had the host CPU */
};

/* Words of the shared memory. */
enum lateness_word {
	LATENESS_WORD_STOP, /* script: 1: no more shots */
};

#endif
