/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupt controllers behind one interface: KVM's vGICv3 and vGICv2, and (userspace irqchip) a
 * GICv2 of our own.
 *
 * Interrupts are named as hardware people do: SPI n is INTID 32 + n, PPIs are INTIDs 16 to 31.
 * Order of calls: irqchip_create() before the first vCPU exists, finalize after the last one and
 * before the first run; set_spi and set_ppi at any time after that, from any thread; reset only
 * while no vCPU runs. Functions return 0 or a negative errno, described.
 */
#ifndef IRQCHIP_IRQCHIP_H
#define IRQCHIP_IRQCHIP_H

#include <stdbool.h>
#include <stdint.h>

enum irqchip_kind {
	IRQCHIP_AUTO, /* GICv3, then GICv2, then the userspace GICv2 */
	IRQCHIP_GICV3,
	IRQCHIP_GICV2,
	IRQCHIP_USER,
};

/* SPIs that every kind offers, so that a machine is the same on each. */
#define IRQCHIP_SPIS 224

struct irqchip;
struct mmio_bus;

/* Where the machine has its interrupt controller; see vmm/memory_map.h. IPAs. */
struct irqchip_map {
	uint64_t dist, redist, gicv2_cpu, its;
	unsigned redist_cpus;
};

/*
 * A part of the interrupt controller that armlet itself plays on the bus. The functions are as in
 * struct mmio_ops (devices/mmio_bus.h) and take `device`.
 */
struct irqchip_mmio {
	const char *name;
	uint64_t base, size; /* IPA and bytes */
	void *device;
	uint64_t (*read)(void *device, uint64_t offset, unsigned size, unsigned cpu);
	void (*write)(void *device, uint64_t offset, uint64_t value, unsigned size, unsigned cpu);
};

#define IRQCHIP_LINE_SOURCES 3

/* What a userspace irqchip counts for one vCPU, since creation. */
struct irqchip_cpu_stats {
	/* Calls of KVM_IRQ_LINE for its IRQ and FIQ inputs, and changes of the interrupt
	 * controller's state that needed none. */
	uint64_t inputs_issued, inputs_avoided;
	/* How often it was fetched out of KVM_RUN because another thread changed its inputs. */
	uint64_t kicks;
	/* Edges of the lines of its timers and its PMU. */
	struct {
		const char *name;
		uint64_t rises, falls;
	} lines[IRQCHIP_LINE_SOURCES];
};

/*
 * If the vCPU is in KVM_RUN or about to call it, has its thread call irqchip_vcpu_enters() once
 * more before the guest goes on; else does nothing. Returns whether it was. Any thread.
 */
typedef bool irqchip_kick_fn(void *context);

struct irqchip_ops {
	const char *name; /* as --irqchip takes it */
	/* What a PPI's flags in the device tree carry besides the trigger: GICv2's mask of CPUs. */
	unsigned (*ppi_flags)(const struct irqchip *chip);
	/* `mpidrs[i]` is MPIDR_EL1 of vCPU i. */
	int (*finalize)(struct irqchip *chip, const uint64_t *mpidrs);
	int (*set_spi)(struct irqchip *chip, unsigned spi, bool level);
	/*
	 * These are NULL where KVM is the interrupt controller.
	 *
	 * `intid` is 16 to 31.
	 */
	int (*set_ppi)(struct irqchip *chip, unsigned cpu, unsigned intid, bool level);
	/* Part `index`, from 0, that has to be put on the bus; -ENOENT after the last one. */
	int (*mmio)(struct irqchip *chip, unsigned index, struct irqchip_mmio *mmio);
	/* See irqchip_vcpu_initialised(). */
	void (*vcpu_initialised)(struct irqchip *chip, unsigned cpu, irqchip_kick_fn *kick,
				 void *context);
	/* See irqchip_vcpu_exited(). */
	void (*vcpu_exited)(struct irqchip *chip, unsigned cpu, uint64_t device_irq_level);
	/* See irqchip_vcpu_enters(). */
	void (*vcpu_enters)(struct irqchip *chip, unsigned cpu);
	/* Any thread; while the vCPU runs, the numbers are not all of the same instant. */
	void (*cpu_stats)(const struct irqchip *chip, unsigned cpu,
			  struct irqchip_cpu_stats *stats);
	/* A reset of the whole machine, after the vCPUs': as after finalize, all lines low. */
	int (*reset)(struct irqchip *chip);
	/*
	 * Adds its node under the node that is open in `fdt` (libfdt's sequential writing), with
	 * the phandle IRQCHIP_PHANDLE. Returns 0 or a negative FDT_ERR.
	 */
	int (*describe)(const struct irqchip *chip, void *fdt);
	void (*destroy)(struct irqchip *chip);
};

#define IRQCHIP_PHANDLE	    1
#define IRQCHIP_ITS_PHANDLE 2

/* Base of each kind's own struct. */
struct irqchip {
	const struct irqchip_ops *ops;
	enum irqchip_kind kind;
	int vm_fd;     /* not owned */
	int device_fd; /* of the GIC in KVM, owned by the kind; -1: the userspace irqchip */
	unsigned cpus;
	bool has_el2; /* the vCPUs have: a hypervisor there wants the maintenance interrupt */
	struct irqchip_map map;
};

/*
 * Makes the interrupt controller of the VM, or with IRQCHIP_AUTO the best that this host's KVM can
 * make (log_info tells why not the others). -ENOTSUP, described with the alternatives, when the
 * host cannot; -EINVAL when `cpus` is more than the kind can have. On success `*chip` is owned by
 * the caller.
 */
int irqchip_create(enum irqchip_kind kind, int vm_fd, unsigned cpus, const struct irqchip_map *map,
		   struct irqchip **chip);
void irqchip_destroy(struct irqchip *chip); /* NULL is fine */

/* As --irqchip takes it: "gicv3"; "auto" for IRQCHIP_AUTO. */
const char *irqchip_kind_name(enum irqchip_kind kind);

static inline int irqchip_set_spi(struct irqchip *chip, unsigned spi, bool level)
{
	return chip->ops->set_spi(chip, spi, level);
}

/*
 * The vCPU's thread tells the levels of its timers' and its PMU's lines
 * (`run->s.regs.device_irq_level`) after each return of KVM_RUN, -EINTR included, before it
 * emulates an access; but not after a return that `immediate_exit` forced, which does not refresh
 * them. Costs one comparison where nothing changed.
 */
static inline void irqchip_vcpu_exited(struct irqchip *chip, unsigned cpu,
				       uint64_t device_irq_level)
{
	if (chip->ops->vcpu_exited)
		chip->ops->vcpu_exited(chip, cpu, device_irq_level);
}

/*
 * After each KVM_ARM_VCPU_INIT of a vCPU, while it does not run. What its interrupt inputs are is
 * not known then: some kernels clear them, others do not. `kick`, from now on, is how it is kicked.
 */
static inline void irqchip_vcpu_initialised(struct irqchip *chip, unsigned cpu,
					    irqchip_kick_fn *kick, void *context)
{
	if (chip->ops->vcpu_initialised)
		chip->ops->vcpu_initialised(chip, cpu, kick, context);
}

/*
 * On the vCPU's thread, immediately before each KVM_RUN that may enter the guest, but after the
 * vCPU can be kicked: tells KVM of the vCPU's interrupt inputs, which no other thread may.
 */
static inline void irqchip_vcpu_enters(struct irqchip *chip, unsigned cpu)
{
	if (chip->ops->vcpu_enters)
		chip->ops->vcpu_enters(chip, cpu);
}

/* The INTID of an SPI, as KVM_IRQ_LINE takes it; irqfd routing and the device tree take the SPI's
 * number itself. */
static inline uint32_t irqchip_spi_to_intid(unsigned spi)
{
	return 32 + spi;
}

#endif
