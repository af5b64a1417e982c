// SPDX-License-Identifier: GPL-2.0-only
#include "tests/meter/sysregs.h"

#include <stddef.h>
#include <string.h>

#include "tests/meter/counts.h"

/*
 * Rows with the same name follow each other and count together. `redirected`: what an access means
 * at EL2 with E2H = 1, where it is not the register named first.
 */
static const struct row {
	uint16_t sysreg;
	uint16_t last_bits; /* these low bits of the encoding do not matter: a bank of registers */
	const char *name;
	uint16_t redirected;
} rows[] = {
	/* The timers. _EL02 are the guest's as VHE names them. */
	{ SYSREG(3, 3, 14, 3, 1), 0, "CNTV_CTL", SYSREG(3, 4, 14, 3, 1) },
	{ SYSREG(3, 5, 14, 3, 1), 0, "CNTV_CTL", 0 },
	{ SYSREG(3, 3, 14, 3, 2), 0, "CNTV_CVAL", SYSREG(3, 4, 14, 3, 2) },
	{ SYSREG(3, 5, 14, 3, 2), 0, "CNTV_CVAL", 0 },
	{ SYSREG(3, 3, 14, 3, 0), 0, "CNTV_TVAL", SYSREG(3, 4, 14, 3, 0) },
	{ SYSREG(3, 5, 14, 3, 0), 0, "CNTV_TVAL", 0 },
	{ SYSREG(3, 3, 14, 2, 1), 0, "CNTP_CTL", SYSREG(3, 4, 14, 2, 1) },
	{ SYSREG(3, 5, 14, 2, 1), 0, "CNTP_CTL", 0 },
	{ SYSREG(3, 3, 14, 2, 2), 0, "CNTP_CVAL", SYSREG(3, 4, 14, 2, 2) },
	{ SYSREG(3, 5, 14, 2, 2), 0, "CNTP_CVAL", 0 },
	{ SYSREG(3, 3, 14, 2, 0), 0, "CNTP_TVAL", SYSREG(3, 4, 14, 2, 0) },
	{ SYSREG(3, 5, 14, 2, 0), 0, "CNTP_TVAL", 0 },
	{ SYSREG(3, 4, 14, 2, 1), 0, "CNTHP_CTL", 0 },
	{ SYSREG(3, 4, 14, 2, 2), 0, "CNTHP_CVAL", 0 },
	{ SYSREG(3, 4, 14, 2, 0), 0, "CNTHP_TVAL", 0 },
	{ SYSREG(3, 4, 14, 3, 1), 0, "CNTHV_CTL", 0 },
	{ SYSREG(3, 4, 14, 3, 2), 0, "CNTHV_CVAL", 0 },
	{ SYSREG(3, 4, 14, 3, 0), 0, "CNTHV_TVAL", 0 },
	{ SYSREG(3, 4, 14, 0, 3), 0, "CNTVOFF", 0 },
	{ SYSREG(3, 4, 14, 0, 6), 0, "CNTPOFF", 0 },
	{ SYSREG(3, 4, 14, 1, 0), 0, "CNTHCTL", 0 },
	{ SYSREG(3, 0, 14, 1, 0), 0, "CNTKCTL", SYSREG(3, 4, 14, 1, 0) },
	{ SYSREG(3, 5, 14, 1, 0), 0, "CNTKCTL", 0 },
	{ SYSREG(3, 3, 14, 0, 2), 0, "CNTVCT", 0 },
	{ SYSREG(3, 3, 14, 0, 6), 0, "CNTVCT", 0 },
	{ SYSREG(3, 3, 14, 0, 1), 0, "CNTPCT", 0 },
	{ SYSREG(3, 3, 14, 0, 5), 0, "CNTPCT", 0 },

	/* The GIC's CPU interface and its hypervisor's side. */
	{ SYSREG(3, 4, 12, 11, 0), 0, "ICH_HCR", 0 },
	{ SYSREG(3, 4, 12, 11, 7), 0, "ICH_VMCR", 0 },
	{ SYSREG(3, 4, 12, 12, 0), 15, "ICH_LR", 0 },
	{ SYSREG(3, 4, 12, 8, 0), 3, "ICH_AP0R", 0 },
	{ SYSREG(3, 4, 12, 9, 0), 3, "ICH_AP1R", 0 },
	{ SYSREG(3, 4, 12, 11, 1), 0, "ICH_VTR", 0 },
	{ SYSREG(3, 4, 12, 11, 2), 0, "ICH_MISR", 0 },
	{ SYSREG(3, 4, 12, 11, 3), 0, "ICH_EISR", 0 },
	{ SYSREG(3, 4, 12, 11, 5), 0, "ICH_ELRSR", 0 },
	{ SYSREG(3, 0, 4, 6, 0), 0, "ICC_PMR", 0 },
	{ SYSREG_ICC_IAR0, 0, "ICC_IAR0", 0 },
	{ SYSREG(3, 0, 12, 8, 1), 0, "ICC_EOIR0", 0 },
	{ SYSREG_ICC_IAR1, 0, "ICC_IAR1", 0 },
	{ SYSREG(3, 0, 12, 12, 1), 0, "ICC_EOIR1", 0 },
	{ SYSREG(3, 0, 12, 11, 1), 0, "ICC_DIR", 0 },
	{ SYSREG(3, 0, 12, 11, 3), 0, "ICC_RPR", 0 },
	{ SYSREG(3, 0, 12, 11, 5), 0, "ICC_SGI1R", 0 },
	{ SYSREG(3, 0, 12, 12, 4), 0, "ICC_CTLR", 0 },
	{ SYSREG(3, 0, 12, 12, 5), 0, "ICC_SRE_EL1", 0 },
	{ SYSREG(3, 4, 12, 9, 5), 0, "ICC_SRE_EL2", 0 },
	{ SYSREG(3, 0, 12, 12, 6), 1, "ICC_IGRPEN", 0 },

	/* FP control. */
	{ SYSREG(3, 0, 1, 0, 2), 0, "CPACR", SYSREG(3, 4, 1, 1, 2) },
	{ SYSREG(3, 5, 1, 0, 2), 0, "CPACR", 0 },
	{ SYSREG(3, 4, 1, 1, 2), 0, "CPTR", 0 },
	{ SYSREG(3, 0, 1, 2, 0), 0, "ZCR_EL1", SYSREG(3, 4, 1, 2, 0) },
	{ SYSREG(3, 5, 1, 2, 0), 0, "ZCR_EL1", 0 },
	{ SYSREG(3, 4, 1, 2, 0), 0, "ZCR_EL2", 0 },
	{ SYSREG(3, 0, 1, 2, 6), 0, "SMCR_EL1", SYSREG(3, 4, 1, 2, 6) },
	{ SYSREG(3, 5, 1, 2, 6), 0, "SMCR_EL1", 0 },
	{ SYSREG(3, 4, 1, 2, 6), 0, "SMCR_EL2", 0 },
	{ SYSREG(3, 3, 4, 2, 2), 0, "SVCR", 0 },
	{ SYSREG(3, 3, 4, 4, 0), 0, "FPCR", 0 },
	{ SYSREG(3, 3, 4, 4, 1), 0, "FPSR", 0 },
	{ SYSREG(3, 3, 4, 4, 2), 0, "FPMR", 0 },
	{ SYSREG(3, 4, 5, 3, 0), 0, "FPEXC32", 0 },

	/* What makes and ends a guest's world. */
	{ SYSREG_HCR_EL2, 0, "HCR", 0 },
	{ SYSREG(3, 4, 1, 2, 2), 0, "HCRX", 0 },
	{ SYSREG(3, 4, 1, 1, 1), 0, "MDCR", 0 },
	{ SYSREG(3, 4, 2, 1, 0), 0, "VTTBR", 0 },
	{ SYSREG(3, 4, 2, 1, 2), 0, "VTCR", 0 },
	{ SYSREG(3, 0, 12, 0, 0), 0, "VBAR_EL1", SYSREG(3, 4, 12, 0, 0) },
	{ SYSREG(3, 5, 12, 0, 0), 0, "VBAR_EL1", 0 },
	{ SYSREG(3, 4, 12, 0, 0), 0, "VBAR_EL2", 0 },
	{ SYSREG(3, 0, 5, 2, 0), 0, "ESR_EL1", SYSREG(3, 4, 5, 2, 0) },
	{ SYSREG(3, 5, 5, 2, 0), 0, "ESR_EL1", 0 },
	{ SYSREG(3, 4, 5, 2, 0), 0, "ESR_EL2", 0 },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))
_Static_assert(ROWS <= SYSREG_NAMES, "each name has its count");

/* A name's number is that of its last row. */
static int number_of_name(size_t row)
{
	while (row + 1 < ROWS && strcmp(rows[row + 1].name, rows[row].name) == 0)
		row++;
	return (int)row;
}

int sysreg_find(uint16_t sysreg, bool e2h)
{
	for (size_t i = 0; i < ROWS; i++) {
		if ((sysreg & ~rows[i].last_bits) != rows[i].sysreg)
			continue;
		if (e2h && rows[i].redirected)
			return sysreg_find(rows[i].redirected, false);
		return number_of_name(i);
	}
	return -1;
}

const char *sysreg_name(unsigned number)
{
	return number < ROWS && number_of_name(number) == (int)number ? rows[number].name : NULL;
}
