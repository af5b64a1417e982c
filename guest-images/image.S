/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest image and the names of its functions, as part of armlet: see harness/guest_tests.h. */
	.section .rodata, "a"
	.globl	guest_image_start
	.globl	guest_image_end
	.balign	4096
guest_image_start:
	.incbin	"guest.bin"
guest_image_end:
	.globl	guest_symbols
guest_symbols:
	.incbin	"guest.symbols"
	.byte	0
	.section .note.GNU-stack, "", %progbits
