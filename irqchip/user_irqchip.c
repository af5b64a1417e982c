// SPDX-License-Identifier: GPL-2.0-only
#include "irqchip/user_irqchip.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/kvm.h"
#include "base/log.h"
#include "irqchip/gic_node.h"
#include "irqchip/gicv2_vcpu.h"
#include "timer/vtimer_line.h"

#define GIC_FRAME_SIZE 0x10000
#define PPI_FIRST      16
#define PPI_END	       32

/* Alone in its cache line: each vCPU's thread looks at its own after every KVM_RUN. */
struct vcpu_lines {
	struct vtimer_line line;
	irqchip_kick_fn *kick; /* NULL: no vCPU yet */
	void *kicked;
} __attribute__((aligned(64)));

struct user_irqchip {
	struct irqchip chip;
	struct gicv2 *gic;
	atomic_bool failure_told;
	struct vcpu_lines lines[GICV2_MAX_CPUS];
};

_Static_assert((int)VTIMER_LINE_SOURCES == IRQCHIP_LINE_SOURCES, "statistics hold every source");

static struct user_irqchip *to_user_irqchip(const struct irqchip *chip)
{
	return (struct user_irqchip *)((char *)chip - offsetof(struct user_irqchip, chip));
}

static __attribute__((noinline, cold)) int drive_failed(struct user_irqchip *user,
							const struct kvm_irq_level *line, int error)
{
	unsigned cpu = line->irq >> KVM_ARM_IRQ_VCPU_SHIFT & KVM_ARM_IRQ_VCPU_MASK;
	unsigned pin = line->irq & KVM_ARM_IRQ_NUM_MASK;

	if (atomic_exchange(&user->failure_told, true))
		return error;
	return log_error(error,
			 "cannot set the %s input of vCPU %u: %s (further failures are not told)",
			 pin == GICV2_PIN_FIQ ? "FIQ" : "IRQ", cpu, strerror(-error));
}

_Static_assert((int)GICV2_PIN_IRQ == KVM_ARM_IRQ_CPU_IRQ &&
		       (int)GICV2_PIN_FIQ == KVM_ARM_IRQ_CPU_FIQ,
	       "pins have KVM's numbers");
_Static_assert(GICV2_MAX_CPUS <= KVM_ARM_IRQ_VCPU_MASK + 1, "one field holds each vCPU's number");

/* gicv2_drive_fn. */
static int drive(void *context, unsigned cpu, enum gicv2_pin pin, bool level)
{
	struct user_irqchip *user = context;
	struct kvm_irq_level line = {
		.irq = KVM_ARM_IRQ_TYPE_CPU << KVM_ARM_IRQ_TYPE_SHIFT |
		       cpu << KVM_ARM_IRQ_VCPU_SHIFT | pin << KVM_ARM_IRQ_NUM_SHIFT,
		.level = level,
	};
	int ret = kvm_ioctl(user->chip.vm_fd, KVM_IRQ_LINE, (uintptr_t)&line);

	return __builtin_expect(ret < 0, 0) ? drive_failed(user, &line, ret) : ret;
}

/* gicv2_kick_fn. */
static bool kick(void *context, unsigned cpu)
{
	struct vcpu_lines *lines = &((struct user_irqchip *)context)->lines[cpu];

	return lines->kick && lines->kick(lines->kicked);
}

static void user_vcpu_initialised(struct irqchip *chip, unsigned cpu, irqchip_kick_fn *function,
				  void *context)
{
	struct user_irqchip *user = to_user_irqchip(chip);

	user->lines[cpu].kick = function;
	user->lines[cpu].kicked = context;
	gicv2_forget_inputs(user->gic, cpu);
}

static int user_reset(struct irqchip *chip)
{
	struct user_irqchip *user = to_user_irqchip(chip);

	for (unsigned cpu = 0; cpu < chip->cpus; cpu++)
		vtimer_line_reset(&user->lines[cpu].line);
	gicv2_reset(user->gic);
	return 0;
}

static int user_finalize(struct irqchip *chip, const uint64_t *mpidrs)
{
	(void)mpidrs;
	return user_reset(chip);
}

static int user_set_spi(struct irqchip *chip, unsigned spi, bool level)
{
	if (spi >= IRQCHIP_SPIS)
		return log_error(-EINVAL, "cannot set the line of SPI %u: there are %u", spi,
				 IRQCHIP_SPIS);
	gicv2_set_spi(to_user_irqchip(chip)->gic, spi, level);
	return 0;
}

static int user_set_ppi(struct irqchip *chip, unsigned cpu, unsigned intid, bool level)
{
	if (cpu >= chip->cpus || intid < PPI_FIRST || intid >= PPI_END)
		return log_error(-EINVAL, "cannot set the line of PPI %u of vCPU %u: there is none",
				 intid, cpu);
	gicv2_set_ppi(to_user_irqchip(chip)->gic, cpu, intid, level);
	return 0;
}

/* The first edge of those in `changed`. */
static inline void carry_edge(struct user_irqchip *user, unsigned cpu, unsigned changed)
{
	struct vtimer_line *line = &user->lines[cpu].line;
	bool high;
	enum vtimer_line_source source = vtimer_line_take_edge(line, changed, &high);

	gicv2_vcpu_set_ppi(user->gic, cpu, vtimer_line_intid(source), high);
}

static __attribute__((noinline)) void carry_edges(struct user_irqchip *user, unsigned cpu,
						  unsigned changed)
{
	for (; changed; changed &= changed - 1)
		carry_edge(user, cpu, changed);
}

static void user_vcpu_exited(struct irqchip *chip, unsigned cpu, uint64_t device_irq_level)
{
	struct user_irqchip *user = to_user_irqchip(chip);
	unsigned changed = vtimer_line_sample(&user->lines[cpu].line, device_irq_level);

	/* Nearly always it is one: no loop then. */
	if (__builtin_expect(!changed || changed & (changed - 1), 0))
		carry_edges(user, cpu, changed);
	else
		carry_edge(user, cpu, changed);
}

static void user_vcpu_enters(struct irqchip *chip, unsigned cpu)
{
	struct user_irqchip *user = to_user_irqchip(chip);

	gicv2_vcpu_enters(user->gic, cpu, drive, user);
}

static int user_mmio(struct irqchip *chip, unsigned index, struct irqchip_mmio *mmio)
{
	*mmio = (struct irqchip_mmio){ .size = GIC_FRAME_SIZE,
				       .device = to_user_irqchip(chip)->gic };
	switch (index) {
	case 0:
		mmio->name = "gicv2 distributor";
		mmio->base = chip->map.dist;
		mmio->read = gicv2_distributor_read;
		mmio->write = gicv2_distributor_write;
		return 0;
	case 1:
		mmio->name = "gicv2 cpu interface";
		mmio->base = chip->map.gicv2_cpu;
		mmio->read = gicv2_cpu_interface_read;
		mmio->write = gicv2_cpu_interface_write;
		return 0;
	default:
		return -ENOENT;
	}
}

static void user_cpu_stats(const struct irqchip *chip, unsigned cpu,
			   struct irqchip_cpu_stats *stats)
{
	const struct user_irqchip *user = to_user_irqchip(chip);
	const struct vtimer_line *line = &user->lines[cpu].line;
	struct gicv2_output_stats output = gicv2_output_stats(user->gic, cpu);

	stats->inputs_issued = output.issued;
	stats->inputs_avoided = output.avoided;
	stats->kicks = output.kicks;
	for (unsigned source = 0; source < VTIMER_LINE_SOURCES; source++) {
		stats->lines[source].name = vtimer_line_name(source);
		stats->lines[source].rises = atomic_load(&line->edges[source][true]);
		stats->lines[source].falls = atomic_load(&line->edges[source][false]);
	}
}

static void user_destroy(struct irqchip *chip)
{
	struct user_irqchip *user = to_user_irqchip(chip);

	gicv2_destroy(user->gic);
	free(user);
}

static const struct irqchip_ops user_ops = {
	.name = "user",
	.ppi_flags = gicv2_ppi_flags,
	.finalize = user_finalize,
	.set_spi = user_set_spi,
	.set_ppi = user_set_ppi,
	.vcpu_initialised = user_vcpu_initialised,
	.vcpu_exited = user_vcpu_exited,
	.vcpu_enters = user_vcpu_enters,
	.mmio = user_mmio,
	.cpu_stats = user_cpu_stats,
	.reset = user_reset,
	.describe = gicv2_describe,
	.destroy = user_destroy,
};

int user_irqchip_create(int vm_fd, unsigned cpus, const struct irqchip_map *map,
			struct irqchip **chip)
{
	struct user_irqchip *user;
	int ret;

	(void)vm_fd;
	(void)map;
	if (cpus > GICV2_MAX_CPUS)
		return log_error(-EINVAL,
				 "cannot create a GICv2 in userspace for %u CPUs: it has room for "
				 "%u: use a smaller --cpus",
				 cpus, GICV2_MAX_CPUS);
	user = aligned_alloc(_Alignof(struct user_irqchip), sizeof(*user));
	if (!user)
		return log_error(-ENOMEM, "cannot create a GICv2 in userspace: out of memory");
	memset(user, 0, sizeof(*user));
	ret = gicv2_create(cpus, kick, user, &user->gic);
	if (ret < 0) {
		free(user);
		return ret;
	}
	user->chip.ops = &user_ops;
	user->chip.device_fd = -1;
	*chip = &user->chip;
	return 0;
}
