// SPDX-License-Identifier: GPL-2.0-only
#include "hardware.h"

bool has_gicv3;

void *memset(void *to, int value, size_t size)
{
	for (volatile char *byte = to; size--;)
		*byte++ = value;
	return to;
}

void put_char(char c)
{
	while (read32(UART + UART_FR) & FR_TXFF)
		;
	write32(UART + UART_DR, (uint8_t)c);
}

/* The receiver and its FIFO are off after a reset. */
char get_char(void)
{
	write32(UART + UART_LCR_H, LCR_H_FEN);
	write32(UART + UART_CR, CR_UARTEN | CR_TXE | CR_RXE);
	while (read32(UART + UART_FR) & FR_RXFE)
		;
	return read32(UART + UART_DR);
}

void put(const char *text)
{
	while (*text)
		put_char(*text++);
}

void put_hex(uint64_t value)
{
	put("0x");
	for (int shift = 60; shift >= 0; shift -= 4)
		if (value >> shift || !shift)
			put_char("0123456789abcdef"[value >> shift & 15]);
}

void put_number(const char *name, uint64_t value)
{
	put(name);
	put("=");
	put_hex(value);
	put("\n");
}

uint64_t psci(uint32_t function, uint64_t a, uint64_t b, uint64_t c)
{
	register uint64_t x0 asm("x0") = function;
	register uint64_t x1 asm("x1") = a;
	register uint64_t x2 asm("x2") = b;
	register uint64_t x3 asm("x3") = c;

	asm volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : : "memory");
	return x0;
}

void power_off(void)
{
	psci(PSCI_SYSTEM_OFF, 0, 0, 0);
}

void gic_init(void)
{
	if (has_gicv3) {
		asm volatile("msr s3_0_c12_c12_5, %0; isb" : : "r"(7ul)); /* ICC_SRE_EL1 */
		write32(GICR_SGI + GICD_IGROUPR, ~0u);
		write32(GICR_SGI + GICD_ISENABLER, 1u << TIMER_INTID);
		write32(GICD + GICD_CTLR, 0x12);
		asm volatile("msr s3_0_c4_c6_0, %0" : : "r"(0xf0ul)); /* ICC_PMR_EL1 */
		asm volatile("msr s3_0_c12_c12_7, %0" : : "r"(1ul));  /* ICC_IGRPEN1_EL1 */
	} else {
		write32(GICD + GICD_ISENABLER, 1u << TIMER_INTID);
		write32(GICD + GICD_CTLR, 1);
		write32(GICC + GICC_PMR, 0xf0);
		write32(GICC + GICC_CTLR, 1);
	}
}

uint64_t gic_acknowledge(void)
{
	uint64_t intid;

	if (!has_gicv3)
		return read32(GICC + GICC_IAR);
	asm volatile("mrs %0, s3_0_c12_c12_0; dsb sy" : "=r"(intid)); /* ICC_IAR1_EL1 */
	return intid;
}

void gic_end(uint64_t intid)
{
	if (has_gicv3)
		asm volatile("msr s3_0_c12_c12_1, %0; isb" : : "r"(intid)); /* ICC_EOIR1_EL1 */
	else
		write32(GICC + GICC_EOIR, intid);
}

uint64_t counter(void)
{
	uint64_t count;

	asm volatile("isb; mrs %0, cntvct_el0" : "=r"(count));
	return count;
}

uint64_t counter_frequency(void)
{
	uint64_t frequency;

	asm("mrs %0, cntfrq_el0" : "=r"(frequency));
	return frequency;
}

void timer_set(uint64_t cval)
{
	asm volatile("msr cntv_cval_el0, %0; msr cntv_ctl_el0, %1; isb" : : "r"(cval), "r"(1ul));
}
