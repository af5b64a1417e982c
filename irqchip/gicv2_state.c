// SPDX-License-Identifier: GPL-2.0-only
/* The GICv2 as a whole: creation, reset, input lines, and what is pending for whom. */
#include "irqchip/gicv2_vcpu.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

static void kick_vcpu(struct gicv2 *gic, unsigned index)
{
	if (gic->kick(gic->context, index))
		gicv2_output_count_kick(&gic->cpu[index].output);
}

void gicv2_finish_cpu(struct gicv2 *gic, unsigned index)
{
	struct gicv2_cpu *cpu = &gic->cpu[index];
	bool changed = gicv2_evaluate(gic, cpu);

	lock_give(&cpu->lock);
	if (changed)
		kick_vcpu(gic, index);
}

void gicv2_update_cpus(struct gicv2 *gic, uint8_t cpus)
{
	for (; cpus; cpus &= cpus - 1) {
		unsigned cpu = __builtin_ctz(cpus);

		gicv2_lock_cpu(gic, cpu);
		gicv2_finish_cpu(gic, cpu);
	}
}

void gicv2_forget_inputs(struct gicv2 *gic, unsigned cpu)
{
	gicv2_output_forget(&gic->cpu[cpu].output);
}

static gicv2_candidate best_spi(const struct gicv2 *gic, unsigned cpu)
{
	uint32_t ctlr = atomic_load_explicit(&gic->ctlr, memory_order_relaxed);
	gicv2_candidate best = GICV2_NO_CANDIDATE;

	for (unsigned bank = 0; bank < GICV2_SPI_BANKS; bank++) {
		/* All interrupts of a uniprocessor go to it, whatever its ITARGETSR hold. */
		uint32_t mask = gic->cpus == 1 ? UINT32_MAX : gic->spis.targeted[cpu][bank];
		const struct gicv2_bank *spis = &gic->spis.banks[bank];
		gicv2_candidate candidate = gicv2_bank_best(spis, gicv2_bank_pending(spis) & mask,
							    ctlr, (bank + 1) * GICV2_BANK);

		if (candidate < best)
			best = candidate;
	}
	return best;
}

uint8_t gicv2_spis_changed(struct gicv2 *gic, uint8_t cpus)
{
	uint8_t changed = 0;

	for (; cpus; cpus &= cpus - 1) {
		unsigned cpu = __builtin_ctz(cpus);
		_Atomic gicv2_candidate *known = &gic->cpu[cpu].best_spi;
		gicv2_candidate best = best_spi(gic, cpu);

		if (best == atomic_load_explicit(known, memory_order_relaxed))
			continue;
		atomic_store_explicit(known, best, memory_order_relaxed);
		changed |= 1u << cpu;
	}
	return changed;
}

uint8_t gicv2_intid_changed(struct gicv2 *gic, unsigned intid)
{
	if (!gicv2_is_spi(intid))
		return 0;
	return gicv2_spis_changed(gic, gic->cpus == 1 ? 1 : gic->spis.targets[intid - GICV2_BANK]);
}

/* False when it was so already. */
static bool set_line(struct gicv2_bank *bank, unsigned intid, bool level)
{
	uint32_t bit = 1u << intid % GICV2_BANK;

	if (!!(bank->line & bit) == level)
		return false;
	bank->line ^= bit;
	if (level)
		bank->latch |= bank->edge & bit;
	return true;
}

void gicv2_set_spi(struct gicv2 *gic, unsigned spi, bool level)
{
	unsigned intid = irqchip_spi_to_intid(spi);
	uint8_t changed = 0;

	gicv2_lock_spis(gic);
	if (set_line(gicv2_bank_of(gic, 0, intid), intid, level))
		changed = gicv2_intid_changed(gic, intid);
	gicv2_unlock_spis(gic);
	gicv2_update_cpus(gic, changed);
}

void gicv2_set_ppi(struct gicv2 *gic, unsigned index, unsigned intid, bool level)
{
	struct gicv2_cpu *cpu = &gic->cpu[index];
	bool changed;

	lock_take(&cpu->lock);
	changed = gicv2_ppi_changed(gic, cpu, intid, level);
	lock_give(&cpu->lock);
	if (changed)
		kick_vcpu(gic, index);
}

void gicv2_vcpu_set_ppi_contended(const struct gicv2 *gic, struct gicv2_cpu *cpu, unsigned intid,
				  bool level)
{
	lock_wait(&cpu->lock);
	gicv2_ppi_changed(gic, cpu, intid, level);
	lock_give(&cpu->lock);
}

/* Under the CPU's lock, or before anybody else knows the GIC. */
static void reset_cpu(struct gicv2_cpu *cpu)
{
	/* SGIs are edge-triggered and enabled from the start, as KVM's. */
	cpu->bank = (struct gicv2_bank){ .enabled = GICV2_SGI_MASK, .edge = GICV2_SGI_MASK };
	cpu->signalled = GICV2_NO_CANDIDATE;
	memset(cpu->sgi_sources, 0, sizeof(cpu->sgi_sources));
	gicv2_cpu_interface_reset(cpu);
	gicv2_output_forget(&cpu->output);
}

/* Likewise, under the SPIs' lock. */
static void reset_spis(struct gicv2 *gic)
{
	atomic_store(&gic->ctlr, 0);
	memset(gic->spis.banks, 0, sizeof(gic->spis.banks));
	memset(gic->spis.targets, 0, sizeof(gic->spis.targets));
	memset(gic->spis.targeted, 0, sizeof(gic->spis.targeted));
	gicv2_spis_changed(gic, gicv2_all_cpus(gic));
}

void gicv2_reset(struct gicv2 *gic)
{
	gicv2_lock_spis(gic);
	reset_spis(gic);
	gicv2_unlock_spis(gic);
	for (unsigned cpu = 0; cpu < gic->cpus; cpu++) {
		gicv2_lock_cpu(gic, cpu);
		reset_cpu(&gic->cpu[cpu]);
		gicv2_finish_cpu(gic, cpu);
	}
}

int gicv2_create(unsigned cpus, gicv2_kick_fn *kick, void *context, struct gicv2 **gic)
{
	struct gicv2 *made = aligned_alloc(_Alignof(struct gicv2), sizeof(*made));

	if (!made)
		return log_error(-ENOMEM, "cannot create a GICv2 in userspace: out of memory");
	memset(made, 0, sizeof(*made));
	made->cpus = cpus;
	made->kick = kick;
	made->context = context;
	reset_spis(made);
	for (unsigned cpu = 0; cpu < cpus; cpu++)
		reset_cpu(&made->cpu[cpu]);
	*gic = made;
	return 0;
}

void gicv2_destroy(struct gicv2 *gic)
{
	free(gic);
}

struct gicv2_output_stats gicv2_output_stats(struct gicv2 *gic, unsigned cpu)
{
	struct gicv2_output *output = &gic->cpu[cpu].output;
	/* In this order: each change follows an evaluation of its own. */
	uint64_t changes = atomic_load(&output->changes), evaluations;

	gicv2_lock_cpu(gic, cpu);
	evaluations = output->evaluations;
	gicv2_unlock_cpu(gic, cpu);
	return (struct gicv2_output_stats){
		.issued = atomic_load(&output->issued),
		.avoided = evaluations - changes,
		.kicks = atomic_load(&output->kicks),
	};
}
