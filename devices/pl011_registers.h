/* SPDX-License-Identifier: GPL-2.0-only */
/* The PL011's registers and their bits: Arm DDI 0183 (r1p5), chapter 3. */
#ifndef DEVICES_PL011_REGISTERS_H
#define DEVICES_PL011_REGISTERS_H

enum pl011_register {
	PL011_DR = 0x000,
	PL011_RSR = 0x004, /* reads: status; writes: ECR */
	PL011_FR = 0x018,
	PL011_ILPR = 0x020,
	PL011_IBRD = 0x024,
	PL011_FBRD = 0x028,
	PL011_LCR_H = 0x02c,
	PL011_CR = 0x030,
	PL011_IFLS = 0x034,
	PL011_IMSC = 0x038,
	PL011_RIS = 0x03c,
	PL011_MIS = 0x040,
	PL011_ICR = 0x044,
	PL011_DMACR = 0x048,
	PL011_PERIPH_ID0 = 0xfe0,
	PL011_PCELL_ID3 = 0xffc,
};

/* DR; shifted right by 8 also RSR. */
#define PL011_DR_FE 0x100
#define PL011_DR_PE 0x200
#define PL011_DR_BE 0x400
#define PL011_DR_OE 0x800

#define PL011_RSR_OE (PL011_DR_OE >> 8)

#define PL011_FR_CTS  0x001
#define PL011_FR_DSR  0x002
#define PL011_FR_DCD  0x004
#define PL011_FR_BUSY 0x008
#define PL011_FR_RXFE 0x010
#define PL011_FR_TXFF 0x020
#define PL011_FR_RXFF 0x040
#define PL011_FR_TXFE 0x080
#define PL011_FR_RI   0x100

#define PL011_LCR_H_BRK 0x01
#define PL011_LCR_H_FEN 0x10

#define PL011_CR_UARTEN 0x0001
#define PL011_CR_LBE	0x0080
#define PL011_CR_TXE	0x0100
#define PL011_CR_RXE	0x0200
#define PL011_CR_DTR	0x0400
#define PL011_CR_RTS	0x0800
#define PL011_CR_OUT1	0x1000
#define PL011_CR_OUT2	0x2000
#define PL011_CR_MASK	0xff87 /* the rest is reserved */
#define PL011_CR_RESET	0x0300

#define PL011_IFLS_RESET 0x12 /* both triggers at one half */

/* IMSC, RIS, MIS, ICR. */
#define PL011_INT_RI   0x001
#define PL011_INT_CTS  0x002
#define PL011_INT_DCD  0x004
#define PL011_INT_DSR  0x008
#define PL011_INT_RX   0x010
#define PL011_INT_TX   0x020
#define PL011_INT_RT   0x040
#define PL011_INT_FE   0x080
#define PL011_INT_PE   0x100
#define PL011_INT_BE   0x200
#define PL011_INT_OE   0x400
#define PL011_INT_MASK 0x7ff

#endif
