/* SPDX-License-Identifier: GPL-2.0-only */
/* A disk of the guest, as the user said it: FILE[,ro][,direct][,serial=TEXT][,queues=N]. */
#ifndef DEVICES_DISK_REQUEST_H
#define DEVICES_DISK_REQUEST_H

#include <stdbool.h>

#define DISK_SERIAL_SIZE 20 /* bytes of a serial number; virtio 1.2, 5.2.6 */
#define DISK_QUEUES_MAX	 8

struct disk_request {
	char *path; /* owned */
	bool readonly;
	bool direct;			   /* past the host's page cache (O_DIRECT) */
	char serial[DISK_SERIAL_SIZE + 1]; /* "": the user gave none */
	unsigned queues;		   /* 1 to DISK_QUEUES_MAX */
};

/*
 * Parses the argument of --disk; a comma that belongs to the file's name is written twice. Returns
 * 0, after which disk_request_destroy() is due, or -EINVAL after saying what is wrong.
 */
int disk_request_parse(const char *value, struct disk_request *request);
/* Harmless on one that is all zeroes. */
void disk_request_destroy(struct disk_request *request);

#endif
