// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults are played from in front of the VM's interrupt controller: a copy of its operations, in
 * which those that the vCPU's thread calls around KVM_RUN are ours. The product's code knows
 * nothing of it.
 */
#include "harness/fault_play.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/kvm.h"
#include "base/log.h"
#include "harness/fault_lines.h"
#include "harness/fault_vgic.h"
#include "harness/run.h"
#include "harness/test_vm_private.h"
#include "timer/host_counter.h"
#include "timer/timer_state.h"

/* How often a vCPU is made to enter anew, where a fault strikes at an instant. */
#define TICK_US 500

/* How often a bystander's timer is switched off, in ticks. */
#define KILL_TICKS 100

#define PARK_NS UINT64_C(1000000000)

#define CVAL_EARLIER_MS 10

#define CNTKCTL_EL1 ARM64_SYS_REG(3, 0, 14, 1, 0)

struct fault_cpu {
	struct fault_lines lines;
	atomic_bool disturbed;
	uint64_t inputs_issued;
	unsigned inputs_changed;
};

struct fault_state {
	struct irqchip_ops ops; /* as the chip has them now */
	const struct irqchip_ops *original;
	struct test_vm *vm;
	enum fault fault;
	bool has_ticker;
	pthread_t ticker;
	atomic_bool ending;
	struct fault_cpu cpus[GUEST_MAX_CPUS];
};

static struct fault_state *state_of(const struct irqchip *chip)
{
	return (struct fault_state *)((const char *)chip->ops - offsetof(struct fault_state, ops));
}

static int vcpu_fd(const struct fault_state *state, unsigned cpu)
{
	return state->vm->machine.vcpus[cpu].fd;
}

/* -- lines ------------------------------------------------------------------------------------ */

static unsigned view_timers(struct fault_state *state, unsigned cpu,
			    struct fault_timer_view views[ARCH_TIMERS])
{
	static const uint64_t bits[ARCH_TIMERS] = { KVM_ARM_DEV_EL1_VTIMER,
						    KVM_ARM_DEV_EL1_PTIMER };
	const int64_t far = INT64_C(1000000000);
	unsigned count = 0;

	for (enum arch_timer timer = 0; timer < ARCH_TIMERS; timer++) {
		struct fault_timer_view *view = &views[count];
		int fd = vcpu_fd(state, cpu);
		uint64_t cval, now;
		int64_t left;

		if (arch_timer_get(fd, timer, ARCH_TIMER_CTL, &view->ctl) < 0 ||
		    arch_timer_get(fd, timer, ARCH_TIMER_CVAL, &cval) < 0 ||
		    arch_timer_get(fd, timer, ARCH_TIMER_CNT, &now) < 0)
			continue;
		left = cval <= now ? 0 : cval - now > INT64_MAX / far ? far : (int64_t)(cval - now);
		view->ns_left = left * far / (int64_t)host_counter_frequency();
		view->bit = bits[timer];
		count++;
	}
	return count;
}

static void line_exited(struct irqchip *chip, unsigned cpu, uint64_t levels)
{
	struct fault_state *state = state_of(chip);

	levels = fault_lines_told(&state->cpus[cpu].lines, levels, run_now_ns());
	state->original->vcpu_exited(chip, cpu, levels);
}

static void show_lines(struct fault_state *state, struct irqchip *chip, unsigned cpu)
{
	struct fault_timer_view views[ARCH_TIMERS];
	unsigned count = 0;

	if (fault_lines_needs_timers(state->fault))
		count = view_timers(state, cpu, views);
	state->original->vcpu_exited(
		chip, cpu,
		fault_lines_entered(&state->cpus[cpu].lines, views, count, run_now_ns()));
}

/* Takes back from KVM what the interrupt controller believes to have told. */
static void lose_input(struct fault_state *state, struct irqchip *chip, unsigned cpu)
{
	struct fault_cpu *own = &state->cpus[cpu];
	struct irqchip_cpu_stats stats = { 0 };
	struct kvm_irq_level line = {
		.irq = KVM_ARM_IRQ_TYPE_CPU << KVM_ARM_IRQ_TYPE_SHIFT |
		       cpu << KVM_ARM_IRQ_VCPU_SHIFT | KVM_ARM_IRQ_CPU_IRQ << KVM_ARM_IRQ_NUM_SHIFT,
	};

	state->original->cpu_stats(chip, cpu, &stats);
	if (stats.inputs_issued == own->inputs_issued)
		return;
	own->inputs_issued = stats.inputs_issued;
	if (++own->inputs_changed % 3 == 0)
		kvm_ioctl(chip->vm_fd, KVM_IRQ_LINE, (uintptr_t)&line);
}

/* -- registers -------------------------------------------------------------------------------- */

static void spoil_cval(int fd)
{
	uint64_t cval, ctl, earlier = host_counter_frequency() * CVAL_EARLIER_MS / 1000;

	if (arch_timer_get(fd, ARCH_TIMER_VIRTUAL, ARCH_TIMER_CTL, &ctl) == 0 &&
	    (ctl & (ARCH_TIMER_CTL_ENABLE | ARCH_TIMER_CTL_ISTATUS)) == ARCH_TIMER_CTL_ENABLE &&
	    arch_timer_get(fd, ARCH_TIMER_VIRTUAL, ARCH_TIMER_CVAL, &cval) == 0)
		arch_timer_set(fd, ARCH_TIMER_VIRTUAL, ARCH_TIMER_CVAL, cval - earlier);
}

static void spoil_counter(int fd)
{
	uint64_t count;

	if (arch_timer_get(fd, ARCH_TIMER_VIRTUAL, ARCH_TIMER_CNT, &count) == 0)
		arch_timer_set(fd, ARCH_TIMER_VIRTUAL, ARCH_TIMER_CNT,
			       count - host_counter_frequency());
}

/* On the vCPU's thread, which is the only one that KVM does not make wait. */
static void spoil_registers(struct fault_state *state, unsigned cpu)
{
	int fd;

	if (!atomic_exchange(&state->cpus[cpu].disturbed, false))
		return;
	fd = vcpu_fd(state, cpu);
	switch (state->fault) {
	case FAULT_REG_CVAL:
		spoil_cval(fd);
		break;
	case FAULT_REG_CTL_LOST:
	case FAULT_KILLS_BYSTANDER:
		arch_timer_set(fd, ARCH_TIMER_VIRTUAL, ARCH_TIMER_CTL, 0);
		break;
	case FAULT_REG_CNT_JUMP:
		spoil_counter(fd);
		break;
	case FAULT_REG_CNTKCTL:
		kvm_set_one_reg(fd, CNTKCTL_EL1, &(uint64_t){ 0 });
		break;
	default:
		break;
	}
}

/* -- all together ----------------------------------------------------------------------------- */

static bool is_line_fault(enum fault fault)
{
	return fault >= FAULT_LINE_DROP && fault <= FAULT_LINE_MASKED;
}

static bool is_vgic_fault(enum fault fault)
{
	return fault == FAULT_ENABLE_LOST || fault == FAULT_PENDING_EXTRA;
}

static bool is_register_fault(enum fault fault)
{
	return fault == FAULT_REG_CVAL || fault == FAULT_REG_CTL_LOST ||
	       fault == FAULT_REG_CNT_JUMP || fault == FAULT_REG_CNTKCTL;
}

/* Faults that strike when no vCPU does anything. */
static bool needs_ticker(enum fault fault)
{
	return fault == FAULT_LINE_DELAY || fault == FAULT_LINE_DUPLICATE ||
	       fault == FAULT_KILLS_BYSTANDER || fault_lines_needs_timers(fault);
}

static void vcpu_enters(struct irqchip *chip, unsigned cpu)
{
	struct fault_state *state = state_of(chip);

	spoil_registers(state, cpu);
	if (is_line_fault(state->fault))
		show_lines(state, chip, cpu);
	if (state->original->vcpu_enters)
		state->original->vcpu_enters(chip, cpu);
	if (state->fault == FAULT_INPUT_LOST)
		lose_input(state, chip, cpu);
}

static void *ticker_thread(void *argument)
{
	struct fault_state *state = argument;
	struct machine *machine = &state->vm->machine;

	for (unsigned tick = 1; !atomic_load(&state->ending); tick++) {
		run_sleep_us(TICK_US);
		/* They are made one after the other. */
		for (unsigned i = 0; atomic_load(&state->vm->started) && i < machine->cpus; i++) {
			if (state->fault == FAULT_KILLS_BYSTANDER && tick % KILL_TICKS == 0 &&
			    atomic_load(&state->vm->run->vms_made) > 1)
				atomic_store(&state->cpus[i].disturbed, true);
			vcpu_entry_kick(&machine->vcpus[i].entry);
		}
	}
	return NULL;
}

int fault_attach(struct test_vm *vm)
{
	enum fault fault = vm->run->fault;
	struct irqchip *chip = vm->machine.irqchip;
	struct fault_state *state;

	if (!(is_line_fault(fault) || is_register_fault(fault) || is_vgic_fault(fault) ||
	      fault == FAULT_INPUT_LOST || fault == FAULT_KILLS_BYSTANDER) ||
	    !(fault_rows[fault].irqchips & TEST_ON(chip->kind)))
		return 0;
	state = calloc(1, sizeof(*state));
	if (!state)
		return log_error(-ENOMEM, "cannot plant a fault: out of memory");
	state->vm = vm;
	state->fault = fault;
	state->original = chip->ops;
	state->ops = *chip->ops;
	state->ops.vcpu_enters = vcpu_enters;
	if (is_line_fault(fault))
		state->ops.vcpu_exited = line_exited;
	for (unsigned i = 0; i < GUEST_MAX_CPUS; i++)
		state->cpus[i].lines.fault = fault;
	chip->ops = &state->ops;
	vm->fault = state;
	state->has_ticker = needs_ticker(fault) &&
			    pthread_create(&state->ticker, NULL, ticker_thread, state) == 0;
	return 0;
}

void fault_detach(struct test_vm *vm)
{
	struct fault_state *state = vm->fault;

	if (!state)
		return;
	atomic_store(&state->ending, true);
	if (state->has_ticker)
		pthread_join(state->ticker, NULL);
	vm->machine.irqchip->ops = state->original;
	vm->fault = NULL;
	free(state);
}

static bool is_vcpu_thread(const struct test_vm *vm)
{
	pid_t own = gettid();

	for (unsigned i = 0; i < vm->machine.cpus; i++)
		if (atomic_load(&vm->tids[i]) == own)
			return true;
	return false;
}

static void disturb_vgic(struct test_vm *vm, unsigned cpu)
{
	bool parked = true;

	/* It cannot park itself. */
	if (is_vcpu_thread(vm))
		return;
	for (unsigned i = 0; i < vm->machine.cpus; i++)
		parked = test_vm_try_park(vm, i, PARK_NS) == 0 && parked;
	if (parked)
		fault_vgic_play(&vm->machine, cpu, vm->fault->fault);
	for (unsigned i = 0; i < vm->machine.cpus; i++)
		test_vm_unpark(vm, i);
}

void fault_disturb(struct test_vm *vm, unsigned cpu)
{
	struct fault_state *state = vm->fault;

	if (!state)
		return;
	if (is_vgic_fault(state->fault)) {
		disturb_vgic(vm, cpu);
	} else if (is_register_fault(state->fault)) {
		atomic_store(&state->cpus[cpu].disturbed, true);
		vcpu_entry_kick(&vm->machine.vcpus[cpu].entry);
	}
}
