/* SPDX-License-Identifier: GPL-2.0-only */
/* Exception vectors, and the way to EL0 and back. */
#include "guest-images/lib/layout.h"

	.text
	.macro	vector number
	.balign	128
	sub	sp, sp, #FRAME_SIZE
	stp	x0, x1, [sp]
	mov	x1, #\number
	b	exception
	.endm

	.balign	2048
	.globl	vectors
vectors:
	.irp	number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	vector	\number
	.endr

exception:
	stp	x2, x3, [sp, #16]
	stp	x4, x5, [sp, #32]
	stp	x6, x7, [sp, #48]
	stp	x8, x9, [sp, #64]
	stp	x10, x11, [sp, #80]
	stp	x12, x13, [sp, #96]
	stp	x14, x15, [sp, #112]
	stp	x16, x17, [sp, #128]
	stp	x18, x19, [sp, #144]
	stp	x20, x21, [sp, #160]
	stp	x22, x23, [sp, #176]
	stp	x24, x25, [sp, #192]
	stp	x26, x27, [sp, #208]
	stp	x28, x29, [sp, #224]
	mrs	x2, elr_el1
	stp	x30, x2, [sp, #240]
	mrs	x2, spsr_el1
	mrs	x3, esr_el1
	stp	x2, x3, [sp, #256]
	mrs	x2, far_el1
	str	x2, [sp, #272]
	mov	x0, sp
	bl	exception_handle
	cbnz	x0, el0_leave
	ldp	x30, x2, [sp, #240]
	ldr	x3, [sp, #256]
	msr	elr_el1, x2
	msr	spsr_el1, x3
	ldp	x28, x29, [sp, #224]
	ldp	x26, x27, [sp, #208]
	ldp	x24, x25, [sp, #192]
	ldp	x22, x23, [sp, #176]
	ldp	x20, x21, [sp, #160]
	ldp	x18, x19, [sp, #144]
	ldp	x16, x17, [sp, #128]
	ldp	x14, x15, [sp, #112]
	ldp	x12, x13, [sp, #96]
	ldp	x10, x11, [sp, #80]
	ldp	x8, x9, [sp, #64]
	ldp	x6, x7, [sp, #48]
	ldp	x4, x5, [sp, #32]
	ldp	x2, x3, [sp, #16]
	ldp	x0, x1, [sp]
	add	sp, sp, #FRAME_SIZE
	eret

	/* el0_call(fn, argument, SPSR): goes to EL0; el0_leave comes back from there. */
	.globl	el0_call
el0_call:
	mrs	x9, daif
	stp	x29, x30, [sp, #-112]!
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	str	x9, [sp, #96]
	msr	daifset, #2
	mrs	x9, tpidr_el1
	mov	x10, sp
	str	x10, [x9, #CPU_EL0_RETURN]
	ldr	x10, [x9, #CPU_EL0_STACK]
	msr	sp_el0, x10
	adr	x10, el0_begin
	msr	elr_el1, x10
	msr	spsr_el1, x2
	eret

el0_begin:
	mov	x9, x0
	mov	x0, x1
	mov	x29, xzr
	blr	x9
	svc	#EL0_RETURN_SVC

el0_leave:
	mrs	x9, tpidr_el1
	ldr	x10, [x9, #CPU_EL0_RETURN]
	mov	sp, x10
	ldr	x9, [sp, #96]
	ldp	x27, x28, [sp, #80]
	ldp	x25, x26, [sp, #64]
	ldp	x23, x24, [sp, #48]
	ldp	x21, x22, [sp, #32]
	ldp	x19, x20, [sp, #16]
	ldp	x29, x30, [sp], #112
	msr	daif, x9
	ret
