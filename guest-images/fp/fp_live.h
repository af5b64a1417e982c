/* SPDX-License-Identifier: GPL-2.0-only */
/* Which registers a test keeps live while it does other things: what its row tells the guest. */
#ifndef GUEST_IMAGES_FP_FP_LIVE_H
#define GUEST_IMAGES_FP_FP_LIVE_H

enum fp_live {
	FP_LIVE_NONE,
	FP_LIVE_FP,  /* V0 to V31, FPCR, FPSR */
	FP_LIVE_SVE, /* Z0 to Z31, P0 to P15, FFR, FPCR, FPSR */
};

/* Its place in guest_shared.args, in each family that has such rows. */
#define FP_LIVE_ARG 6

#endif
