// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/gicv2_reference.h"

#include <string.h>

#define CPUS	   8
#define INTERRUPTS 256
#define NONE	   (-1)

/* One interrupt: of one CPU if it is an SGI or a PPI. */
struct interrupt {
	bool enabled, active, group1, line, edge;
	bool edge_seen;	   /* an edge made it pending */
	bool software_set; /* ISPENDR did */
	bool from[CPUS];   /* SGI: pending from these */
	unsigned priority;
	bool target[CPUS]; /* SPI: ITARGETSR */
};

struct interface {
	bool enable_group[2];
	bool ack_ctl, fiq_en, cbpr, eoi_mode;
	unsigned pmr, bpr, abpr;
	bool active_priority[32]; /* in units of 8 */
};

static struct {
	unsigned cpus;
	bool enable_group[2];
	struct interrupt own[CPUS][32], spi[INTERRUPTS];
	struct interface interface[CPUS];
} gic;

static struct interrupt *interrupt(unsigned cpu, unsigned intid)
{
	return intid < 32 ? &gic.own[cpu][intid] : &gic.spi[intid];
}

void reference_reset(unsigned cpus)
{
	memset(&gic, 0, sizeof(gic));
	gic.cpus = cpus;
	for (unsigned cpu = 0; cpu < CPUS; cpu++) {
		for (unsigned intid = 0; intid < 16; intid++) {
			interrupt(cpu, intid)->enabled = true;
			interrupt(cpu, intid)->edge = true;
		}
		gic.interface[cpu].bpr = 2;
		gic.interface[cpu].abpr = 3;
	}
}

static void set_line(struct interrupt *it, bool level)
{
	if (it->edge && level && !it->line)
		it->edge_seen = true;
	it->line = level;
}

void reference_set_spi(unsigned spi, bool level)
{
	set_line(&gic.spi[32 + spi], level);
}

void reference_set_ppi(unsigned cpu, unsigned intid, bool level)
{
	set_line(interrupt(cpu, intid), level);
}

static bool pending(const struct interrupt *it)
{
	for (unsigned cpu = 0; cpu < CPUS; cpu++)
		if (it->from[cpu])
			return true;
	if (it->edge_seen || it->software_set)
		return true;
	return !it->edge && it->line;
}

static bool targets(unsigned cpu, unsigned intid)
{
	if (intid < 32 || gic.cpus == 1)
		return true;
	return gic.spi[intid].target[cpu];
}

/* The interrupt that the distributor forwards to a CPU. */
static int forwarded(unsigned cpu)
{
	int best = NONE;

	for (unsigned intid = 0; intid < INTERRUPTS; intid++) {
		const struct interrupt *it = interrupt(cpu, intid);

		if (!pending(it) || it->active || !it->enabled || !targets(cpu, intid))
			continue;
		if (!gic.enable_group[it->group1])
			continue;
		if (best == NONE || it->priority < interrupt(cpu, best)->priority)
			best = intid;
	}
	return best;
}

static unsigned running_priority(unsigned cpu)
{
	for (unsigned i = 0; i < 32; i++)
		if (gic.interface[cpu].active_priority[i])
			return i * 8;
	return 0xff;
}

static unsigned group_priority(unsigned cpu, unsigned intid)
{
	const struct interface *interface = &gic.interface[cpu];
	const struct interrupt *it = interrupt(cpu, intid);
	unsigned subpriority_bits = interface->bpr + 1;

	if (it->group1 && !interface->cbpr)
		subpriority_bits = interface->abpr;
	return it->priority - it->priority % (1u << subpriority_bits);
}

/* The interrupt that the CPU interface signals. */
static int signalled(unsigned cpu)
{
	const struct interface *interface = &gic.interface[cpu];
	int intid = forwarded(cpu);

	if (intid == NONE || !interface->enable_group[interrupt(cpu, intid)->group1])
		return NONE;
	if (interrupt(cpu, intid)->priority >= interface->pmr)
		return NONE;
	if (group_priority(cpu, intid) >= running_priority(cpu))
		return NONE;
	return intid;
}

unsigned reference_pins(unsigned cpu)
{
	int intid = signalled(cpu);

	if (intid == NONE)
		return 0;
	return !interrupt(cpu, intid)->group1 && gic.interface[cpu].fiq_en ? 2 : 1;
}

static unsigned first_source(const struct interrupt *it)
{
	unsigned cpu = 0;

	while (!it->from[cpu])
		cpu++;
	return cpu;
}

/* `alias`: the register that is for group 1 alone. */
static uint32_t show(unsigned cpu, int intid, bool alias)
{
	if (intid == NONE)
		return 1023;
	if (alias && !interrupt(cpu, intid)->group1)
		return 1023;
	if (!alias && interrupt(cpu, intid)->group1 && !gic.interface[cpu].ack_ctl)
		return 1022;
	if (intid < 16)
		return intid | first_source(interrupt(cpu, intid)) << 10;
	return intid;
}

static uint32_t acknowledge(unsigned cpu, bool alias)
{
	int intid = signalled(cpu);
	uint32_t answer = show(cpu, intid, alias);
	struct interrupt *it;

	if (answer == 1022 || answer == 1023)
		return answer;
	it = interrupt(cpu, intid);
	gic.interface[cpu].active_priority[group_priority(cpu, intid) / 8] = true;
	it->active = true;
	it->edge_seen = false;
	it->software_set = false;
	if (intid < 16)
		it->from[first_source(it)] = false;
	return answer;
}

static uint32_t highest_pending(unsigned cpu, bool alias)
{
	int intid = forwarded(cpu);

	if (intid == NONE || !gic.interface[cpu].enable_group[interrupt(cpu, intid)->group1])
		return 1023;
	return show(cpu, intid, alias);
}

static void end(unsigned cpu, unsigned intid, bool alias)
{
	struct interface *interface = &gic.interface[cpu];

	if (intid >= INTERRUPTS || (alias && !interrupt(cpu, intid)->group1))
		return;
	for (unsigned i = 0; i < 32; i++) {
		if (interface->active_priority[i]) {
			interface->active_priority[i] = false;
			break;
		}
	}
	if (!interface->eoi_mode)
		interrupt(cpu, intid)->active = false;
}

static void deactivate(unsigned cpu, unsigned intid)
{
	if (intid < INTERRUPTS && gic.interface[cpu].eoi_mode)
		interrupt(cpu, intid)->active = false;
}

uint32_t reference_cpu_interface_read(uint64_t offset, unsigned size, unsigned cpu)
{
	const struct interface *interface = &gic.interface[cpu];
	uint32_t value = 0;

	if (size != 4)
		return 0;
	switch (offset) {
	case 0x00:
		return interface->enable_group[0] | interface->enable_group[1] << 1 |
		       interface->ack_ctl << 2 | interface->fiq_en << 3 | interface->cbpr << 4 |
		       interface->eoi_mode << 9;
	case 0x04:
		return interface->pmr;
	case 0x08:
		return interface->bpr;
	case 0x0c:
		return acknowledge(cpu, false);
	case 0x14:
		return running_priority(cpu);
	case 0x18:
		return highest_pending(cpu, false);
	case 0x1c:
		return interface->abpr;
	case 0x20:
		return acknowledge(cpu, true);
	case 0x28:
		return highest_pending(cpu, true);
	case 0xd0:
		for (unsigned i = 0; i < 32; i++)
			if (interface->active_priority[i])
				value |= 1u << i;
		return value;
	case 0xfc:
		return 0x0202143b;
	}
	return 0;
}

void reference_cpu_interface_write(uint64_t offset, uint32_t value, unsigned size, unsigned cpu)
{
	struct interface *interface = &gic.interface[cpu];

	if (size != 4)
		return;
	switch (offset) {
	case 0x00:
		interface->enable_group[0] = value & 1;
		interface->enable_group[1] = value & 2;
		interface->ack_ctl = value & 4;
		interface->fiq_en = value & 8;
		interface->cbpr = value & 0x10;
		interface->eoi_mode = value & 0x200;
		break;
	case 0x04:
		interface->pmr = value & 0xf8;
		break;
	case 0x08:
		interface->bpr = value % 8 < 2 ? 2 : value % 8;
		break;
	case 0x10:
		end(cpu, value % 1024, false);
		break;
	case 0x1c:
		interface->abpr = value % 8 < 3 ? 3 : value % 8;
		break;
	case 0x24:
		end(cpu, value % 1024, true);
		break;
	case 0xd0:
		for (unsigned i = 0; i < 32; i++)
			interface->active_priority[i] = value >> i & 1;
		break;
	case 0x1000:
		deactivate(cpu, value % 1024);
		break;
	}
}

/* One bit of the registers that have one bit per interrupt. */
static bool read_bit(unsigned reg, const struct interrupt *it)
{
	switch (reg) {
	case 0x080:
		return it->group1;
	case 0x100:
	case 0x180:
		return it->enabled;
	case 0x200:
	case 0x280:
		return pending(it);
	default:
		return it->active;
	}
}

static void write_bit(unsigned reg, struct interrupt *it, bool sgi, bool bit)
{
	if (reg == 0x080)
		it->group1 = bit;
	if (!bit)
		return;
	switch (reg) {
	case 0x100:
		it->enabled = true;
		break;
	case 0x180:
		it->enabled = false;
		break;
	case 0x200:
		if (!sgi)
			it->software_set = true;
		break;
	case 0x280:
		it->software_set = false;
		it->edge_seen = false;
		break;
	case 0x300:
		it->active = true;
		break;
	case 0x380:
		it->active = false;
		break;
	}
}

/* A byte of those registers that can be accessed by bytes. */
static bool byte_register(uint64_t offset)
{
	return (offset >= 0x400 && offset < 0xc00) || (offset >= 0xf10 && offset < 0xf30);
}

static uint32_t read_byte(uint64_t offset, unsigned cpu)
{
	uint32_t value = 0;

	if (offset < 0x800)
		return offset - 0x400 < INTERRUPTS ? interrupt(cpu, offset - 0x400)->priority : 0;
	if (offset < 0xc00) {
		if (offset - 0x800 < 32)
			return 1u << cpu;
		for (unsigned i = 0; i < CPUS && offset - 0x800 < INTERRUPTS; i++)
			value |= gic.spi[offset - 0x800].target[i] << i;
		return value;
	}
	for (unsigned i = 0; i < CPUS; i++)
		value |= interrupt(cpu, offset % 16)->from[i] << i;
	return value;
}

static void write_byte(uint64_t offset, unsigned value, unsigned cpu)
{
	if (offset < 0x800) {
		if (offset - 0x400 < INTERRUPTS)
			interrupt(cpu, offset - 0x400)->priority = value & 0xf8;
	} else if (offset < 0xc00) {
		if (offset - 0x800 >= 32 && offset - 0x800 < INTERRUPTS)
			for (unsigned i = 0; i < gic.cpus; i++)
				gic.spi[offset - 0x800].target[i] = value >> i & 1;
	} else {
		for (unsigned i = 0; i < gic.cpus; i++)
			if (value >> i & 1)
				interrupt(cpu, offset % 16)->from[i] = offset >= 0xf20;
	}
}

static uint32_t read_id(uint64_t offset)
{
	switch (offset) {
	case 0xfd0:
		return 0x04;
	case 0xfe0:
		return 0x90;
	case 0xfe4:
		return 0xb4;
	case 0xfe8:
		return 0x2b;
	case 0xff0:
		return 0x0d;
	case 0xff4:
		return 0xf0;
	case 0xff8:
		return 0x05;
	case 0xffc:
		return 0xb1;
	}
	return 0;
}

uint32_t reference_distributor_read(uint64_t offset, unsigned size, unsigned cpu)
{
	uint32_t value = 0;

	if (size == 1 && byte_register(offset))
		return read_byte(offset, cpu);
	if (size != 4 || offset % 4)
		return 0;
	if (byte_register(offset)) {
		for (unsigned i = 0; i < 4; i++)
			value |= read_byte(offset + i, cpu) << i * 8;
		return value;
	}
	if (offset == 0x000)
		return gic.enable_group[0] | gic.enable_group[1] << 1;
	if (offset == 0x004)
		return 7 | (gic.cpus - 1) << 5;
	if (offset == 0x008)
		return 0x0200143b;
	if (offset >= 0x080 && offset < 0x400) {
		for (unsigned i = 0; i < 32; i++) {
			unsigned intid = offset % 0x80 * 8 + i;

			if (intid < INTERRUPTS &&
			    read_bit(offset / 0x80 * 0x80, interrupt(cpu, intid)))
				value |= 1u << i;
		}
		return value;
	}
	if (offset >= 0xc00 && offset < 0xd00) {
		for (unsigned i = 0; i < 16; i++) {
			unsigned intid = (offset - 0xc00) * 4 + i;

			if (intid < INTERRUPTS && interrupt(cpu, intid)->edge)
				value |= 2u << i * 2;
		}
		return value;
	}
	return read_id(offset);
}

static void send_sgi(uint32_t value, unsigned cpu)
{
	for (unsigned target = 0; target < gic.cpus; target++) {
		bool sent;

		switch (value >> 24 & 3) {
		case 0:
			sent = value >> 16 >> target & 1;
			break;
		case 1:
			sent = target != cpu;
			break;
		case 2:
			sent = target == cpu;
			break;
		default:
			sent = false;
			break;
		}
		if (sent)
			interrupt(target, value & 15)->from[cpu] = true;
	}
}

void reference_distributor_write(uint64_t offset, uint32_t value, unsigned size, unsigned cpu)
{
	if (byte_register(offset)) {
		if (size == 1)
			write_byte(offset, value, cpu);
		if (size == 4 && offset % 4 == 0)
			for (unsigned i = 0; i < 4; i++)
				write_byte(offset + i, value >> i * 8 & 0xff, cpu);
		return;
	}
	if (size != 4 || offset % 4)
		return;
	if (offset == 0x000) {
		gic.enable_group[0] = value & 1;
		gic.enable_group[1] = value & 2;
	} else if (offset >= 0x080 && offset < 0x400) {
		for (unsigned i = 0; i < 32; i++) {
			unsigned intid = offset % 0x80 * 8 + i;

			if (intid < INTERRUPTS)
				write_bit(offset / 0x80 * 0x80, interrupt(cpu, intid), intid < 16,
					  value >> i & 1);
		}
	} else if (offset >= 0xc08 && offset < 0xc00 + INTERRUPTS / 4) {
		for (unsigned i = 0; i < 16; i++)
			gic.spi[(offset - 0xc00) * 4 + i].edge = value >> (i * 2 + 1) & 1;
	} else if (offset == 0xf00) {
		send_sgi(value, cpu);
	}
}
