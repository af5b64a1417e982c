// SPDX-License-Identifier: GPL-2.0-only
#include "harness/capture.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/kvm.h"
#include "harness/test_vm.h"
#include "timer/host_counter.h"
#include "timer/timer_state.h"

static uint64_t get(const struct vcpu *vcpu, uint64_t id)
{
	uint64_t value = 0;

	kvm_get_one_reg(vcpu->fd, id, &value);
	return value;
}

static void capture_timers(struct result_cpu *where, const struct vcpu *vcpu)
{
	for (enum arch_timer timer = 0; timer < ARCH_TIMERS; timer++) {
		struct result_timer *seen = &where->timers[timer];

		seen->known = arch_timer_get(vcpu->fd, timer, ARCH_TIMER_CTL, &seen->ctl) == 0 &&
			      arch_timer_get(vcpu->fd, timer, ARCH_TIMER_CVAL, &seen->cval) == 0 &&
			      arch_timer_get(vcpu->fd, timer, ARCH_TIMER_CNT, &seen->count) == 0;
	}
	if (where->timers[ARCH_TIMER_VIRTUAL].known)
		where->count = where->timers[ARCH_TIMER_VIRTUAL].count;
	where->frequency = host_counter_frequency();
}

/*
 * The guest maps its memory where it is, and keeps frame records (AAPCS64, 6.4.6). It may be
 * broken: each record has to lie above the one before.
 */
static void capture_frames(struct result_cpu *where, const struct test_vm *vm)
{
	uint64_t frame = where->x[29], above = GUEST_DATA_BASE;

	for (unsigned i = 0; i < RESULT_FRAMES; i++) {
		uint64_t record[2];
		const void *memory;

		if (frame < above || frame % 16)
			return;
		memory = guest_memory_at(&vm->machine.memory, frame, sizeof(record));
		if (!memory)
			return;
		memcpy(record, memory, sizeof(record));
		where->frames[i] = record[1];
		above = frame + sizeof(record);
		frame = record[0];
	}
}

static void capture_events(struct result_cpu *where, const struct test_vm *vm, unsigned cpu)
{
	const volatile struct guest_cpu_area *area = &vm->shared->cpu[cpu];
	uint64_t written = area->events_written;
	unsigned count = written < RESULT_EVENTS ? written : RESULT_EVENTS;

	for (unsigned i = 0; i < count; i++)
		where->events[i] = area->events[(written - count + i) % GUEST_EVENTS];
	where->event_count = count;
}

void capture_cpu(struct result_cpu *where, struct test_vm *vm, unsigned cpu)
{
	const struct vcpu *vcpu = &vm->machine.vcpus[cpu];

	memset(where, 0, sizeof(*where));
	where->known = true;
	where->cpu = cpu;
	snprintf(where->vm, sizeof(where->vm), "%s", vm->name);
	capture_timers(where, vcpu);
	where->pc = get(vcpu, KVM_CORE_REG_U64(regs.pc));
	where->pstate = get(vcpu, KVM_CORE_REG_U64(regs.pstate));
	/* PSTATE.SPSel says which one is in use. */
	where->sp =
		get(vcpu, where->pstate & 1 ? KVM_CORE_REG_U64(sp_el1) : KVM_CORE_REG_U64(regs.sp));
	/* 64 bits wide each; KVM counts core registers in words of 32. */
	for (unsigned i = 0; i < 31; i++)
		where->x[i] = get(vcpu, KVM_CORE_REG_U64(regs.regs[0]) + 2 * i);
	where->elr_el1 = get(vcpu, KVM_CORE_REG_U64(elr_el1));
	where->spsr_el1 = get(vcpu, KVM_CORE_REG_U64(spsr[0]));
	where->esr_el1 = get(vcpu, ARM64_SYS_REG(3, 0, 5, 2, 0));
	where->far_el1 = get(vcpu, ARM64_SYS_REG(3, 0, 6, 0, 0));
	capture_frames(where, vm);
	capture_events(where, vm, cpu);
}

void capture_describe(const struct result_cpu *where, char *text, size_t size)
{
	static const char *const names[] = { "CNTV", "CNTP" };
	size_t length = snprintf(text, size,
				 "PC 0x%" PRIx64 ", PSTATE 0x%" PRIx64 ", ELR_EL1 0x%" PRIx64,
				 where->pc, where->pstate, where->elr_el1);

	for (unsigned i = 0; i < 2 && length < size; i++) {
		const struct result_timer *timer = &where->timers[i];

		if (timer->known)
			length += snprintf(text + length, size - length,
					   ", %s_CTL %" PRIu64 " and %" PRId64 " counts to go",
					   names[i], timer->ctl,
					   (int64_t)(timer->cval - timer->count));
	}
}
