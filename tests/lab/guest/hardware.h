/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hardware as the lab tests' guest sees it: PL011, GIC, virtual timer, PSCI, at the addresses
 * of armlet's machine. Everything polls; the MMU is off.
 */
#ifndef LAB_GUEST_HARDWARE_H
#define LAB_GUEST_HARDWARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UART	   0x09000000ul
#define UART_DR	   0x00
#define UART_FR	   0x18
#define UART_IBRD  0x24
#define UART_CR	   0x30
#define UART_IMSC  0x38
#define UART_LCR_H 0x2c
#define LCR_H_FEN  (1u << 4)
#define CR_UARTEN  (1u << 0)
#define CR_TXE	   (1u << 8)
#define CR_RXE	   (1u << 9)
#define FR_RXFE	   (1u << 4)
#define FR_TXFF	   (1u << 5)
#define RTC	   0x09010000ul
#define NO_DEVICE  0x0b100000ul
#define GICD	   0x08000000ul
#define GICC	   0x08010000ul
#define GICR	   0x080a0000ul
#define GICR_SGI   (GICR + 0x10000)
#define RAM	   0x40000000ul

#define GPIO	  0x09030000ul
#define GPIO_IEV  0x40c
#define GPIO_IE	  0x410
#define GPIO_MIS  0x418
#define POWER_PIN 3

#define GICD_CTLR      0x000
#define GICD_IGROUPR   0x080
#define GICD_ISENABLER 0x100
#define GICD_ISPENDR   0x200
#define GICD_ISACTIVER 0x300
#define GICD_PRIORITY  0x400
#define GICD_ICFGR     0xc00
#define GICD_SGIR      0xf00

#define GICC_CTLR 0x00
#define GICC_PMR  0x04
#define GICC_IAR  0x0c
#define GICC_EOIR 0x10

#define PSCI_CPU_ON	   0xc4000003
#define PSCI_AFFINITY_INFO 0xc4000004
#define PSCI_SYSTEM_OFF	   0x84000008
#define PSCI_SYSTEM_RESET  0x84000009

#define TIMER_INTID    27
#define SPURIOUS_INTID 1023
#define SGI_INTID      1

/* Nobody relocates a table of addresses: all of this is reached from where the code stands. */
#pragma GCC visibility push(hidden)

/* The interrupt controller is a GICv3, else a GICv2. */
extern bool has_gicv3;

static inline uint32_t read32(uint64_t address)
{
	uint32_t value;

	asm volatile("ldr %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
	return value;
}

static inline void write32(uint64_t address, uint32_t value)
{
	asm volatile("str %w0, [%1]" : : "r"(value), "r"(address) : "memory");
}

/* The PL011. get_char() waits for input. */
void put_char(char c);
char get_char(void);
void put(const char *text);
void put_hex(uint64_t value);
/* "NAME=0x..." */
void put_number(const char *name, uint64_t value);

/* Calls of PSCI 1.0 by HVC. */
uint64_t psci(uint32_t function, uint64_t a, uint64_t b, uint64_t c);
void power_off(void);

/* Lets this CPU take the virtual timer's interrupt, and with a GICv2 SGIs. */
void gic_init(void);
/* What the acknowledge register gives: the INTID, with a GICv2 an SGI's source CPU above it. */
uint64_t gic_acknowledge(void);
void gic_end(uint64_t acknowledged);

/* The virtual counter, and its frequency in Hz. */
uint64_t counter(void);
uint64_t counter_frequency(void);
/* Enables the virtual timer; it expires at this count. */
void timer_set(uint64_t cval);

/* The compiler calls it. */
void *memset(void *to, int value, size_t size);

#pragma GCC visibility pop

#endif
