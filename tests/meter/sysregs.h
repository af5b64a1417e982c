/* SPDX-License-Identifier: GPL-2.0-only */
/* The system registers that are counted by name. Pure. */
#ifndef TESTS_METER_SYSREGS_H
#define TESTS_METER_SYSREGS_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/meter/decode.h"

#define SYSREG_HCR_EL2	SYSREG(3, 4, 1, 1, 0)
#define SYSREG_ICC_IAR0 SYSREG(3, 0, 12, 8, 0)
#define SYSREG_ICC_IAR1 SYSREG(3, 0, 12, 12, 0)

/* The number of the name under which an access counts; -1 if it counts among the others. See
 * count_of_sysreg(). */
int sysreg_find(uint16_t sysreg, bool e2h);

/* NULL if there is no such number. */
const char *sysreg_name(unsigned number);

#endif
