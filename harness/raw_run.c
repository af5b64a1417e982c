// SPDX-License-Identifier: GPL-2.0-only
/* Running the guests of a VM that is made by hand. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "harness/raw_guest.h"
#include "harness/raw_vm.h"
#include "timer/host_counter.h"
#include "timer/timer_state.h"
#include "vmm/memory_map.h"

/* What a sleeper may take longer than it should: as in harness/run.h. */
#define PATIENCE_MS 10000

/* An expired timer has to come with an entry; that many are enough for anything. */
#define ENTRIES 100

#define SYSREG_VBAR_EL1 ARM64_SYS_REG(3, 0, 12, 0, 0)
#define PSTATE_EL1H_IRQ 0x345 /* EL1h; debug exceptions, SErrors and FIQs masked */

static void no_action(int signal_number)
{
	(void)signal_number;
}

/* A signal to this thread, after `ms` and then every 10 ms: the first may come just before KVM_RUN.
 */
static bool start_kicks(struct raw_vm *vm, unsigned ms, timer_t *timer)
{
	struct sigaction action = { .sa_handler = no_action };
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR2 };
	struct itimerspec when = { .it_interval.tv_nsec = 10000000,
				   .it_value = { ms / 1000, ms % 1000 * 1000000 + 1 } };

	event._sigev_un._tid = gettid();
	sigaction(SIGUSR2, &action, NULL);
	if (timer_create(CLOCK_MONOTONIC, &event, timer) == 0 &&
	    timer_settime(*timer, 0, &when, NULL) == 0)
		return true;
	run_fail(vm->test, "cannot set a timer: %s", strerror(errno));
	return false;
}

int raw_kvm_run(struct raw_vm *vm, unsigned cpu)
{
	return kvm_ioctl(vm->vcpus[cpu].fd, KVM_RUN, 0);
}

void raw_complete(struct raw_vm *vm, unsigned cpu)
{
	vm->vcpus[cpu].run->immediate_exit = 1;
	raw_kvm_run(vm, cpu);
	vm->vcpus[cpu].run->immediate_exit = 0;
}

bool raw_line(const struct raw_vm *vm, unsigned cpu)
{
	return vm->vcpus[cpu].run->s.regs.device_irq_level & KVM_ARM_DEV_EL1_VTIMER;
}

void raw_set_input(struct raw_vm *vm, unsigned cpu, bool level)
{
	struct kvm_irq_level line = {
		.irq = KVM_ARM_IRQ_TYPE_CPU << KVM_ARM_IRQ_TYPE_SHIFT |
		       cpu << KVM_ARM_IRQ_VCPU_SHIFT | KVM_ARM_IRQ_CPU_IRQ,
		.level = level,
	};

	vm->vcpus[cpu].input = level;
	if (vm->kind == IRQCHIP_USER)
		kvm_ioctl(vm->vm, KVM_IRQ_LINE, (uintptr_t)&line);
}

/* The simplest interrupt controller: a wire. */
static void carry_line(struct raw_vm *vm, unsigned cpu)
{
	bool level = raw_line(vm, cpu);

	if (vm->kind == IRQCHIP_USER && vm->vcpus[cpu].input != level)
		raw_set_input(vm, cpu, level);
}

static enum raw_end take_access(struct raw_vm *vm, unsigned cpu, uint64_t *value)
{
	struct kvm_run *run = vm->vcpus[cpu].run;

	if (!run->mmio.is_write)
		return RAW_LOAD;
	memcpy(value, run->mmio.data, sizeof(*value));
	raw_complete(vm, cpu);
	switch (run->mmio.phys_addr) {
	case RAW_TELLS + RAW_TELLS_INTERRUPT:
		return RAW_INTERRUPT;
	case RAW_TELLS + RAW_TELLS_EXCEPTION:
		return RAW_EXCEPTION;
	default:
		return RAW_STORE;
	}
}

static enum raw_end run_until(struct raw_vm *vm, unsigned cpu, uint64_t end, uint64_t *value)
{
	struct kvm_run *run = vm->vcpus[cpu].run;

	for (;;) {
		int ret = raw_kvm_run(vm, cpu);

		carry_line(vm, cpu);
		if (ret == -EINTR && run_now_ns() >= end)
			return RAW_SIGNAL;
		if (ret == -EINTR)
			continue;
		if (ret < 0) {
			run_fail(vm->test, "KVM_RUN of vCPU %u: %s", cpu, strerror(-ret));
			return RAW_OTHER;
		}
		if (run->exit_reason == KVM_EXIT_MMIO)
			return take_access(vm, cpu, value);
		run_fail(vm->test, "vCPU %u left the guest for reason %u, which it has none for",
			 cpu, run->exit_reason);
		return RAW_OTHER;
	}
}

enum raw_end raw_run(struct raw_vm *vm, unsigned cpu, unsigned limit_ms, uint64_t *value)
{
	uint64_t end = run_now_ns() + limit_ms * UINT64_C(1000000);
	enum raw_end how;
	timer_t timer;

	*value = 0;
	if (!start_kicks(vm, limit_ms, &timer))
		return RAW_OTHER;
	how = run_until(vm, cpu, end, value);
	timer_delete(timer);
	return how;
}

bool raw_set_guest(struct raw_vm *vm, unsigned cpu, enum raw_guest guest)
{
	return raw_set_reg(vm, cpu, RAW_PC, raw_guest_entry(guest)) &&
	       raw_set_reg(vm, cpu, KVM_CORE_REG_U64(regs.regs[1]), RAW_TELLS) &&
	       raw_set_reg(vm, cpu, KVM_CORE_REG_U64(regs.regs[3]), MAP_GICV2_CPU_BASE + 0xc) &&
	       raw_set_reg(vm, cpu, KVM_CORE_REG_U64(regs.pstate), PSTATE_EL1H_IRQ) &&
	       raw_set_reg(vm, cpu, SYSREG_VBAR_EL1, RAW_GUEST_VECTORS);
}

static bool timer_failed(struct raw_vm *vm, const char *what, int ret)
{
	if (ret < 0)
		run_fail(vm->test, "cannot %s the virtual timer's registers: %s", what,
			 strerror(-ret));
	return ret == 0;
}

bool raw_arm(struct raw_vm *vm, unsigned cpu, int64_t us, uint64_t *cval)
{
	int fd = vm->vcpus[cpu].fd;
	uint64_t count, frequency = host_counter_frequency();
	uint64_t early = vm->test->fault == FAULT_RAW_EARLY ? frequency : 0;
	uint64_t ctl = vm->test->fault == FAULT_RAW_NO_ENABLE ? 0 : ARCH_TIMER_CTL_ENABLE;
	int ret = arch_timer_get(fd, ARCH_TIMER_VIRTUAL, ARCH_TIMER_CNT, &count);

	if (!timer_failed(vm, "read", ret))
		return false;
	*cval = count + us * (int64_t)frequency / 1000000;
	/* The counter of a new VM begins at 0. */
	if (us < 0 && *cval > count)
		*cval = 0;
	ret = arch_timer_set(fd, ARCH_TIMER_VIRTUAL, ARCH_TIMER_CVAL, *cval);
	*cval += early;
	ret = ret ? ret : arch_timer_set(fd, ARCH_TIMER_VIRTUAL, ARCH_TIMER_CTL, ctl);
	return timer_failed(vm, "write", ret);
}

static bool has_expired(struct raw_vm *vm, unsigned cpu, uint64_t cval)
{
	uint64_t count = 0;

	arch_timer_get(vm->vcpus[cpu].fd, ARCH_TIMER_VIRTUAL, ARCH_TIMER_CNT, &count);
	return count >= cval;
}

/* The guest waits for an interrupt: how that ended. */
static enum raw_end await_interrupt(struct raw_vm *vm, unsigned cpu, enum raw_guest guest,
				    uint64_t cval, uint64_t *count)
{
	enum raw_end end = RAW_SIGNAL;

	/* A sleeper has to wake by itself; a spinner's interrupt has to come with some entry. */
	if (guest == RAW_GUEST_WFI)
		return raw_run(vm, cpu, PATIENCE_MS * vm->test->timeout_scale, count);
	for (unsigned entries = 0; end == RAW_SIGNAL && entries < ENTRIES;) {
		entries += has_expired(vm, cpu, cval);
		end = raw_run(vm, cpu, 5, count);
	}
	return end;
}

bool raw_timer_works(struct raw_vm *vm, unsigned cpu, enum raw_guest guest, const char *what)
{
	uint64_t cval, count;
	enum raw_end end;

	if (!raw_set_guest(vm, cpu, guest) || !raw_enable_interrupt(vm, cpu) ||
	    !raw_arm(vm, cpu, 2000, &cval))
		return false;
	end = await_interrupt(vm, cpu, guest, cval, &count);
	if (end == RAW_OTHER)
		return false;
	if (!RUN_CHECK(vm->test, end == RAW_INTERRUPT,
		       "%s: the interrupt of vCPU %u's timer does not come%s", what, cpu,
		       end == RAW_SIGNAL ? "" : ", something else does") ||
	    !RUN_CHECK(vm->test, count >= cval,
		       "%s: vCPU %u's timer interrupts at 0x%" PRIx64 ", before CVAL 0x%" PRIx64,
		       what, cpu, count, cval))
		return false;
	return raw_timer_is_quiet(vm, cpu, what);
}

bool raw_timer_is_quiet(struct raw_vm *vm, unsigned cpu, const char *what)
{
	uint64_t count;
	int ret = arch_timer_set(vm->vcpus[cpu].fd, ARCH_TIMER_VIRTUAL, ARCH_TIMER_CTL, 0);

	if (!timer_failed(vm, "write", ret))
		return false;
	/* What KVM last told of the line is from before: an entry refreshes it. */
	if (!raw_set_guest(vm, cpu, RAW_GUEST_STORE) ||
	    !raw_set_reg(vm, cpu, KVM_CORE_REG_U64(regs.pstate), PSTATE_EL1H_IRQ | 0x80) ||
	    raw_run(vm, cpu, PATIENCE_MS, &count) == RAW_OTHER ||
	    !raw_set_guest(vm, cpu, RAW_GUEST_SPIN))
		return false;
	return RUN_CHECK(vm->test, raw_run(vm, cpu, 5, &count) == RAW_SIGNAL,
			 "%s: vCPU %u takes an interrupt although its timer is disabled", what,
			 cpu);
}
