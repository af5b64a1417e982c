/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The userspace irqchip: KVM runs the CPUs and owns the timers, the GICv2 of irqchip/gicv2.h is the
 * interrupt controller (docs/userspace-irqchip.md). Private to irqchip/; all use is through struct
 * irqchip_ops.
 */
#ifndef IRQCHIP_USER_IRQCHIP_H
#define IRQCHIP_USER_IRQCHIP_H

#include "irqchip/irqchip.h"

/*
 * -EINVAL when `cpus` is more than a GICv2 has room for, -ENOMEM; described. The caller fills in
 * struct irqchip's own fields before the first call of an operation.
 */
int user_irqchip_create(int vm_fd, unsigned cpus, const struct irqchip_map *map,
			struct irqchip **chip);

#endif
