/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entry and exception vectors of the lab tests' guest. It has the header of an arm64 `Image`, so that it boots as one,
 * and begins with a branch, so that it boots as a flat binary as well. Position independent, MMU off.
 */
	.section .text.start, "ax"
	.globl _start
_start:
	b	primary			// code0
	.long	0			// code1
	.quad	0			// text_offset
	.quad	_end - _start		// image_size
	.quad	0xa			// flags: little-endian, 4K pages, anywhere
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	0

primary:
	adrp	x1, stacks
	add	x1, x1, :lo12:stacks
	add	sp, x1, #4096
	adr	x1, vectors
	msr	vbar_el1, x1
	mov	x1, #(3 << 20)		// FP and SIMD allowed
	msr	cpacr_el1, x1
	isb
	bl	guest_main
1:	wfi
	b	1b

	/* PSCI CPU_ON comes here, with the CPU's number in x0. */
	.globl	secondary
secondary:
	adrp	x1, stacks
	add	x1, x1, :lo12:stacks
	add	x2, x0, #1
	add	x1, x1, x2, lsl #12
	mov	sp, x1
	adr	x1, vectors
	msr	vbar_el1, x1
	isb
	bl	guest_secondary
1:	wfi
	b	1b

	/* Every exception is told to guest_exception(number, esr, far), which returns how far to step over. */
	.macro	vector number
	.balign	128
	stp	x29, x30, [sp, #-16]!
	mov	x29, #\number
	b	exception
	.endm

	.balign	2048
vectors:
	.irp	number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	vector	\number
	.endr

exception:
	stp	x0, x1, [sp, #-16]!
	stp	x2, x3, [sp, #-16]!
	stp	x4, x5, [sp, #-16]!
	stp	x6, x7, [sp, #-16]!
	stp	x8, x9, [sp, #-16]!
	stp	x10, x11, [sp, #-16]!
	stp	x12, x13, [sp, #-16]!
	stp	x14, x15, [sp, #-16]!
	stp	x16, x17, [sp, #-16]!
	stp	x18, x19, [sp, #-16]!
	mov	x0, x29
	mrs	x1, esr_el1
	mrs	x2, far_el1
	bl	guest_exception
	mrs	x1, elr_el1
	add	x1, x1, x0
	msr	elr_el1, x1
	ldp	x18, x19, [sp], #16
	ldp	x16, x17, [sp], #16
	ldp	x14, x15, [sp], #16
	ldp	x12, x13, [sp], #16
	ldp	x10, x11, [sp], #16
	ldp	x8, x9, [sp], #16
	ldp	x6, x7, [sp], #16
	ldp	x4, x5, [sp], #16
	ldp	x2, x3, [sp], #16
	ldp	x0, x1, [sp], #16
	ldp	x29, x30, [sp], #16
	eret

	.bss
	.balign	4096
stacks:
	.space	4096 * 124
