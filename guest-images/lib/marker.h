/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Markers: instructions that do nothing, and that the lab's cost meter (tests/meter, docs/meter.md)
 * sees. They bracket one iteration of one operation; all that the emulated machine does between
 * begin and end is charged to the operation.
 *
 * They are HINTs that the architecture has not given a meaning (HINT #112 to #114; Arm ARM,
 * C6.2.130 "HINT": unallocated encodings are NOPs at every exception level, and no trap applies to
 * them). So a marked binary runs anywhere; where nobody meters, a marker costs an instruction or
 * two.
 *
 * Usable in guests and in the monitor (an operation such as making a VM has no guest around it).
 * Brackets do not nest. Begin and end need not be on the same CPU. A begin inside of a bracket
 * throws away what the first one began.
 */
#ifndef GUEST_IMAGES_LIB_MARKER_H
#define GUEST_IMAGES_LIB_MARKER_H

#include <stdint.h>

#define MARKER_HINT_BEGIN 112 /* X0: the operation's index in the record of `armlet bench` */
#define MARKER_HINT_END	  113
#define MARKER_HINT_ARM	  114 /* markers will come: the meter may begin to look at everything */

#ifdef __aarch64__

/* One iteration of the operation begins behind this. */
static inline void marker_begin(uint64_t operation)
{
	register uint64_t x0 asm("x0") = operation;

	asm volatile("hint %1" ::"r"(x0), "i"(MARKER_HINT_BEGIN) : "memory");
}

/* It is over. */
static inline void marker_end(void)
{
	asm volatile("hint %0" ::"i"(MARKER_HINT_END) : "memory");
}

/*
 * To be called once by the monitor, well before the first bracket: until then the meter leaves the
 * emulated machine alone, which boots several times faster so.
 */
static inline void marker_arm(void)
{
	asm volatile("hint %0" ::"i"(MARKER_HINT_ARM) : "memory");
}

#else /* unit tests on other machines */

static inline void marker_begin(uint64_t operation)
{
	(void)operation;
}
static inline void marker_end(void)
{
}
static inline void marker_arm(void)
{
}

#endif
#endif
