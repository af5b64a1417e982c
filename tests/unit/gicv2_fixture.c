// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/gicv2_fixture.h"

#include <string.h>

struct gicv2 *gic;
unsigned pins[GICV2_MAX_CPUS], drives;

static int drive(void *context, unsigned cpu, enum gicv2_pin pin, bool level)
{
	(void)context;
	drives++;
	pins[cpu] = level ? pins[cpu] | 1u << pin : pins[cpu] & ~(1u << pin);
	return 0;
}

/* All vCPUs are in the guest all the time, and look at their inputs when they are kicked. */
static bool kick(void *context, unsigned cpu)
{
	(void)context;
	gicv2_vcpu_enters(gic, cpu, drive, NULL);
	return true;
}

void gicv2_fixture_begin(unsigned cpus)
{
	gicv2_fixture_end();
	memset(pins, 0, sizeof(pins));
	ck_assert_int_eq(gicv2_create(cpus, kick, NULL, &gic), 0);
	gicv2_reset(gic);
	for (unsigned cpu = 0; cpu < cpus; cpu++)
		gicv2_vcpu_enters(gic, cpu, drive, NULL);
	drives = 0;
}

void gicv2_fixture_begin_enabled(unsigned cpus)
{
	gicv2_fixture_begin(cpus);
	for (unsigned word = 0; word < GICV2_INTERRUPTS / 32; word++)
		for (unsigned cpu = 0; cpu < cpus; cpu++)
			dist_write(cpu, GICD_ISENABLER + word * 4, UINT32_MAX);
	for (unsigned intid = 32; intid < GICV2_INTERRUPTS; intid += 4)
		dist_write(0, GICD_ITARGETSR + intid, 0x01010101);
	dist_write(0, GICD_CTLR, CTLR_GROUP0 | CTLR_GROUP1);
	for (unsigned cpu = 0; cpu < cpus; cpu++) {
		cpu_write(cpu, GICC_PMR, 0xff);
		cpu_write(cpu, GICC_CTLR, CTLR_GROUP0 | CTLR_GROUP1);
	}
	drives = 0;
}

void gicv2_fixture_end(void)
{
	gicv2_destroy(gic);
	gic = NULL;
}

uint32_t dist_read(unsigned cpu, uint64_t offset)
{
	return gicv2_distributor_read(gic, offset, 4, cpu);
}

void dist_write(unsigned cpu, uint64_t offset, uint32_t value)
{
	gicv2_distributor_write(gic, offset, value, 4, cpu);
}

uint8_t dist_read_byte(unsigned cpu, uint64_t offset)
{
	return gicv2_distributor_read(gic, offset, 1, cpu);
}

void dist_write_byte(unsigned cpu, uint64_t offset, uint8_t value)
{
	gicv2_distributor_write(gic, offset, value, 1, cpu);
}

uint32_t cpu_read(unsigned cpu, uint64_t offset)
{
	uint32_t value = gicv2_cpu_interface_read(gic, offset, 4, cpu);

	/* An access of its own kicks no vCPU. */
	gicv2_vcpu_enters(gic, cpu, drive, NULL);
	return value;
}

void cpu_write(unsigned cpu, uint64_t offset, uint32_t value)
{
	gicv2_cpu_interface_write(gic, offset, value, 4, cpu);
	gicv2_vcpu_enters(gic, cpu, drive, NULL);
}

unsigned irq_bit(unsigned cpu, uint64_t reg, unsigned intid)
{
	return dist_read(cpu, reg + intid / 32 * 4) >> intid % 32 & 1;
}

void irq_write(unsigned cpu, uint64_t reg, unsigned intid)
{
	dist_write(cpu, reg + intid / 32 * 4, 1u << intid % 32);
}

void set_priority(unsigned cpu, unsigned intid, uint8_t priority)
{
	dist_write_byte(cpu, GICD_IPRIORITYR + intid, priority);
}

void set_targets(unsigned intid, uint8_t cpus)
{
	dist_write_byte(0, GICD_ITARGETSR + intid, cpus);
}

void set_group1(unsigned cpu, unsigned intid)
{
	uint64_t offset = GICD_IGROUPR + intid / 32 * 4;

	dist_write(cpu, offset, dist_read(cpu, offset) | 1u << intid % 32);
}

void set_edge(unsigned intid)
{
	uint64_t offset = GICD_ICFGR + intid / 16 * 4;

	dist_write(0, offset, dist_read(0, offset) | 2u << intid % 16 * 2);
}

void set_level(unsigned intid, bool level)
{
	gicv2_set_spi(gic, intid - 32, level);
}

void pulse(unsigned intid)
{
	set_level(intid, true);
	set_level(intid, false);
}

void send_sgi(unsigned from, uint8_t targets, unsigned sgi)
{
	dist_write(from, GICD_SGIR, (uint32_t)targets << 16 | sgi);
}
