/* SPDX-License-Identifier: GPL-2.0-only */
/* Family "lateness": what its guest function and its script share. */
#ifndef GUEST_IMAGES_TESTS_LATENESS_H
#define GUEST_IMAGES_TESTS_LATENESS_H

enum lateness_call {
	LATENESS_CALL_SHOT, /* a: nanoseconds between CVAL and the handler */
};

#endif
