// SPDX-License-Identifier: GPL-2.0-only
/* The timers' registers and the counter offset, from outside the guest. */
#include <errno.h>
#include <string.h>

#include "base/kvm.h"
#include "guest-images/tests/control.h"
#include "harness/run.h"
#include "harness/test_timer.h"
#include "harness/tests/control_scripts.h"
#include "timer/host_counter.h"

#define DISTURBANCES 60

/* The vCPU stays where it is, outside of KVM_RUN. */
static uint64_t ctl_when_expired(struct test_run *run, int fd, enum arch_timer timer)
{
	uint64_t cval = 0, count = 0, ctl = 0;
	int ret = test_timer_get(run, fd, timer, ARCH_TIMER_CVAL, &cval);

	while (!ret && count < cval && !run_is_over(run))
		ret = test_timer_get(run, fd, timer, ARCH_TIMER_CNT, &count);
	ret = ret ? ret : test_timer_get(run, fd, timer, ARCH_TIMER_CTL, &ctl);
	RUN_CHECK(run, ret == 0, "reading the %s timer: %s", arch_timer_name(timer),
		  strerror(-ret));
	return ctl;
}

uint64_t control_call(struct test_run *run, struct test_vm *vm, unsigned cpu, unsigned function,
		      const uint64_t args[3])
{
	int fd = vm->machine.vcpus[cpu].fd, ret;
	uint64_t value = 0;

	/* The guest says what the first two are. */
	if (function == CONTROL_CALL_GET || function == CONTROL_CALL_SET)
		if (args[0] >= ARCH_TIMERS || args[1] >= ARCH_TIMER_REGS)
			return -EINVAL;
	if (function == CONTROL_CALL_EXPIRED && args[0] >= ARCH_TIMERS)
		return -EINVAL;
	switch (function) {
	case CONTROL_CALL_HOST_COUNT:
		return host_counter();
	case CONTROL_CALL_GET:
		ret = test_timer_get(run, fd, args[0], args[1], &value);
		RUN_CHECK(run, ret == 0, "reading %s: %s", arch_timer_reg_name(args[0], args[1]),
			  strerror(-ret));
		return value;
	case CONTROL_CALL_SET:
		return test_timer_set(run, fd, args[0], args[1], args[2]);
	/* From Linux 6.18 on the host reads CTL as the vCPU's exit left it. */
	case CONTROL_CALL_ISTATUS_IS_FRESH:
		return run_kernel_is_before(6, 18);
	case CONTROL_CALL_EXPIRED:
		return ctl_when_expired(run, fd, args[0]);
	case CONTROL_CALL_OFFSET:
		return test_timer_set_offset(run, vm->machine.fd, fd, args[0]);
	default:
		return -EINVAL;
	}
}

const struct test_script registers_by_call = { .call = control_call };

/* -- a vCPU that has not run ------------------------------------------------------------------ */

/* What is written is read again; ISTATUS cannot be written, and nothing else is in CTL. */
static void check_fresh(struct test_run *run, int fd, enum arch_timer timer)
{
	static const uint64_t cvals[] = { 0,	      1,
					  UINT32_MAX, UINT64_C(1) << 63,
					  UINT64_MAX, 0x0123456789abcdef };
	uint64_t value = 0;
	int ret;

	ret = test_timer_get(run, fd, timer, ARCH_TIMER_CTL, &value);
	RUN_CHECK(run, ret == 0 && !(value & ~ARCH_TIMER_CTL_ISTATUS),
		  "%s is 0x%llx (%s) on a vCPU that has not run",
		  arch_timer_reg_name(timer, ARCH_TIMER_CTL), (unsigned long long)value,
		  strerror(-ret));
	for (unsigned i = 0; i < sizeof(cvals) / sizeof(cvals[0]); i++) {
		ret = test_timer_set(run, fd, timer, ARCH_TIMER_CVAL, cvals[i]);
		ret = ret ? ret : test_timer_get(run, fd, timer, ARCH_TIMER_CVAL, &value);
		RUN_CHECK(run, ret == 0 && value == cvals[i],
			  "%s is 0x%llx, 0x%llx was written (%s)",
			  arch_timer_reg_name(timer, ARCH_TIMER_CVAL), (unsigned long long)value,
			  (unsigned long long)cvals[i], strerror(-ret));
	}
	for (uint64_t ctl = 0; ctl < 8; ctl++) {
		ret = test_timer_set(run, fd, timer, ARCH_TIMER_CTL, ctl);
		ret = ret ? ret : test_timer_get(run, fd, timer, ARCH_TIMER_CTL, &value);
		RUN_CHECK(run, ret == 0 && !((value ^ ctl) & ~ARCH_TIMER_CTL_ISTATUS),
			  "%s is 0x%llx, 0x%llx was written (%s)",
			  arch_timer_reg_name(timer, ARCH_TIMER_CTL), (unsigned long long)value,
			  (unsigned long long)ctl, strerror(-ret));
	}
	test_timer_set(run, fd, timer, ARCH_TIMER_CTL, 0);
}

/* The counter is the VM's: set by one vCPU, told by both, and it goes on. */
static void check_fresh_counter(struct test_run *run, const struct machine *machine,
				enum arch_timer timer)
{
	static const uint64_t counts[] = { 1000, UINT64_C(1) << 63, 0, UINT64_C(1) << 48 };

	for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		uint64_t start = host_counter(), told = 0, passed;
		int ret = test_timer_set(run, machine->vcpus[i % 2].fd, timer, ARCH_TIMER_CNT,
					 counts[i]);

		for (unsigned cpu = 0; cpu < 2; cpu++) {
			ret = ret ? ret
				  : test_timer_get(run, machine->vcpus[cpu].fd, timer,
						   ARCH_TIMER_CNT, &told);
			passed = host_counter() - start;
			RUN_CHECK(
				run, ret == 0 && told - counts[i] <= passed,
				"%s is 0x%llx by vCPU %u, 0x%llx was written %llu counts ago (%s)",
				arch_timer_reg_name(timer, ARCH_TIMER_CNT),
				(unsigned long long)told, cpu, (unsigned long long)counts[i],
				(unsigned long long)passed, strerror(-ret));
		}
	}
}

static void prepare_fresh(struct test_run *run)
{
	const struct machine *machine = &run->vm.machine;
	unsigned timers = run->test->args[CONTROL_ARG_TIMERS];

	for (unsigned timer = 0; timer < ARCH_TIMERS; timer++) {
		if (!(timers >> timer & 1))
			continue;
		for (unsigned cpu = 0; cpu < 2; cpu++)
			check_fresh(run, machine->vcpus[cpu].fd, timer);
		check_fresh_counter(run, machine, timer);
	}
}

/* The guest then finds timers that work. */
const struct test_script registers_fresh = { .prepare = prepare_fresh };

/* -- disturbed -------------------------------------------------------------------------------- */

static void beside_stay(struct test_run *run, bool moves)
{
	unsigned count = run->test->tier == TEST_TIER_QUICK ? DISTURBANCES : 10 * DISTURBANCES;

	if (!test_vm_wait_word(&run->vm, CONTROL_WORD_STATE, 1))
		return;
	for (unsigned i = 0; i < count && !run_is_over(run); i++) {
		if (moves)
			test_vm_move(&run->vm, 0, run_random(run, run->host_cpu_count));
		else
			test_vm_signal(&run->vm, 0);
		run_sleep_us(run_random(run, 1000));
	}
	test_vm_set_word(&run->vm, CONTROL_WORD_GO, 1);
}

static void beside_signals(struct test_run *run)
{
	beside_stay(run, false);
}

static void beside_moves(struct test_run *run)
{
	beside_stay(run, true);
}

const struct test_script registers_under_signals = { .beside = beside_signals };
const struct test_script registers_while_moving = { .beside = beside_moves };

/* -- the counter offset ----------------------------------------------------------------------- */

static void set_offset_before_run(struct test_run *run)
{
	const struct machine *machine = &run->vm.machine;
	/* Never a round number, behind the host or ahead of it. */
	uint64_t offset = run_random(run, UINT64_C(1) << 42) - (UINT64_C(1) << 41);
	int ret = test_timer_set_offset(run, machine->fd, machine->vcpus[0].fd, offset);

	RUN_CHECK(run, ret == 0, "KVM_ARM_SET_COUNTER_OFFSET: %s", strerror(-ret));
	test_vm_set_word(&run->vm, CONTROL_WORD_OFFSET, offset);
}

const struct test_script offset_before_run = { .prepare = set_offset_before_run,
					       .call = control_call };

/* KVM holds the lock of a vCPU that is in KVM_RUN. */
static void set_offset_while_running(struct test_run *run)
{
	const struct machine *machine = &run->vm.machine;

	if (!test_vm_wait_word(&run->vm, CONTROL_WORD_STATE, 1))
		return;
	for (unsigned i = 0; i < 20 && !run_is_over(run); i++) {
		int ret = test_timer_set_offset(run, machine->fd, machine->vcpus[0].fd, i);

		RUN_CHECK(run, ret == -EBUSY,
			  "KVM_ARM_SET_COUNTER_OFFSET while a vCPU runs: %s, expected: %s",
			  strerror(-ret), strerror(EBUSY));
		run_sleep_us(run_random(run, 1000));
	}
	test_vm_park(&run->vm, 0);
	RUN_CHECK(run, test_timer_set_offset(run, machine->fd, machine->vcpus[0].fd, 0) == 0,
		  "KVM_ARM_SET_COUNTER_OFFSET with all vCPUs parked fails");
	test_vm_unpark(&run->vm, 0);
	test_vm_set_word(&run->vm, CONTROL_WORD_GO, 1);
}

const struct test_script offset_while_running = { .beside = set_offset_while_running };

static void refuse_offset(struct test_run *run)
{
	struct kvm_arm_counter_offset offset = { .counter_offset = 1, .reserved = 1 };
	int vm_fd = run->vm.machine.fd;
	uint64_t before = 0, after = 0;
	int ret;

	arch_timer_get(run->vm.machine.vcpus[0].fd, ARCH_TIMER_PHYSICAL, ARCH_TIMER_CNT, &before);
	ret = kvm_ioctl(vm_fd, KVM_ARM_SET_COUNTER_OFFSET, (uintptr_t)&offset);
	RUN_CHECK(run, ret == -EINVAL, "a reserved field that is not 0: %s", strerror(-ret));
	ret = kvm_ioctl(vm_fd, KVM_ARM_SET_COUNTER_OFFSET, 0);
	RUN_CHECK(run, ret == -EFAULT, "no argument: %s", strerror(-ret));
	/* Neither has switched off the writes of counters. */
	ret = test_timer_set(run, run->vm.machine.vcpus[0].fd, ARCH_TIMER_PHYSICAL, ARCH_TIMER_CNT,
			     before + (UINT64_C(1) << 50));
	arch_timer_get(run->vm.machine.vcpus[0].fd, ARCH_TIMER_PHYSICAL, ARCH_TIMER_CNT, &after);
	RUN_CHECK(run, ret == 0 && after - before >= UINT64_C(1) << 50,
		  "CNTPCT is 0x%llx after 2^50 was added to 0x%llx", (unsigned long long)after,
		  (unsigned long long)before);
}

const struct test_script offset_refused = { .prepare = refuse_offset };
