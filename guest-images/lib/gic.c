// SPDX-License-Identifier: GPL-2.0-only
/*
 * GICv2 and GICv3 alike: the registers for SGIs and PPIs are banked in the GICv2's distributor, and
 * in the GICv3 the same ones in each CPU's redistributor (Arm IHI 0048B, IHI 0069).
 *
 * In a GICv2 all interrupts stay in group 0, in a GICv3 they are put into group 1: those that an
 * operating system without a secure side uses.
 */
#include "guest-images/lib/cpu.h"

#define DISTRIBUTOR   0x08000000
#define CPU_INTERFACE 0x08010000
#define REDISTRIBUTOR 0x080a0000
#define REDIST_SIZE   0x20000
#define REDIST_SGI    0x10000

#define GICD_CTLR      0x000
#define GICD_IGROUPR   0x080
#define GICD_ISENABLER 0x100
#define GICD_ICENABLER 0x180
#define GICD_ISPENDR   0x200
#define GICD_ICPENDR   0x280
#define GICD_ISACTIVER 0x300
#define GICD_ICACTIVER 0x380
#define GICD_IPRIORITY 0x400
#define GICD_ITARGETSR 0x800
#define GICD_ICFGR     0xc00
#define GICD_SGIR      0xf00
#define GICD_CPENDSGIR 0xf10
#define GICD_SPENDSGIR 0xf20
#define GICD_IROUTER   0x6000

#define GICR_WAKER	  0x14
#define WAKER_SLEEP	  (1 << 1)
#define WAKER_ASLEEP	  (1 << 2)
#define GICD_CTLR_V2	  1
#define GICD_CTLR_V3	  (1 << 4 | 1 << 1) /* affinity routing, group 1 */
#define GICD_CTLR_PENDING (1u << 31)

#define GICC_CTLR  0x00
#define GICC_PMR   0x04
#define GICC_BPR   0x08
#define GICC_IAR   0x0c
#define GICC_EOIR  0x10
#define GICC_RPR   0x14
#define GICC_HPPIR 0x18
#define GICC_DIR   0x1000

#define GICC_CTLR_ENABLE    1
#define GICC_CTLR_SPLIT_EOI (1 << 9)
#define ICC_CTLR_SPLIT_EOI  (1 << 1)

#define PRIORITY_DEFAULT 0xa0

static bool is_v3(void)
{
	return shared->gic == 3;
}

/* The frame that has an interrupt's registers. */
static uint64_t frame(uint32_t intid)
{
	if (intid >= 32 || !is_v3())
		return DISTRIBUTOR;
	return REDISTRIBUTOR + this_cpu() * REDIST_SIZE + REDIST_SGI;
}

static void write_bit(uint32_t reg, uint32_t intid)
{
	mmio_write32(frame(intid) + reg + intid / 32 * 4, 1u << intid % 32);
}

static bool read_bit(uint32_t reg, uint32_t intid)
{
	return mmio_read32(frame(intid) + reg + intid / 32 * 4) >> intid % 32 & 1;
}

void gic_enable(uint32_t intid)
{
	write_bit(GICD_ISENABLER, intid);
}

void gic_disable(uint32_t intid)
{
	write_bit(GICD_ICENABLER, intid);
}

bool gic_is_enabled(uint32_t intid)
{
	return read_bit(GICD_ISENABLER, intid);
}

void gic_set_priority(uint32_t intid, uint8_t priority)
{
	mmio_write8(frame(intid) + GICD_IPRIORITY + intid, priority);
}

void gic_set_pending(uint32_t intid)
{
	if (intid < 16 && !is_v3())
		mmio_write8(DISTRIBUTOR + GICD_SPENDSGIR + intid, 1 << this_cpu());
	else
		write_bit(GICD_ISPENDR, intid);
}

void gic_clear_pending(uint32_t intid)
{
	if (intid < 16 && !is_v3())
		mmio_write8(DISTRIBUTOR + GICD_CPENDSGIR + intid, 0xff);
	else
		write_bit(GICD_ICPENDR, intid);
}

bool gic_is_pending(uint32_t intid)
{
	return read_bit(GICD_ISPENDR, intid);
}

void gic_set_active(uint32_t intid)
{
	write_bit(GICD_ISACTIVER, intid);
}

void gic_clear_active(uint32_t intid)
{
	write_bit(GICD_ICACTIVER, intid);
}

bool gic_is_active(uint32_t intid)
{
	return read_bit(GICD_ISACTIVER, intid);
}

void gic_set_edge(uint32_t intid, bool edge)
{
	uint64_t reg = frame(intid) + GICD_ICFGR + intid / 16 * 4;
	uint32_t bit = 2u << intid % 16 * 2;
	uint32_t value = mmio_read32(reg);

	mmio_write32(reg, edge ? value | bit : value & ~bit);
}

void gic_route(uint32_t spi_intid, unsigned cpu)
{
	gic_set_priority(spi_intid, PRIORITY_DEFAULT);
	if (is_v3()) {
		uint64_t group = DISTRIBUTOR + GICD_IGROUPR + spi_intid / 32 * 4;

		mmio_write32(group, mmio_read32(group) | 1u << spi_intid % 32);
		mmio_write64(DISTRIBUTOR + GICD_IROUTER + spi_intid * 8, cpu);
	} else {
		mmio_write8(DISTRIBUTOR + GICD_ITARGETSR + spi_intid, 1 << cpu);
	}
}

void gic_send_sgi(unsigned sgi, unsigned cpu)
{
	/* What was written before is seen by who takes the interrupt. */
	asm volatile("dsb ish" ::: "memory");
	if (is_v3()) {
		write_sysreg(icc_sgi1r_el1, (uint64_t)sgi << 24 | 1u << cpu);
		isb();
	} else {
		mmio_write32(DISTRIBUTOR + GICD_SGIR, 1u << (16 + cpu) | sgi);
	}
}

void gic_set_priority_mask(uint8_t mask)
{
	if (is_v3()) {
		write_sysreg(icc_pmr_el1, mask);
		isb();
	} else {
		mmio_write32(CPU_INTERFACE + GICC_PMR, mask);
	}
}

uint8_t gic_running_priority(void)
{
	return is_v3() ? read_sysreg(icc_rpr_el1) : mmio_read32(CPU_INTERFACE + GICC_RPR);
}

uint8_t gic_priority_step(void)
{
	uint64_t reg = frame(0) + GICD_IPRIORITY;
	uint8_t before = mmio_read8(reg), implemented;

	mmio_write8(reg, 0xff);
	implemented = mmio_read8(reg);
	mmio_write8(reg, before);
	return implemented & -implemented;
}

void gic_set_split_eoi(bool split)
{
	cpu_here()->split_eoi = split;
	if (is_v3()) {
		write_sysreg(icc_ctlr_el1, split ? ICC_CTLR_SPLIT_EOI : 0);
		isb();
	} else {
		mmio_write32(CPU_INTERFACE + GICC_CTLR,
			     GICC_CTLR_ENABLE | (split ? GICC_CTLR_SPLIT_EOI : 0));
	}
}

uint32_t gic_acknowledge(void)
{
	uint32_t iar;

	if (is_v3()) {
		iar = read_sysreg(icc_iar1_el1);
		asm volatile("dsb sy" ::: "memory");
	} else {
		iar = mmio_read32(CPU_INTERFACE + GICC_IAR);
	}
	return iar;
}

void gic_end(uint32_t iar)
{
	if (is_v3()) {
		write_sysreg(icc_eoir1_el1, iar);
		isb();
	} else {
		mmio_write32(CPU_INTERFACE + GICC_EOIR, iar);
	}
}

void gic_deactivate(uint32_t iar)
{
	if (is_v3()) {
		write_sysreg(icc_dir_el1, iar);
		isb();
	} else {
		mmio_write32(CPU_INTERFACE + GICC_DIR, iar);
	}
}

uint32_t gic_highest_pending(void)
{
	return (is_v3() ? read_sysreg(icc_hppir1_el1) : mmio_read32(CPU_INTERFACE + GICC_HPPIR)) &
	       0x3ff;
}

static void wake_redistributor(void)
{
	uint64_t waker = REDISTRIBUTOR + this_cpu() * REDIST_SIZE + GICR_WAKER;

	mmio_write32(waker, mmio_read32(waker) & ~WAKER_SLEEP);
	while (mmio_read32(waker) & WAKER_ASLEEP)
		;
}

void gic_init(void)
{
	uint64_t base = frame(0);

	if (is_v3()) {
		write_sysreg(icc_sre_el1, read_sysreg(icc_sre_el1) | 1);
		isb();
		if (this_cpu() == 0) {
			mmio_write32(DISTRIBUTOR + GICD_CTLR, GICD_CTLR_V3);
			while (mmio_read32(DISTRIBUTOR + GICD_CTLR) & GICD_CTLR_PENDING)
				;
		}
		wake_redistributor();
		mmio_write32(base + GICD_IGROUPR, ~0u);
	} else if (this_cpu() == 0) {
		mmio_write32(DISTRIBUTOR + GICD_CTLR, GICD_CTLR_V2);
	}
	mmio_write32(base + GICD_ICENABLER, ~0u);
	mmio_write32(base + GICD_ICPENDR, ~0u);
	mmio_write32(base + GICD_ICACTIVER, ~0u);
	for (uint32_t intid = 0; intid < 32; intid += 4)
		mmio_write32(base + GICD_IPRIORITY + intid, PRIORITY_DEFAULT * 0x01010101u);
	gic_set_priority_mask(0xff);
	if (is_v3())
		write_sysreg(icc_bpr1_el1, 0);
	else
		mmio_write32(CPU_INTERFACE + GICC_BPR, 0);
	gic_set_split_eoi(false);
	if (is_v3()) {
		write_sysreg(icc_igrpen1_el1, 1);
		isb();
	}
}
