/* SPDX-License-Identifier: GPL-2.0-only */
/* What the guests and scripts of the family "lifetime" agree on. */
#ifndef GUEST_IMAGES_TESTS_LIFETIME_H
#define GUEST_IMAGES_TESTS_LIFETIME_H

enum lifetime_word {
	LIFETIME_WORD_RUNNING, /* guest: 1: a vCPU runs, from now on KVM makes no device any more */
};

#endif
