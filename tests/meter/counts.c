// SPDX-License-Identifier: GPL-2.0-only
#include "tests/meter/counts.h"

#include <stdio.h>
#include <string.h>

#include "tests/meter/sysregs.h"

static const char *const plain_names[] = {
	[COUNT_GUEST] = "instructions.guest",
	[COUNT_EL2] = "instructions.el2",
	[COUNT_HOST_KERNEL] = "instructions.host_kernel",
	[COUNT_ARMLET] = "instructions.armlet",
	[COUNT_EXITS] = "exits",
	[COUNT_ENTRIES] = "entries",
	[COUNT_ERETS] = "erets",
	[COUNT_TLBI] = "tlbi",
	[COUNT_AT] = "at",
	[COUNT_CACHE] = "cache",
	[COUNT_ISB] = "barriers.isb",
	[COUNT_DSB] = "barriers.dsb",
	[COUNT_DMB] = "barriers.dmb",
	[COUNT_PSTATE] = "write.PSTATE",
	[COUNT_WAITS] = "waits",
	[COUNT_FP_SAVES] = "fp.saves",
	[COUNT_FP_RESTORES] = "fp.restores",
	[COUNT_Q_STORES] = "fp.q_stores",
	[COUNT_Q_LOADS] = "fp.q_loads",
	[COUNT_Z_STORES] = "fp.z_stores",
	[COUNT_Z_LOADS] = "fp.z_loads",
	[COUNT_DEVICE_READS] = "device.read",
	[COUNT_DEVICE_WRITES] = "device.write",
	[COUNT_READ_OTHER] = "read.other",
	[COUNT_WRITE_OTHER] = "write.other",
	[COUNT_INTERRUPT_OTHER] = "interrupts.other",
};

enum exit_reason {
	EXIT_IRQ,
	EXIT_SERROR,
	EXIT_WFX,
	EXIT_FP,
	EXIT_SVE,
	EXIT_SME,
	EXIT_HVC,
	EXIT_SMC,
	EXIT_SYSREG,
	EXIT_INSTRUCTION_ABORT,
	EXIT_DATA_ABORT,
	EXIT_ERET,
	EXIT_DEBUG,
	EXIT_PAUTH,
	EXIT_OTHER,
	EXIT_REASONS,
};
_Static_assert(COUNT_EXIT_FIRST + EXIT_REASONS - 1 <= COUNT_EXIT_LAST, "each reason has its count");

static const char *const exit_names[EXIT_REASONS] = {
	[EXIT_IRQ] = "irq",
	[EXIT_SERROR] = "serror",
	[EXIT_WFX] = "wfx",
	[EXIT_FP] = "fp",
	[EXIT_SVE] = "sve",
	[EXIT_SME] = "sme",
	[EXIT_HVC] = "hvc64",
	[EXIT_SMC] = "smc64",
	[EXIT_SYSREG] = "sysreg",
	[EXIT_INSTRUCTION_ABORT] = "instruction_abort",
	[EXIT_DATA_ABORT] = "data_abort",
	[EXIT_ERET] = "eret",
	[EXIT_DEBUG] = "debug",
	[EXIT_PAUTH] = "pauth",
	[EXIT_OTHER] = "other",
};

static const char *const exception_names[] = {
	"exceptions.el1.sync", "exceptions.el1.irq", "exceptions.el1.fiq", "exceptions.el1.serror",
	"exceptions.el2.sync", "exceptions.el2.irq", "exceptions.el2.fiq", "exceptions.el2.serror",
};
_Static_assert(sizeof(exception_names) / sizeof(exception_names[0]) ==
		       COUNT_EXCEPTION_LAST - COUNT_EXCEPTION_FIRST + 1,
	       "each exception has its name");

/* Of these the registers that hold active bits are counted apart. */
enum gic_part {
	GIC_DISTRIBUTOR,
	GIC_DISTRIBUTOR_ACTIVE,
	GIC_REDISTRIBUTOR,
	GIC_REDISTRIBUTOR_ACTIVE,
	GIC_CPU_INTERFACE,
	GIC_GICH,
	GIC_GICV,
	GIC_ITS,
	GIC_PARTS,
};
_Static_assert(COUNT_GIC_FIRST + 2 * GIC_PARTS - 1 == COUNT_GIC_LAST, "each part has its counts");

static const char *const gic_names[GIC_PARTS] = {
	[GIC_DISTRIBUTOR] = "gic.distributor",
	[GIC_DISTRIBUTOR_ACTIVE] = "gic.distributor.active",
	[GIC_REDISTRIBUTOR] = "gic.redistributor",
	[GIC_REDISTRIBUTOR_ACTIVE] = "gic.redistributor.active",
	[GIC_CPU_INTERFACE] = "gic.gicc",
	[GIC_GICH] = "gic.gich",
	[GIC_GICV] = "gic.gicv",
	[GIC_ITS] = "gic.its",
};

static bool within(unsigned count, unsigned first, unsigned last)
{
	return count >= first && count <= last;
}

bool count_name(unsigned count, char name[COUNT_NAME])
{
	const char *text = NULL, *before = "", *after = "";
	char number[12];

	if (count >= COUNTS)
		return false;
	if (within(count, COUNT_EXIT_FIRST, COUNT_EXIT_LAST)) {
		before = "exits.";
		if (count - COUNT_EXIT_FIRST < EXIT_REASONS)
			text = exit_names[count - COUNT_EXIT_FIRST];
	} else if (within(count, COUNT_EXCEPTION_FIRST, COUNT_EXCEPTION_LAST)) {
		text = exception_names[count - COUNT_EXCEPTION_FIRST];
	} else if (within(count, COUNT_GIC_FIRST, COUNT_GIC_LAST)) {
		text = gic_names[(count - COUNT_GIC_FIRST) / 2];
		after = (count - COUNT_GIC_FIRST) % 2 ? ".write" : ".read";
	} else if (within(count, COUNT_READ_FIRST, COUNT_READ_OTHER - 1)) {
		before = "read.";
		text = sysreg_name(count - COUNT_READ_FIRST);
	} else if (within(count, COUNT_WRITE_FIRST, COUNT_WRITE_OTHER - 1)) {
		before = "write.";
		text = sysreg_name(count - COUNT_WRITE_FIRST);
	} else if (within(count, COUNT_INTERRUPT_FIRST, COUNT_INTERRUPT_OTHER - 1)) {
		before = "interrupts.";
		snprintf(number, sizeof(number), "%u", count - COUNT_INTERRUPT_FIRST);
		text = number;
	} else {
		text = plain_names[count];
	}
	if (!text)
		return false;
	snprintf(name, COUNT_NAME, "%s%s%s", before, text, after);
	return true;
}

int count_by_name(const char *name)
{
	char of_count[COUNT_NAME];

	for (int i = 0; i < COUNTS; i++)
		if (count_name((unsigned)i, of_count) && strcmp(name, of_count) == 0)
			return i;
	return -1;
}

bool count_is_basic(unsigned count)
{
	return count <= COUNT_ENTRIES;
}

unsigned count_of_sysreg(uint16_t sysreg, bool write, bool e2h)
{
	int name = sysreg_find(sysreg, e2h);

	if (name < 0)
		return write ? COUNT_WRITE_OTHER : COUNT_READ_OTHER;
	return (write ? COUNT_WRITE_FIRST : COUNT_READ_FIRST) + (unsigned)name;
}

/* By the exception class, ESR_EL2.EC (Arm ARM, "ESR_EL2"). */
static enum exit_reason reason_of_class(unsigned class)
{
	switch (class) {
	case 0x01:
		return EXIT_WFX;
	case 0x07:
		return EXIT_FP;
	case 0x09:
	case 0x1c:
		return EXIT_PAUTH;
	case 0x16:
		return EXIT_HVC;
	case 0x17:
		return EXIT_SMC;
	case 0x14:
	case 0x18:
		return EXIT_SYSREG;
	case 0x19:
		return EXIT_SVE;
	case 0x1a:
		return EXIT_ERET;
	case 0x1d:
		return EXIT_SME;
	case 0x20:
		return EXIT_INSTRUCTION_ABORT;
	case 0x24:
		return EXIT_DATA_ABORT;
	case 0x30:
	case 0x32:
	case 0x34:
	case 0x3c:
		return EXIT_DEBUG;
	default:
		return EXIT_OTHER;
	}
}

unsigned count_of_exit(unsigned vector, uint64_t esr)
{
	enum exit_reason reason;

	switch (vector >> 7 & 3) {
	case 0:
		reason = reason_of_class(esr >> 26 & 0x3f);
		break;
	case 3:
		reason = EXIT_SERROR;
		break;
	default:
		reason = EXIT_IRQ;
		break;
	}
	return COUNT_EXIT_FIRST + reason;
}

/* GICD_ISACTIVERn and ICACTIVERn; GICR_ISACTIVER0 and ICACTIVER0 have the same place in a
 * redistributor's second frame. */
static bool is_active_register(uint64_t offset)
{
	return offset >= 0x300 && offset < 0x400;
}

unsigned count_of_device(const char *name, uint64_t offset, bool write)
{
	enum gic_part part;

	if (strncmp(name, "gicv3_redist_region", 19) == 0) {
		offset &= 0x1ffff; /* of this CPU's two frames */
		part = offset >= 0x10000 && is_active_register(offset - 0x10000)
			       ? GIC_REDISTRIBUTOR_ACTIVE
			       : GIC_REDISTRIBUTOR;
	} else if (strcmp(name, "gicv3_dist") == 0 || strcmp(name, "gic_dist") == 0) {
		part = is_active_register(offset & 0xffff) ? GIC_DISTRIBUTOR_ACTIVE
							   : GIC_DISTRIBUTOR;
	} else if (strncmp(name, "gic_cpu", 7) == 0) {
		part = GIC_CPU_INTERFACE;
	} else if (strncmp(name, "gic_viface", 10) == 0) {
		part = GIC_GICH;
	} else if (strncmp(name, "gic_vcpu", 8) == 0) {
		part = GIC_GICV;
	} else if (strstr(name, "its")) {
		part = GIC_ITS;
	} else {
		return write ? COUNT_DEVICE_WRITES : COUNT_DEVICE_READS;
	}
	return COUNT_GIC_FIRST + 2 * (unsigned)part + write;
}

unsigned count_of_interrupt(uint32_t intid)
{
	return intid < INTERRUPTS_COUNTED ? COUNT_INTERRUPT_FIRST + intid : COUNT_INTERRUPT_OTHER;
}
