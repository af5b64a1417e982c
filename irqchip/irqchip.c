// SPDX-License-Identifier: GPL-2.0-only
#include "irqchip/irqchip.h"

#include <errno.h>
#include <stddef.h>

#include "base/kvm.h"
#include "base/log.h"
#include "irqchip/gicv2.h"
#include "irqchip/user_irqchip.h"
#include "irqchip/vgic.h"

/* In the order in which IRQCHIP_AUTO tries them. */
static const struct irqchip_choice {
	enum irqchip_kind kind;
	const char *name, *title;
	uint32_t device_type; /* of those in KVM */
	unsigned max_cpus;
	int (*create)(int vm_fd, unsigned cpus, const struct irqchip_map *map,
		      struct irqchip **chip);
} choices[] = {
	{ IRQCHIP_GICV3, "gicv3", "GICv3", KVM_DEV_TYPE_ARM_VGIC_V3, VGIC_V3_MAX_CPUS,
	  vgic_v3_create },
	{ IRQCHIP_GICV2, "gicv2", "GICv2", KVM_DEV_TYPE_ARM_VGIC_V2, VGIC_V2_MAX_CPUS,
	  vgic_v2_create },
	{ IRQCHIP_USER, "user", "GICv2 in userspace", 0, GICV2_MAX_CPUS, user_irqchip_create },
};

#define CHOICES (sizeof(choices) / sizeof(choices[0]))

const char *irqchip_kind_name(enum irqchip_kind kind)
{
	for (size_t i = 0; i < CHOICES; i++)
		if (choices[i].kind == kind)
			return choices[i].name;
	return "auto";
}

static bool choice_possible(const struct irqchip_choice *choice, int vm_fd)
{
	if (choice->kind == IRQCHIP_USER)
		return kvm_check_extension(vm_fd, KVM_CAP_ARM_USER_IRQ) > 0;
	return kvm_test_device(vm_fd, choice->device_type) == 0;
}

static const char *why_not_possible(const struct irqchip_choice *choice)
{
	return choice->kind == IRQCHIP_USER ? "this host's KVM does not tell userspace of its "
					      "timers (KVM_CAP_ARM_USER_IRQ)"
					    : "this host's KVM has none";
}

/* What the user can say instead of `choice`, as the end of an error message. */
static const char *alternatives(const struct irqchip_choice *choice, int vm_fd)
{
	static const char *const advice[] = {
		[IRQCHIP_GICV3] = "use --irqchip gicv3 or auto",
		[IRQCHIP_GICV2] = "use --irqchip gicv2 or auto",
		[IRQCHIP_USER] = "use --irqchip user or auto",
	};

	for (size_t i = 0; i < CHOICES; i++)
		if (&choices[i] != choice && choice_possible(&choices[i], vm_fd))
			return advice[choices[i].kind];
	return "and no other either";
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
				 choice->kind == IRQCHIP_GICV3 ? ""
							       : " or, where the host has it, "
								 "--irqchip gicv3");
	ret = choice->create(vm_fd, cpus, map, chip);
	if (ret < 0)
		return ret;
	(*chip)->kind = choice->kind;
	(*chip)->vm_fd = vm_fd;
	(*chip)->cpus = cpus;
	(*chip)->map = *map;
	log_info("interrupt controller: %s%s", choice->title,
		 choice->kind == IRQCHIP_USER ? "" : ", in KVM");
	return 0;
}

static int create_auto(int vm_fd, unsigned cpus, const struct irqchip_map *map,
		       struct irqchip **chip)
{
	for (size_t i = 0; i < CHOICES; i++) {
		if (choice_possible(&choices[i], vm_fd))
			return create_choice(&choices[i], vm_fd, cpus, map, chip);
		log_info("interrupt controller: no %s: %s", choices[i].title,
			 why_not_possible(&choices[i]));
	}
	return log_error(-ENOTSUP, "cannot create an interrupt controller: this host's KVM has "
				   "neither a GICv3 nor a GICv2 nor KVM_CAP_ARM_USER_IRQ, which "
				   "one in userspace needs");
}

int irqchip_create(enum irqchip_kind kind, int vm_fd, unsigned cpus, const struct irqchip_map *map,
		   struct irqchip **chip)
{
	for (size_t i = 0; i < CHOICES; i++) {
		if (choices[i].kind != kind)
			continue;
		if (choice_possible(&choices[i], vm_fd))
			return create_choice(&choices[i], vm_fd, cpus, map, chip);
		return log_error(-ENOTSUP, "cannot create a %s: %s: %s", choices[i].title,
				 why_not_possible(&choices[i]), alternatives(&choices[i], vm_fd));
	}
	return create_auto(vm_fd, cpus, map, chip);
}

void irqchip_destroy(struct irqchip *chip)
{
	if (chip)
		chip->ops->destroy(chip);
}
