// SPDX-License-Identifier: GPL-2.0-only
/* Register accesses of all CPUs to the userspace GICv2, and lines that change. The first byte: how
 * many CPUs. */
#include <stdlib.h>

#include "irqchip/gicv2_vcpu.h"
#include "tests/fuzz/fuzz.h"

enum step {
	STEP_DISTRIBUTOR,
	STEP_CPU_INTERFACE,
	STEP_SPI,
	STEP_PPI,
	STEP_ENTER,
	STEP_RESET,
	STEPS
};

static int drive(void *context, unsigned cpu, enum gicv2_pin pin, bool level)
{
	(void)context;
	(void)cpu;
	(void)pin;
	(void)level;
	return 0;
}

static bool kick(void *context, unsigned cpu)
{
	(void)context;
	return cpu & 1;
}

/* Either half: the highest bit of the place says whether it is a write. */
static void access_register(struct gicv2 *gic, struct fuzz_input *input, unsigned cpu,
			    bool distributor)
{
	unsigned size = 1u << fuzz_take(input, 1) % 4, place = fuzz_take(input, 2);
	uint64_t offset = place & (distributor ? 0xfff : 0x1fff);

	if (offset + size > (distributor ? 0x1000u : 0x2000u))
		return;
	if (distributor && place & 0x8000)
		gicv2_distributor_write(gic, offset, fuzz_take(input, size), size, cpu);
	else if (distributor)
		gicv2_distributor_read(gic, offset, size, cpu);
	else if (place & 0x8000)
		gicv2_cpu_interface_write(gic, offset, fuzz_take(input, size), size, cpu);
	else
		gicv2_cpu_interface_read(gic, offset, size, cpu);
}

static void take_step(struct gicv2 *gic, struct fuzz_input *input, unsigned cpus)
{
	enum step step = fuzz_take(input, 1) % STEPS;
	unsigned cpu = fuzz_take(input, 1) % cpus, line;

	switch (step) {
	case STEP_DISTRIBUTOR:
	case STEP_CPU_INTERFACE:
		access_register(gic, input, cpu, step == STEP_DISTRIBUTOR);
		break;
	case STEP_SPI:
		line = fuzz_take(input, 1);
		gicv2_set_spi(gic, line / 2 % IRQCHIP_SPIS, line & 1);
		break;
	case STEP_PPI:
		line = fuzz_take(input, 1);
		gicv2_set_ppi(gic, cpu, 16 + line / 2 % 16, line & 1);
		break;
	case STEP_ENTER:
		gicv2_vcpu_enters(gic, cpu, drive, NULL);
		break;
	case STEP_RESET:
		gicv2_reset(gic);
		break;
	case STEPS:
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct fuzz_input input = { bytes, size };
	unsigned cpus = 1 + fuzz_take(&input, 1) % GICV2_MAX_CPUS;
	struct gicv2 *gic;

	fuzz_silence();
	if (gicv2_create(cpus, kick, NULL, &gic) < 0)
		abort();
	while (input.size)
		take_step(gic, &input, cpus);
	gicv2_destroy(gic);
	return 0;
}
