// SPDX-License-Identifier: GPL-2.0-only
#include "harness/raw_guest.h"

#include <stddef.h>
#include <string.h>

/* Each guest has a block of its own; so has each kind of exception. */
#define BLOCK 0x20

#define VECTOR_SYNC (RAW_GUEST_VECTORS - RAW_GUEST_BASE + 0x200)
#define VECTOR_IRQ  (RAW_GUEST_VECTORS - RAW_GUEST_BASE + 0x280)

/* Words that are missing are zero: an undefined instruction, which is told as an exception. */
static const uint32_t wfi[BLOCK / 4] = {
	0xd5033fdf, /*    isb */
	0xd503207f, /* 1: wfi */
	0x17ffffff, /*    b 1b */
};

static const uint32_t spin[BLOCK / 4] = {
	0xd5033fdf, /*    isb */
	0xd503203f, /* 1: yield */
	0x17ffffff, /*    b 1b */
};

static const uint32_t store[BLOCK / 4] = {
	0xf9000020, /* 1: str x0, [x1] */
	0x17ffffff, /*    b 1b */
};

static const uint32_t load[BLOCK / 4] = {
	0xf9400020, /* ldr x0, [x1] */
	0xf9000020, /* str x0, [x1] */
	0x14000000, /* b . */
};

static const uint32_t ack3[BLOCK / 4] = {
	0xd538cc00, /* 1: mrs x0, icc_iar1_el1 */
	0x710ffc1f, /*    cmp w0, #1023 */
	0x54ffffc0, /*    b.eq 1b */
	0xf9000020, /*    str x0, [x1] */
	0x14000000, /*    b . */
};

static const uint32_t ack2[BLOCK / 4] = {
	0xb9400060, /* 1: ldr w0, [x3] */
	0x710ffc1f, /*    cmp w0, #1023 */
	0x54ffffc0, /*    b.eq 1b */
	0xf9000020, /*    str x0, [x1] */
	0x14000000, /*    b . */
};

static const uint32_t interrupt[BLOCK / 4] = {
	0xd53be042, /* mrs x2, cntvct_el0 */
	0xf9000422, /* str x2, [x1, #RAW_TELLS_INTERRUPT] */
	0x14000000, /* b . */
};

static const uint32_t exception[BLOCK / 4] = {
	0xd5384022, /* mrs x2, elr_el1 */
	0xf9000822, /* str x2, [x1, #RAW_TELLS_EXCEPTION] */
	0x14000000, /* b . */
};

static const uint32_t *const guests[] = {
	[RAW_GUEST_WFI] = wfi,	 [RAW_GUEST_SPIN] = spin, [RAW_GUEST_STORE] = store,
	[RAW_GUEST_LOAD] = load, [RAW_GUEST_ACK3] = ack3, [RAW_GUEST_ACK2] = ack2,
};

void raw_guest_write(uint8_t *memory)
{
	for (size_t i = 0; i < sizeof(guests) / sizeof(guests[0]); i++)
		memcpy(memory + i * BLOCK, guests[i], BLOCK);
	memcpy(memory + VECTOR_SYNC, exception, BLOCK);
	memcpy(memory + VECTOR_IRQ, interrupt, BLOCK);
}

uint64_t raw_guest_entry(enum raw_guest guest)
{
	return RAW_GUEST_BASE + guest * BLOCK;
}
