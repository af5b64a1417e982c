/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest image as a file in memory, which the VMs of many runs can map: they then execute the
 * same pages of the host, and an emulated host need not translate them again for each run. What a
 * VM writes there is its own.
 */
#ifndef HARNESS_GUEST_IMAGE_H
#define HARNESS_GUEST_IMAGE_H

/* A descriptor, to be closed by close(2), or -errno, described. */
int guest_image_open(void);

/*
 * Puts the image at `to`, a place in private memory with the image's size in whole pages, as
 * guest_image_start has it: maps the file, or copies if `fd` is 0. Returns 0 or -errno, described.
 */
int guest_image_put(void *to, int fd);

#endif
