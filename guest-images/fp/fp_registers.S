/* SPDX-License-Identifier: GPL-2.0-only */
	.arch	armv8-a+sve
	.text

	.macro	function name
	.globl	\name
	.type	\name, %function
	.balign	16
\name:
	.endm

	/* x0: struct fp_registers */
	.macro	load_fp
	ldp	q0, q1, [x0, #0]
	ldp	q2, q3, [x0, #32]
	ldp	q4, q5, [x0, #64]
	ldp	q6, q7, [x0, #96]
	ldp	q8, q9, [x0, #128]
	ldp	q10, q11, [x0, #160]
	ldp	q12, q13, [x0, #192]
	ldp	q14, q15, [x0, #224]
	ldp	q16, q17, [x0, #256]
	ldp	q18, q19, [x0, #288]
	ldp	q20, q21, [x0, #320]
	ldp	q22, q23, [x0, #352]
	ldp	q24, q25, [x0, #384]
	ldp	q26, q27, [x0, #416]
	ldp	q28, q29, [x0, #448]
	ldp	q30, q31, [x0, #480]
	ldr	x16, [x0, #512]
	ldr	x17, [x0, #520]
	msr	fpcr, x16
	msr	fpsr, x17
	.endm

	.macro	store_fp
	stp	q0, q1, [x0, #0]
	stp	q2, q3, [x0, #32]
	stp	q4, q5, [x0, #64]
	stp	q6, q7, [x0, #96]
	stp	q8, q9, [x0, #128]
	stp	q10, q11, [x0, #160]
	stp	q12, q13, [x0, #192]
	stp	q14, q15, [x0, #224]
	stp	q16, q17, [x0, #256]
	stp	q18, q19, [x0, #288]
	stp	q20, q21, [x0, #320]
	stp	q22, q23, [x0, #352]
	stp	q24, q25, [x0, #384]
	stp	q26, q27, [x0, #416]
	stp	q28, q29, [x0, #448]
	stp	q30, q31, [x0, #480]
	mrs	x16, fpcr
	mrs	x17, fpsr
	str	x16, [x0, #512]
	str	x17, [x0, #520]
	.endm

	/* x0: struct sve_registers. Offsets: vl 0, fpcr 8, fpsr 16, z 24, p 8216, ffr 8728. */
	.equ	SVE_Z, 24
	.equ	SVE_P, SVE_Z + 32 * 256
	.equ	SVE_FFR, SVE_P + 16 * 32

	.macro	load_sve
	ldp	x16, x17, [x0, #8]
	msr	fpcr, x16
	msr	fpsr, x17
	mov	x16, #SVE_FFR
	add	x16, x0, x16
	ldr	p0, [x16]
	wrffr	p0.b
	add	x16, x0, #SVE_Z
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	ldr	z\n, [x16, #\n, mul vl]
	.endr
	mov	x16, #SVE_P
	add	x16, x0, x16
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	ldr	p\n, [x16, #\n, mul vl]
	.endr
	.endm

	.macro	store_sve
	rdvl	x16, #1
	str	x16, [x0]
	mrs	x16, fpcr
	mrs	x17, fpsr
	stp	x16, x17, [x0, #8]
	add	x16, x0, #SVE_Z
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	str	z\n, [x16, #\n, mul vl]
	.endr
	mov	x16, #SVE_P
	add	x16, x0, x16
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	str	p\n, [x16, #\n, mul vl]
	.endr
	/* P0 is stored already; it is put back as it was. */
	mov	x17, #SVE_FFR
	add	x17, x0, x17
	rdffr	p0.b
	str	p0, [x17]
	ldr	p0, [x16]
	.endm

	function fp_load
	load_fp
	ret

	function fp_store
	store_fp
	ret

	function sve_vector_bytes
	rdvl	x0, #1
	ret

	function sve_load
	load_sve
	ret

	function sve_store
	store_sve
	ret

	/* What the C ABI has a function keep: D8 to D15 and FPCR. */
	.macro	enter_c
	stp	x29, x30, [sp, #-112]!
	mov	x29, sp
	stp	d8, d9, [sp, #16]
	stp	d10, d11, [sp, #32]
	stp	d12, d13, [sp, #48]
	stp	d14, d15, [sp, #64]
	mrs	x9, fpcr
	str	x9, [sp, #80]
	str	x1, [sp, #88]
	.endm

	.macro	leave_c
	ldr	x9, [sp, #80]
	msr	fpcr, x9
	ldp	d8, d9, [sp, #16]
	ldp	d10, d11, [sp, #32]
	ldp	d12, d13, [sp, #48]
	ldp	d14, d15, [sp, #64]
	ldp	x29, x30, [sp], #112
	ret
	.endm

	.macro	system_call name=
	mov	x8, x2
	mov	x9, x3
	ldp	x0, x1, [x9]
	ldr	x2, [x9, #16]
	svc	#0
	.ifnb	\name
	.globl	\name
\name:
	.endif
	mov	x10, x0
	ldr	x0, [sp, #88]
	.endm

	function fp_syscall
	enter_c
	load_fp
	system_call fp_syscall_return
	store_fp
	mov	x0, x10
	leave_c

	function sve_syscall
	enter_c
	load_sve
	system_call sve_syscall_return
	store_sve
	mov	x0, x10
	leave_c

	function sve_spin
	enter_c
	load_sve
1:	subs	x2, x2, #1
	b.ne	1b
	ldr	x0, [sp, #88]
	store_sve
	leave_c

	.section .note.GNU-stack, "", %progbits
