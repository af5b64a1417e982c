/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When may a driver that has just come be given input? Linux's virtio_console throws away what it
 * gets between setting DRIVER_OK and the end of its set-up, without a sign of either. Its set-up
 * ends right after the driver has written what the kernel's log holds for this console, or, where
 * that is nothing, before a program can open the console. So input waits for a pause in the output
 * after the first of it, but not without end: there are guests that never pause, and guests that
 * never write.
 *
 * Times are milliseconds of any clock that only goes forward. The caller serialises all calls.
 */
#ifndef DEVICES_INPUT_SETTLE_H
#define DEVICES_INPUT_SETTLE_H

#include <stdbool.h>
#include <stdint.h>

#define INPUT_SETTLE_PAUSE_MS  300   /* without output, after the first of it */
#define INPUT_SETTLE_BUSY_MS   5000  /* after the first output, however much follows */
#define INPUT_SETTLE_SILENT_MS 10000 /* after the driver came, when it has written nothing */

struct input_settle {
	uint64_t came;
	bool wrote, over;
	uint64_t first, last; /* of the output, when `wrote` */
};

/* The driver is there, and has written nothing. */
void input_settle_begin(struct input_settle *settle, uint64_t now);
/* It writes. */
void input_settle_output(struct input_settle *settle, uint64_t now);
/* Whether it is set up, as far as one can tell; once it is, it stays so. */
bool input_settle_is_over(struct input_settle *settle, uint64_t now);

#endif
