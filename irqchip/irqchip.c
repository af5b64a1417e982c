// SPDX-License-Identifier: GPL-2.0-only
#include "irqchip/irqchip.h"

#include <errno.h>
#include <stddef.h>

#include "base/kvm.h"
#include "base/log.h"
#include "irqchip/vgic.h"

/* In the order in which IRQCHIP_AUTO tries them. */
static const struct irqchip_choice {
	enum irqchip_kind kind;
	const char *name, *title;
	uint32_t device_type;
	unsigned max_cpus;
	int (*create)(int vm_fd, unsigned cpus, const struct irqchip_map *map,
		      struct irqchip **chip);
} choices[] = {
	{ IRQCHIP_GICV3, "gicv3", "GICv3", KVM_DEV_TYPE_ARM_VGIC_V3, VGIC_V3_MAX_CPUS,
	  vgic_v3_create },
	{ IRQCHIP_GICV2, "gicv2", "GICv2", KVM_DEV_TYPE_ARM_VGIC_V2, VGIC_V2_MAX_CPUS,
	  vgic_v2_create },
};

#define CHOICES (sizeof(choices) / sizeof(choices[0]))

static bool choice_possible(const struct irqchip_choice *choice, int vm_fd)
{
	return kvm_test_device(vm_fd, choice->device_type) == 0;
}

/* What the user can say instead of `choice`, as the end of an error message. */
static const char *alternatives(const struct irqchip_choice *choice, int vm_fd)
{
	for (size_t i = 0; i < CHOICES; i++)
		if (&choices[i] != choice && choice_possible(&choices[i], vm_fd))
			return choices[i].kind == IRQCHIP_GICV3 ? "use --irqchip gicv3 or auto"
								: "use --irqchip gicv2 or auto";
	return "and no other either: a host without a usable vGIC needs an interrupt controller in "
	       "userspace, which this version does not have";
}

static int create_choice(const struct irqchip_choice *choice, int vm_fd, unsigned cpus,
			 const struct irqchip_map *map, struct irqchip **chip)
{
	int ret;

	if (cpus > choice->max_cpus)
		return log_error(-EINVAL,
				 "cannot create a VM of %u CPUs: a %s has room for %u: use a "
				 "smaller --cpus%s",
				 cpus, choice->title, choice->max_cpus,
				 choice->kind == IRQCHIP_GICV2 ? " or, where the host has it, "
								 "--irqchip gicv3"
							       : "");
	ret = choice->create(vm_fd, cpus, map, chip);
	if (ret < 0)
		return ret;
	(*chip)->kind = choice->kind;
	(*chip)->vm_fd = vm_fd;
	(*chip)->cpus = cpus;
	(*chip)->map = *map;
	log_info("interrupt controller: %s, in KVM", choice->title);
	return 0;
}

static int create_auto(int vm_fd, unsigned cpus, const struct irqchip_map *map,
		       struct irqchip **chip)
{
	for (size_t i = 0; i < CHOICES; i++) {
		if (choice_possible(&choices[i], vm_fd))
			return create_choice(&choices[i], vm_fd, cpus, map, chip);
		log_info("interrupt controller: no %s: this host's KVM has none", choices[i].title);
	}
	return log_error(
		-ENOTSUP,
		"cannot create an interrupt controller: this host's KVM has neither a GICv3 nor a "
		"GICv2: a host without a usable vGIC needs an interrupt controller in "
		"userspace, which this version does not have");
}

int irqchip_create(enum irqchip_kind kind, int vm_fd, unsigned cpus, const struct irqchip_map *map,
		   struct irqchip **chip)
{
	if (kind == IRQCHIP_AUTO)
		return create_auto(vm_fd, cpus, map, chip);
	for (size_t i = 0; i < CHOICES; i++) {
		if (choices[i].kind != kind)
			continue;
		if (choice_possible(&choices[i], vm_fd))
			return create_choice(&choices[i], vm_fd, cpus, map, chip);
		return log_error(-ENOTSUP, "cannot create a %s: this host's KVM has none: %s",
				 choices[i].title, alternatives(&choices[i], vm_fd));
	}
	return log_error(
		-ENOTSUP,
		"cannot create a GIC in userspace: this version has none: use --irqchip auto");
}

void irqchip_destroy(struct irqchip *chip)
{
	if (chip)
		chip->ops->destroy(chip);
}
