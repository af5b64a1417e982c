/* SPDX-License-Identifier: GPL-2.0-only */
/* A GICv2 for the tests of it, by the names of the architecture; the pins that it drives are kept.
 */
#ifndef TESTS_UNIT_GICV2_FIXTURE_H
#define TESTS_UNIT_GICV2_FIXTURE_H

#include "irqchip/gicv2_vcpu.h"
#include "tests/unit/unit.h"

#define GICD_CTLR	0x000
#define GICD_TYPER	0x004
#define GICD_IIDR	0x008
#define GICD_IGROUPR	0x080
#define GICD_ISENABLER	0x100
#define GICD_ICENABLER	0x180
#define GICD_ISPENDR	0x200
#define GICD_ICPENDR	0x280
#define GICD_ISACTIVER	0x300
#define GICD_ICACTIVER	0x380
#define GICD_IPRIORITYR 0x400
#define GICD_ITARGETSR	0x800
#define GICD_ICFGR	0xc00
#define GICD_NSACR	0xe00
#define GICD_SGIR	0xf00
#define GICD_CPENDSGIR	0xf10
#define GICD_SPENDSGIR	0xf20
#define GICD_ICPIDR2	0xfe8

#define GICC_CTLR   0x00
#define GICC_PMR    0x04
#define GICC_BPR    0x08
#define GICC_IAR    0x0c
#define GICC_EOIR   0x10
#define GICC_RPR    0x14
#define GICC_HPPIR  0x18
#define GICC_ABPR   0x1c
#define GICC_AIAR   0x20
#define GICC_AEOIR  0x24
#define GICC_AHPPIR 0x28
#define GICC_APR0   0xd0
#define GICC_NSAPR0 0xe0
#define GICC_IIDR   0xfc
#define GICC_DIR    0x1000

#define CTLR_GROUP0   (1u << 0)
#define CTLR_GROUP1   (1u << 1)
#define CTLR_ACK_CTL  (1u << 2)
#define CTLR_FIQ_EN   (1u << 3)
#define CTLR_CBPR     (1u << 4)
#define CTLR_EOI_MODE (1u << 9)

#define SPURIOUS 1023
#define IRQ	 1u
#define FIQ	 2u

extern struct gicv2 *gic;
/* Bit n: the level of pin n as it was driven last; calls so far. */
extern unsigned pins[GICV2_MAX_CPUS], drives;

/* Makes `gic`, which gicv2_fixture_end() destroys. */
void gicv2_fixture_begin(unsigned cpus);
/* The same, with all groups, interrupts and CPU interfaces enabled, no priority masked, and all
 * SPIs for CPU 0. */
void gicv2_fixture_begin_enabled(unsigned cpus);
void gicv2_fixture_end(void);

uint32_t dist_read(unsigned cpu, uint64_t offset);
void dist_write(unsigned cpu, uint64_t offset, uint32_t value);
uint8_t dist_read_byte(unsigned cpu, uint64_t offset);
void dist_write_byte(unsigned cpu, uint64_t offset, uint8_t value);
uint32_t cpu_read(unsigned cpu, uint64_t offset);
void cpu_write(unsigned cpu, uint64_t offset, uint32_t value);

/* A bit of a register that has one per interrupt; writes of it write no other. */
unsigned irq_bit(unsigned cpu, uint64_t reg, unsigned intid);
void irq_write(unsigned cpu, uint64_t reg, unsigned intid);

void set_priority(unsigned cpu, unsigned intid, uint8_t priority);
void set_targets(unsigned intid, uint8_t cpus);
void set_group1(unsigned cpu, unsigned intid);
void set_edge(unsigned intid);
void set_level(unsigned intid, bool level); /* of an SPI */
void pulse(unsigned intid);
void send_sgi(unsigned from, uint8_t targets, unsigned sgi);

#endif
