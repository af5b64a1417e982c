// SPDX-License-Identifier: GPL-2.0-only
/* What a test needs of the host, and whether it is there. */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/kvm.h"
#include "base/log.h"
#include "harness/runner.h"
#include "timer/timer_state.h"
#include "vmm/host_info.h"

#define NO_PTIMER_REGS \
	"this host's KVM gives no access to the physical timer's registers (Linux 6.4)"

static const struct {
	enum test_need need;
	const char *reason;
} need_reasons[] = {
	{ TEST_NEEDS_COUNTER_OFFSET, "this host's KVM has no KVM_CAP_COUNTER_OFFSET (Linux 6.4)" },
	{ TEST_NEEDS_PTIMER_REGS, NO_PTIMER_REGS },
	{ TEST_NEEDS_TWO_HOST_CPUS, "this process may use one host CPU only" },
	{ TEST_NEEDS_EXACT_TIME, "time depends on load here: lateness is no verdict" },
	{ TEST_NEEDS_SYSTEM_SUSPEND,
	  "this host's KVM has no KVM_CAP_ARM_SYSTEM_SUSPEND (Linux 5.19)" },
	{ TEST_NEEDS_REALTIME, "this process may not use SCHED_FIFO" },
	{ TEST_NEEDS_WFXT,
	  "the vCPUs have no FEAT_WFxT, or an emulated machine tells KVM of it as of WFI" },
	{ TEST_NEEDS_PMU, "the vCPUs have no PMU" },
	{ TEST_NEEDS_SVE, "the vCPUs have no SVE" },
	{ TEST_NEEDS_PHYSICAL_OFFSET, NULL /* the host's own */ },
};

static const char *const irqchip_names[] = {
	[IRQCHIP_GICV3] = "gicv3",
	[IRQCHIP_GICV2] = "gicv2",
	[IRQCHIP_USER] = "user",
};

/* Does it, and takes it back: nothing else tells for sure. */
static bool may_use_realtime(void)
{
	struct sched_param before, wanted = { .sched_priority = 1 };
	int policy = sched_getscheduler(0);

	if (policy < 0 || sched_getparam(0, &before) < 0 ||
	    sched_setscheduler(0, SCHED_FIFO, &wanted) < 0)
		return false;
	sched_setscheduler(0, policy, &before);
	return true;
}

static bool has_two_cpus(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	return sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) > 1;
}

/* What only a VM and a vCPU can tell. */
static int ask_vm(struct host_facts *facts)
{
	int kvm_fd = kvm_open(), vm_fd, vcpu_fd;
	struct kvm_vcpu_init init;
	uint64_t value;
	bool initialised;

	if (kvm_fd < 0)
		return kvm_fd;
	vm_fd = kvm_ioctl(kvm_fd, KVM_CREATE_VM, 0);
	if (vm_fd < 0) {
		close(kvm_fd);
		return log_error(vm_fd, "cannot create a VM: %s", strerror(-vm_fd));
	}
	facts->max_cpus = kvm_check_extension(vm_fd, KVM_CAP_MAX_VCPUS);
	if (kvm_check_extension(vm_fd, KVM_CAP_COUNTER_OFFSET) > 0)
		facts->needs |= TEST_NEEDS_COUNTER_OFFSET;
	if (kvm_check_extension(vm_fd, KVM_CAP_ARM_SYSTEM_SUSPEND) > 0)
		facts->needs |= TEST_NEEDS_SYSTEM_SUSPEND;
	vcpu_fd = kvm_ioctl(vm_fd, KVM_CREATE_VCPU, 0);
	initialised = vcpu_fd >= 0 &&
		      kvm_ioctl(vm_fd, KVM_ARM_PREFERRED_TARGET, (uintptr_t)&init) == 0 &&
		      kvm_ioctl(vcpu_fd, KVM_ARM_VCPU_INIT, (uintptr_t)&init) == 0;
	if (initialised &&
	    arch_timer_get(vcpu_fd, ARCH_TIMER_PHYSICAL, ARCH_TIMER_CVAL, &value) == 0)
		facts->needs |= TEST_NEEDS_PTIMER_REGS;
	/* ID_AA64ISAR2_EL1.WFxT */
	if (initialised && kvm_get_one_reg(vcpu_fd, ARM64_SYS_REG(3, 0, 0, 6, 2), &value) == 0 &&
	    (value & 0xf) >= 2)
		facts->needs |= TEST_NEEDS_WFXT;
	if (vcpu_fd >= 0)
		close(vcpu_fd);
	close(vm_fd);
	close(kvm_fd);
	return 0;
}

/* QEMU's machine `virt`. Two things that its emulation (10.0) does not get right are worth knowing.
 */
static bool is_emulated(const struct host_info *info)
{
	return !strcmp(info->board, "linux,dummy-virt");
}

/* KVM uses CNTPOFF_EL2 where it can: on a VHE host that has it. There is no EL3 in this machine,
 * and the emulation wants its permission (SCR_EL3.ECVEn) all the same. */
static bool ignores_cntpoff(const struct host_info *info)
{
	bool vhe = info->mode == HOST_KVM_MODE_VHE || info->mode == HOST_KVM_MODE_NESTED;

	return is_emulated(info) && vhe && info->ecv >= 2;
}

/* Why a guest's physical counter cannot be shifted, or NULL where it can. */
static const char *no_physical_offset_because(const struct host_facts *facts,
					      const struct host_info *info)
{
	if (!(facts->needs & TEST_NEEDS_PTIMER_REGS))
		return NO_PTIMER_REGS;
	if (info->mode == HOST_KVM_MODE_PROTECTED)
		return "in protected mode guests read the physical counter as it is";
	if (ignores_cntpoff(info))
		return "KVM uses CNTPOFF_EL2 for the physical counter's offset, which this "
		       "emulated machine ignores";
	return NULL;
}

int host_facts_collect(struct host_facts *facts, const struct host_info *info)
{
	int ret;

	*facts = (struct host_facts){ 0 };
	ret = ask_vm(facts);
	if (ret < 0)
		return ret;
	facts->irqchips[IRQCHIP_GICV3] = info->gicv3;
	facts->irqchips[IRQCHIP_GICV2] = info->gicv2;
	facts->irqchips[IRQCHIP_USER] = info->user_irq && info->mode != HOST_KVM_MODE_PROTECTED;
	facts->irqchip_reasons[IRQCHIP_GICV3] = "this host's KVM has no vGICv3";
	facts->irqchip_reasons[IRQCHIP_GICV2] = "this host's KVM has no vGICv2";
	facts->irqchip_reasons[IRQCHIP_USER] =
		info->user_irq ? "a vCPU's interrupt inputs do not reach the guest in KVM's "
				 "protected mode"
			       : "this host's KVM has no KVM_CAP_ARM_USER_IRQ";
	/* Without VHE the guest has no physical timer of its own: KVM's is a timer of the host. */
	facts->ptimer_hangs_host = !info->timer_active_state && info->mode != HOST_KVM_MODE_NVHE;
	if (info->features & 1u << VCPU_FEATURE_PMU)
		facts->needs |= TEST_NEEDS_PMU;
	if (info->features & 1u << VCPU_FEATURE_SVE)
		facts->needs |= TEST_NEEDS_SVE;
	facts->no_physical_offset = no_physical_offset_because(facts, info);
	if (!facts->no_physical_offset)
		facts->needs |= TEST_NEEDS_PHYSICAL_OFFSET;
	/* The syndrome of a WFIT that is trapped says WFI, so that KVM sleeps without a limit. */
	if (is_emulated(info))
		facts->needs &= ~(unsigned)TEST_NEEDS_WFXT;
	if (has_two_cpus())
		facts->needs |= TEST_NEEDS_TWO_HOST_CPUS;
	if (may_use_realtime())
		facts->needs |= TEST_NEEDS_REALTIME;
	return 0;
}

bool test_is_for(const struct test *test, enum irqchip_kind irqchip)
{
	return !test->irqchips || test->irqchips & TEST_ON(irqchip);
}

bool test_applies(const struct test *test, enum irqchip_kind irqchip,
		  const struct host_facts *facts, bool exact_time, char *reason, size_t size)
{
	unsigned met = facts->needs | (exact_time ? TEST_NEEDS_EXACT_TIME : 0);
	unsigned cpus = irqchip == IRQCHIP_GICV3 ? GUEST_MAX_CPUS : 8;

	if (facts->max_cpus < cpus)
		cpus = facts->max_cpus;
	if (!test_is_for(test, irqchip)) {
		snprintf(reason, size, "not for %s", irqchip_names[irqchip]);
		return false;
	}
	if (!facts->irqchips[irqchip]) {
		snprintf(reason, size, "%s", facts->irqchip_reasons[irqchip]);
		return false;
	}
	if (test->cpus > cpus) {
		snprintf(reason, size, "needs %u vCPUs, there can be %u", test->cpus, cpus);
		return false;
	}
	for (size_t i = 0; i < sizeof(need_reasons) / sizeof(need_reasons[0]); i++) {
		if (test->needs & ~met & need_reasons[i].need) {
			snprintf(reason, size, "%s",
				 need_reasons[i].reason ? need_reasons[i].reason
							: facts->no_physical_offset);
			return false;
		}
	}
	return true;
}
