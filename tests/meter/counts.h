/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the meter counts, each by a number and by a name (docs/meter.md has the list). Pure.
 */
#ifndef TESTS_METER_COUNTS_H
#define TESTS_METER_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

#define SYSREG_NAMES 80 /* at most; each has a number for reads and one for writes */
#define INTERRUPTS_COUNTED \
	64 /* INTIDs of CPUs, and the first SPIs; the others are counted together */

enum count {
	/* Instructions, by whose they are. */
	COUNT_GUEST,
	COUNT_EL2,
	COUNT_HOST_KERNEL,
	COUNT_ARMLET,

	COUNT_EXITS,
	COUNT_ENTRIES,
	COUNT_EXIT_FIRST, /* by reason: exit_reason() */
	COUNT_EXIT_LAST = COUNT_EXIT_FIRST + 15,

	/* Taken by the host from the host: EL1 and EL2; synchronous, IRQ, FIQ, SError each. */
	COUNT_EXCEPTION_FIRST,
	COUNT_EXCEPTION_LAST = COUNT_EXCEPTION_FIRST + 7,
	COUNT_ERETS,

	COUNT_TLBI,
	COUNT_AT,
	COUNT_CACHE,
	COUNT_ISB,
	COUNT_DSB,
	COUNT_DMB,
	COUNT_PSTATE,
	COUNT_WAITS,

	COUNT_FP_SAVES,
	COUNT_FP_RESTORES,
	COUNT_Q_STORES,
	COUNT_Q_LOADS,
	COUNT_Z_STORES,
	COUNT_Z_LOADS,

	/* Devices, two each: read, write. */
	COUNT_GIC_FIRST,
	COUNT_GIC_LAST = COUNT_GIC_FIRST + 15,
	COUNT_DEVICE_READS, /* all others */
	COUNT_DEVICE_WRITES,

	COUNT_READ_FIRST,
	COUNT_READ_OTHER = COUNT_READ_FIRST + SYSREG_NAMES,
	COUNT_WRITE_FIRST,
	COUNT_WRITE_OTHER = COUNT_WRITE_FIRST + SYSREG_NAMES,

	COUNT_INTERRUPT_FIRST, /* by INTID */
	COUNT_INTERRUPT_OTHER = COUNT_INTERRUPT_FIRST + INTERRUPTS_COUNTED,
	COUNTS,
};

/* Room for a name with its end. */
#define COUNT_NAME 48

/* The name of a count; false if this number has none. */
bool count_name(unsigned count, char name[COUNT_NAME]);

/* The number of a name; -1 if there is none such. */
int count_by_name(const char *name);

/* Whether it is one of the counts that a record always has, though it be 0. */
bool count_is_basic(unsigned count);

/*
 * The count of a read or write of a system register (SYSREG()) by the host. With e2h, at EL2 with
 * HCR_EL2.E2H = 1: the names of EL1 and of EL0's timers mean EL2's registers there (Arm ARM, D8.2.6
 * "Redirection to EL2"), those that end in _EL12 and _EL02 the guest's.
 */
unsigned count_of_sysreg(uint16_t sysreg, bool write, bool e2h);

/* The count of an exit from the guest: by the vector's offset and ESR_EL2. */
unsigned count_of_exit(unsigned vector, uint64_t esr);

/* The count of an access to a device: QEMU's name of it, and the offset in it. */
unsigned count_of_device(const char *name, uint64_t offset, bool write);

unsigned count_of_interrupt(uint32_t intid);

#endif
