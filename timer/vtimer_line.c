// SPDX-License-Identifier: GPL-2.0-only
#include "timer/vtimer_line.h"

#include "base/kvm_uapi.h"
#include "timer/arch_timer.h"

#define PMU_INTID 23 /* Arm BSA */

const uint8_t vtimer_line_intids[VTIMER_LINE_SOURCES] = {
	[VTIMER_LINE_VIRTUAL] = TIMER_INTID_VIRTUAL,
	[VTIMER_LINE_PHYSICAL] = TIMER_INTID_PHYSICAL,
	[VTIMER_LINE_PMU] = PMU_INTID,
};

void vtimer_line_reset(struct vtimer_line *line)
{
	line->masked = 0;
}

const char *vtimer_line_name(enum vtimer_line_source source)
{
	static const char *const names[VTIMER_LINE_SOURCES] = {
		[VTIMER_LINE_VIRTUAL] = "vtimer",
		[VTIMER_LINE_PHYSICAL] = "ptimer",
		[VTIMER_LINE_PMU] = "pmu",
	};

	return names[source];
}
