// SPDX-License-Identifier: GPL-2.0-only
/*
 * Family "user-irqchip": rows, and the script that looks at the lines of the timers and the PMU as
 * KVM tells them (run->s.regs.device_irq_level), and at the edges that came of them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/kvm.h"
#include "guest-images/tests/user_irqchip.h"
#include "harness/guest_tests.h"
#include "harness/run.h"
#include "harness/tests/families.h"

struct measured {
	uint64_t exits;	    /* returns of KVM_RUN */
	int64_t interrupts; /* host interrupts of guests' timers */
};

struct lines {
	struct measured begin, stretches[2];
	struct test_vm other; /* the VM beside the test's own */
};

static void prepare(struct test_run *run)
{
	run->script_data = calloc(1, sizeof(struct lines));
}

static void finish(struct test_run *run)
{
	free(run->script_data);
	run->script_data = NULL;
}

static uint64_t levels(const struct test_vm *vm, unsigned cpu)
{
	return vm->machine.vcpus[cpu].run->s.regs.device_irq_level;
}

static void describe_levels(uint64_t level, char text[32])
{
	snprintf(text, 32, "%s%s%s%s", level & 1 ? " virtual" : "", level & 2 ? " physical" : "",
		 level & 4 ? " PMU" : "", level & 7 ? "" : " none");
}

static void expect_levels(struct test_run *run, struct test_vm *vm, unsigned cpu, uint64_t known,
			  uint64_t wanted)
{
	uint64_t level = levels(vm, cpu) & known;
	char is[32], ought[32];

	describe_levels(level, is);
	describe_levels(wanted, ought);
	RUN_CHECK(run, level == wanted, "KVM tells these lines high:%s; instead of:%s", is, ought);
}

static void expect_edges(struct test_run *run, struct test_vm *vm, unsigned cpu, unsigned line,
			 uint64_t rises, uint64_t falls)
{
	struct irqchip *chip = vm->machine.irqchip;
	struct irqchip_cpu_stats stats;

	if (line >= IRQCHIP_LINE_SOURCES)
		return;
	chip->ops->cpu_stats(chip, cpu, &stats);
	RUN_CHECK(run, stats.lines[line].rises == rises && stats.lines[line].falls == falls,
		  "line %s: %" PRIu64 " rises and %" PRIu64 " falls instead of %" PRIu64
		  " and %" PRIu64,
		  stats.lines[line].name, stats.lines[line].rises, stats.lines[line].falls, rises,
		  falls);
}

static struct measured measure(struct test_run *run, const struct vcpu *vcpu)
{
	struct measured now = { .interrupts = run_host_timer_interrupts(run) };

	for (unsigned i = 0; i < VCPU_EXITS; i++)
		now.exits += vcpu->stats.exits[i];
	return now;
}

/*
 * With the line high for as long, nothing more may come than a few exits and interrupts: those by
 * which the host found out. A storm has thousands. Another VM's timers count as well, so that the
 * measure is the same stretch with the line low.
 */
static void judge_stretches(struct test_run *run, const struct lines *lines, uint64_t exits)
{
	const struct measured *quiet = &lines->stretches[USER_STRETCH_QUIET];
	const struct measured *high = &lines->stretches[USER_STRETCH_HIGH];
	uint64_t few = 20 + exits / 10;

	run_sample(run, "exits with the line low", quiet->exits);
	run_sample(run, "exits with the line high", high->exits);
	RUN_CHECK(run, high->exits <= quiet->exits + few,
		  "%" PRIu64 " exits to userspace with the line high, %" PRIu64 " with it low",
		  high->exits, quiet->exits);
	if (quiet->interrupts < 0 || high->interrupts < 0)
		return;
	run_sample(run, "host interrupts with the line low", quiet->interrupts);
	run_sample(run, "host interrupts with the line high", high->interrupts);
	RUN_CHECK(run, high->interrupts <= 4 * quiet->interrupts + (int64_t)few + 80,
		  "the host took %" PRId64 " timer interrupts with the line high, %" PRId64
		  " with it low",
		  high->interrupts, quiet->interrupts);
}

/* As another VMM would, past the interrupt controller of ours. */
static void set_irq_input(struct test_run *run, struct test_vm *vm, unsigned cpu, bool level)
{
	struct kvm_irq_level line = {
		.irq = KVM_ARM_IRQ_TYPE_CPU << KVM_ARM_IRQ_TYPE_SHIFT |
		       cpu << KVM_ARM_IRQ_VCPU_SHIFT | KVM_ARM_IRQ_CPU_IRQ << KVM_ARM_IRQ_NUM_SHIFT,
		.level = level,
	};
	int ret = kvm_ioctl(vm->machine.fd, KVM_IRQ_LINE, (uintptr_t)&line);

	RUN_CHECK(run, ret >= 0, "KVM_IRQ_LINE: %s", strerror(-ret));
}

static uint64_t call(struct test_run *run, struct test_vm *vm, unsigned cpu, unsigned function,
		     const uint64_t args[3])
{
	struct lines *lines = run->script_data;
	struct measured now;

	switch (function) {
	case USER_CALL_LEVELS:
		expect_levels(run, vm, cpu, args[0], args[1]);
		break;
	case USER_CALL_EDGES:
		expect_edges(run, vm, cpu, args[0], args[1], args[2]);
		break;
	case USER_CALL_BEGIN:
		lines->begin = measure(run, &vm->machine.vcpus[cpu]);
		break;
	case USER_CALL_END:
		if (args[0] >= USER_STRETCHES)
			break;
		now = measure(run, &vm->machine.vcpus[cpu]);
		lines->stretches[args[0]] = (struct measured){
			.exits = now.exits - lines->begin.exits,
			.interrupts = now.interrupts < 0 ? -1
							 : now.interrupts - lines->begin.interrupts,
		};
		if (args[0] == USER_STRETCH_HIGH)
			judge_stretches(run, lines, args[1]);
		break;
	case USER_CALL_LOWER:
		set_irq_input(run, vm, cpu, false);
		break;
	}
	return 0;
}

static const struct test_script lines_script = {
	.prepare = prepare,
	.call = call,
	.finish = finish,
};

/* Exits at random moments, so that some come just after an edge. */
static void send_signals(struct test_run *run)
{
	while (!run_is_over(run)) {
		for (unsigned cpu = 0; cpu < run->vm.machine.cpus; cpu++)
			test_vm_signal(&run->vm, cpu);
		run_sleep_us(run_random(run, 200));
	}
}

static const struct test_script lines_and_signals_script = {
	.prepare = prepare,
	.beside = send_signals,
	.call = call,
	.finish = finish,
};

/*
 * The guest stays in a phase until this has looked at it several times, by exits that it forces.
 * The edges were told before the phase: none may come in it.
 */
static void look_at_phases(struct test_run *run)
{
	struct test_vm *vm = &run->vm;
	unsigned line = run->test->args[0];

	for (uint64_t phase = 1; phase <= run->test->args[1]; phase++) {
		uint64_t wanted = phase % 2 ? UINT64_C(1) << line : 0;

		if (!test_vm_wait_word(vm, USER_WORD_PHASE, phase))
			return;
		for (int look = 0; look < 4; look++) {
			run_sleep_us(run_random(run, 300));
			test_vm_park(vm, 0);
			expect_levels(run, vm, 0, UINT64_C(1) << line, wanted);
			expect_edges(run, vm, 0, line, (phase + 1) / 2, phase / 2);
			test_vm_unpark(vm, 0);
		}
		test_vm_set_word(vm, USER_WORD_SEEN, phase);
	}
}

static const struct test_script phases_script = {
	.prepare = prepare,
	.beside = look_at_phases,
	.call = call,
	.finish = finish,
};

/* Rounds of the other VM's that are awaited, and interrupts that have to be among them. */
#define OTHER_SHOTS	 8
#define OTHER_ROUNDS	 12
#define OTHER_MOST	 400
#define OTHER_INTERRUPTS 3

/*
 * Another VM shares the host CPU with one whose timer line is high and stays so (kernel bug
 * d60d8b64280c). Its interrupts must come; and the host must have taken them as interrupts, not
 * found them at its next tick: one that was left masked never is. How many are due nobody knows (an
 * expiry while another thread has the CPU needs none), so that a few are enough, however long they
 * take. The first VM's line, once high, gives no more of them.
 */
static void await_interrupts(struct test_run *run, struct test_vm *other)
{
	int64_t before = run_host_timer_interrupts(run), after = before;
	uint64_t round;

	for (round = 1; round <= OTHER_MOST; round++) {
		while (test_vm_word(other, USER_WORD_PHASE) < round && !run_is_over(run) &&
		       !atomic_load(&other->done))
			run_sleep_us(200);
		after = run_host_timer_interrupts(run);
		if (run_is_over(run) || atomic_load(&other->done))
			break;
		if (round >= OTHER_ROUNDS && (before < 0 || after - before >= OTHER_INTERRUPTS))
			break;
	}
	run_sample(run, "rounds of the other VM", round);
	if (before >= 0)
		run_sample(run, "host interrupts of timers", after - before);
	RUN_CHECK(run, round <= OTHER_MOST,
		  "the other VM's timer expired %u times, and the host took %" PRId64
		  " interrupts of timers: they are masked",
		  OTHER_MOST * OTHER_SHOTS, after - before);
}

static void share_with_other_vm(struct test_run *run, enum irqchip_kind kind)
{
	struct lines *lines = run->script_data;
	struct test_vm *other = &lines->other;
	struct test_vm_config config = {
		.name = "other",
		.guest = GUEST(user_beside),
		.cpus = 1,
		.irqchip = kind,
		.args = { 0, OTHER_SHOTS },
	};

	if (test_vm_create(other, run, &config) == 0) {
		if (kind == IRQCHIP_AUTO && other->machine.irqchip->kind == IRQCHIP_USER) {
			run_skip(run, "this host has no interrupt controller in the kernel");
		} else if (test_vm_start(other) == 0) {
			test_vm_move(&run->vm, 0, 0);
			test_vm_move(other, 0, 0);
			await_interrupts(run, other);
			test_vm_set_word(other, USER_WORD_STOP, 1);
			test_vm_wait_done(other);
		}
	}
	test_vm_destroy(other);
	test_vm_set_word(&run->vm, USER_WORD_STOP, 1);
}

static void share_with_vgic(struct test_run *run)
{
	share_with_other_vm(run, IRQCHIP_AUTO);
}

static void share_with_user(struct test_run *run)
{
	share_with_other_vm(run, IRQCHIP_USER);
}

static const struct test_script vgic_beside_script = {
	.prepare = prepare,
	.beside = share_with_vgic,
	.call = call,
	.finish = finish,
};

static const struct test_script user_beside_script = {
	.prepare = prepare,
	.beside = share_with_user,
	.call = call,
	.finish = finish,
};

/* Kernels lose the call of another thread now and then while the vCPU's own is being loaded; a
 * thread that is blocked is not. */
static void raise_input_of_sleeper(struct test_run *run)
{
	uint64_t rounds = run->test->args[1];

	for (uint64_t round = 1; round <= rounds; round++) {
		if (!test_vm_wait_word(&run->vm, USER_WORD_PHASE, round))
			return;
		while (!test_vm_is_blocked(&run->vm, 0) && !run_is_over(run))
			run_sleep_us(50);
		set_irq_input(run, &run->vm, 0, true);
	}
}

static const struct test_script input_script = {
	.prepare = prepare,
	.beside = raise_input_of_sleeper,
	.call = call,
	.finish = finish,
};

#define EDGE_FAULTS \
	FAULT_SET(FAULT_LINE_DROP, FAULT_LINE_DUPLICATE, FAULT_LINE_STUCK, FAULT_LINE_SWAP)
#define ROW .irqchips = TEST_ON_USER

const struct test user_irqchip_tests[] = {
	{
		ROW,
		.id = "user-irqchip/virtual-edges",
		.title = "each rise and fall of the virtual timer's line is told once",
		.guest = GUEST(user_edges),
		.args = { 0, 60, 3 },
		.script = &lines_script,
		.faults = EDGE_FAULTS,
	},
	{
		ROW,
		.id = "user-irqchip/physical-edges",
		.title = "each rise and fall of the physical timer's line is told once",
		.guest = GUEST(user_edges),
		.expires_ptimer = true,
		.args = { 1, 60, 3 },
		.script = &lines_script,
		.faults = EDGE_FAULTS,
	},
	{
		ROW,
		.id = "user-irqchip/lowered-by-disabling",
		.title = "the virtual timer's line falls when the guest disables the timer",
		.guest = GUEST(user_edges),
		.args = { 0, 40, USER_LOWERED_DISABLED },
		.script = &lines_script,
		.faults = EDGE_FAULTS,
	},
	{
		ROW,
		.id = "user-irqchip/lowered-by-masking",
		.title = "the virtual timer's line falls when the guest masks the timer",
		.guest = GUEST(user_edges),
		.args = { 0, 40, USER_LOWERED_IMASK },
		.script = &lines_script,
		.faults = FAULT_SET(FAULT_LINE_STUCK, FAULT_GUEST_IGNORES_IMASK),
	},
	{
		ROW,
		.id = "user-irqchip/lowered-by-reprogramming",
		.title = "the virtual timer's line falls when the guest moves CVAL away",
		.guest = GUEST(user_edges),
		.args = { 0, 40, USER_LOWERED_FAR },
		.script = &lines_script,
		.faults = EDGE_FAULTS,
	},
	{
		ROW,
		.id = "user-irqchip/both-lines",
		.title = "the lines of both timers rise and fall each for itself",
		.guest = GUEST(user_both_lines),
		.expires_ptimer = true,
		.args = { 0, 80 },
		.script = &lines_script,
		.faults = EDGE_FAULTS,
	},
	{
		ROW,
		.id = "user-irqchip/virtual-edges-on-all-cpus",
		.title = "the lines of three vCPUs rise and fall each for itself",
		.guest = GUEST(user_edges),
		.cpus = 3,
		.args = { 0, 30, 3 },
		.script = &lines_script,
		.faults = EDGE_FAULTS,
	},
	{
		ROW,
		.id = "user-irqchip/virtual-edges-and-signals",
		.title = "exits forced at any time add no edge of the virtual timer's line",
		.guest = GUEST(user_edges),
		.cpus = 2,
		.args = { 0, 60, 3 },
		.script = &lines_and_signals_script,
		.faults = EDGE_FAULTS,
	},
	{
		ROW,
		.id = "user-irqchip/physical-edges-and-signals",
		.title = "exits forced at any time add no edge of the physical timer's line",
		.guest = GUEST(user_edges),
		.expires_ptimer = true,
		.cpus = 2,
		.args = { 1, 60, 3 },
		.script = &lines_and_signals_script,
		.faults = EDGE_FAULTS,
	},
	{
		ROW,
		.id = "user-irqchip/virtual-level-at-forced-exits",
		.title = "the virtual timer's line is as it must be at each forced exit",
		.guest = GUEST(user_phases),
		.args = { 0, 40 },
		.script = &phases_script,
		.faults = EDGE_FAULTS,
	},
	{
		ROW,
		.id = "user-irqchip/physical-level-at-forced-exits",
		.title = "the physical timer's line is as it must be at each forced exit",
		.guest = GUEST(user_phases),
		.expires_ptimer = true,
		.args = { 1, 40 },
		.script = &phases_script,
		.faults = EDGE_FAULTS,
	},
	{
		ROW,
		.id = "user-irqchip/virtual-quiet-while-high",
		.title = "an expired virtual timer that nobody handles causes no exits or "
			 "interrupts",
		.guest = GUEST(user_quiet_while_high),
		.args = { 0, 60000, 0 },
		.script = &lines_script,
		.faults = FAULT_SET(FAULT_LINE_STUCK, FAULT_LINE_SWAP),
	},
	{
		ROW,
		.id = "user-irqchip/physical-quiet-while-high",
		.title = "an expired physical timer that nobody handles causes no exits or "
			 "interrupts",
		.guest = GUEST(user_quiet_while_high),
		.expires_ptimer = true,
		.args = { 1, 60000, 0 },
		.script = &lines_script,
		.faults = FAULT_SET(FAULT_LINE_STUCK, FAULT_LINE_SWAP),
	},
	{
		ROW,
		.id = "user-irqchip/virtual-quiet-while-high-and-exiting",
		.title = "exits while the virtual timer's line is high bring no interrupt each",
		.guest = GUEST(user_quiet_while_high),
		.args = { 0, 20000, 500 },
		.script = &lines_script,
		.faults = FAULT_SET(FAULT_LINE_STUCK, FAULT_LINE_SWAP),
	},
	{
		ROW,
		.id = "user-irqchip/physical-quiet-while-high-and-exiting",
		.title = "exits while the physical timer's line is high bring no interrupt each",
		.guest = GUEST(user_quiet_while_high),
		.expires_ptimer = true,
		.args = { 1, 20000, 500 },
		.script = &lines_script,
		.faults = FAULT_SET(FAULT_LINE_STUCK, FAULT_LINE_SWAP),
	},
	{
		ROW,
		.id = "user-irqchip/vgic-vm-on-same-cpu",
		.title = "a VM with a vGIC gets its interrupts beside one whose line is high",
		.guest = GUEST(user_hold_high),
		.script = &vgic_beside_script,
		.faults = FAULT_SET(FAULT_LINE_SWAP, FAULT_GUEST_LOST_INTERRUPT,
				    FAULT_HOST_UNCOUNTED),
	},
	{
		ROW,
		.id = "user-irqchip/user-vm-on-same-cpu",
		.title = "a VM of its kind gets its interrupts beside one whose line is high",
		.guest = GUEST(user_hold_high),
		.script = &user_beside_script,
		.faults = FAULT_SET(FAULT_LINE_SWAP, FAULT_GUEST_LOST_INTERRUPT,
				    FAULT_HOST_UNCOUNTED),
	},
	{
		ROW, .id = "user-irqchip/input-wakes",
		.title = "KVM_IRQ_LINE of another thread wakes a vCPU that sleeps in WFI",
		.guest = GUEST(user_input_wakes), .args = { 0, 40 }, .script = &input_script,
		/* No fault: neither armlet nor the guest's library has a part in it. */
	},
	{
		ROW,
		.id = "user-irqchip/virtual-fall-is-told",
		.title = "the fall of the virtual timer's line is told at an exit that KVM handles",
		.guest = GUEST(user_fall_is_told),
		.args = { 0, 60 },
		.faults = FAULT_SET(FAULT_LINE_STUCK),
	},
	{
		ROW,
		.id = "user-irqchip/physical-fall-is-told",
		.title =
			"the fall of the physical timer's line is told at an exit that KVM handles",
		.guest = GUEST(user_fall_is_told),
		.expires_ptimer = true,
		.args = { 1, 60 },
		.faults = FAULT_SET(FAULT_LINE_STUCK),
	},
	{
		ROW,
		.id = "user-irqchip/pmu-line",
		.title = "the PMU's line follows the overflow bit",
		.guest = GUEST(user_pmu_line),
		.needs = TEST_NEEDS_PMU,
		.args = { 0, 60 },
		.script = &lines_script,
		.faults = FAULT_SET(FAULT_LINE_DROP, FAULT_LINE_DUPLICATE, FAULT_LINE_STUCK),
	},
	{
		ROW, .id = "user-irqchip/id-registers-agree",
		.title = "all vCPUs of a VM without a vGIC have the same ID_AA64PFR0_EL1",
		.guest = GUEST(user_id_registers), .cpus = 4,
		/* No fault: the register is KVM's own in such a VM. */
	},
};
const size_t user_irqchip_tests_count = sizeof(user_irqchip_tests) / sizeof(user_irqchip_tests[0]);
