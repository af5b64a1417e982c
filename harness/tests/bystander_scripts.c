// SPDX-License-Identifier: GPL-2.0-only
/* Family "bystander": a VM that ticks, beside another one and host threads. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/kvm.h"
#include "guest-images/tests/bystander.h"
#include "harness/guest_tests.h"
#include "harness/test_mover.h"
#include "harness/tests/bystander.h"
#include "timer/host_counter.h"
#include "vcpu/host_cpus.h"
#include "vmm/host_info.h"

const char *bystander_state_name(unsigned state)
{
	static const char *const names[BYSTANDER_STATES] = {
		[BYSTANDER_LINE_HIGH] = "whose timer's line is high",
		[BYSTANDER_LINE_HIGH_UNSEEN] = "whose timer's line is high, without an exit since",
		[BYSTANDER_ACTIVE] = "whose timer's interrupt is active, the line high",
		[BYSTANDER_ACTIVE_LOW] = "whose timer's interrupt is active, the line low",
		[BYSTANDER_PPI_OFF] = "asleep with the line high and the PPI disabled",
		[BYSTANDER_IMASK] = "whose timer has expired with IMASK",
		[BYSTANDER_ARMED] = "with an armed timer",
		[BYSTANDER_ASLEEP] = "asleep with an armed timer",
		[BYSTANDER_IN_EXIT] = "in an exit to userspace with an armed timer",
	};

	return state < BYSTANDER_STATES ? names[state] : "?";
}

bool bystander_other_kind(struct test_run *run, enum irqchip_kind *kind)
{
	int kvm_fd = kvm_open();
	bool user = kvm_check_extension(kvm_fd, KVM_CAP_ARM_USER_IRQ) > 0 &&
		    host_info_kvm_mode() != HOST_KVM_MODE_PROTECTED;
	bool vgic = kvm_check_extension(kvm_fd, KVM_CAP_IRQCHIP) > 0;

	if (kvm_fd >= 0)
		close(kvm_fd);
	*kind = run->irqchip;
	if (run->test->args[5] == BYSTANDER_SAME_KIND)
		return true;
	/* Automatic is a vGIC where there is one. */
	*kind = run->irqchip == IRQCHIP_USER ? IRQCHIP_AUTO : IRQCHIP_USER;
	if (run->irqchip == IRQCHIP_USER ? vgic : user)
		return true;
	run_skip(run, "this host has no other kind of interrupt controller");
	return false;
}

/* -- host threads: what they sleep must be long enough, and end -- */

struct sleeper {
	struct test_run *run;
	unsigned host_cpu;
	pthread_t thread;
	atomic_bool *stop;
	uint64_t naps;
};

#define NAP_NS 700000

static void *nap(void *argument)
{
	struct sleeper *sleeper = argument;
	struct timespec time = { 0, NAP_NS };
	uint64_t count = host_counter(), now;

	if (host_cpus_bind(0, sleeper->host_cpu) < 0)
		return NULL;
	for (; !atomic_load(sleeper->stop) && !run_is_over(sleeper->run); sleeper->naps++) {
		uint64_t before = run_now_ns(), after;

		nanosleep(&time, NULL);
		after = run_now_ns();
		now = host_counter();
		if (!RUN_CHECK(sleeper->run, after - before >= NAP_NS,
			       "a thread of the host on CPU %u slept %" PRIu64 " ns instead of %d",
			       sleeper->host_cpu, after - before, NAP_NS) ||
		    !RUN_CHECK(sleeper->run, now >= count,
			       "the counter of host CPU %u went back from 0x%" PRIx64
			       " to 0x%" PRIx64,
			       sleeper->host_cpu, count, now))
			break;
		count = now;
	}
	return NULL;
}

#define SLEEPERS 2

struct sleepers {
	struct sleeper each[SLEEPERS];
	unsigned count;
	atomic_bool stop;
};

static void start_sleepers(struct sleepers *sleepers, struct test_run *run)
{
	memset(sleepers, 0, sizeof(*sleepers));
	for (unsigned i = 0; i < SLEEPERS && i < run->host_cpu_count; i++) {
		struct sleeper *sleeper = &sleepers->each[i];

		*sleeper = (struct sleeper){ run, run->host_cpus[i], 0, &sleepers->stop, 0 };
		if (pthread_create(&sleeper->thread, NULL, nap, sleeper) != 0) {
			run_fail(run, "cannot start a thread");
			break;
		}
		sleepers->count++;
	}
}

/* Ends only if each nap does. */
static void end_sleepers(struct sleepers *sleepers)
{
	atomic_store(&sleepers->stop, true);
	for (unsigned i = 0; i < sleepers->count; i++) {
		pthread_join(sleepers->each[i].thread, NULL);
		run_sample(sleepers->each[i].run, "naps of a host thread", sleepers->each[i].naps);
	}
}

/* -- the other VM -- */

bool bystander_start(struct test_run *run, struct test_vm *vm, enum irqchip_kind kind,
		     unsigned state)
{
	struct test_vm_config config = {
		.name = "other",
		.guest = GUEST(bystander_rests),
		.irqchip = kind,
		.args = { run->test->args[6], state },
	};

	if (test_vm_create(vm, run, &config) < 0)
		return false;
	test_vm_move(vm, 0, 0);
	return test_vm_start(vm) == 0 && test_vm_wait_word(vm, BYSTANDER_WORD_READY, 1);
}

/* -- while it is at rest -- */

/* Ticks of the bystander in which at least one has to have come by an interrupt of the host. All
 * may find it preempted on a host that has other things to do; not so many. */
#define WATCHED_TICKS 6
#define PATIENT_TICKS 384

static void await_ticks(struct test_run *run, uint64_t ticks)
{
	while (test_vm_word(&run->vm, BYSTANDER_WORD_TICKS) < ticks && !run_is_over(run))
		run_sleep_us(200);
}

/*
 * The bystander shares the host CPU with a VM that causes no interrupt of the timer any more, so
 * that each one that the host counts is the bystander's.
 */
static void watch_ticks(struct test_run *run, const char *what)
{
	uint64_t first = test_vm_word(&run->vm, BYSTANDER_WORD_TICKS), ticks = WATCHED_TICKS;
	int64_t before = run_host_timer_interrupts(run);

	for (; ticks <= PATIENT_TICKS; ticks *= 2) {
		await_ticks(run, first + ticks);
		if (before < 0 || run_is_over(run) || run_host_timer_interrupts(run) > before)
			return;
	}
	run_fail(run,
		 "the host had no timer interrupt on the CPU of the bystander in %d of its ticks, "
		 "beside a VM %s",
		 PATIENT_TICKS, what);
}

static void beside_rest(struct test_run *run)
{
	enum irqchip_kind kind;
	struct sleepers sleepers;

	if (!bystander_other_kind(run, &kind))
		return;
	start_sleepers(&sleepers, run);
	test_vm_move(&run->vm, 0, 0);
	for (unsigned state = 0; state < BYSTANDER_STATES && !run_is_over(run); state++) {
		struct test_vm other;

		if (bystander_start(run, &other, kind, state))
			watch_ticks(run, bystander_state_name(state));
		test_vm_destroy(&other);
	}
	end_sleepers(&sleepers);
	test_vm_set_word(&run->vm, BYSTANDER_WORD_STOP, 1);
}

uint64_t bystander_stay(struct test_run *run, struct test_vm *vm, unsigned cpu, unsigned function,
			const uint64_t args[3])
{
	(void)cpu;
	(void)args;
	if (function == BYSTANDER_CALL_STAY)
		while (!run_is_over(run) && !__atomic_load_n(&vm->frozen, __ATOMIC_RELAXED))
			run_sleep_us(500);
	return 0;
}

static void record(struct test_run *run)
{
	run_sample(run, "latest tick of the bystander, ns",
		   test_vm_word(&run->vm, BYSTANDER_WORD_LATE));
	run_sample(run, "ticks of the bystander", test_vm_word(&run->vm, BYSTANDER_WORD_TICKS));
}

const struct test_script bystander_beside_rest = {
	.beside = beside_rest,
	.call = bystander_stay,
	.finish = record,
};

/* -- while it misbehaves -- */

#define UNRULY_CPUS 2

static void disturb(struct test_run *run, struct test_vm *other)
{
	while (!run_is_over(run) && !atomic_load(&other->done)) {
		test_vm_signal(other, run_random(run, UNRULY_CPUS));
		run_sleep_us(run_random(run, 900));
	}
}

static void beside_unruly(struct test_run *run)
{
	struct test_vm_config config = {
		.name = "other",
		.guest = GUEST(bystander_unruly),
		.cpus = UNRULY_CPUS,
		.args = { run->test->args[6] },
	};
	struct test_mover mover = { 0 };
	struct sleepers sleepers;
	struct test_vm other;

	if (!bystander_other_kind(run, &config.irqchip))
		return;
	start_sleepers(&sleepers, run);
	if (test_vm_create(&other, run, &config) == 0 &&
	    test_mover_prepare(&mover, &other, "spread", "random:0.3-3", TEST_MOVER_NO_WORD) &&
	    test_vm_start(&other) == 0 && test_mover_begin(&mover)) {
		disturb(run, &other);
		test_mover_end(&mover);
	}
	/* Wherever it is. */
	test_vm_destroy(&other);
	test_mover_destroy(&mover);
	end_sleepers(&sleepers);
}

const struct test_script bystander_beside_unruly = {
	.beside = beside_unruly,
	.finish = record,
};
