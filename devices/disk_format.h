/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recognises disk images that are not raw. armlet takes raw images only: what another program keeps
 * in a container of its own has to be converted once, and a guest that is given the container
 * itself would write over it.
 */
#ifndef DEVICES_DISK_FORMAT_H
#define DEVICES_DISK_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#define DISK_FORMAT_HEAD 512 /* bytes at the beginning that are looked at */
#define DISK_FORMAT_TAIL 512 /* and at the end */

struct disk_format {
	const char *name; /* for messages: "a qcow2 image" */
	/* How to make a raw one of it: what qemu-img calls the format, or, where that is NULL, a
	 * program that unpacks to stdout. */
	const char *qemu_name, *unpack;
};

/*
 * What an image is whose first and last bytes these are; NULL: raw, as far as one can tell. A file
 * that is shorter has zeroes for the rest.
 */
const struct disk_format *disk_format_recognise(const uint8_t head[DISK_FORMAT_HEAD],
						const uint8_t tail[DISK_FORMAT_TAIL]);

#endif
