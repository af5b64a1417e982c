/* SPDX-License-Identifier: GPL-2.0-only */
/* What --stats tells when a VM has ended. */
#ifndef VMM_STATISTICS_H
#define VMM_STATISTICS_H

#include <stdint.h>

struct vm;

/* Version of the JSON record's layout: grows when a key changes its meaning or goes. */
#define STATISTICS_SCHEMA 1

/* Where to write and what to begin with; opened before the sandbox closes. */
struct statistics {
	int json_fd;	       /* -1: none */
	const char *json_path; /* as the user gave it; not owned */
	int smaps_fd;	       /* /proc/self/smaps; -1: the host has none */
	uint64_t start;	       /* CLOCK_MONOTONIC, nanoseconds, of the start of the program */
	uint64_t resident_beyond_ram,
		guest_ram_resident; /* bytes; see statistics_measure_memory() */
};

/* Opens what statistics_write() needs; `json_path` may be NULL (text on stderr). Returns 0 or
 * -errno, described. */
int statistics_open(struct statistics *statistics, const char *json_path, uint64_t start);
void statistics_close(struct statistics *statistics);

/* Takes the VM's resident memory, while its RAM and vCPUs still exist. */
void statistics_measure_memory(struct statistics *statistics, const struct vm *vm);

/* Writes the record of a VM that has ended (vm_run() returned; not destroyed). Returns 0 or -errno,
 * described. */
int statistics_write(struct statistics *statistics, const struct vm *vm);

#endif
