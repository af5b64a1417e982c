/* SPDX-License-Identifier: GPL-2.0-only */
/* The instructions of the guests of harness/raw_vm.h. Private to that. */
#ifndef HARNESS_RAW_GUEST_H
#define HARNESS_RAW_GUEST_H

#include <stdint.h>

#include "harness/raw_vm.h"

#define RAW_GUEST_BASE	  0x40000000
#define RAW_GUEST_VECTORS (RAW_GUEST_BASE + 0x1000)

/* Where they store what they have to say: at an address without a device, from X1 on. */
#define RAW_TELLS	    0x0b000000
#define RAW_TELLS_STORE	    0x00
#define RAW_TELLS_INTERRUPT 0x08
#define RAW_TELLS_EXCEPTION 0x10

/* Fills the memory at RAW_GUEST_BASE. */
void raw_guest_write(uint8_t *memory);

/* Where a guest begins. */
uint64_t raw_guest_entry(enum raw_guest guest);

#endif
