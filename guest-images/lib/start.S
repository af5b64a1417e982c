/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entry of the first CPU and, by PSCI CPU_ON, of the others, and the page tables.
 *
 * The tables are constants and nothing is written to memory before the MMU is on: so no cache
 * needs maintenance.
 */
#include "guest-images/lib/layout.h"

	.section .text.start, "ax"
	.globl	_start
_start:
	mov	x19, xzr
	bl	mmu_on
	adrp	x0, data_load
	add	x0, x0, :lo12:data_load
	adrp	x1, data_start
	add	x1, x1, :lo12:data_start
	adrp	x2, data_end
	add	x2, x2, :lo12:data_end
	adrp	x3, bss_end
	add	x3, x3, :lo12:bss_end
1:	cmp	x1, x2
	b.hs	2f
	ldp	x4, x5, [x0], #16
	stp	x4, x5, [x1], #16
	b	1b
2:	cmp	x1, x3
	b.hs	cpu_begin
	stp	xzr, xzr, [x1], #16
	b	2b

	/* x0: the CPU's number. */
	.globl	secondary_entry
secondary_entry:
	mov	x19, x0
	bl	mmu_on

cpu_begin:
	adrp	x0, stacks
	add	x0, x0, :lo12:stacks
	add	x1, x19, #1
	mov	x2, #STACK_SIZE
	madd	x0, x1, x2, x0
	mov	sp, x0
	mov	x29, xzr
	mov	x30, xzr
	mov	x0, x19
	msr	daifclr, #4			// an SError is to be reported
	bl	cpu_main
3:	wfi
	b	3b

#define MAIR_VALUE	0xff04	/* 0: device, nGnRE; 1: normal, write-back */
#define TCR_T0SZ_32	32
#define TCR_CACHED	((1 << 8) | (1 << 10) | (3 << 12))	/* write-back, inner shareable */
#define TCR_EPD1	(1 << 23)
/* EL0 may mask interrupts, use WFI and WFE, and clean caches; the rest are RES1 and the usual. */
#define SCTLR_RES1	0x30d00800
#define SCTLR_VALUE	(SCTLR_RES1 | (1 << 26) | (1 << 18) | (1 << 16) | (1 << 15) | (1 << 14) | \
			 (1 << 12) | (1 << 9) | (1 << 4) | (1 << 3) | (1 << 2) | (1 << 0))

mmu_on:
	adr	x0, vectors
	msr	vbar_el1, x0
	ldr	x0, =MAIR_VALUE
	msr	mair_el1, x0
	ldr	x0, =(TCR_T0SZ_32 | TCR_CACHED | TCR_EPD1)
	msr	tcr_el1, x0
	/* Read each table before a table walk does: on a Cortex-A57 (erratum 834220) KVM since about 6.15
	 * never resolves a stage 2 fault that a walk meets. */
	adrp	x0, level2_devices
	ldr	xzr, [x0]
	adrp	x0, level2_memory
	ldr	xzr, [x0]
	adrp	x0, level1
	add	x0, x0, :lo12:level1
	ldr	xzr, [x0]
	msr	ttbr0_el1, x0
	mov	x0, #(3 << 20)			// FP and SIMD allowed
	msr	cpacr_el1, x0
	msr	mdscr_el1, xzr
	tlbi	vmalle1
	ic	iallu
	dsb	nsh
	isb
	ldr	x0, =SCTLR_VALUE
	msr	sctlr_el1, x0
	isb
	ret
	.ltorg

#define NEVER_EXECUTED	(3 << 53)
#define DEVICE		(0x401 | NEVER_EXECUTED)
#define NORMAL		0x705
#define AT_EL0		(1 << 6)
#define READ_ONLY	(1 << 7)

	.section .rodata.tables, "a"
	.macro	block address, attributes
	.quad	(\address) | (\attributes)
	.endm
	.macro	holes from, to		/* none from one address to another */
	.fill	((\to) - (\from)) >> 21, 8, 0
	.endm

	.balign	4096
level2_devices:
	holes	0, 0x08000000
	block	0x08000000, DEVICE		// distributor, CPU interface, ITS, redistributors
	block	0x08200000, DEVICE
	holes	0x08400000, 0x09000000
	block	0x09000000, DEVICE | AT_EL0	// UART
	holes	0x09200000, 0x0b000000
	block	0x0b000000, DEVICE | AT_EL0	// test device
	holes	0x0b200000, 0x40000000
level2_memory:
	block	0x40000000, NORMAL | AT_EL0 | NEVER_EXECUTED	// shared
	block	0x40200000, NORMAL | AT_EL0 | READ_ONLY		// image
	.set	data, 0x40400000
	.rept	14
	block	data, NORMAL | AT_EL0 | NEVER_EXECUTED
	.set	data, data + 0x200000
	.endr
	holes	0x42000000, 0x80000000
level1:
	.quad	level2_devices + 3
	.quad	level2_memory + 3
	.quad	0, 0

	.section .stacks, "aw", %nobits
	.balign	16
stacks:
	.space	STACK_SIZE * STACK_CPUS
	.globl	el0_stacks
el0_stacks:
	.space	STACK_SIZE * STACK_CPUS
