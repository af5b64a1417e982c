/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest image, as part of armlet. GUEST_IMAGE_FILE is the flat binary. */
	.section .rodata, "a"
	.globl	guest_image_start
	.globl	guest_image_end
	.balign	4096
guest_image_start:
	.incbin	GUEST_IMAGE_FILE
guest_image_end:
	.section .note.GNU-stack, "", %progbits
