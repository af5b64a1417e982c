// SPDX-License-Identifier: GPL-2.0-only
#include "timer/vtimer_line.h"

#include "base/kvm_uapi.h"
#include "timer/arch_timer.h"

#define PMU_INTID 23 /* Arm BSA */

static const struct {
	uint64_t device;
	unsigned intid;
	const char *name;
} sources[VTIMER_LINE_SOURCES] = {
	[VTIMER_LINE_VIRTUAL] = { KVM_ARM_DEV_EL1_VTIMER, TIMER_INTID_VIRTUAL, "vtimer" },
	[VTIMER_LINE_PHYSICAL] = { KVM_ARM_DEV_EL1_PTIMER, TIMER_INTID_PHYSICAL, "ptimer" },
	[VTIMER_LINE_PMU] = { KVM_ARM_DEV_PMU, PMU_INTID, "pmu" },
};

void vtimer_line_reset(struct vtimer_line *line)
{
	line->sampled = 0;
	line->masked = 0;
}

/* One thread writes: a plain increment that other threads may look at. */
static void count(_Atomic uint64_t *counter)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + 1,
			      memory_order_relaxed);
}

unsigned vtimer_line_change(struct vtimer_line *line, uint64_t device_irq_level)
{
	unsigned changed = 0;

	line->sampled = device_irq_level;
	for (unsigned source = 0; source < VTIMER_LINE_SOURCES; source++) {
		bool high = device_irq_level & sources[source].device;

		if (high == vtimer_line_is_high(line, source))
			continue;
		count(high ? &line->rises[source] : &line->falls[source]);
		changed |= 1u << source;
	}
	line->masked ^= changed;
	return changed;
}

unsigned vtimer_line_intid(enum vtimer_line_source source)
{
	return sources[source].intid;
}

const char *vtimer_line_name(enum vtimer_line_source source)
{
	return sources[source].name;
}
