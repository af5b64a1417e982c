// SPDX-License-Identifier: GPL-2.0-only
/* Which PPIs the timers signal. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/kvm.h"
#include "guest-images/tests/control.h"
#include "harness/run.h"
#include "harness/test_timer.h"
#include "harness/tests/control_scripts.h"
#include "timer/arch_timer.h"
#include "vmm/machine.h"

/* -- used by a guest -------------------------------------------------------------------------- */

static void use_intids(struct test_run *run, const unsigned intids[ARCH_TIMERS])
{
	for (unsigned timer = 0; timer < ARCH_TIMERS; timer++) {
		int ret = test_timer_set_intid(run, run->vm.machine.vcpus[0].fd, timer,
					       intids[timer]);

		RUN_CHECK(run, ret == 0, "INTID %u for the %s timer: %s", intids[timer],
			  arch_timer_name(timer), strerror(-ret));
		run->vm.shared->timer_intid[timer] = intids[timer];
	}
}

static void change_intids(struct test_run *run)
{
	use_intids(run, (const unsigned[]){ 20, 21 });
}

static void swap_intids(struct test_run *run)
{
	use_intids(run, (const unsigned[]){ TIMER_INTID_PHYSICAL, TIMER_INTID_VIRTUAL });
}

const struct test_script intids_changed = { .prepare = change_intids };
const struct test_script intids_swapped = { .prepare = swap_intids };

/* -- without a guest -------------------------------------------------------------------------- */

/* A machine without threads: KVM_RUN with immediate_exit does all that a first run does. */
struct bare {
	struct test_run *run;
	struct machine machine;
	bool made;
};

static void nothing_stops(void *context, struct vcpu *vcpu, enum vcpu_stop why)
{
	(void)context, (void)vcpu, (void)why;
}

static bool bare_create(struct bare *bare, struct test_run *run)
{
	const struct machine_config config = {
		.cpus = 2,
		.memory = GUEST_RAM_SIZE,
		.irqchip = run->irqchip,
		.stopped = nothing_stops,
	};

	bare->run = run;
	machine_init(&bare->machine);
	bare->made = machine_create(&bare->machine, &config) == 0;
	return RUN_CHECK(run, bare->made, "the VM could not be made");
}

static int bare_run(struct bare *bare, unsigned cpu)
{
	struct vcpu *vcpu = &bare->machine.vcpus[cpu];

	vcpu->run->immediate_exit = 1;
	return kvm_ioctl(vcpu->fd, KVM_RUN, 0);
}

/* Sets an INTID by way of one vCPU and looks at what has become of it by way of each. */
static void set_intid(struct bare *bare, unsigned cpu, enum arch_timer timer, unsigned intid,
		      int expected)
{
	int ret = test_timer_set_intid(bare->run, bare->machine.vcpus[cpu].fd, timer, intid);

	RUN_CHECK(bare->run, ret == expected, "INTID %u for the %s timer: %s, expected: %s", intid,
		  arch_timer_name(timer), strerror(-ret), strerror(-expected));
}

static void check_intids(struct bare *bare, unsigned virtual_intid, unsigned physical_intid)
{
	const unsigned expected[ARCH_TIMERS] = { virtual_intid, physical_intid };
	const uint64_t attrs[ARCH_TIMERS] = { KVM_ARM_VCPU_TIMER_IRQ_VTIMER,
					      KVM_ARM_VCPU_TIMER_IRQ_PTIMER };

	for (unsigned cpu = 0; cpu < bare->machine.cpus; cpu++) {
		int fd = bare->machine.vcpus[cpu].fd;

		for (unsigned timer = 0; timer < ARCH_TIMERS; timer++) {
			int value = 0, ret;

			ret = kvm_has_device_attr(fd, KVM_ARM_VCPU_TIMER_CTRL, attrs[timer]);
			RUN_CHECK(bare->run, ret == 0, "vCPU %u has no attribute for the %s timer",
				  cpu, arch_timer_name(timer));
			ret = kvm_get_device_attr(fd, KVM_ARM_VCPU_TIMER_CTRL, attrs[timer],
						  &value);
			RUN_CHECK(bare->run, ret == 0 && value == (int)expected[timer],
				  "vCPU %u tells INTID %d for the %s timer (%s), expected: %u", cpu,
				  value, arch_timer_name(timer), strerror(-ret), expected[timer]);
		}
	}
}

static void check_run(struct bare *bare, int expected)
{
	for (unsigned cpu = 0; cpu < bare->machine.cpus; cpu++) {
		int ret = bare_run(bare, cpu);

		RUN_CHECK(bare->run, ret == expected, "KVM_RUN of vCPU %u: %s, expected: %s", cpu,
			  strerror(-ret), strerror(-expected));
	}
}

static void with_bare(struct test_run *run, void (*script)(struct bare *bare))
{
	struct bare bare = { 0 };

	if (bare_create(&bare, run))
		script(&bare);
	machine_destroy(&bare.machine);
}

/* KVM takes a duplicate, and finds it when the vCPU first runs: on each vCPU, and every time. */
static void duplicate(struct bare *bare)
{
	set_intid(bare, 0, ARCH_TIMER_VIRTUAL, 22, 0);
	set_intid(bare, 0, ARCH_TIMER_PHYSICAL, 22, 0);
	check_run(bare, -EINVAL);
	check_run(bare, -EINVAL);
}

/* Set by either vCPU, told by both; final when one has run. */
static void after_run(struct bare *bare)
{
	check_intids(bare, TIMER_INTID_VIRTUAL, TIMER_INTID_PHYSICAL);
	set_intid(bare, 1, ARCH_TIMER_VIRTUAL, 22, 0);
	check_intids(bare, 22, TIMER_INTID_PHYSICAL);
	set_intid(bare, 0, ARCH_TIMER_PHYSICAL, 31, 0);
	check_intids(bare, 22, 31);
	set_intid(bare, 0, ARCH_TIMER_PHYSICAL, 16, 0);
	check_run(bare, -EINTR);
	for (unsigned cpu = 0; cpu < bare->machine.cpus; cpu++) {
		set_intid(bare, cpu, ARCH_TIMER_VIRTUAL, 20, -EBUSY);
		set_intid(bare, cpu, ARCH_TIMER_PHYSICAL, 21, -EBUSY);
	}
	check_intids(bare, 22, 16);
}

/* Not a PPI. */
static void refused(struct bare *bare)
{
	static const unsigned intids[] = { 0, 15, 32, 1020, 1023, 0x10000 + 27, 0xffffffff };
	static const unsigned attr_none = 99;
	int value = 20, ret;

	for (unsigned i = 0; i < sizeof(intids) / sizeof(intids[0]); i++) {
		set_intid(bare, 0, ARCH_TIMER_VIRTUAL, intids[i], -EINVAL);
		set_intid(bare, 0, ARCH_TIMER_PHYSICAL, intids[i], -EINVAL);
	}
	check_intids(bare, TIMER_INTID_VIRTUAL, TIMER_INTID_PHYSICAL);
	ret = kvm_set_device_attr(bare->machine.vcpus[0].fd, KVM_ARM_VCPU_TIMER_CTRL, attr_none,
				  &value);
	RUN_CHECK(bare->run, ret == -ENXIO, "an attribute that does not exist: %s", strerror(-ret));
	check_run(bare, -EINTR);
}

/* There is nothing to choose, and what is told are the usual ones. */
static void without_vgic(struct bare *bare)
{
	set_intid(bare, 0, ARCH_TIMER_VIRTUAL, 20, -EINVAL);
	set_intid(bare, 0, ARCH_TIMER_PHYSICAL, 21, -EINVAL);
	check_intids(bare, TIMER_INTID_VIRTUAL, TIMER_INTID_PHYSICAL);
	check_run(bare, -EINTR);
	set_intid(bare, 0, ARCH_TIMER_VIRTUAL, 20, -EINVAL);
}

static void alone_duplicate(struct test_run *run)
{
	with_bare(run, duplicate);
}

static void alone_after_run(struct test_run *run)
{
	with_bare(run, after_run);
}

static void alone_refused(struct test_run *run)
{
	with_bare(run, refused);
}

static void alone_without_vgic(struct test_run *run)
{
	with_bare(run, without_vgic);
}

const struct test_script intids_duplicate = { .alone = alone_duplicate };
const struct test_script intids_after_run = { .alone = alone_after_run };
const struct test_script intids_refused = { .alone = alone_refused };
const struct test_script intids_without_vgic = { .alone = alone_without_vgic };
