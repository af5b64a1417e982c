// SPDX-License-Identifier: GPL-2.0-only
/* The registers of the GICv2's distributor; Arm IHI 0048B 4.3. */
#include "irqchip/gicv2_state.h"

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
#define GICD_ICFGR_END	0xd00
#define GICD_SGIR	0xf00
#define GICD_CPENDSGIR	0xf10
#define GICD_SPENDSGIR	0xf20
#define GICD_SGI_END	0xf30
#define GICD_ID		0xfd0
#define GICD_ID_END	0x1000

#define BITMAP_SIZE 0x80       /* bytes of each register with one bit per interrupt */
#define IIDR_VALUE  0x0200143b /* GIC-400 r0p1 */

/* SGIR */
#define SGIR_FILTER_LIST   0
#define SGIR_FILTER_OTHERS 1
#define SGIR_FILTER_SELF   2

/* ICPIDR4 to 7, 0 to 3 and ICCIDR0 to 3: Arm, GIC-400, architecture 2; one byte per word. */
static const uint8_t id_registers[] = { 0x04, 0x00, 0x00, 0x00, 0x90, 0xb4,
					0x2b, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

_Static_assert(sizeof(id_registers) * 4 == GICD_ID_END - GICD_ID, "one word each");

/* Takes the lock of the bank with `intid`. */
static struct gicv2_bank *begin(struct gicv2 *gic, unsigned cpu, unsigned intid)
{
	if (gicv2_is_spi(intid))
		gicv2_lock_spis(gic);
	else
		gicv2_lock_cpu(gic, cpu);
	return gicv2_bank_of(gic, cpu, intid);
}

static void end_read(struct gicv2 *gic, unsigned cpu, unsigned intid)
{
	if (gicv2_is_spi(intid))
		gicv2_unlock_spis(gic);
	else
		gicv2_unlock_cpu(gic, cpu);
}

static void end_write(struct gicv2 *gic, unsigned cpu, unsigned intid)
{
	uint8_t changed;

	if (!gicv2_is_spi(intid)) {
		gicv2_finish_cpu(gic, cpu);
		return;
	}
	changed = gicv2_spis_changed(gic, gicv2_all_cpus(gic));
	gicv2_unlock_spis(gic);
	gicv2_update_cpus(gic, changed);
}

static uint32_t read_ctlr_block(const struct gicv2 *gic, uint64_t offset)
{
	switch (offset) {
	case GICD_CTLR:
		return atomic_load(&gic->ctlr);
	case GICD_TYPER:
		return (gic->cpus - 1) << 5 | (GICV2_BANKS - 1);
	case GICD_IIDR:
		return IIDR_VALUE;
	default:
		return 0;
	}
}

/* The groups concern SPIs and each CPU's own interrupts. */
static void write_ctlr(struct gicv2 *gic, uint32_t value)
{
	gicv2_lock_spis(gic);
	atomic_store(&gic->ctlr, value & (GICV2_GROUP0 | GICV2_GROUP1));
	gicv2_spis_changed(gic, gicv2_all_cpus(gic));
	gicv2_unlock_spis(gic);
	gicv2_update_cpus(gic, gicv2_all_cpus(gic));
}

/* The registers with one bit per interrupt. */
static uint32_t bitmap_value(const struct gicv2_bank *bank, uint64_t offset)
{
	switch (offset & ~(uint64_t)(BITMAP_SIZE - 1)) {
	case GICD_IGROUPR:
		return bank->group;
	case GICD_ISENABLER:
	case GICD_ICENABLER:
		return bank->enabled;
	case GICD_ISPENDR:
	case GICD_ICPENDR:
		return bank->latch | (bank->line & ~bank->edge);
	default:
		return bank->active;
	}
}

static void set_bitmap(struct gicv2_bank *bank, uint64_t offset, uint32_t value, uint32_t sgis)
{
	switch (offset & ~(uint64_t)(BITMAP_SIZE - 1)) {
	case GICD_IGROUPR:
		bank->group = value;
		break;
	case GICD_ISENABLER:
		bank->enabled |= value;
		break;
	case GICD_ICENABLER:
		bank->enabled &= ~value;
		break;
	case GICD_ISPENDR:
		bank->latch |= value & ~sgis;
		break;
	case GICD_ICPENDR:
		bank->latch &= ~value | sgis;
		break;
	case GICD_ISACTIVER:
		bank->active |= value;
		break;
	default:
		bank->active &= ~value;
		break;
	}
}

static uint32_t read_bitmap(struct gicv2 *gic, unsigned cpu, uint64_t offset)
{
	unsigned intid = (offset & (BITMAP_SIZE - 1)) * 8;
	uint32_t value;

	if (intid >= GICV2_INTERRUPTS)
		return 0;
	value = bitmap_value(begin(gic, cpu, intid), offset);
	end_read(gic, cpu, intid);
	return value;
}

static void write_bitmap(struct gicv2 *gic, unsigned cpu, uint64_t offset, uint32_t value)
{
	unsigned intid = (offset & (BITMAP_SIZE - 1)) * 8;

	if (intid >= GICV2_INTERRUPTS)
		return;
	/* SGIs are made pending, and not, by SGIR, SPENDSGIR and CPENDSGIR alone. */
	set_bitmap(begin(gic, cpu, intid), offset, value, intid ? 0 : GICV2_SGI_MASK);
	end_write(gic, cpu, intid);
}

static uint32_t gather(const uint8_t *bytes, unsigned count)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < count; i++)
		value |= (uint32_t)bytes[i] << i * 8;
	return value;
}

static uint32_t read_priorities(struct gicv2 *gic, unsigned cpu, unsigned intid, unsigned count)
{
	uint32_t value;

	if (intid >= GICV2_INTERRUPTS)
		return 0;
	value = gather(&begin(gic, cpu, intid)->priority[intid % GICV2_BANK], count);
	end_read(gic, cpu, intid);
	return value;
}

static void write_priorities(struct gicv2 *gic, unsigned cpu, unsigned intid, uint32_t value,
			     unsigned count)
{
	struct gicv2_bank *bank;

	if (intid >= GICV2_INTERRUPTS)
		return;
	bank = begin(gic, cpu, intid);
	for (unsigned i = 0; i < count; i++)
		bank->priority[intid % GICV2_BANK + i] = value >> i * 8 & GICV2_PRIORITIES;
	end_write(gic, cpu, intid);
}

static uint32_t read_targets(struct gicv2 *gic, unsigned cpu, unsigned intid, unsigned count)
{
	uint8_t own[4] = { 1u << cpu, 1u << cpu, 1u << cpu, 1u << cpu };
	uint32_t value;

	if (intid < GICV2_BANK)
		return gather(own, count);
	if (intid >= GICV2_INTERRUPTS)
		return 0;
	gicv2_lock_spis(gic);
	value = gather(&gic->spis.targets[intid - GICV2_BANK], count);
	gicv2_unlock_spis(gic);
	return value;
}

static void set_targets(struct gicv2 *gic, unsigned spi, uint8_t cpus)
{
	gic->spis.targets[spi] = cpus;
	for (unsigned cpu = 0; cpu < gic->cpus; cpu++) {
		uint32_t *word = &gic->spis.targeted[cpu][spi / GICV2_BANK];
		uint32_t bit = 1u << spi % GICV2_BANK;

		*word = cpus & 1u << cpu ? *word | bit : *word & ~bit;
	}
}

static void write_targets(struct gicv2 *gic, unsigned cpu, unsigned intid, uint32_t value,
			  unsigned count)
{
	if (intid < GICV2_BANK || intid >= GICV2_INTERRUPTS)
		return;
	begin(gic, cpu, intid);
	for (unsigned i = 0; i < count; i++)
		set_targets(gic, intid - GICV2_BANK + i, value >> i * 8 & gicv2_all_cpus(gic));
	end_write(gic, cpu, intid);
}

/* Two bits per interrupt, of which the upper one says edge-triggered. */
static uint32_t read_config(struct gicv2 *gic, unsigned cpu, uint64_t offset)
{
	unsigned intid = (offset - GICD_ICFGR) * 4;
	uint32_t edges, value = 0;

	if (intid >= GICV2_INTERRUPTS)
		return 0;
	edges = begin(gic, cpu, intid)->edge >> intid % GICV2_BANK;
	end_read(gic, cpu, intid);
	for (unsigned i = 0; i < 16; i++)
		value |= (edges >> i & 1) << (i * 2 + 1);
	return value;
}

/* Those of SGIs and PPIs are fixed: the timers' PPIs are level-sensitive, as KVM makes them. */
static void write_config(struct gicv2 *gic, unsigned cpu, uint64_t offset, uint32_t value)
{
	unsigned intid = (offset - GICD_ICFGR) * 4, shift = intid % GICV2_BANK;
	struct gicv2_bank *bank;
	uint32_t edges = 0;

	if (intid < GICV2_BANK || intid >= GICV2_INTERRUPTS)
		return;
	for (unsigned i = 0; i < 16; i++)
		edges |= (value >> (i * 2 + 1) & 1) << i;
	bank = begin(gic, cpu, intid);
	bank->edge = (bank->edge & ~(0xffffu << shift)) | edges << shift;
	end_write(gic, cpu, intid);
}

/* Adds and removes CPUs from which an SGI is pending for `cpu`. */
static void change_sgi(struct gicv2 *gic, unsigned cpu, unsigned sgi, uint8_t add, uint8_t remove)
{
	struct gicv2_cpu *target = &gic->cpu[cpu];
	uint8_t sources;

	gicv2_lock_cpu(gic, cpu);
	sources = (target->sgi_sources[sgi] | add) & ~remove;
	target->sgi_sources[sgi] = sources;
	if (sources)
		target->bank.latch |= 1u << sgi;
	else
		target->bank.latch &= ~(1u << sgi);
	gicv2_finish_cpu(gic, cpu);
}

/* NSATT is for implementations with the Security Extensions. */
static void write_sgir(struct gicv2 *gic, unsigned cpu, uint32_t value)
{
	uint8_t targets = 0;

	switch (value >> 24 & 3) {
	case SGIR_FILTER_LIST:
		targets = value >> 16;
		break;
	case SGIR_FILTER_OTHERS:
		targets = ~(1u << cpu);
		break;
	case SGIR_FILTER_SELF:
		targets = 1u << cpu;
		break;
	default:
		break;
	}
	for (targets &= gicv2_all_cpus(gic); targets; targets &= targets - 1)
		change_sgi(gic, __builtin_ctz(targets), value & 0xf, 1u << cpu, 0);
}

static uint32_t read_sgis(struct gicv2 *gic, unsigned cpu, unsigned sgi, unsigned count)
{
	uint32_t value;

	gicv2_lock_cpu(gic, cpu);
	value = gather(&gic->cpu[cpu].sgi_sources[sgi], count);
	gicv2_unlock_cpu(gic, cpu);
	return value;
}

static void write_sgis(struct gicv2 *gic, unsigned cpu, uint64_t offset, uint32_t value,
		       unsigned count)
{
	bool set = offset >= GICD_SPENDSGIR;

	for (unsigned i = 0; i < count; i++) {
		uint8_t sources = value >> i * 8 & gicv2_all_cpus(gic);

		change_sgi(gic, cpu, (offset & 0xf) + i, set ? sources : 0, set ? 0 : sources);
	}
}

/* Registers of one byte per interrupt; all others are for words only. */
static bool is_bytes(uint64_t offset)
{
	return (offset >= GICD_IPRIORITYR && offset < GICD_ICFGR) ||
	       (offset >= GICD_CPENDSGIR && offset < GICD_SGI_END);
}

static uint32_t read_bytes(struct gicv2 *gic, unsigned cpu, uint64_t offset, unsigned count)
{
	if (offset >= GICD_CPENDSGIR)
		return read_sgis(gic, cpu, offset & 0xf, count);
	if (offset >= GICD_ITARGETSR)
		return read_targets(gic, cpu, offset - GICD_ITARGETSR, count);
	return read_priorities(gic, cpu, offset - GICD_IPRIORITYR, count);
}

static void write_bytes(struct gicv2 *gic, unsigned cpu, uint64_t offset, uint32_t value,
			unsigned count)
{
	if (offset >= GICD_CPENDSGIR)
		write_sgis(gic, cpu, offset, value, count);
	else if (offset >= GICD_ITARGETSR)
		write_targets(gic, cpu, offset - GICD_ITARGETSR, value, count);
	else
		write_priorities(gic, cpu, offset - GICD_IPRIORITYR, value, count);
}

static uint32_t read_word(struct gicv2 *gic, unsigned cpu, uint64_t offset)
{
	if (offset < GICD_IGROUPR)
		return read_ctlr_block(gic, offset);
	if (offset < GICD_IPRIORITYR)
		return read_bitmap(gic, cpu, offset);
	if (offset >= GICD_ICFGR && offset < GICD_ICFGR_END)
		return read_config(gic, cpu, offset);
	if (offset >= GICD_ID && offset < GICD_ID_END)
		return id_registers[(offset - GICD_ID) / 4];
	return 0;
}

uint64_t gicv2_distributor_read(void *device, uint64_t offset, unsigned size, unsigned cpu)
{
	struct gicv2 *gic = device;

	if ((size != 1 && size != 4) || offset % size)
		return 0;
	if (is_bytes(offset))
		return read_bytes(gic, cpu, offset, size);
	return size == 4 ? read_word(gic, cpu, offset) : 0;
}

void gicv2_distributor_write(void *device, uint64_t offset, uint64_t value, unsigned size,
			     unsigned cpu)
{
	struct gicv2 *gic = device;

	if ((size != 1 && size != 4) || offset % size)
		return;
	if (is_bytes(offset))
		write_bytes(gic, cpu, offset, value, size);
	else if (size != 4)
		return;
	else if (offset == GICD_CTLR)
		write_ctlr(gic, value);
	else if (offset == GICD_SGIR)
		write_sgir(gic, cpu, value);
	else if (offset >= GICD_IGROUPR && offset < GICD_IPRIORITYR)
		write_bitmap(gic, cpu, offset, value);
	else if (offset >= GICD_ICFGR && offset < GICD_ICFGR_END)
		write_config(gic, cpu, offset, value);
}
