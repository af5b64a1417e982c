// SPDX-License-Identifier: GPL-2.0-only
/* Things that are done once more, or by others than who began. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/raw_vm.h"
#include "harness/tests/lifetime.h"
#include "timer/arch_timer.h"
#include "timer/timer_state.h"

#define PSTATE_RESET	0x3c5 /* EL1h, all exceptions masked */
#define PMU_INTID	23
#define FEATURE(number) (1u << (number))

static int set_pmu_attr(struct raw_vm *vm, uint64_t attr, const void *value)
{
	return kvm_set_device_attr(vm->vcpus[0].fd, KVM_ARM_VCPU_PMU_V3_CTRL, attr, value);
}

/*
 * A first run that fails because the PMU is not set up comes after the timer was enabled: on
 * hosts without fccc2cac5173 (6.12) the next KVM_ARM_VCPU_INIT has KVM inject into a vGIC that
 * there is none.
 */
void lifetime_failed_first_run(struct test_run *run)
{
	uint32_t features = FEATURE(KVM_ARM_VCPU_PMU_V3);
	int intid = PMU_INTID;
	struct raw_vm vm;

	if (!raw_vm_open(&vm, run) || !raw_expect(&vm, raw_add_gic(&vm), 0, "KVM_CREATE_DEVICE") ||
	    !raw_expect(&vm, raw_place_gic(&vm), 0, "placing it") ||
	    !raw_expect(&vm, raw_add_vcpu(&vm), 0, "KVM_CREATE_VCPU") ||
	    !raw_expect(&vm, raw_init_vcpu(&vm, 0, features), 0, "KVM_ARM_VCPU_INIT with PMU") ||
	    !raw_expect(&vm, raw_finalize_gic(&vm), 0, "KVM_DEV_ARM_VGIC_CTRL_INIT"))
		goto out;
	for (int i = 0; i < 3; i++)
		if (!raw_expect(&vm, raw_kvm_run(&vm, 0), -EINVAL,
				"KVM_RUN before the PMU is set up") ||
		    !raw_expect(&vm, raw_init_vcpu(&vm, 0, features), 0,
				"KVM_ARM_VCPU_INIT after a first run that failed"))
			goto out;
	if (vm.kind != IRQCHIP_USER &&
	    !raw_expect(&vm, set_pmu_attr(&vm, KVM_ARM_VCPU_PMU_V3_IRQ, &intid), 0,
			"the PMU's INTID"))
		goto out;
	if (raw_expect(&vm, set_pmu_attr(&vm, KVM_ARM_VCPU_PMU_V3_INIT, NULL), 0,
		       "KVM_ARM_VCPU_PMU_V3_INIT"))
		raw_timer_works(&vm, 0, RAW_GUEST_WFI, "first runs that failed");
out:
	raw_vm_close(&vm);
}

static bool finish_with_pmu(struct raw_vm *vm)
{
	int intid = PMU_INTID;

	return raw_expect(vm, raw_place_gic(vm), 0, "placing it") &&
	       raw_expect(vm, raw_finalize_gic(vm), 0, "KVM_DEV_ARM_VGIC_CTRL_INIT") &&
	       raw_expect(vm, set_pmu_attr(vm, KVM_ARM_VCPU_PMU_V3_IRQ, &intid), 0,
			  "the PMU's INTID") &&
	       raw_expect(vm, set_pmu_attr(vm, KVM_ARM_VCPU_PMU_V3_INIT, NULL), 0,
			  "KVM_ARM_VCPU_PMU_V3_INIT");
}

/*
 * A first run that failed is none, so that an interrupt controller may still come, or be refused as
 * too late. But that run has left the timer enabled, which the next KVM_ARM_VCPU_INIT must not
 * mistake for one that is connected.
 */
void lifetime_irqchip_after_failed_run(struct test_run *run)
{
	uint32_t features = FEATURE(KVM_ARM_VCPU_PMU_V3);
	struct raw_vm vm;
	int ret;

	if (!raw_vm_open(&vm, run) || !raw_expect(&vm, raw_add_vcpu(&vm), 0, "KVM_CREATE_VCPU") ||
	    !raw_expect(&vm, raw_init_vcpu(&vm, 0, features), 0, "KVM_ARM_VCPU_INIT with PMU") ||
	    !raw_expect(&vm, raw_kvm_run(&vm, 0), -EINVAL, "KVM_RUN before the PMU is set up"))
		goto out;
	ret = raw_add_gic(&vm);
	if (ret != -EBUSY && raw_expect(&vm, ret, 0, "KVM_CREATE_DEVICE after a run that failed") &&
	    raw_expect(&vm, raw_init_vcpu(&vm, 0, features), 0,
		       "KVM_ARM_VCPU_INIT after KVM_CREATE_DEVICE") &&
	    finish_with_pmu(&vm))
		raw_timer_works(&vm, 0, RAW_GUEST_WFI, "an interrupt controller that came late");
out:
	raw_vm_close(&vm);
}

/* The timer is expired, its interrupt on its way and not taken. */
static bool let_timer_expire(struct raw_vm *vm, int64_t us)
{
	uint64_t cval, value;

	if (!raw_set_guest(vm, 0, RAW_GUEST_STORE) || !raw_enable_interrupt(vm, 0) ||
	    !raw_set_reg(vm, 0, KVM_CORE_REG_U64(regs.pstate), PSTATE_RESET) ||
	    !raw_arm(vm, 0, us, &cval))
		return false;
	for (int i = 0; i < 3; i++)
		if (raw_run(vm, 0, 10000, &value) != RAW_STORE)
			return false;
	return true;
}

static bool is_reset(struct raw_vm *vm)
{
	uint64_t ctl = 0, pstate = 0, x1 = 0;
	struct kvm_mp_state state = { 0 };
	int fd = vm->vcpus[0].fd;

	return raw_expect(vm, arch_timer_get(fd, ARCH_TIMER_VIRTUAL, ARCH_TIMER_CTL, &ctl), 0,
			  "CNTV_CTL by KVM_GET_ONE_REG") &&
	       RUN_CHECK(vm->test, !(ctl & ARCH_TIMER_CTL_ENABLE),
			 "CNTV_CTL is 0x%x after KVM_ARM_VCPU_INIT", (unsigned)ctl) &&
	       raw_get_reg(vm, 0, KVM_CORE_REG_U64(regs.pstate), &pstate) &&
	       RUN_CHECK(vm->test, pstate == PSTATE_RESET, "PSTATE is 0x%x after KVM_ARM_VCPU_INIT",
			 (unsigned)pstate) &&
	       raw_get_reg(vm, 0, KVM_CORE_REG_U64(regs.regs[1]), &x1) &&
	       RUN_CHECK(vm->test, x1 == 0, "X1 is not 0 after KVM_ARM_VCPU_INIT") &&
	       raw_expect(vm, kvm_ioctl(fd, KVM_GET_MP_STATE, (uintptr_t)&state), 0,
			  "KVM_GET_MP_STATE") &&
	       RUN_CHECK(vm->test, state.mp_state == KVM_MP_STATE_RUNNABLE,
			 "the vCPU's state is %u after KVM_ARM_VCPU_INIT", state.mp_state);
}

/* The guest has acknowledged its interrupt, and does not end it any more. */
static bool leave_active(struct raw_vm *vm)
{
	uint64_t value;

	if (vm->kind == IRQCHIP_USER)
		return true;
	return raw_set_guest(vm, 0, vm->kind == IRQCHIP_GICV3 ? RAW_GUEST_ACK3 : RAW_GUEST_ACK2) &&
	       raw_set_reg(vm, 0, KVM_CORE_REG_U64(regs.pstate), PSTATE_RESET) &&
	       RUN_CHECK(vm->test,
			 raw_run(vm, 0, 10000, &value) == RAW_STORE && value == TIMER_INTID_VIRTUAL,
			 "an expired timer's interrupt cannot be acknowledged");
}

static bool init_again(struct raw_vm *vm, bool active)
{
	uint64_t value;

	return raw_expect(vm, raw_init_vcpu(vm, 0, 0), 0, "KVM_ARM_VCPU_INIT again") &&
	       (!active || vm->kind == IRQCHIP_USER || raw_forget_priorities(vm, 0)) &&
	       is_reset(vm) && raw_set_guest(vm, 0, RAW_GUEST_SPIN) &&
	       RUN_CHECK(vm->test, raw_run(vm, 0, 25, &value) == RAW_SIGNAL,
			 "an interrupt survives KVM_ARM_VCPU_INIT") &&
	       raw_timer_works(vm, 0, RAW_GUEST_SPIN, "KVM_ARM_VCPU_INIT again") &&
	       raw_timer_works(vm, 0, RAW_GUEST_WFI, "KVM_ARM_VCPU_INIT again");
}

void lifetime_init_again(struct test_run *run)
{
	/* Expired long ago, just now, not yet. */
	static const int64_t times[] = { -1000000, 0, 20000 };
	uint64_t begun = run_now_ns();
	struct raw_vm vm;

	if (!raw_vm_open(&vm, run) || !raw_make_ready(&vm, 1))
		goto out;
	for (uint64_t i = 0; i < run->test->args[0] && lifetime_goes_on(run, begun); i++)
		if (!let_timer_expire(&vm, times[i % 3]) || !init_again(&vm, false) ||
		    !let_timer_expire(&vm, 0) || !leave_active(&vm) || !init_again(&vm, true))
			break;
out:
	raw_vm_close(&vm);
}

static int init_with(struct raw_vm *vm, uint32_t target, uint32_t features)
{
	struct kvm_vcpu_init init;
	int ret = kvm_ioctl(vm->vm, KVM_ARM_PREFERRED_TARGET, (uintptr_t)&init);

	if (ret < 0)
		return ret;
	if (target)
		init.target = target;
	init.features[0] = features;
	return kvm_ioctl(vm->vcpus[0].fd, KVM_ARM_VCPU_INIT, (uintptr_t)&init);
}

/* What is refused leaves everything as it was: a timer that is on its way, too. */
void lifetime_init_otherwise(struct test_run *run)
{
	struct raw_vm vm;
	uint64_t cval, count;

	if (!raw_vm_open(&vm, run) || !raw_make_ready(&vm, 1) ||
	    !raw_timer_works(&vm, 0, RAW_GUEST_SPIN, "a VM made as usual") ||
	    !raw_set_guest(&vm, 0, RAW_GUEST_WFI) || !raw_arm(&vm, 0, 3000, &cval) ||
	    !raw_expect(&vm, init_with(&vm, 0, 0), -EINVAL,
			"KVM_ARM_VCPU_INIT with other features than before") ||
	    !raw_expect(&vm, init_with(&vm, 0, FEATURE(KVM_ARM_VCPU_PSCI_0_2) | FEATURE(31)),
			-ENOENT, "KVM_ARM_VCPU_INIT with a feature that there is not") ||
	    !raw_expect(&vm, init_with(&vm, 0x7fffffff, FEATURE(KVM_ARM_VCPU_PSCI_0_2)), -EINVAL,
			"KVM_ARM_VCPU_INIT with a target that there is not"))
		goto out;
	if (RUN_CHECK(run, raw_run(&vm, 0, 10000, &count) == RAW_INTERRUPT,
		      "a timer is lost with a KVM_ARM_VCPU_INIT that was refused") &&
	    RUN_CHECK(run, count >= cval, "it interrupts before CVAL"))
		raw_timer_is_quiet(&vm, 0, "a KVM_ARM_VCPU_INIT that was refused");
out:
	raw_vm_close(&vm);
}

static bool make_powered_off(struct raw_vm *vm)
{
	return raw_expect(vm, raw_add_gic(vm), 0, "KVM_CREATE_DEVICE") &&
	       raw_expect(vm, raw_place_gic(vm), 0, "placing it") &&
	       raw_expect(vm, raw_add_vcpu(vm), 0, "KVM_CREATE_VCPU") &&
	       raw_expect(vm, raw_init_vcpu(vm, 0, FEATURE(KVM_ARM_VCPU_POWER_OFF)), 0,
			  "KVM_ARM_VCPU_INIT of a vCPU that is off") &&
	       raw_expect(vm, raw_finalize_gic(vm), 0, "KVM_DEV_ARM_VGIC_CTRL_INIT");
}

static bool set_mp_state(struct raw_vm *vm, uint32_t value, const char *what)
{
	struct kvm_mp_state state = { .mp_state = value };

	return raw_expect(vm, kvm_ioctl(vm->vcpus[0].fd, KVM_SET_MP_STATE, (uintptr_t)&state), 0,
			  what);
}

static bool stays_off(struct raw_vm *vm)
{
	uint64_t pc, before, value;

	return raw_get_reg(vm, 0, RAW_PC, &before) &&
	       RUN_CHECK(vm->test, raw_run(vm, 0, 20, &value) == RAW_SIGNAL,
			 "a vCPU that is off runs") &&
	       raw_get_reg(vm, 0, RAW_PC, &pc) &&
	       RUN_CHECK(vm->test, pc == before, "a vCPU that is off has moved its PC");
}

/* A vCPU that is off executes nothing, whatever its timer does. */
void lifetime_powered_off(struct test_run *run)
{
	uint64_t cval, value;
	struct raw_vm vm;

	if (!raw_vm_open(&vm, run) || !make_powered_off(&vm))
		goto out;
	for (int i = 0; i < 3; i++) {
		if (!raw_set_guest(&vm, 0, RAW_GUEST_WFI) || !raw_enable_interrupt(&vm, 0) ||
		    !raw_arm(&vm, 0, 5000 * (i - 1), &cval) || !stays_off(&vm) ||
		    !set_mp_state(&vm, KVM_MP_STATE_RUNNABLE, "KVM_SET_MP_STATE on") ||
		    !RUN_CHECK(run, raw_run(&vm, 0, 10000, &value) == RAW_INTERRUPT,
			       "a timer that expired while its vCPU was off does not interrupt") ||
		    !RUN_CHECK(run, value >= cval, "it interrupts before CVAL") ||
		    !raw_timer_is_quiet(&vm, 0, "a vCPU that was off") ||
		    !set_mp_state(&vm, KVM_MP_STATE_STOPPED, "KVM_SET_MP_STATE off"))
			break;
	}
out:
	raw_vm_close(&vm);
}

struct hand_over {
	struct raw_vm *vm;
	bool arms;
	unsigned round;
	uint64_t *cval;
	bool worked;
};

/* One half of a round: arms the timer and leaves the guest, or goes on until it interrupts. */
static void *take_over(void *context)
{
	struct hand_over *part = context;
	struct raw_vm *vm = part->vm;
	const struct test_run *run = vm->test;
	uint64_t value;

	run_bind_thread(run->host_cpus[(part->round + part->arms) % run->host_cpu_count]);
	if (part->arms)
		part->worked = raw_set_guest(vm, 0, RAW_GUEST_STORE) &&
			       raw_set_reg(vm, 0, KVM_CORE_REG_U64(regs.pstate), PSTATE_RESET) &&
			       raw_arm(vm, 0, part->round * 100, part->cval) &&
			       raw_run(vm, 0, 10000, &value) == RAW_STORE;
	else
		part->worked =
			raw_set_guest(vm, 0, part->round % 2 ? RAW_GUEST_WFI : RAW_GUEST_SPIN) &&
			RUN_CHECK(vm->test, raw_run(vm, 0, 10000, &value) == RAW_INTERRUPT,
				  "a timer does not interrupt the thread that took over") &&
			RUN_CHECK(vm->test, value >= *part->cval, "it interrupts before CVAL") &&
			raw_timer_is_quiet(vm, 0, "another thread");
	return NULL;
}

void lifetime_other_threads(struct test_run *run)
{
	uint64_t cval, begun = run_now_ns();
	struct raw_vm vm;

	if (!raw_vm_open(&vm, run) || !raw_make_ready(&vm, 1) || !raw_enable_interrupt(&vm, 0))
		goto out;
	for (unsigned half = 0; half < 2 * run->test->args[0] && lifetime_goes_on(run, begun);
	     half++) {
		struct hand_over part = {
			.vm = &vm, .arms = half % 2 == 0, .round = half / 2, .cval = &cval
		};
		pthread_t thread;

		if (!raw_expect(&vm, -pthread_create(&thread, NULL, take_over, &part), 0,
				"making a thread"))
			break;
		pthread_join(thread, NULL);
		if (!part.worked)
			break;
	}
out:
	raw_vm_close(&vm);
}

/* KVM's descriptors are of no use to a process that does not share the memory. */
static int use_in_child(struct raw_vm *vm)
{
	uint64_t value;

	if (raw_kvm_run(vm, 0) != -EIO)
		return 1;
	if (arch_timer_get(vm->vcpus[0].fd, ARCH_TIMER_VIRTUAL, ARCH_TIMER_CTL, &value) != -EIO)
		return 2;
	if (kvm_ioctl(vm->vm, KVM_CREATE_VCPU, RAW_VM_CPUS) != -EIO)
		return 3;
	return 0;
}

void lifetime_other_process(struct test_run *run)
{
	struct raw_vm vm;
	int status = -1;
	pid_t child;

	if (!raw_vm_open(&vm, run) || !raw_make_ready(&vm, 1) ||
	    !raw_timer_works(&vm, 0, RAW_GUEST_SPIN, "a VM made as usual"))
		goto out;
	child = fork();
	if (child == 0)
		_exit(use_in_child(&vm));
	if (child < 0 || waitpid(child, &status, 0) != child)
		run_fail(run, "cannot wait for a process: %s", strerror(errno));
	if (raw_expect(&vm, -status, 0, "a child's ioctls, which have to be refused with EIO"))
		raw_timer_works(&vm, 0, RAW_GUEST_WFI, "a child that used the VM");
out:
	raw_vm_close(&vm);
}

/* vCPUs keep their VM. */
void lifetime_closed_vm(struct test_run *run)
{
	struct raw_vm vm;

	if (!raw_vm_open(&vm, run) || !raw_make_ready(&vm, 2))
		goto out;
	for (unsigned cpu = 0; cpu < 2; cpu++)
		if (!raw_enable_interrupt(&vm, cpu))
			goto out;
	close(vm.gic);
	close(vm.vm);
	close(vm.kvm);
	vm.gic = vm.vm = vm.kvm = -1;
	for (unsigned round = 0; round < 4; round++)
		if (!raw_timer_works(&vm, round % 2, round < 2 ? RAW_GUEST_SPIN : RAW_GUEST_WFI,
				     "the VM's descriptor was closed"))
			break;
out:
	raw_vm_close(&vm);
}
